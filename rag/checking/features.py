"""The figures that the model judges a claim by, from its comparison with the passages; pure."""

from __future__ import annotations

from collections.abc import Sequence

from rag.checking.alignment import PREFIXED, RELATED, SAME, covered, joined
from rag.checking.comparison import STRONG, Comparison
from rag.checking.lexicon import HEDGES
from rag.checking.meaning import Leaning
from rag.checking.polarity import balance, unmet
from rag.checking.reading import Sentence

_UNKNOWN = -1.0
_NEAR = 0.5


def figures(found: Comparison) -> dict[str, float]:
    """The figures by name, always in the same order; with a reader, those of meaning last."""
    by_meaning = meaning_figures(found.leaning) if found.leaning else {}
    return {**word_figures(found), **by_meaning}


def meaning_figures(leaning: Leaning) -> dict[str, float]:
    """The figures that need an embedding model."""
    return {
        "means_support": leaning.support,
        "means_contradict": leaning.contradict,
        "means_neither": leaning.neither,
        "means_agree": leaning.support - leaning.contradict,
    }


def word_figures(found: Comparison) -> dict[str, float]:
    """The figures that words alone give."""
    return {
        **_coverage(found),
        **_numbers(found),
        **_names(found),
        **_directions(found),
        **_hedges(found),
        **_shape(found),
        **_spread(found),
    }


def _coverage(found: Comparison) -> dict[str, float]:
    claim, best = found.claim, found.chosen[0]
    everywhere = found.everywhere
    missing = [token.weight for token in found.missing]
    total = sum(claim.tokens[place].weight for place in claim.content)
    every_pair = frozenset[tuple[str, str]]().union(*(p.sentence.pairs for p in found.places))
    return {
        "coverage_best": best.coverage,
        "coverage_chosen": covered(claim, joined(found.chosen)),
        "coverage_all": covered(claim, everywhere),
        "strict_best": covered(claim, _exact(best.strengths)),
        "strict_all": covered(claim, _exact(everywhere)),
        "order": best.order,
        "pairs_best": _share(claim.pairs, best.place.sentence.pairs),
        "pairs_all": _share(claim.pairs, every_pair),
        "missing_most": max(missing, default=0.0),
        "missing_sum": sum(missing),
        "missing_count": len(missing),
        "missing_share": sum(missing) / total if total else 0.0,
    }


def _numbers(found: Comparison) -> dict[str, float]:
    kinds = [problem.kind for problem in found.numbers]
    return {
        "numbers": len(found.claim.quantities),
        "numbers_absent": sum(kind in ("absent", "unit") for kind in kinds),
        "numbers_misused": sum(kind in ("about", "rival", "pair", "role") for kind in kinds),
        "numbers_loose": kinds.count("bound"),
    }


def _names(found: Comparison) -> dict[str, float]:
    return {
        "names": len(found.names),
        "names_absent": len(found.absent),
        "names_marked_absent": sum(name.marked for name in found.absent),
        "names_displaced": any(item.clear for item in found.displaced),
        "names_margin": max((item.margin for item in found.displaced), default=_UNKNOWN),
    }


def _directions(found: Comparison) -> dict[str, float]:
    turned = [item for item in found.reversals if not item.negation]
    negated = [item for item in found.reversals if item.negation]
    agreeing, opposing = balance(found.claim, found.nearest, found.agreed)
    return {
        "reversal_most": max((item.strength for item in turned), default=0.0),
        "reversal_margin": max((item.margin for item in turned), default=_UNKNOWN),
        "reversals_clear": sum(item.clear for item in found.reversals),
        "negation_most": max((item.strength for item in negated), default=0.0),
        "negation_margin": max((item.margin for item in negated), default=_UNKNOWN),
        "agreeing": agreeing,
        "opposing": opposing,
        "swapped": found.swapped is not None,
        "unmet": unmet(found.claim, found.evidence),
        "claim_negations": _negations(found.claim),
        "evidence_negations": _negations(found.evidence[0]),
    }


def _hedges(found: Comparison) -> dict[str, float]:
    return {
        "hedge_dropped": found.hedge is not None,
        "softener_dropped": found.softener is not None,
        "scopes_added": len(found.scopes),
        "claim_hedged": not HEDGES.isdisjoint(found.claim.words),
    }


def _shape(found: Comparison) -> dict[str, float]:
    claim, best = found.claim, found.chosen[0]
    words, others = len(claim.tokens), len(best.place.sentence.tokens)
    strengths = list(best.strengths.values())
    return {
        "claim_words": words,
        "evidence_words": others,
        "length_ratio": words / max(1, others),
        "sentences": len(found.places),
        "chosen": len(found.chosen),
        "reversed_prefix": strengths.count(PREFIXED),
        "related_share": strengths.count(RELATED) / max(1, len(strengths)),
        "coverage_gap": covered(claim, found.everywhere) - best.coverage,
    }


def _spread(found: Comparison) -> dict[str, float]:
    """How evenly the claim is carried: by its title, sentences, halves and clauses."""
    claim, best = found.claim, found.chosen[0]
    coverages = sorted((item.coverage for item in found.alignments), reverse=True)
    content = claim.content
    halves = [content[: len(content) // 2], content[len(content) // 2 :]]
    clauses: dict[int, list[int]] = {}
    for place in content:
        clauses.setdefault(claim.tokens[place].clause, []).append(place)
    return {
        "coverage_title": found.alignments[0].coverage,
        "coverage_second": coverages[min(1, len(coverages) - 1)],
        "sentences_near": sum(coverage >= _NEAR for coverage in coverages),
        "weaker_half": min(_part(claim, half, found.everywhere) for half in halves),
        "weaker_half_best": min(_part(claim, half, best.strengths) for half in halves),
        "weakest_clause": min(
            (_part(claim, part, found.everywhere) for part in clauses.values()), default=1.0
        ),
        "turning": sum(bool(claim.tokens[place].polarities) for place in content),
        "place_best": found.alignments.index(best) / max(1, len(found.alignments) - 1),
        "missing_lead": bool(content) and found.everywhere.get(content[0], 0.0) < STRONG,
    }


def _exact(strengths: dict[int, float]) -> dict[int, float]:
    return {place: float(strength == SAME) for place, strength in strengths.items()}


def _part(claim: Sentence, places: Sequence[int], strengths: dict[int, float]) -> float:
    """The share of the weight of some of a claim's words that is carried; 1 of none."""
    total = sum(claim.tokens[place].weight for place in places)
    carried = sum(claim.tokens[place].weight * strengths.get(place, 0.0) for place in places)
    return carried / total if total else 1.0


def _share(mine: frozenset[tuple[str, str]], others: frozenset[tuple[str, str]]) -> float:
    return len(mine & others) / len(mine) if mine else 1.0


def _negations(sentence: Sentence) -> int:
    return sum(token.core for token in sentence.tokens)

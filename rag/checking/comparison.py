"""A claim against the passages that it cites, worked out piece by piece; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rag.checking import hedges
from rag.checking.alignment import Alignment, align, choose, joined
from rag.checking.binding import NumberProblem, check_numbers
from rag.checking.meaning import Leaning, Reader, Reading, load_network, read_meaning
from rag.checking.model import Judge
from rag.checking.names import Displaced, Name, Vocabulary, absent_names, displaced_names, names_of
from rag.checking.polarity import Reversal, find_reversals
from rag.checking.ranking import Ranking, agreed_families, is_swapped
from rag.checking.reading import Place, Sentence, Token, read_passages, read_sentence

_MARK_BONUS = 0.2
_MOST_MARKS = 12
_CANDIDATES = 6
_READ, _READ_COVERAGE = 2, 0.3
STRONG = 0.75


_LEAST_NEW = 3
"""Words beside the question's that a claim must share with the passages to be about its topic."""


@dataclass(frozen=True)
class Comparison:
    """A claim against the passages that it cites, worked out piece by piece.

    Attributes:
        claim: What is checked.
        places: All sentences of the passages; there is at least one.
        read: Reads texts by the embedding model, if there is one.
        judge: Reads a claim together with sentences, if there is such a model.
    """

    claim: Sentence
    places: tuple[Place, ...]
    read: Reader | None = None
    judge: Judge | None = None

    @cached_property
    def alignments(self) -> tuple[Alignment, ...]:
        """The claim against every sentence."""
        return tuple(align(self.claim, place) for place in self.places)

    @cached_property
    def chosen(self) -> list[Alignment]:
        """The sentences that the claim rests on, best first."""
        return choose(self.alignments, [self._marks(place.sentence) for place in self.places])

    def _marks(self, sentence: Sentence) -> float:
        """What speaks for a sentence beside its words: it has the claim's numbers and names."""
        numbers, names = self.claim.quantities[:_MOST_MARKS], self.names[:_MOST_MARKS]
        values = [other.value for other in sentence.quantities]
        bonus = 0.0
        if numbers and values:
            bonus += _MARK_BONUS * sum(q.value in values for q in numbers) / len(numbers)
        if names:
            bonus += _MARK_BONUS * sum(n.squashed in sentence.forms for n in names) / len(names)
        return bonus

    @cached_property
    def evidence(self) -> list[Sentence]:
        """The same, without their places."""
        return [found.place.sentence for found in self.chosen]

    @cached_property
    def nearest(self) -> list[Sentence]:
        """The few sentences that cover the claim best."""
        ranked = sorted(self.alignments, key=lambda found: -found.coverage)
        return [found.place.sentence for found in ranked[:_CANDIDATES]]

    @cached_property
    def everywhere(self) -> dict[int, float]:
        """How well each word of the claim is carried by the passages as a whole."""
        return joined(self.alignments)

    @cached_property
    def lacking(self) -> list[int]:
        """Places of the claim's content words that the passages lack."""
        content = self.claim.content
        return [place for place in content if self.everywhere.get(place, 0.0) < STRONG]

    @cached_property
    def missing(self) -> list[Token]:
        """Content words of the claim that the passages lack, heaviest first."""
        tokens = [self.claim.tokens[place] for place in self.lacking]
        return sorted(tokens, key=lambda token: -token.weight)

    @cached_property
    def reading(self) -> Reading | None:
        """Claim and evidence as the network for meaning takes them."""
        if self.read is None:
            return None
        ranked = sorted(self.alignments, key=lambda found: -found.coverage)
        near = [found for found in ranked if found.coverage > _READ_COVERAGE]
        texts = [found.place.sentence for found in dict.fromkeys([*self.chosen, *near])]
        return read_meaning(self.claim, texts[:_READ], self.read)

    @cached_property
    def leaning(self) -> Leaning | None:
        """How the evidence leans by meaning, if there is a model to read it."""
        return load_network().judge(self.reading) if self.reading else None

    @cached_property
    def opinion(self) -> Leaning | None:
        """How the evidence leans to one who reads it with the claim, if there is a judge.

        Of the passage's other sentences a reader thinks too easily that they contradict a claim.
        """
        if self.judge is None:
            return None
        return self.judge.read(self.claim.text, [sentence.text for sentence in self.evidence])

    @cached_property
    def numbers(self) -> list[NumberProblem]:
        """What is wrong with its numbers."""
        every = [place.sentence for place in self.places]
        return check_numbers(self.claim, self.evidence, every, self.chosen[0].is_close)

    @cached_property
    def names(self) -> list[Name]:
        """The names in it."""
        return names_of(self.claim)

    @cached_property
    def absent(self) -> list[Name]:
        """The names in it that the passages do not have."""
        vocabulary = Vocabulary(tuple(place.sentence for place in self.places))
        return absent_names(self.names, vocabulary) if self.names else []

    @cached_property
    def displaced(self) -> list[Displaced]:
        """The names in it in whose place the evidence has others."""
        present = [name for name in self.names if name not in self.absent]
        found = displaced_names(present, self.chosen)
        return sorted(found, key=lambda item: -item.margin)

    @cached_property
    def agreed(self) -> frozenset[str]:
        """The pairs of opposites that it uses in a converse: `slower than` for `faster than`."""
        return agreed_families(self.claim, self.evidence)

    @cached_property
    def reversals(self) -> list[Reversal]:
        """Where it turns what the evidence says, plainest first."""
        found = find_reversals(self.claim, self.evidence, self.agreed)
        return sorted(found, key=lambda item: -item.margin)

    @cached_property
    def swapped(self) -> Ranking | None:
        """Its comparison, if the passages rank the two the other way round."""
        return is_swapped(self.claim, self.evidence)

    @cached_property
    def hedge(self) -> str | None:
        """The hedge that it drops."""
        return hedges.dropped_hedge(self.chosen[0])

    @cached_property
    def softener(self) -> str | None:
        """The `some` or `usually` that it drops."""
        return hedges.dropped_softener(self.chosen[0])

    @cached_property
    def scopes(self) -> list[str]:
        """The words of scope that it adds."""
        return hedges.added_scopes(self.claim, self.evidence)


def compare(
    claim: str,
    passages: Sequence[str],
    question: str = "",
    read: Reader | None = None,
    judge: Judge | None = None,
) -> Comparison | None:
    """A claim against passages; None where the passages hold no sentence."""
    places = tuple(read_passages(passages))
    if not places:
        return None
    return Comparison(_without_asked(read_sentence(claim), places, question), places, read, judge)


def _without_asked(claim: Sentence, places: Sequence[Place], question: str) -> Sentence:
    """The claim with no weight on words that the question has and the passages lack.

    Only where it shares enough else with the passages: of nothing but its question's words,
    `Aspirin cures cancer` would follow from `Does aspirin cure cancer?`.
    """
    asked = set(read_sentence(question).stems)
    stated = set[str]().union(*(place.sentence.stems for place in places))
    if not asked - stated or len((set(claim.stems) - asked) & stated) < _LEAST_NEW:
        return claim
    tokens = (replace(token, weight=0.0) if token.stem in asked - stated else token
              for token in claim.tokens)  # fmt: skip
    return replace(claim, tokens=tuple(tokens))

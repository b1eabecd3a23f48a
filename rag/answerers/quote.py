"""The embedded answerer: answers in the abstracts' own words, or abstains; needs no LLM.

It picks the few sentences that answer, from one paper or several as the question asks, quotes
them exactly, and names the paper in a short lead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.answer import Draft, DraftSentence, Evidence, fold
from rag.answerers.acronyms import find_expansion
from rag.answerers.features import sentence_features
from rag.answerers.model import Matrix, load_model
from rag.answerers.reading import ReadRecord, ReadText, TextReader, rarity
from rag.question import SEEKING, Question, Word, analyse, is_name, split_words, squash
from vectorstore.latex import readable, searchable
from vectorstore.records import Hit, Record
from vectorstore.sentences import Span, split_sentences

READ_PAPERS = 4
"""Papers, best first, whose sentences are read for a fact."""
MAX_SENTENCES = 3
SECOND_SHARE = 0.15
"""A further sentence joins if it is at least this likely to answer as the best one."""
NEAREST = 3
LISTED_COVERAGE = 0.6
LISTED_SIMILARITY = 0.42
DEFINITION_CONFIDENCE = 0.97
LIST_CONFIDENCE = 0.8

DOUBTFUL = 0.4
ASSURED = 0.6
HELD = 0.6
"""Least share of a question's words in a sentence that is surely to the point."""
COMPARISON_CONFIDENCE = 0.8
COMPARISON_CHANCE = 0.03
"""Chance of the weaker side's best sentence from which a comparison is fully confident."""

_INTRODUCED = re.compile(
    r"(?:propos|introduc|present|develop|creat|call|nam|dubb|term)\w*,?\s+(?:\w+\s+){0,3}?"
    r"([A-Z][\w+-]*[A-Z\d+][\w+-]*)|\(([A-Z][\w+-]+)\)"
)
_PROPOSES = re.compile(
    r"\b(we|paper|study|work|authors) (\w+ )?(propos|introduc|present|develop)", re.I
)
_LEANING = re.compile(
    r"(this|these|that|those|it|its|such|they|their|he|she|the (latter|former)|here"
    r"|specifically|additionally|moreover|furthermore|also|besides|in addition|for (instance"
    r"|example)|as a result|consequently|thus|hence|therefore|to this end)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"(first|second|third|fourth|firstly|secondly|thirdly)\b(?! stage| author)", re.I
)
_STRICT_DEFINITION = re.compile(
    r"stands? for|short for|acronym|abbreviat|full (name|form)|spell|expan|letters", re.IGNORECASE
)


@dataclass(frozen=True)
class Judged:
    """A sentence of a paper, and how likely it is to answer."""

    paper: ReadRecord
    place: int
    probability: float

    @property
    def record(self) -> Record:
        """The paper it stands in."""
        return self.paper.record

    @property
    def read(self) -> ReadText:
        """The sentence, read."""
        return self.paper.sentences[self.place]

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.paper.spans[self.place]


class QuoteAnswerer:
    """Drafts answers out of verbatim sentences, with a calibrated confidence."""

    def __init__(self, threshold: float) -> None:
        """Abstains below `threshold`, the least confidence of an answer given."""
        self._threshold = threshold
        self._reader = TextReader()

    def answer(self, question: str, hits: list[Hit]) -> Draft:
        """Drafts an answer to a standalone question from the papers that a search found.

        Args:
            question: Complete in itself.
            hits: Best first; none gives an abstention.
        """
        asked = analyse(question)
        if not hits:
            return Draft((), 0.0, reason="No paper of the library was found for this question.")
        if asked.acronyms:
            draft = self._define(asked, hits)
            if draft is not None:
                return draft
        if asked.kind == "which_papers":
            return self._list_papers(asked, hits)
        return self._state(asked, hits)

    # One or two facts ------------------------------------------------------------------------

    def _state(self, asked: Question, hits: Sequence[Hit]) -> Draft:
        named = _named_papers(asked, hits) if asked.kind == "comparison" else []
        if len(named) > 1:
            return self._compare(asked, named)
        judged, confidence = self._judge(asked, hits)
        if not judged:
            return Draft((), 0.0, reason="The abstracts found hold no sentence.")
        picked = _pick(judged)
        best, own = judged[0].paper, frozenset(_own_names(judged[0].record))
        confidence = weigh(asked, [item.read for item in picked], confidence, best.terms, own)
        if confidence < self._threshold:
            return _abstain(asked, judged, confidence)
        return Draft(_quote(_with_context(picked)), confidence)

    def _compare(self, asked: Question, named: Sequence[Hit]) -> Draft:
        """The best sentences of each paper that is compared, asked without the others' names."""
        judged: list[Judged] = []
        chances = []
        for hit in named[:READ_PAPERS]:
            found, _ = self._judge(_about_one(asked, hit, named), [hit])
            introducing = [item for item in found if _introduces(item)][:1]
            judged += [*_pick(found)[:2], *introducing]
            chances.append(found[0].probability)
        confidence = COMPARISON_CONFIDENCE * min(1.0, min(chances) / COMPARISON_CHANCE)
        if confidence < self._threshold:
            return _abstain(asked, judged, confidence)
        return Draft(_quote(_with_context(judged)), confidence)

    def _judge(self, asked: Question, hits: Sequence[Hit]) -> tuple[list[Judged], float]:
        """Every sentence of the best papers, the likeliest first, and the answer's confidence."""
        model, read = load_model(), self._reader.read_text(asked.text)
        hits = hits[:READ_PAPERS]
        papers = self._reader.read_records([hit.record for hit in hits])
        rows = judge_features(asked, read, papers, hits)
        if not len(rows):
            return [], 0.0
        probabilities = model.judge_sentences(rows)
        places = [(paper, place) for paper in papers for place in range(len(paper.sentences))]
        judged = [
            Judged(paper, place, float(probability))
            for (paper, place), probability in zip(places, probabilities, strict=True)
        ]
        confidence = model.judge_answer(asked, rows, probabilities)
        return sorted(judged, key=lambda item: -item.probability), confidence

    # What an acronym stands for --------------------------------------------------------------

    def _define(self, asked: Question, hits: Sequence[Hit]) -> Draft | None:
        """Quotes where each acronym is spelled out; None where another way may still answer."""
        found: list[tuple[Record, Span]] = []
        lacking: list[str] = []
        for acronym in asked.acronyms:
            place = next(
                ((hit.record, span) for hit in hits if (span := _defining(hit.record, acronym))),
                None,
            )
            if place is None:
                lacking.append(acronym)
            else:
                found.append(place)
        if not lacking:
            evidence = [Evidence(record, *span) for record, span in dict.fromkeys(found)]
            return Draft(_lines(evidence), DEFINITION_CONFIDENCE)
        if not _STRICT_DEFINITION.search(asked.text):
            return None
        nearest = tuple(Evidence(h.record, h.passage.start, h.passage.end) for h in hits[:NEAREST])
        named = " and ".join(lacking) + (" stands" if len(lacking) == 1 else " stand")
        return Draft((), 0.1, nearest, f"No abstract spells out what {named} for.")

    # Which papers ----------------------------------------------------------------------------

    def _list_papers(self, asked: Question, hits: Sequence[Hit]) -> Draft:
        """One line for every paper that fits."""
        fitting = [hit for hit in hits if _fits(asked, hit)]
        if not fitting:
            nearest = tuple(
                Evidence(hit.record, hit.passage.start, hit.passage.end) for hit in hits[:NEAREST]
            )
            return Draft((), 0.2, nearest, "No abstract is about what is asked.")
        evidence = [Evidence(hit.record, *_most_covering(asked, hit.record)) for hit in fitting]
        return Draft(_lines(evidence), LIST_CONFIDENCE)


def judge_features(
    asked: Question, read: ReadText, papers: Sequence[ReadRecord], hits: Sequence[Hit]
) -> Matrix:
    """The features of every sentence of these papers.

    The last four columns are the paper's own: rank, fused score, cosine similarity, and lead over
    the next paper (or lag behind the first).
    """
    rows = []
    for rank, (hit, paper) in enumerate(zip(hits, papers, strict=True)):
        own = sentence_features(asked, read, paper)
        other = hits[min(1, len(hits) - 1)] if rank == 0 else hits[0]
        similarity = 0.1 if hit.similarity is None else hit.similarity
        shared = [float(rank), hit.score, similarity, hit.score - other.score]
        rows.append(np.hstack([own, np.tile(shared, (len(own), 1))]))
    return np.vstack(rows)


def weigh(
    asked: Question,
    picked: Sequence[ReadText],
    confidence: float,
    said: frozenset[str] = frozenset(),
    own: frozenset[str] = frozenset(),
) -> float:
    """The model's confidence, bound by what is plain.

    Sentences without a number, or that do not speak of what is counted, do not say how many. A
    number asked about (`4-bit`, `512x512`) that no picked sentence holds is not the number that
    they speak of. What abstracts seldom say (`optimizer`, `epochs`) is not said in one that lacks
    the word. A sentence that holds a number, every name and most words of the question is seldom
    beside the point.

    Args:
        asked: The question.
        picked: The sentences to be quoted.
        confidence: The model's.
        said: Terms of the best paper, all of them.
        own: What that paper calls its own: such names need not stand in the sentence.
    """
    held = frozenset[str]().union(*(sentence.squashed for sentence in picked))
    terms = frozenset[str]().union(*(sentence.terms for sentence in picked))
    counted = not asked.counted or any(not terms.isdisjoint(w.terms) for w in asked.counted)
    lacking = asked.counts and not (counted and any(sentence.counts for sentence in picked))
    foreign = any(re.match(r"\d", word.text) and word.squashed not in held for word in asked.words)
    unsaid = said and not said.issuperset(asked.attributes)
    if lacking or foreign or unsaid:
        return confidence * DOUBTFUL
    asks_for_it = asked.quantity or not asked.openings.isdisjoint({"what", "which"})
    if asks_for_it and asked.names and any(_holds_most(asked, item, own) for item in picked):
        return max(confidence, ASSURED)
    return confidence


def _holds_most(asked: Question, sentence: ReadText, own: frozenset[str]) -> bool:
    """Whether a sentence holds a number, every name but the paper's own, and most words."""
    known = sentence.squashed | own
    others = [word for word in asked.words if word.squashed not in own]
    held = [word for word in others if not sentence.terms.isdisjoint(word.terms)]
    named = all(name.squashed in known for name in asked.names)
    return sentence.counts and named and len(held) >= HELD * len(others)


def _pick(judged: Sequence[Judged]) -> list[Judged]:
    """The best sentence, and the next few of comparable likelihood."""
    best = judged[0]
    further = [
        item
        for item in judged[1:MAX_SENTENCES]
        if item.probability >= SECOND_SHARE * best.probability
    ]
    return [best, *further]


def _named_papers(asked: Question, hits: Sequence[Hit]) -> list[Hit]:
    """The papers whose own names a question gives, in the order of the hits."""
    names = {squash(name.text) for name in asked.names}
    return [hit for hit in hits if names & _own_names(hit.record)]


def _own_names(record: Record) -> set[str]:
    """What a paper calls its own: the name in its title, and what its abstract introduces."""
    head = readable(record.title).partition(":")[0]
    found = _INTRODUCED.findall(readable(record.abstract))
    introduced = [name for pair in found for name in pair if name]
    return {squash(word) for word in [*head.split(), *introduced] if is_name(word, first=False)}


def _introduces(item: Judged) -> bool:
    """Whether a sentence says what the paper brings: proposes, introduces or presents something."""
    return bool(_PROPOSES.search(item.read.text))


def _about_one(asked: Question, hit: Hit, named: Sequence[Hit]) -> Question:
    """The question without the words that name the other papers."""
    others = set[str]().union(*(_own_names(item.record) for item in named if item is not hit))
    others -= _own_names(hit.record)
    left = tuple(word for word in asked.words if word.squashed not in others)
    names = tuple(word for word in asked.names if word in left)
    return replace(asked, words=left, names=names)


def _with_context(picked: Sequence[Judged]) -> list[Evidence]:
    """The picked sentences as evidence, with the neighbours that each needs to be understood."""
    places: dict[tuple[str, int], Evidence] = {}
    for item in picked:
        for place in _needed(item.paper, item.place):
            span = item.paper.spans[place]
            places.setdefault((item.record.id, place), Evidence(item.record, *span))
    first = {key[0]: order for order, key in reversed(list(enumerate(places)))}
    return [places[key] for key in sorted(places, key=lambda key: (first[key[0]], key[1]))]


def _needed(paper: ReadRecord, place: int) -> list[int]:
    """A sentence, the one before that it leans on, and the list that it announces or is part of."""
    texts = [sentence.text for sentence in paper.sentences]
    start = end = place
    while start > 0 and _LISTED.match(texts[start]):
        start -= 1
    while end + 1 < len(texts) and _LISTED.match(texts[end + 1]):
        end += 1
    if start == end and place > 0 and _LEANING.match(texts[place]):
        start -= 1
    return list(range(start, end + 1))


def _quote(evidence: Sequence[Evidence]) -> tuple[DraftSentence, ...]:
    """Sentences that quote, the first of each paper after a lead that names it."""
    sentences = []
    named = None
    for place in evidence:
        lead = "" if place.record.id == named else f"{short_name(place.record)}: "
        named = place.record.id
        sentences.append(DraftSentence(f"{lead}“{fold(place.quote)}”", (place,), True))
    return tuple(sentences)


def _lines(evidence: Sequence[Evidence]) -> tuple[DraftSentence, ...]:
    """One sentence a place, each after its paper's title."""
    return tuple(
        DraftSentence(f"{readable(place.record.title)}: “{fold(place.quote)}”", (place,), True)
        for place in evidence
    )


def _abstain(asked: Question, judged: Sequence[Judged], confidence: float) -> Draft:
    nearest = tuple(Evidence(item.record, *item.span) for item in judged[:NEAREST])
    paper = judged[0].paper
    lacking = [word.text for word in asked.words if paper.terms.isdisjoint(word.terms)]
    reason = f"No abstract states it; the nearest is {short_name(paper.record)}"
    if lacking:
        reason += ", which says nothing of " + ", ".join(f"“{word}”" for word in lacking[:3])
    return Draft((), confidence, nearest, reason + ".")


def _defining(record: Record, acronym: str) -> Span | None:
    """The sentence of an abstract that spells an acronym out."""
    for span in split_sentences(record.abstract):
        if find_expansion(record.abstract[span.start : span.end], acronym):
            return span
    return None


def _fits(asked: Question, hit: Hit) -> bool:
    """Whether a paper is about what a question for papers names."""
    terms = _terms(hit.record.title + " " + hit.record.abstract)
    covered = _coverage(_topic(asked), terms)
    similar = hit.similarity or 0.0
    return covered >= LISTED_COVERAGE or (
        similar >= LISTED_SIMILARITY and covered >= LISTED_COVERAGE / 2
    )


def _topic(asked: Question) -> list[Word]:
    """The words that say what papers are sought about."""
    return [word for word in asked.words if word.text.casefold() not in SEEKING] or list(
        asked.words
    )


def _most_covering(asked: Question, record: Record) -> Span:
    """The sentence that holds most of what a question names, the first among equals."""
    return max(
        split_sentences(record.abstract),
        key=lambda span: _coverage(_topic(asked), _terms(record.abstract[span.start : span.end])),
    )


def _coverage(words: Sequence[Word], terms: frozenset[str]) -> float:
    """The share of the words, by rarity, that these terms hold."""
    total = sum(rarity(word.text) for word in words)
    held = sum(rarity(word.text) for word in words if not terms.isdisjoint(word.terms))
    return held / total if total else 0.0


def _terms(text: str) -> frozenset[str]:
    return frozenset(term for word in split_words(searchable(text)) for term in word.terms)


def short_name(record: Record) -> str:
    """What a paper is called in a lead: the name before its colon, else its first words."""
    title = readable(record.title)
    head, colon, _ = title.partition(":")
    if colon and len(head.split()) <= 5:
        return head.strip()
    words = title.split()
    return " ".join(words[:6]) + "…" if len(words) > 6 else title

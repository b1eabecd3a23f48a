"""The embedded answerer: answers in the abstracts' own words, or abstains; needs no LLM.

It picks the few sentences that answer, from one paper or several as the question asks, quotes
them exactly, and names the paper in a short lead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer import Draft, DraftSentence, Evidence, fold
from rag.answerers.acronyms import find_expansion
from rag.answerers.comparing import compared_papers
from rag.answerers.judging import READ_PAPERS, Judged, Reading, judge
from rag.answerers.listing import find_topic, fits, most_covering
from rag.answerers.papernames import about_one, own_names, short_name
from rag.answerers.picking import introduces, pick, with_context
from rag.answerers.reading import TextReader
from rag.answerers.weighing import weigh
from rag.question import Question, analyse
from vectorstore.latex import readable
from vectorstore.records import Hit, Record
from vectorstore.sentences import Span, split_sentences

NEAREST = 3
DEFINITION_CONFIDENCE = 0.97
LIST_CONFIDENCE = 0.8
SIDE_SENTENCES = 3
"""Sentences, at most, that are quoted of each paper that is compared, besides what it brings."""
COMPARISON_CONFIDENCE = 0.8
COMPARISON_CHANCE = 0.01
"""Chance of the weaker side's best sentence from which a comparison is fully confident."""

_BOTH = re.compile(r"\b(?:and|or)\b|&", re.IGNORECASE)
"""Of two acronyms in a question without these, one says where the other is used."""
_STRICT_DEFINITION = re.compile(
    r"stands? for|short for|acronym|abbreviat|full (name|form)|spell|expan|letters", re.IGNORECASE
)


class QuoteAnswerer:
    """Drafts answers out of verbatim sentences, with a calibrated confidence."""

    def __init__(self, threshold: float, reading: Reading | None = None) -> None:
        """Answers from papers found.

        Args:
            threshold: The least confidence of an answer given.
            reading: Reads question and papers together (`rag.reader.trained`); None goes without.
        """
        self._threshold = threshold
        self._reading = reading
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
        named = compared_papers(asked, hits) if asked.kind == "comparison" else []
        if len(named) > 1:
            return self._compare(asked, named)
        judged, confidence = judge(asked, hits, self._reader, self._reading)
        if not judged:
            return Draft((), 0.0, reason="The abstracts found hold no sentence.")
        picked = pick(judged)
        best, own = judged[0].paper, frozenset(own_names(judged[0].record))
        confidence = weigh(asked, [item.read for item in picked], confidence, best.terms, own)
        if confidence < self._threshold:
            return _abstain(asked, judged, confidence)
        return Draft(_quote(with_context(picked)), confidence)

    def _compare(self, asked: Question, named: Sequence[Hit]) -> Draft:
        """The best sentences of each paper that is compared, asked without the others' names."""
        judged: list[Judged] = []
        chances = []
        for hit in named[:READ_PAPERS]:
            found, _ = judge(about_one(asked, hit, named), [hit], self._reader, self._reading)
            introducing = [item for item in found if introduces(item)][:1]
            judged += [*pick(found)[:SIDE_SENTENCES], *introducing]
            chances.append(found[0].probability)
        confidence = COMPARISON_CONFIDENCE * min(1.0, min(chances) / COMPARISON_CHANCE)
        if confidence < self._threshold:
            return _abstain(asked, judged, confidence)
        return Draft(_quote(with_context(judged)), confidence)

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
        if found and (not lacking or not _BOTH.search(asked.text)):
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
        topic = find_topic(asked, hits)
        fitting = [hit for hit in hits if fits(topic, hit)]
        if not fitting:
            nearest = tuple(
                Evidence(hit.record, hit.passage.start, hit.passage.end) for hit in hits[:NEAREST]
            )
            return Draft((), 0.2, nearest, "No abstract is about what is asked.")
        evidence = [Evidence(hit.record, *most_covering(topic, hit.record)) for hit in fitting]
        return Draft(_lines(evidence), LIST_CONFIDENCE)


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

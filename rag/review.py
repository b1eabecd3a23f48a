"""One drafted sentence against the abstracts: its verdict, its reason and its places; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answer import DraftSentence, Evidence, Verdict, fold
from rag.checking import (
    Finding,
    Judge,
    Reader,
    check_claim,
    check_quotations,
    find_support,
    repair_quotation,
)
from rag.checking.reading import read_sentence
from vectorstore.records import Record
from vectorstore.sentences import split_sentences

CORRECTED = "its citation was corrected"
ADDED = "it cited nothing; its citation was added"
TITLE_ONLY = "it stands in the paper's title alone"
LEAST_WORDS, LEAST_TOLD = 3, 2
"""Words of a sentence that can be checked, and those of them that carry meaning, or numbers."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A sentence once it has been checked.

    Attributes:
        sentence: With quotations repaired, and for evidence the places that it rests on.
        verdict: Whether the abstracts say it.
        reason: In words; `label(RECORD_ID)` stands in it for the number of a citation.
        probability: That the abstracts support it.
    """

    sentence: DraftSentence
    verdict: Verdict
    reason: str | None = None
    probability: float = 1.0

    @property
    def kept(self) -> bool:
        """Whether the reader gets to see it in the answer."""
        return self.verdict != "unsupported"


def review(
    sentence: DraftSentence,
    retrieved: Sequence[Record] = (),
    question: str = "",
    read: Reader | None = None,
    judge: Judge | None = None,
) -> Reviewed:
    """Checks a sentence against what it cites and, where that fails, against the rest.

    Args:
        sentence: As drafted.
        retrieved: The papers found: a citation that fails is corrected to one of these.
        question: What was asked; repeating its words claims nothing.
        read: Token states by the embedding model, for meaning; None goes by words alone.
        judge: Reads a sentence together with passages; None goes by rules alone.
    """
    for place in sentence.evidence:
        if not 0 <= place.start < place.end <= len(place.record.abstract):
            reason = f"[{place.start}, {place.end}) is no place in the abstract"
            return Reviewed(sentence, "unsupported", reason, 0.0)
    if sentence.quoted:
        return _review_quotation(sentence)
    return _review_prose(sentence, retrieved, question, read, judge)


def label(record_id: str) -> str:
    """What stands in a reason for the number of a paper's citation, until that is known."""
    return f"\N{LEFT WHITE SQUARE BRACKET}{record_id}\N{RIGHT WHITE SQUARE BRACKET}"


def _review_quotation(sentence: DraftSentence) -> Reviewed:
    if not sentence.evidence:
        return Reviewed(sentence, "unsupported", "it cites nothing", 0.0)
    for place in sentence.evidence:
        if f"“{fold(place.quote)}”" not in fold(sentence.text):
            reason = "its quotation is not what the abstract says there"
            return Reviewed(sentence, "unsupported", reason, 0.0)
    return Reviewed(sentence, "supported")


def _review_prose(
    sentence: DraftSentence,
    retrieved: Sequence[Record],
    question: str,
    read: Reader | None,
    judge: Judge | None,
) -> Reviewed:
    if not _says_enough(sentence.text):
        return Reviewed(sentence, "unsupported", "it says too little to be checked", 0.0)
    cited = list({place.record.id: place.record for place in sentence.evidence}.values())
    found = None
    if cited:
        texts = [_text_of(record) for record in cited]
        repaired = replace(sentence, text=_repair(sentence.text, texts))
        labels = [label(record.id) for record in cited]
        found = check_claim(repaired.text, texts, question, read, labels, judge)
        if found.verdict != "unsupported":
            return _place(repaired, found, cited)
    others = [record for record in retrieved if record not in cited]
    texts = [_text_of(record) for record in others]
    repaired = replace(sentence, text=_repair(sentence.text, texts))
    support = find_support(repaired.text, texts, question, read, judge)
    if support is not None:
        moved = _place(repaired, support.finding, [others[support.passage]])
        told = CORRECTED if cited else ADDED
        return replace(moved, reason=f"{told}; {moved.reason}" if moved.reason else told)
    if found is None:
        reason = "it cites nothing, and no abstract that was found says so"
        return Reviewed(sentence, "unsupported", reason, 0.0)
    return _place(sentence, found, cited)


def _says_enough(text: str) -> bool:
    """Whether a sentence stands by itself; `40 steps.` means another thing after each question."""
    read = read_sentence(text)
    told = len(read.content) + len(read.quantities)
    return len(read.tokens) >= LEAST_WORDS and told >= LEAST_TOLD


def _text_of(record: Record) -> str:
    """What a paper says: its title, which often names what the abstract does not, and the rest."""
    return _opening(record) + record.abstract


def _opening(record: Record) -> str:
    return "" if record.title_derived else f"{record.title.rstrip('.')}. "


def _repair(text: str, texts: Sequence[str]) -> str:
    """The sentence with quotations that are nearly verbatim made so."""
    for quotation in check_quotations(text, texts):
        repair = repair_quotation(quotation, texts)
        if repair is not None:
            text = text.replace(quotation, fold(texts[repair.passage][repair.start : repair.end]))
    return text


def _place(sentence: DraftSentence, found: Finding, records: Sequence[Record]) -> Reviewed:
    """The sentence at the places that it rests on; a title has none, so the abstract opens it."""
    places = []
    for number, start, end in found.evidence:
        record = records[number]
        opening = len(_opening(record))
        if end > opening:
            places.append(Evidence(record, max(0, start - opening), end - opening))
    verdict, reason = found.verdict, found.reason
    if not places:
        if verdict == "supported":
            verdict, reason = "partly", TITLE_ONLY
        places = [Evidence(record, 0, _first_end(record.abstract)) for record in records[:1]]
    evidence = tuple(sorted(places, key=lambda place: place.start))
    return Reviewed(replace(sentence, evidence=evidence), verdict, reason, found.probability)


def _first_end(abstract: str) -> int:
    """Where the first sentence of an abstract ends."""
    return next((span.end for span in split_sentences(abstract)), len(abstract))

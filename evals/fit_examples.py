"""What `evals fit` learns from: questions put to papers, with what is right among their sentences.

Each case is asked of a library that holds its paper and, where it is answerable, once more with
that paper withheld: then nothing answers it. Both are asked again of papers cut down to a sentence
or two, as some exports hold them; there, an answerable case is asked a third time with what answers
taken out before. A SciFact-like test set adds its claims, with their relevant documents and
without.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from evals.beir import Beir
from evals.cases import Case
from rag.answerers.judging import READ_PAPERS, Find, judge_features
from rag.answerers.model import mask_names
from rag.answerers.reading import ReadRecord, ReadText, TextReader
from rag.question import Question, analyse
from rag.reader.written import as_passage
from rag.trees import Matrix
from vectorstore.minilm import Vectors
from vectorstore.naming import derive_title
from vectorstore.records import Hit, Record
from vectorstore.sentences import Span, split_sentences
from vectorstore.store import Store

Kind = Literal["answerable", "near_miss", "withheld", "taken_out", "claim"]
WITHHELD_WEIGHT = 0.5
SHORT_WEIGHT = 0.5
TITLE_SHARE = 0.5
"""Of papers cut short, how many keep their title; lists of abstracts often have none."""


@dataclass(frozen=True)
class Example:
    """One question asked once: what was read, and what was right.

    Attributes:
        kind: `answerable`, `near_miss`, `withheld` (the case's own paper left out), `taken_out`
            (the sentences that answer left out) or `claim`.
        question: Taken apart.
        rows: Features of every sentence read.
        right: Which of them answer.
        answerable: Whether the papers at hand answer at all.
        group: The paper that it is about: kept in one fold.
        meaning: Vector of the question without its names.
        weight: How much it counts.
        short: Whether the papers were cut down.
    """

    kind: Kind
    question: Question
    rows: Matrix
    right: Matrix
    answerable: bool
    group: str
    meaning: Vectors
    weight: float = 1.0
    short: bool = False

    @property
    def worded(self) -> bool:
        """Whether its wording may teach what abstracts tend to say: each question once."""
        return self.kind in ("answerable", "near_miss") and not self.short


def examples_of_cases(
    store: Store, cases: Iterable[Case], reader: TextReader, find: Find | None = None
) -> Iterator[Example]:
    """Every case of one paper, with the paper there and, if answerable, without its answer.

    Each follows again with papers cut down, where that can be done.
    """
    for case in cases:
        if len(case.papers) != 1:
            continue
        there = store.search(case.question, READ_PAPERS)
        ways: list[tuple[Kind, Case, list[Hit]]] = [("near_miss", case, there)]
        if case.answerable:
            without = store.search(case.question, READ_PAPERS, exclude=case.papers)
            left = take_out(case, there, reader)
            ways = [
                ("answerable", case, there),
                ("withheld", case, without),
                ("taken_out", replace(case, spans=()), left),
            ]
        for kind, asked, hits in ways:
            if not hits:
                continue
            if kind != "taken_out":
                yield _example(kind, asked, hits, reader, find)
            cut = cut_down(asked, hits, reader)
            if cut is not None:
                found = _example(kind, replace(asked, spans=cut.spans), cut.hits, reader, find)
                yield replace(found, weight=SHORT_WEIGHT * found.weight, short=True)


def examples_of_claims(
    store: Store,
    beir: Beir,
    claims: Sequence[str],
    reader: TextReader,
    find: Find | None = None,
) -> Iterator[Example]:
    """Each of these claims, asked with its relevant documents there and with them withheld."""
    for claim in claims:
        relevant = {f"beir:{name}" for name, gain in beir.qrels[claim].items() if gain > 0}
        case = Case(claim, "fact", beir.queries[claim], False)
        for exclude in (frozenset[str](), frozenset(relevant)):
            hits = store.search(case.question, READ_PAPERS, exclude=exclude)
            found = any(hit.record.id in relevant for hit in hits)
            made = _example("claim", case, hits, reader, find)
            yield replace(made, answerable=found, group=f"claim:{claim}", weight=WITHHELD_WEIGHT)


@dataclass(frozen=True)
class Cut:
    """Papers cut down to a sentence or two.

    Attributes:
        hits: Those papers; one to all of those found.
        spans: Where the case's own is still marked.
    """

    hits: list[Hit]
    spans: tuple[tuple[int, int], ...]


def take_out(case: Case, hits: Sequence[Hit], reader: TextReader) -> list[Hit]:
    """The papers found, without the sentences that answer; none where nothing else is left."""
    asked = reader.read_text(case.question)
    if not any(hit.record.id in case.papers for hit in hits):
        return []
    made = []
    for hit in hits:
        if hit.record.id in case.papers:
            text = hit.record.abstract
            spans = [span for span in split_sentences(text) if not _overlaps(span, case.spans)]
            if not spans:
                return []
            left = " ".join(text[span.start : span.end] for span in spans)
            made.append(_with_record(hit, replace(hit.record, abstract=left), asked, reader))
        else:
            made.append(hit)
    return made


def cut_down(case: Case, hits: Sequence[Hit], reader: TextReader) -> Cut | None:
    """The papers found, or the first of them, each cut to one or two sentences near what is asked.

    Of the case's own paper, which is kept where it was found, a marked sentence is among them, of
    others the one most like the question. A title may go, but not that of the case's own paper if
    a name that is asked for goes with it. None where such a name is lost even with the title.
    """
    chance = random.Random(case.question)
    asked = analyse(case.question)
    read = reader.read_text(asked.text)
    papers = reader.read_records([hit.record for hit in hits])
    made: list[Hit] = []
    spans: tuple[tuple[int, int], ...] = ()
    least = next((n for n, hit in enumerate(hits, 1) if hit.record.id in case.papers), 1)
    count = chance.randint(least, max(least, len(hits)))
    for hit, paper in zip(hits[:count], papers[:count], strict=True):
        own = hit.record.id in case.papers
        marked = case.spans if own else ()
        span = _window(read, paper, marked, chance)
        short = _shortened(hit.record, span, chance.random() < TITLE_SHARE)
        if own and _lost(asked, paper, short, reader):
            short = _shortened(hit.record, span, True)
            if _lost(asked, paper, short, reader):
                return None
        if marked:
            spans = tuple(
                (max(0, start - span.start), min(end, span.end) - span.start)
                for start, end in marked
                if end > span.start and start < span.end
            )
        made.append(_with_record(hit, short, read, reader))
    return Cut(made, spans)


def _with_record(hit: Hit, record: Record, asked: ReadText, reader: TextReader) -> Hit:
    """The same place in the ranking, for a paper whose text has changed."""
    meant = reader.read_text(as_passage(record.title, record.abstract)).vector
    similarity = None if hit.similarity is None else float(asked.vector @ meant)
    return replace(hit, record=record, similarity=similarity)


def _window(
    read: ReadText, paper: ReadRecord, marked: Sequence[tuple[int, int]], chance: random.Random
) -> Span:
    """One sentence of a paper, or two that stand together."""
    places = [place for place, span in enumerate(paper.spans) if _overlaps(span, marked)]
    likest = int(np.argmax([read.vector @ item.vector for item in paper.sentences]))
    first = last = chance.choice(places) if places else likest
    more = chance.choice([0, -1, 1])
    first, last = max(0, first + min(0, more)), min(len(paper.spans) - 1, last + max(0, more))
    return Span(paper.spans[first].start, paper.spans[last].end)


def _shortened(record: Record, span: Span, titled: bool) -> Record:
    abstract = record.abstract[span.start : span.end]
    if titled:
        return replace(record, abstract=abstract)
    return replace(record, abstract=abstract, title=derive_title(abstract), title_derived=True)


def _lost(asked: Question, whole: ReadRecord, short: Record, reader: TextReader) -> bool:
    """Whether a name that is asked for stands in a paper, and no longer in what is left of it."""
    (left,) = reader.read_records([short])
    return any(
        name.squashed in whole.squashed and name.squashed not in left.squashed
        for name in asked.names
    )


def _example(
    kind: Kind, case: Case, hits: Sequence[Hit], reader: TextReader, find: Find | None
) -> Example:
    """A case put to these papers."""
    asked = analyse(case.question)
    papers = reader.read_records([hit.record for hit in hits])
    read, masked = reader.read_texts([asked.text, mask_names(asked)])
    rows = judge_features(asked, read, papers, hits, find)
    right = [
        kind == "answerable" and paper.record.id in case.papers and _overlaps(span, case.spans)
        for paper in papers
        for span in paper.spans
    ]
    return Example(
        kind,
        asked,
        rows,
        np.array(right, float),
        kind == "answerable",
        case.papers[0] if case.papers else "",
        masked.vector,
        WITHHELD_WEIGHT if kind in ("withheld", "taken_out") else 1.0,
    )


def _overlaps(span: Span, marked: Sequence[tuple[int, int]]) -> bool:
    """Whether at least half of a sentence is marked."""
    shared = sum(max(0, min(span.end, end) - max(span.start, start)) for start, end in marked)
    return 2 * shared >= span.end - span.start

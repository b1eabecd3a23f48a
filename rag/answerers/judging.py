"""How likely each sentence of the best papers is to answer a question, and the answer itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rag.answerers.features import NAMES, sentence_features
from rag.answerers.model import AnswerModel, load_model, mask_names
from rag.answerers.reading import ReadRecord, ReadText, TextReader
from rag.question import Question
from rag.reader.model import MISSING, Found
from rag.trees import Matrix
from vectorstore.records import Hit, Record
from vectorstore.sentences import Span, split_sentences

READ_PAPERS = 3
"""Papers, best first, whose sentences are read for a fact."""
OWN_FEATURES = len(NAMES) + 4
"""Features of a sentence that need no reader: by these it is picked. The confidence hears all."""
NEAR_SIMILARITY = 0.3
NEAR_COVERAGE = 0.4
FOREIGN = 0.25
"""What is left of the confidence where no sentence comes near the question.

Of 1,575 answerable questions on arXiv abstracts, nearly none has its best sentence this unlike it
and its best paper holding this few of its words; of questions on other matters, nearly all.
"""


Find = Callable[[str, Sequence[Sequence[str]]], Sequence[Found]]
"""(question, passages in sentences) -> what each has for it: `CrossEncoder.find` of rag.reader."""


class Reading(NamedTuple):
    """The model for sentences that were read together with the question, and what reads them."""

    model: AnswerModel
    find: Find


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


def judge(
    asked: Question, hits: Sequence[Hit], reader: TextReader, reading: Reading | None = None
) -> tuple[list[Judged], float]:
    """Every sentence of the best papers, the likeliest first, and the answer's confidence.

    Args:
        asked: Taken apart.
        hits: The papers found, best first.
        reader: Reads texts by the embedding model.
        reading: Reads question and papers together; None goes without.
    """
    model, find = reading or (load_model(), None)
    read, masked = reader.read_texts([asked.text, mask_names(asked)])
    hits = hits[:READ_PAPERS]
    papers = reader.read_records([hit.record for hit in hits])
    rows = judge_features(asked, read, papers, hits, find)
    if not len(rows):
        return [], 0.0
    probabilities = model.judge_sentences(rows)
    places = [(paper, place) for paper in papers for place in range(len(paper.sentences))]
    judged = [
        Judged(paper, place, float(probability))
        for (paper, place), probability in zip(places, probabilities, strict=True)
    ]
    confidence = model.judge_answer(asked, masked.vector, rows, probabilities)
    if is_foreign(rows):
        confidence *= FOREIGN
    return sorted(judged, key=lambda item: -item.probability), confidence


def is_foreign(rows: Matrix) -> bool:
    """Whether nothing in these sentences comes near the question, in words or in meaning."""
    similarity = rows[:, NAMES.index("similarity")].max()
    covered = rows[:, NAMES.index("record_covered")].max()
    return bool(similarity < NEAR_SIMILARITY and covered < NEAR_COVERAGE)


def judge_features(
    asked: Question,
    read: ReadText,
    papers: Sequence[ReadRecord],
    hits: Sequence[Hit],
    find: Find | None = None,
) -> Matrix:
    """The features of every sentence of these papers.

    After those of `sentence_features` come four of the paper's own: rank, fused score, cosine
    similarity, and lead over the next paper (or lag behind the first); and where papers are read
    together with the question, those of `_reading_features`.
    """
    found = find(asked.text, [texts_of(paper.record) for paper in papers]) if find else []
    rows = []
    for rank, (hit, paper) in enumerate(zip(hits, papers, strict=True)):
        own = sentence_features(asked, read, paper)
        other = hits[min(1, len(hits) - 1)] if rank == 0 else hits[0]
        similarity = 0.1 if hit.similarity is None else hit.similarity
        shared = [float(rank), hit.score, similarity, hit.score - other.score]
        parts = [own, np.tile(shared, (len(own), 1))]
        if found:
            parts.append(_reading_features(found[rank], len(own)))
        rows.append(np.hstack(parts))
    return np.vstack(rows)


def texts_of(record: Record) -> list[str]:
    """A paper's title, which often holds the name that is asked about, and its sentences."""
    title = "" if record.title_derived else f"{record.title.rstrip('.')}."
    spans = split_sentences(record.abstract)
    return [title, *(record.abstract[span.start : span.end] for span in spans)]


def _reading_features(found: Found, count: int) -> Matrix:
    """One row for each sentence of a paper that was read together with the question.

    The log-odds that the paper answers and that it is about what is asked; the log-probability of
    the best answer in the sentence, the same if the paper does answer, and its lead over the best
    of the others; the log-odds once more where the sentence is the best.
    """
    inside = np.array(found.sentences[1:], dtype=np.float64)
    best = np.argsort(-inside, kind="stable")[:2]
    others = np.full(count, inside[best[0]] if count else 0.0)
    if count:
        others[best[0]] = inside[best[-1]] if count > 1 else MISSING
    answering = -np.logaddexp(0.0, -found.answerable)
    leads = inside - others
    return np.column_stack(
        [
            np.full(count, found.answerable),
            np.full(count, found.relevant),
            inside,
            inside + answering,
            leads,
            np.where(leads > 0, found.answerable, MISSING),
        ]
    )

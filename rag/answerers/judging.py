"""How likely each sentence of the best papers is to answer a question, and the answer itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.answerers.features import NAMES, sentence_features
from rag.answerers.model import load_model, mask_names
from rag.answerers.reading import ReadRecord, ReadText, TextReader
from rag.question import Question
from rag.trees import Matrix
from vectorstore.records import Hit, Record
from vectorstore.sentences import Span

READ_PAPERS = 3
"""Papers, best first, whose sentences are read for a fact."""
NEAR_SIMILARITY = 0.3
NEAR_COVERAGE = 0.4
FOREIGN = 0.25
"""What is left of the confidence where no sentence comes near the question.

Of 1,575 answerable questions on arXiv abstracts, nearly none has its best sentence this unlike it
and its best paper holding this few of its words; of questions on other matters, nearly all.
"""


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


def judge(asked: Question, hits: Sequence[Hit], reader: TextReader) -> tuple[list[Judged], float]:
    """Every sentence of the best papers, the likeliest first, and the answer's confidence."""
    model = load_model()
    read, masked = reader.read_texts([asked.text, mask_names(asked)])
    hits = hits[:READ_PAPERS]
    papers = reader.read_records([hit.record for hit in hits])
    rows = judge_features(asked, read, papers, hits)
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

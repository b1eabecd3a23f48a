"""Claims and questions that were written for the reader.

Language models wrote them. Claims are of four sorts, each true one with a false one beside it: as
an LLM words them in an answer, with one sentence in seven that the abstract leaves open; plainly,
as an expert notes down what is to be checked, with one of five left open; sentences with twins that
are wrong in one point; and claims from a headline to an answer, worded freely, with such twins, and
two of ten left open. Of the questions on an abstract two are answered there, and three are near
misses. The files hold nothing of the abstracts, which are read from the data; what a claim rests on
was looked up once, by the checker's rules.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag.reader.examples import VERDICTS, Example
from rag.reader.papers import ABSTRACTS, MORE_ABSTRACTS, papers_by_name
from vectorstore.sentences import split_sentences

SOURCE, PLAIN, TWINS, VARIED = "written", "written_plain", "written_twins", "written_varied"
QUESTIONS = "written_questions"


def _file(name: str) -> Path:
    return Path(__file__).parent / f"{name}.jsonl.gz"


FOR_CHECKER: Mapping[str, tuple[Path, ...]] = {
    SOURCE: (_file("written"), _file("written_more")),
    PLAIN: (_file("written_plain"),),
}
"""The files of each sort of claims that the checker learns from, too."""
SORTS: Mapping[str, tuple[Path, ...]] = {
    **FOR_CHECKER,
    TWINS: (_file("written_twins"),),
    VARIED: (_file("written_varied"),),
}
"""The files of each sort of claims."""
QUESTIONS_FILE = _file("written_questions")
WHOLE = "_whole"
"""Follows the name of a sort where its claims are read with the whole abstract."""


def read_written(
    papers: Mapping[str, tuple[str, str]], sorts: Mapping[str, Sequence[Path]] = SORTS
) -> Iterator[Example]:
    """The claims, each with the sentences that it rests on and with the whole abstract.

    Args:
        papers: Title and abstract, by name; claims about others are left out.
        sorts: By sort its files: JSON Lines, gzipped, of `paper`, `claim`, `label` and `rests_on`,
            places of sentences.
    """
    for source, item in claims_by_sort(sorts):
        if item["paper"] in papers:
            whole = as_passage(*papers[item["paper"]])
            sentences = sentences_in(whole)
            told = " ".join(sentences[place] for place in item["rests_on"])
            label = VERDICTS.index(item["label"])
            for name, passage in ((source, told), (source + WHOLE, whole)):
                yield Example("verdict", name, item["claim"], passage, label, document=whole)


def read_written_questions(
    papers: Mapping[str, tuple[str, str]], file: Path = QUESTIONS_FILE
) -> Iterator[Example]:
    """The questions, each with the whole abstract.

    Args:
        papers: As for claims.
        file: JSON Lines, gzipped: `paper`, `question` and `answer`, where it begins and ends in
            `as_passage` of the paper, or null.
    """
    for item in written_questions(file):
        if item["paper"] in papers:
            whole, answer = as_passage(*papers[item["paper"]]), item["answer"]
            answers = () if answer is None else (whole[slice(*answer)],)
            yield Example("answer", QUESTIONS, item["question"], whole, len(answers), answers)


def written_questions(file: Path = QUESTIONS_FILE) -> Iterator[dict[str, Any]]:
    """The questions as they were written."""
    yield from _lines(file)


def written_claims(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """The claims as they were written."""
    for file in files:
        yield from _lines(file)


def claims_by_sort(
    sorts: Mapping[str, Sequence[Path]] = SORTS,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The claims as they were written, each after the name of its sort.

    Args:
        sorts: As those of `read_written`.
    """
    for source, files in sorts.items():
        for item in written_claims(files):
            yield source, item


def written_papers(data: Path) -> dict[str, tuple[str, str]]:
    """Title and abstract of the papers that claims and questions were written on, by name.

    Args:
        data: Holds the abstracts, as `rag.reader.train` takes them.
    """
    claims = (item for _, item in claims_by_sort())
    about = {item["paper"] for item in (*claims, *written_questions())}
    return papers_by_name(data / ABSTRACTS, data / MORE_ABSTRACTS, about)


def as_passage(title: str, abstract: str) -> str:
    """A paper as the check reads it."""
    return f"{title.rstrip('.')}. {abstract}"


def sentences_in(passage: str) -> list[str]:
    """Its sentences, by whose places a claim says what it rests on."""
    return [passage[span.start : span.end] for span in split_sentences(passage)]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)

"""Claims and questions that were written for the reader.

Language models wrote them. Claims are sentences on abstracts as an LLM words them in an answer:
each true one has a twin with a planted error, and to each three pairs of an abstract comes a
sentence that it neither states nor denies; or they are worded plainly, as an expert notes down what
is to be checked, two true, two false and one left open. Of the questions on an abstract two are
answered there, and three are near misses. The files hold nothing of the abstracts, which are read
from the data; what a claim rests on was looked up once, by the checker's rules.
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

FILES = tuple(Path(__file__).parent / f"{name}.jsonl.gz" for name in ("written", "written_more"))
"""Of claims; the second was written later, with fewer twins that change more than one fact."""
PLAIN_FILE = Path(__file__).parent / "written_plain.jsonl.gz"
"""Claims as an expert notes them down, on some of the same papers and on others of SciFact's."""
TWINS_FILE = Path(__file__).parent / "written_twins.jsonl.gz"
"""Sentences, each with a twin that is wrong in one point: nothing learns from them yet."""
QUESTIONS_FILE = Path(__file__).parent / "written_questions.jsonl.gz"
SOURCE, WHOLE = "written", "written_whole"
PLAIN, PLAIN_WHOLE = "written_plain", "written_plain_whole"
"""Read with the sentences that a claim rests on, as the check does; and with the whole abstract."""
QUESTIONS = "written_questions"


def read_written(
    papers: Mapping[str, tuple[str, str]],
    files: Sequence[Path] = FILES,
    sources: tuple[str, str] = (SOURCE, WHOLE),
) -> Iterator[Example]:
    """The claims, each with the sentences that it rests on and with the whole abstract.

    Args:
        papers: Title and abstract, by name; claims about others are left out.
        files: JSON Lines, gzipped: `paper`, `claim`, `label` and `rests_on`, places of sentences.
        sources: Names of the two kinds of pairs: with what a claim rests on, and with all.
    """
    for item in written_claims(files):
        if item["paper"] in papers:
            whole = as_passage(*papers[item["paper"]])
            spans = split_sentences(whole)
            told = [whole[spans[place].start : spans[place].end] for place in item["rests_on"]]
            label = VERDICTS.index(item["label"])
            for source, passage in zip(sources, (" ".join(told), whole), strict=True):
                yield Example("verdict", source, item["claim"], passage, label, document=whole)


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


def written_claims(files: Sequence[Path] = FILES) -> Iterator[dict[str, Any]]:
    """The claims as they were written."""
    for file in files:
        yield from _lines(file)


def claims_by_sort() -> Iterator[tuple[str, dict[str, Any]]]:
    """The claims that the checker learns from, each after the name of its sort."""
    for source, files in ((SOURCE, FILES), (PLAIN, (PLAIN_FILE,))):
        for item in written_claims(files):
            yield source, item


def written_papers(data: Path) -> dict[str, tuple[str, str]]:
    """Title and abstract of the papers that claims and questions were written on, by name.

    Args:
        data: Holds the abstracts, as `rag.reader.train` takes them.
    """
    written = (*written_claims((*FILES, PLAIN_FILE, TWINS_FILE)), *written_questions())
    about = {item["paper"] for item in written}
    return papers_by_name(data / ABSTRACTS, data / MORE_ABSTRACTS, about)


def as_passage(title: str, abstract: str) -> str:
    """A paper as the check reads it."""
    return f"{title.rstrip('.')}. {abstract}"


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)

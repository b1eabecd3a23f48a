"""Abstracts that pairs are invented from; those that questions of `evals` are about are spared."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Sequence, Set
from itertools import islice
from pathlib import Path

PUBLIC = "train"
ABSTRACTS, MORE_ABSTRACTS = "arxiv/arxiv_abstracts.jsonl.gz", "scifact/corpus.jsonl.gz"
"""Where a folder of data holds public sets, and abstracts."""
_VERSION = re.compile(r"v\d+$")


def read_papers(file: Path, most: int, spared: Set[str] = frozenset()) -> list[tuple[str, str]]:
    """Title and abstract of the first papers of a file of JSON Lines, gzipped.

    Args:
        file: Its records name `title`, `abstract` and `link`.
        most: Papers to read.
        spared: Names of papers, such as `arxiv:2507.18575`, that are passed over.
    """
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        records = (
            record for record in map(json.loads, lines) if _name_of(record["link"]) not in spared
        )
        return [_plain(record["title"], record["abstract"]) for record in islice(records, most)]


def papers_by_name(arxiv: Path, scifact: Path, names: Set[str]) -> dict[str, tuple[str, str]]:
    """Title and abstract of papers, by names such as `arxiv:2507.18575` and `scifact:4983`.

    Args:
        arxiv: As the file of `read_papers`.
        scifact: JSON Lines, gzipped, of `doc_id`, `title` and `abstract`, a list of sentences.
        names: The papers; of those that are in neither file nothing is told.
    """
    found = {}
    with gzip.open(arxiv, "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if (name := _name_of(record["link"])) in names:
                found[name] = _plain(record["title"], record["abstract"])
    with gzip.open(scifact, "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if (name := f"scifact:{record['doc_id']}") in names:
                found[name] = _plain(record["title"], " ".join(record["abstract"]))
    return found


def _plain(title: str, abstract: str) -> tuple[str, str]:
    return " ".join(title.split()).rstrip("."), " ".join(abstract.split())


def _name_of(link: str) -> str:
    return "arxiv:" + _VERSION.sub("", link.partition("/abs/")[2])


def spared_papers(cases: Iterable[Path]) -> set[str]:
    """The papers that questions of `evals` are about: the reader is measured on them."""
    lines = (line for path in cases for line in path.read_text("utf-8").splitlines())
    return {name for line in lines for name in json.loads(line).get("papers", ())}


def as_texts(papers: Sequence[tuple[str, str]]) -> list[str]:
    """The abstracts, every other one after its title."""
    return [
        f"{title}. {abstract}" if number % 2 else abstract
        for number, (title, abstract) in enumerate(papers)
    ]

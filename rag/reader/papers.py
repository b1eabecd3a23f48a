"""Abstracts that pairs are invented from; those that questions of `evals` are about are spared."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Sequence, Set
from itertools import islice
from pathlib import Path

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
        return [
            (" ".join(record["title"].split()).rstrip("."), " ".join(record["abstract"].split()))
            for record in islice(records, most)
        ]


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

"""JSON Lines: one object a line, with the names of the fields of `Record`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from vectorstore.papers import Paper, to_columns
from vectorstore.records import Record, identify


def write(papers: Iterable[Record | Paper]) -> Iterator[str]:
    """A line for each paper."""
    for paper in papers:
        text = json.dumps(_to_values(paper), ensure_ascii=False)
        yield text.replace("\x7f", "\\u007f") + "\n"  # For a file with many is no text.


def _to_values(paper: Record | Paper) -> dict[str, Any]:
    if isinstance(paper, Record):
        return {**paper.to_json(), **own_id(paper)}
    told = {name: value for name, value in to_columns(paper).items() if value is not None}
    # `apart` always: it tells that this is a paper of a library, which others there are not.
    return {**paper.record.to_json(), **own_id(paper.record), "apart": [], **told}


def own_id(record: Record) -> dict[str, str]:
    """The id under the key that keeps it, where it is not the one that would be made anew."""
    plain = identify(record.abstract, record.doi, record.arxiv_id, record.pmid)
    return {} if record.id == plain else {"quoth_id": record.id}

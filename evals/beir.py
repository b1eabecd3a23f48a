"""Retrieval test sets in the format of BEIR: a corpus, queries, and who answers what.

`corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv`, each plain or gzipped (Thakur et al.
2021, "BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval Models").
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.errors import EvalError
from evals.files import numbered_lines, read_objects

COLUMNS = ("query-id", "corpus-id", "score")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the corpus; title or text may be empty."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Beir:
    """A corpus, its queries, and the judgements of one split.

    Attributes:
        name: Name of the folder.
        corpus_path: The corpus file.
        corpus: Every document, in the order of the file.
        queries: Query id to text, for the queries of the split.
        qrels: Query id to document id to gain; a gain of 0 or less is not relevant.
    """

    name: str
    corpus_path: Path
    corpus: list[Document] = field(repr=False)
    queries: dict[str, str] = field(repr=False)
    qrels: dict[str, dict[str, int]] = field(repr=False)

    @property
    def scored(self) -> list[str]:
        """The queries that have a relevant document; the others cannot be scored."""
        return [query for query in self.qrels if self.relevant(query)]

    @property
    def missing(self) -> list[str]:
        """Relevant documents that the corpus lacks: they stay in every denominator."""
        known = {document.id for document in self.corpus}
        wanted = {document for query in self.qrels for document in self.relevant(query)}
        return sorted(wanted - known)

    def relevant(self, query: str) -> frozenset[str]:
        """Ids of the documents that answer the query."""
        return frozenset(item for item, gain in self.qrels[query].items() if gain > 0)

    def choose(self, limit: int | None) -> list[str]:
        """Up to `limit` scored queries, always the same ones, in the order of the split."""
        if limit is None or limit >= len(self.scored):
            return self.scored
        chosen = set(random.Random(0).sample(sorted(self.scored), limit))
        return [query for query in self.scored if query in chosen]


def load_beir(folder: Path, split: str) -> Beir:
    """Read a BEIR folder.

    Raises:
        EvalError: A file or the split is missing, or a line is not what the format says.
    """
    if not folder.is_dir():
        raise EvalError(f"{folder}: no such folder; expected a BEIR folder.")
    corpus_path = find_file(folder, "corpus.jsonl")
    queries_path = find_file(folder, "queries.jsonl")
    qrels_path = find_split(folder, split)
    corpus = read_corpus(corpus_path)
    queries = read_queries(queries_path)
    qrels = read_qrels(qrels_path)
    require_queries(queries, qrels, queries_path, qrels_path)
    used = {query: queries[query] for query in qrels}
    return Beir(folder.resolve().name, corpus_path, corpus, used, qrels)


def find_file(folder: Path, name: str) -> Path:
    """`name` in the folder, plain or gzipped."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    found = ", ".join(sorted(item.name for item in folder.iterdir())) or "nothing"
    raise EvalError(f"{folder}: no {name} or {name}.gz (found: {found}).")


def find_split(folder: Path, split: str) -> Path:
    """The judgements of the split, plain or gzipped."""
    splits = {
        path.name.removesuffix(".gz").removesuffix(".tsv"): path
        for path in sorted((folder / "qrels").glob("*.tsv*"))
        if path.name.endswith((".tsv", ".tsv.gz"))
    }
    if split not in splits:
        found = ", ".join(sorted(splits)) or "none"
        raise EvalError(f"{folder / 'qrels'}: no split '{split}' (splits found: {found}).")
    return splits[split]


def read_corpus(path: Path) -> list[Document]:
    """Every document of the file; their ids are distinct."""
    documents: dict[str, Document] = {}
    for place, item in identified(path):
        if item["_id"] in documents:
            raise EvalError(f"{place}: the _id '{item['_id']}' occurs twice.")
        title = text_of(item, "title", place) if item.get("title") is not None else ""
        documents[item["_id"]] = Document(item["_id"], title, text_of(item, "text", place))
    return list(documents.values())


def read_queries(path: Path) -> dict[str, str]:
    """Query id to text; ids are distinct."""
    queries: dict[str, str] = {}
    for place, item in identified(path):
        if item["_id"] in queries:
            raise EvalError(f"{place}: the _id '{item['_id']}' occurs twice.")
        queries[item["_id"]] = text_of(item, "text", place)
    return queries


def identified(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of every line, with `_id` as a string."""
    for place, item in read_objects(path):
        name = item.get("_id")
        if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
            raise EvalError(f"{place}: no '_id' (found: {', '.join(item) or 'no keys'}).")
        yield place, {**item, "_id": str(name)}


def text_of(item: dict[str, Any], key: str, place: str) -> str:
    """The string under `key`."""
    value = item.get(key)
    if not isinstance(value, str):
        raise EvalError(f"{place}: '{key}' is {value!r}; expected a string.")
    return value


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Query id to document id to gain, in the order of the file."""
    qrels: dict[str, dict[str, int]] = {}
    for number, line in numbered_lines(path):
        cells = line.split("\t")
        if number == 1 and cells[-1].strip().lower() == COLUMNS[-1]:
            continue
        query, document, gain = parse_judgement(cells, f"{path}, line {number}")
        known = qrels.setdefault(query, {}).setdefault(document, gain)
        if known != gain:
            raise EvalError(
                f"{path}, line {number}: '{document}' has the score {gain} for query '{query}', "
                f"and {known} on an earlier line."
            )
    if not qrels:
        raise EvalError(f"{path}: no judgements found; expected query-id, corpus-id, score.")
    return qrels


def parse_judgement(cells: list[str], place: str) -> tuple[str, str, int]:
    """(query id, document id, gain) of one line."""
    if len(cells) != len(COLUMNS):
        raise EvalError(
            f"{place}: found {len(cells)} tab-separated values; expected 3: query-id, corpus-id, "
            "score."
        )
    query, document, score = (cell.strip() for cell in cells)
    try:
        return query, document, int(score)
    except ValueError:
        raise EvalError(f"{place}: the score is '{score}'; expected a whole number.") from None


def require_queries(
    queries: dict[str, str], qrels: dict[str, dict[str, int]], queries_path: Path, qrels_path: Path
) -> None:
    """Raise where a judged query has no text."""
    absent = [query for query in qrels if query not in queries]
    if absent:
        shown = ", ".join(absent[:5]) + (", ..." if len(absent) > 5 else "")
        raise EvalError(
            f"{qrels_path}: {len(absent)} of {len(qrels)} queries are not in "
            f"{queries_path.name}: {shown}."
        )

"""BM25 over the papers of a library, what they are looked up by, and the papers themselves.

Derived from Chroma, and rebuilt when in doubt. It is memory-mapped: papers are fetched many times
as fast as from Chroma, whose metadata lie in SQLite with a row for each value (docs/speed.md).

A record is one document, title and abstract together: measured on SciFact train, that beats
BM25 over the passages by .01 nDCG@10 in the fused ranking (docs/retrieval.md).

Tantivy keeps it: measured on SciFact train it ranks like bm25s (nDCG@10 .69), answers in under a
millisecond, is memory-mapped, and takes single additions and removals, where bm25s builds all
anew. BM25 has Tantivy's constants, k1 = 1.2 and b = 0.75.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import tantivy

from vectorstore.errors import LibraryError
from vectorstore.failures import is_failure
from vectorstore.filters import Condition, Filter
from vectorstore.lexical_documents import Piece, document_of, number_of, schema
from vectorstore.matching import VERSION as KEYS_VERSION
from vectorstore.papers import Paper, look_up_keys
from vectorstore.rows import Shelved
from vectorstore.terms import index_terms

VERSION = 4
"""Raised whenever terms or fields change, so that older indexes are rebuilt."""
MAX_ALIKE = 64
"""Papers that one record is compared with, at most: those that share its rarest keys."""
REMEMBERED = 100_000
"""Ids that are remembered by their numbers."""
HEAP_BYTES = 50_000_000
META_FILE = "meta.json"
STAMP_FILE = "stamp.json"


def stamp_of(revision: str) -> dict[str, Any]:
    """What an index is stamped with that is in step with this state of the rows."""
    return {"revision": revision, "version": f"{VERSION}, keys {KEYS_VERSION}"}


class LexicalHit(NamedTuple):
    """A record by its BM25 score."""

    record_id: str
    score: float


class LexicalIndex:
    """The terms of a library's records.

    An index that is missing, damaged or of another version is empty, and its stamp vouches for
    nothing, until `clear` makes a new one.
    """

    def __init__(self, folder: Path) -> None:
        """Opens the index in a folder, without changing anything there."""
        self._folder = folder
        self._ids: dict[int, str] = {}
        self._open()

    @property
    def stamp(self) -> dict[str, Any]:
        """What the index was last in step with; empty where that is unknown."""
        if not self._sound:
            return {}
        try:
            told = json.loads((self._folder / STAMP_FILE).read_text(encoding="utf-8"))
            return dict(told["of"]) if told["state"] == self._state() else {}
        except (OSError, ValueError, TypeError, KeyError):
            return {}

    def put_stamp(self, stamp: dict[str, Any]) -> None:
        """States what the index is now in step with; written whole or not at all."""
        draft = self._folder / (STAMP_FILE + ".new")
        draft.write_text(json.dumps({"of": stamp, "state": self._state()}), encoding="utf-8")
        draft.replace(self._folder / STAMP_FILE)

    def replace(self, pieces: Iterable[Piece], removed: Iterable[str] = ()) -> None:
        """Puts papers in, in place of those of the same ids, and takes out `removed` (ids)."""
        pieces = list(pieces)
        writer = self._index.writer(heap_size=HEAP_BYTES, num_threads=1)
        for record_id in {*removed, *(paper.id for paper, _ in pieces)}:
            writer.delete_documents_by_term("record", record_id)
        for paper, passages in pieces:
            writer.add_document(document_of(paper, passages))
        writer.commit()
        writer.wait_merging_threads()
        self.refresh()

    def clear(self) -> None:
        """Makes a new, empty index in place of what there is."""
        if self._folder.is_dir():
            shutil.rmtree(self._folder)
        self._folder.unlink(missing_ok=True)
        self._folder.mkdir()
        tantivy.Index(schema(), path=str(self._folder))
        self._open()

    def __len__(self) -> int:
        """The number of records."""
        return int(self._searcher.num_docs)

    def refresh(self) -> None:
        """Sees what was committed since, also by other processes."""
        if not self._sound:
            self._open()
            return
        with self._noticing_damage():
            self._index.reload()
            self._look()

    def _open(self) -> None:
        try:
            self._index = tantivy.Index(schema(), path=_existing(self._folder))
            self._sound = True
        except BaseException as error:
            if not is_failure(error):
                raise
            self._index = tantivy.Index(schema())
            self._sound = False  # it is derived: whoever holds the pen makes it anew
        self._look()

    def _look(self) -> None:
        """Takes up the state of the last commit; deleted documents count until Tantivy merges."""
        self._searcher = self._index.searcher()
        self._documents = 0
        if self._sound:
            meta = json.loads((self._folder / META_FILE).read_text(encoding="utf-8"))
            self._documents = sum(segment["max_doc"] for segment in meta["segments"])

    def _state(self) -> str:
        """Tells one commit of the index from every other."""
        return hashlib.sha256((self._folder / META_FILE).read_bytes()).hexdigest()

    @contextmanager
    def _noticing_damage(self) -> Iterator[None]:
        """Withdraws the stamp where Tantivy fails, so that the index is made anew."""
        try:
            yield
        except BaseException as error:
            if not is_failure(error):
                raise
            self._sound = False
            (self._folder / STAMP_FILE).unlink(missing_ok=True)
            raise LibraryError(f"The term index {self._folder} is damaged ({error}).") from error

    def ids(self) -> set[str]:
        """The ids of all records."""
        hits = self._collect(tantivy.Query.all_query(), max(1, len(self)))
        return {hit.record_id for hit in hits}

    def lacking(self, papers: Iterable[Paper]) -> list[str]:
        """The ids of those of these papers that are not found whole, by all terms and keys."""
        return [paper.id for paper in papers if not self._holds(paper)]

    def _holds(self, paper: Paper) -> bool:
        terms = {*index_terms(paper.record.title), *index_terms(paper.record.abstract)}
        wanted = [self._term("record", paper.id), *(self._term("body", term) for term in terms)]
        wanted += [self._term("key", key) for key in look_up_keys(paper)]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, item) for item in wanted])
        kept = self.fetch([paper.id]).get(paper.id)
        return len(self._collect(query, 2)) == 1 and kept is not None and kept.paper == paper

    def fetch(self, ids: Sequence[str]) -> dict[str, Shelved]:
        """The papers of these ids, as far as they are there."""
        query = tantivy.Query.term_set_query(self._index.schema, "record", list(ids))
        with self._noticing_damage():
            found = self._searcher.search(query, limit=max(1, len(ids)), count=False).hits
            kept = [Shelved(self._searcher.doc(address)["paper"][0]) for _, address in found]
        return {item.record.id: item for item in kept}

    def count(self, where: Filter) -> int:
        """How many records a filter lets through."""
        with self._noticing_damage():
            found = self._searcher.search(self._filter(where), limit=1, count=True)
        return int(found.count)  # type: ignore[attr-defined]  # its stubs lack it

    def passing(self, where: Filter, limit: int, ids: Sequence[str] | None = None) -> list[str]:
        """The ids that a filter lets through: of all records, or of these; at most `limit`."""
        query = self._filter(where)
        if ids is None:
            return [hit.record_id for hit in self._collect(query, limit)]
        named = {number_of(name): name for name in ids}
        these = tantivy.Query.term_set_query(self._index.schema, "number", list(named))
        both = [(tantivy.Occur.Must, query), (tantivy.Occur.Must, these)]
        with self._noticing_damage():
            found = self._searcher.search(
                tantivy.Query.boolean_query(both), limit=max(1, limit), count=False
            )
            return [named[number] for number in self._numbers(found.hits) if number in named]

    def search(self, terms: Sequence[str], top_k: int, where: Filter) -> list[LexicalHit]:
        """The records that share most with `terms`, best first."""
        wanted = [(tantivy.Occur.Should, self._term("body", term)) for term in terms]
        if not wanted:
            return []
        query = tantivy.Query.boolean_query(wanted)
        if where.conditions:
            silent = tantivy.Query.boost_query(self._filter(where), 0.0)
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, silent)]
            )
        return self._collect(query, top_k)

    def find(self, keys: Sequence[str]) -> list[str]:
        """Ids of the papers that share most with these look-up keys."""
        wanted = [(tantivy.Occur.Should, self._term("key", key)) for key in keys]
        query = tantivy.Query.boolean_query(wanted)
        return [hit.record_id for hit in self._collect(query, MAX_ALIKE)]

    def rarity(self, term: str) -> float:
        """BM25's inverse document frequency of a term: ln(1 + (N - n + 0.5) / (n + 0.5))."""
        with self._noticing_damage():
            holding = min(self._documents, self._searcher.doc_freq("body", term))
        return math.log(1 + (self._documents - holding + 0.5) / (holding + 0.5))

    def _collect(self, query: tantivy.Query, top_k: int) -> list[LexicalHit]:
        with self._noticing_damage():
            hits = self._searcher.search(query, limit=top_k, count=False).hits
            return [
                LexicalHit(self._id(number, address), float(score))
                for number, (score, address) in zip(self._numbers(hits), hits, strict=True)
            ]

    def _numbers(self, hits: Sequence[tuple[Any, tantivy.DocAddress]]) -> list[int]:
        found = self._searcher.fast_field_values("number", [address for _, address in hits])
        return [int(number or 0) for number in found]

    def _id(self, number: int, address: tantivy.DocAddress) -> str:
        """A record's id; those met lately are remembered, since to read one takes 10 us."""
        if number not in self._ids:
            if len(self._ids) >= REMEMBERED:
                self._ids.clear()
            self._ids[number] = self._searcher.doc(address)["record"][0]
        return self._ids[number]

    def _term(self, field: str, value: str | int) -> tantivy.Query:
        return tantivy.Query.term_query(self._index.schema, field, value, "freq")

    def _filter(self, where: Filter) -> tantivy.Query:
        limits = [(tantivy.Occur.Must, self._limit(item)) for item in where.conditions]
        return tantivy.Query.boolean_query(limits)

    def _limit(self, condition: Condition) -> tantivy.Query:
        if condition.field == "year":
            return self._year_range(condition.operator, int(condition.value))
        if condition.field == "title":
            terms = index_terms(str(condition.value))
            held = [(tantivy.Occur.Must, self._term("title", term)) for term in terms]
            return tantivy.Query.boolean_query(held)
        return self._term(condition.field, condition.value)

    def _year_range(self, operator: str, year: int) -> tantivy.Query:
        if operator == "!=":
            sides = [self._year_range("<", year), self._year_range(">", year)]
            return tantivy.Query.boolean_query([(tantivy.Occur.Should, side) for side in sides])
        return tantivy.Query.range_query(
            self._index.schema,
            "year",
            tantivy.FieldType.Integer,
            lower_bound=year if operator in (">", ">=", "=") else 0,
            upper_bound=year if operator in ("<", "<=", "=") else 9999,
            include_lower=operator != ">",
            include_upper=operator != "<",
        )


def _existing(folder: Path) -> str:
    """The folder, where it holds an index: opened elsewhere, Tantivy would make one."""
    if not (folder / META_FILE).is_file():
        raise FileNotFoundError(folder / META_FILE)
    return str(folder)

"""The term index: BM25 checked by hand, filters, stamps, damage."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
from fake_embedding import record

from vectorstore.errors import LibraryError
from vectorstore.filters import Filter, parse_filter
from vectorstore.lexical import LexicalIndex
from vectorstore.papers import Paper, Part, alone, assemble
from vectorstore.records import Passage, Record
from vectorstore.terms import index_terms

MOTHS = record("Moths", "lamp moth moth", id="moths", year=2020, groups=("Night",))
TIDES = record("Tides", "moon tide gauge ship log", id="tides", year=2023, sources=("Sea.bib",))
BREAD = record("Bread", "mould loaf", id="bread", groups=("Kitchen", "Night"))


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    """Three documents: of 4, 6 and 3 terms, titles included."""
    index = LexicalIndex(tmp_path / "index")
    index.clear()
    index.replace(shelf(MOTHS, TIDES, BREAD))
    return index


def shelf(*records: Record) -> list[tuple[Paper, list[Passage]]]:
    return [(alone(item), whole(item)) for item in records]


def whole(item: Record) -> list[Passage]:
    return [Passage(item.id, 0, 0, len(item.abstract), item.abstract)]


def ids(index: LexicalIndex, text: str, where: str | list[str] | None = None) -> list[str]:
    hits = index.search(index_terms(text), 10, parse_filter(where))
    return [hit.record_id for hit in hits]


def idf(holding: int, total: int = 3) -> float:
    return math.log(1 + (total - holding + 0.5) / (holding + 0.5))


def bm25(frequency: int, length: int, mean: float = 13 / 3) -> float:
    return frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * length / mean))


def test_scores_are_those_of_bm25(index: LexicalIndex) -> None:
    hits = index.search(["moth", "loaf"], 10, Filter())
    assert [hit.record_id for hit in hits] == ["moths", "bread"]
    assert hits[0].score == pytest.approx(idf(1) * bm25(3, 4), rel=1e-5)
    assert hits[1].score == pytest.approx(idf(1) * bm25(1, 3), rel=1e-5)


def test_a_filter_leaves_scores_as_they_are(index: LexicalIndex) -> None:
    free = index.search(["moth", "loaf"], 10, Filter())
    assert index.search(["moth", "loaf"], 10, parse_filter("group=night")) == free


def test_rarity_is_the_inverse_document_frequency(index: LexicalIndex, tmp_path: Path) -> None:
    assert index.rarity("moth") == pytest.approx(idf(1))
    assert index.rarity("whale") == pytest.approx(idf(0))
    assert LexicalIndex(tmp_path / "none").rarity("moth") == pytest.approx(math.log(2))


def test_rarity_stays_about_the_same_when_all_records_are_replaced(index: LexicalIndex) -> None:
    index.replace(shelf(MOTHS, TIDES))
    assert index.rarity("moth") == pytest.approx(idf(1), rel=0.2)
    assert index.rarity("moth") > idf(2)


def test_only_so_many_are_found(index: LexicalIndex) -> None:
    assert [hit.record_id for hit in index.search(["moth", "loaf"], 1, Filter())] == ["moths"]


@pytest.mark.parametrize("text", ["", "the", "whale"])
def test_what_is_not_there_finds_nothing(index: LexicalIndex, text: str) -> None:
    assert ids(index, text) == []


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("year>=2020", {"moths", "tides"}),
        ("year>2020", {"tides"}),
        ("year<=2020", {"moths"}),
        ("year<2020", set()),
        ("year=2023", {"tides"}),
        ("year!=2023", {"moths"}),
        ("group=NIGHT", {"moths", "bread"}),
        ("group=Nigh", set()),
        ("source=sea.bib", {"tides"}),
        ("title=the moths", {"moths"}),
        ("title=moths bread", set()),
        (["group=Night", "year=2020"], {"moths"}),
        (["group=Night", "year=2023"], set()),
    ],
)
def test_filters_let_through_what_they_should(
    index: LexicalIndex, where: str | list[str], found: set[str]
) -> None:
    assert set(ids(index, "moth tide loaf", where)) == found


def test_a_record_is_replaced_and_removed(index: LexicalIndex) -> None:
    index.replace(shelf(record("Moths", "only owls now", id="moths")), removed=["bread", "nobody"])
    assert len(index) == 2
    assert (ids(index, "owl"), ids(index, "lamp"), ids(index, "loaf")) == (["moths"], [], [])


@pytest.mark.parametrize("length", [3, 255, 256, 3000])
def test_ids_and_groups_of_any_length_are_found_again(index: LexicalIndex, length: int) -> None:
    long = record("Lamps", "lamp", id="x" * length, groups=("g" * length,))
    index.replace(shelf(long))
    index.replace(shelf(long))
    assert ids(index, "lamp", "group=" + "G" * length) == ["x" * length]


def test_papers_come_back_whole(index: LexicalIndex) -> None:
    merged = assemble("moths", [Part(MOTHS), Part(TIDES, "same title")], ["bread"])
    halves = [Passage("moths", 0, 0, 3, ""), Passage("moths", 1, 4, 9, "")]
    index.replace([(merged, halves)])
    found = index.fetch(["moths", "bread", "nobody"])
    assert set(found) == {"moths", "bread"}
    assert found["moths"].paper == merged
    assert found["bread"].paper == alone(BREAD)
    text = merged.record.abstract
    assert [(p.id, p.start, p.end, p.text) for p in found["moths"].passages] == [
        ("moths#0", 0, 3, text[:3]),
        ("moths#1", 4, 9, text[4:9]),
    ]
    assert index.fetch([]) == {}


def test_what_a_filter_lets_through_is_counted_and_named(index: LexicalIndex) -> None:
    night = parse_filter("group=Night")
    assert index.count(night) == 2
    assert sorted(index.passing(night, 9)) == ["bread", "moths"]
    assert index.passing(night, 9, ["moths", "tides", "nobody"]) == ["moths"]
    assert index.count(parse_filter("year>3000")) == 0


# On disk -------------------------------------------------------------------------------------

STAMP = {"revision": "1", "version": 1}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stamped index on disk."""
    index = LexicalIndex(tmp_path / "terms")
    index.clear()
    index.replace(shelf(MOTHS, TIDES, BREAD))
    index.put_stamp(STAMP)
    return tmp_path / "terms"


def test_an_index_and_its_stamp_are_there_after_opening_it_again(folder: Path) -> None:
    index = LexicalIndex(folder)
    assert (len(index), index.stamp, ids(index, "moth")) == (3, STAMP, ["moths"])


def test_an_open_index_sees_what_another_one_wrote(folder: Path) -> None:
    reader, writer = LexicalIndex(folder), LexicalIndex(folder)
    writer.replace(shelf(record("Owls", "owl", id="owls")))
    assert ids(reader, "owl") == []
    reader.refresh()
    assert ids(reader, "owl") == ["owls"]


def test_a_stamp_holds_for_the_commit_that_it_was_put_on_only(folder: Path) -> None:
    index = LexicalIndex(folder)
    index.replace([], removed=["moths"])
    assert index.stamp == {}
    index.put_stamp(STAMP)
    assert LexicalIndex(folder).stamp == STAMP


def test_opening_changes_nothing_on_disk(tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path / "terms")
    assert (len(index), index.stamp, ids(index, "moth")) == (0, {}, [])
    assert not (tmp_path / "terms").exists()


def damage(folder: Path, kind: str) -> None:
    meta = folder / "meta.json"
    if kind == "no meta.json":
        meta.unlink()
    elif kind == "garbage in meta.json":
        meta.write_bytes(b"\x00garbage")
    elif kind == "another schema":
        told = json.loads(meta.read_text())
        told["schema"] = told["schema"][:2]
        meta.write_text(json.dumps(told))
    else:
        for path in folder.glob(kind):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


KINDS = ["no meta.json", "garbage in meta.json", "another schema", "*.idx", "*.store", "*.term"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_index_is_empty_until_it_is_made_anew(folder: Path, kind: str) -> None:
    damage(folder, kind)
    index = LexicalIndex(folder)
    assert (len(index), index.stamp, ids(index, "moth")) == (0, {}, [])
    index.clear()
    index.replace(shelf(MOTHS))
    index.put_stamp(STAMP)
    assert (LexicalIndex(folder).stamp, ids(LexicalIndex(folder), "moth")) == (STAMP, ["moths"])


@pytest.mark.parametrize("kind", ["*.store", "*.term", "*.idx"])
def test_damage_within_a_file_withdraws_the_stamp_when_it_is_noticed(
    folder: Path, kind: str
) -> None:
    for path in folder.glob(kind):
        data = path.read_bytes()
        start = data.rindex(b'{"version"') // 2  # its end holds what Tantivy checks on opening
        path.write_bytes(b"\xff" * start + data[start:])
    index = LexicalIndex(folder)
    assert index.stamp == STAMP
    with pytest.raises(LibraryError, match=r"^The term index .*terms is damaged \("):
        ids(index, "moth")
    assert LexicalIndex(folder).stamp == {}


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", '{"of": 3, "state": null}'])
def test_a_garbled_stamp_vouches_for_nothing(folder: Path, text: str) -> None:
    (folder / "stamp.json").write_text(text)
    assert LexicalIndex(folder).stamp == {}


def test_a_file_in_place_of_the_index_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "terms").write_text("not a folder")
    index = LexicalIndex(tmp_path / "terms")
    index.clear()
    index.replace(shelf(MOTHS))
    assert os.listdir(tmp_path) == ["terms"]
    assert ids(index, "moth") == ["moths"]

"""Writers: what is written is read back as it was, in each format, and others can read it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import get_args

import bibtexparser
import pytest
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.papers import Paper, Part, assemble
from vectorstore.readers import Item, read_document
from vectorstore.readers.document import Document, shown_name
from vectorstore.readers.fields import build
from vectorstore.readers.kept import pack, unpack
from vectorstore.records import Note, Record, text_identity
from vectorstore.writers import Format, WriteError, write, write_file
from vectorstore.writers.keys import CiteKeys, cite_key

FORMATS = get_args(Format)
MOTHS = Record(
    id="doi:10.5555/moth_1",
    title="Moths & Lamps at $\\alpha$ Night",
    abstract="Moths fly to 50% of lamps -- we don't know why.",
    authors=("Ada Quill", "Dusk, Ludwig van", "Band and Sons", "Erdős Pál"),
    year=2024,
    venue="Journal of Moths",
    url="https://moths.example/a_b?c=1&d=%20",
    doi="10.5555/moth_1",
    arxiv_id="2401.00001",
    pmid="12345",
    keywords=("moths", "lamps, bright"),
    groups=("Night", "Insects"),
    sources=("export.bib", "old list.ris"),
)
TIDES = Record(
    id="text:0123456789abcdef",
    title="Tides",
    abstract="Tides\nrise.\n\n\n  {They} fall $5 \\emph{twice}$ a day.",
    title_derived=True,
    sources=("tides.txt",),
    digest=True,
)


def document(content: bytes, name: str = "back.txt") -> Document:
    return Document(name, lambda: nullcontext(io.BytesIO(content)))


def read_back(papers: list[Record | Paper], form: Format) -> list[Item]:
    return list(read_document(document("".join(write(papers, form)).encode("utf-8"))))


# Records of the kind that the readers make: what they make of arbitrary values.

ODD = "{}\\%$&#_~^@\"'`-,;:.=()[]<>|/ \t\n\x7f\u0085\u00a0\u2028éßøŁ漢字\U0001f98b"
WORDS = st.sampled_from(
    ["and", "others", "AB  - ", "TY  - JOUR", "ER  - ", "@article{x,", "\\emph{", "$x_{1}$",
     "--", "``", "''", "\\'e", "{\\o}", "von", "a", "%7B", "quoth-abstract: 1", "\n\n", "\n@a{b,"]
)  # fmt: skip
TEXT = st.lists(WORDS | st.text(ODD, max_size=5) | st.text(max_size=5), max_size=8).map("".join)
SPACED = st.lists(WORDS | st.text(ODD, max_size=5), max_size=8).map(" ".join)
ANY = TEXT | SPACED
DOIS = st.text("abcXYZ019()_-.;/<>%&{}\\$", min_size=1, max_size=12).map("10.5555/".__add__)
VALUES = st.fixed_dictionaries(
    {"abstract": ANY.map("a".__add__) | ANY.map(lambda text: f"{text} b")},
    optional={
        "title": ANY,
        "title_derived": st.booleans(),
        "authors": st.lists(ANY, max_size=4),
        "year": st.integers(1500, 2100),
        "venue": ANY,
        "url": st.text(ODD, max_size=12).map("https://x.example/".__add__),
        "doi": DOIS | st.just("10.48550/arXiv.2401.00001"),
        "arxiv_id": st.sampled_from(["2401.00001", "hep-th/9901001", "math.gt/0309136"]),
        "pmid": st.integers(1, 99_999_999),
        "keywords": st.lists(ANY, max_size=4),
        "groups": st.lists(ANY, max_size=4),
        "sources": st.lists(ANY.map(shown_name), max_size=3),
        "digest": st.booleans(),
        "quoth_id": st.sampled_from(["doi:10.5555/else", "text:0123456789abcdef", "pmid:1"]),
    },
)


def as_read(values: dict[str, object]) -> list[Record]:
    items = list(build(values, "file.bib", "line 1"))
    return [item for item in items if isinstance(item, Record)]


RECORDS = st.lists(VALUES, max_size=3).map(
    lambda listed: [record for values in listed for record in as_read(values)]
)


@pytest.mark.parametrize("form", FORMATS)
@settings(deadline=None)
@given(RECORDS.filter(bool))
def test_what_is_written_is_read_back_as_it_was(form: Format, records: list[Record]) -> None:
    assert read_back([*records], form) == records


@pytest.mark.parametrize("form", FORMATS)
def test_records_of_all_kinds_are_read_back_as_they_were(form: Format) -> None:
    assert read_back([MOTHS, TIDES], form) == [MOTHS, TIDES]


@pytest.mark.parametrize("form", FORMATS)
def test_merged_papers_are_read_back_with_their_records(form: Format) -> None:
    first = replace(MOTHS, doi=None, id="arxiv:2401.00001")
    second = replace(MOTHS, abstract=MOTHS.abstract + " Twice.", sources=("new.xml",))
    paper = assemble(first.id, [Part(first), Part(second, "arxiv")], ["doi:10.5555/other"])
    assert paper.id != second.id
    assert read_back([paper], form) == [paper]


def entries(text: str) -> list[dict[str, str]]:
    """The entries, as a program reads them that knows nothing of ours."""
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    return [{item.key: item.value for item in entry.fields} for entry in library.entries]


def test_bibtex_is_what_other_programs_read() -> None:
    assert entries("".join(write([MOTHS], "bibtex"))) == [
        {
            "author": "Ada Quill and Dusk, Ludwig van and {Band and Sons} and Erdős Pál",
            "title": r"{Moths \& Lamps at $\alpha$ Night}",
            "howpublished": "Journal of Moths",
            "year": "2024",
            "doi": "10.5555/moth_1",
            "eprint": "2401.00001",
            "archiveprefix": "arXiv",
            "pmid": "12345",
            "url": "https://moths.example/a_b?c=1&d=%20",
            "abstract": r"Moths fly to 50\% of lamps -{}- we don't know why.",
            "keywords": "moths; lamps, bright",
            "groups": "Night, Insects",
            "quoth-sources": '["export.bib", "old list.ris"]',
        }
    ]


def test_ris_is_what_other_programs_read() -> None:
    (reference,) = rispy.loads("".join(write([MOTHS], "ris")).replace("\r\n", "\n"))
    assert reference == {
        "type_of_reference": "GEN",
        "id": "quill2024moths",
        "title": "Moths & Lamps at $\\alpha$ Night",
        "authors": ["Ada Quill", "Dusk, Ludwig van", "Band and Sons", "Erdős Pál"],
        "year": "2024",
        "journal_name": "Journal of Moths",
        "doi": "10.5555/moth_1",
        "accession_number": "arXiv:2401.00001",
        "name_of_database": "arXiv",
        "urls": ["https://moths.example/a_b?c=1&d=%20"],
        "abstract": "Moths fly to 50% of lamps -- we don't know why.",
        "keywords": ["moths", "lamps, bright"],
        "custom8": 'quoth-pmid: "12345"',
    }


def test_json_lines_hold_the_names_of_the_fields() -> None:
    (line,) = write([MOTHS], "jsonl")
    assert line.endswith("}\n")
    assert json.loads(line) == MOTHS.to_json()


def test_an_id_that_would_be_made_anew_otherwise_is_kept() -> None:
    (line,) = write([TIDES], "jsonl")
    assert json.loads(line)["quoth_id"] == TIDES.id


@pytest.mark.parametrize("form", FORMATS)
def test_text_from_outside_adds_no_entry(form: Format) -> None:
    abstract = 'x}\n}\n\n@misc(evil, abstract={y}}\nER  - \nTY  - JOUR\nAB  - z\n{"abstract": 1}'
    hostile = replace(MOTHS, abstract=abstract, title=" ".join(abstract.split()))
    assert read_back([hostile, TIDES], form) == [hostile, TIDES]


def test_no_key_comes_twice() -> None:
    keys = CiteKeys()
    papers = [replace(MOTHS, id=f"pmid:{number}") for number in range(3)]
    assert [keys.next(paper) for paper in papers] == [
        "quill2024moths",
        "quill2024moths-" + hashlib.sha256(b"pmid:1").hexdigest()[:6],
        "quill2024moths-" + hashlib.sha256(b"pmid:2").hexdigest()[:6],
    ]


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (replace(MOTHS, authors=("Dusk, Ludwig",), title="The Ñandú"), "dusk2024nandu"),
        (replace(MOTHS, authors=(), title="的", year=None), "doi105555moth1"),
        (replace(MOTHS, authors=("Erdős Pál",), title="{A} of", year=None), "pal"),
    ],
)
def test_keys_are_of_author_year_and_title(record: Record, key: str) -> None:
    assert cite_key(record) == key


@pytest.mark.parametrize("form", FORMATS)
def test_papers_are_written_one_by_one(form: Format) -> None:
    taken: list[int] = []

    def papers() -> Iterator[Record]:
        for number in range(3):
            taken.append(number)
            yield replace(MOTHS, year=2000 + number)

    pieces = write(papers(), form)
    assert taken == []
    assert "2000" in next(pieces)
    assert taken == [0]


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("quoth-year", "[", "'quoth-year' was left out: it is damaged"),
        ("quoth-year", "[" * 3000, "'quoth-year' was left out: it is damaged"),
        ("quoth-id", '"moth"', "'quoth_id' was left out: 'moth' is no id that Quoth gives"),
        ("quoth-id", "7", "'quoth_id' was left out: a number is no id that Quoth gives"),
    ],
)
def test_fields_of_ours_that_are_damaged_cost_no_record(field: str, text: str, reason: str) -> None:
    content = f"@misc{{a, abstract={{Moths fly.}}, {field}={{{text}}}}}".encode()
    record, note = read_document(document(content, "in.bib"))
    assert isinstance(record, Record)
    assert (record.id, record.year) == (text_identity("Moths fly."), None)
    assert note == Note("in.bib", "entry a (line 1)", reason)


@given(st.recursive(st.none() | st.booleans() | st.integers() | TEXT, st.lists, max_leaves=4))
def test_packed_values_are_unpacked_as_they_were(value: object) -> None:
    packed = pack(value)
    assert not set(packed) & set("{}\\\n\r")
    assert unpack(packed) == value


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.ris"
    write_file(path, ["é\r\n", "b"], overwrite=False)
    assert path.read_bytes() == "é\r\nb".encode()
    assert [item.name for item in tmp_path.iterdir()] == ["out.ris"]


def test_a_file_that_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "out.bib"
    path.write_text("old")
    reason = f"{path} exists already; name another file, or allow to overwrite it"
    with pytest.raises(WriteError) as error:
        write_file(path, ["new"], overwrite=False)
    assert (str(error.value), path.read_text()) == (reason, "old")
    write_file(path, ["new"], overwrite=True)
    assert path.read_text() == "new"


def test_a_file_that_breaks_off_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.bib"
    path.write_text("old")

    def pieces() -> Iterator[str]:
        yield "new"
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_file(path, pieces(), overwrite=True)
    assert [item.read_text() for item in tmp_path.iterdir()] == ["old"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none" / "out.bib"
    reason = f"{path} cannot be written (No such file or directory); name another file"
    with pytest.raises(WriteError) as error:
        write_file(path, [], overwrite=False)
    assert str(error.value) == reason

"""Readers: every line of a file becomes a record, a rejection or a note."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectorstore.readers import MAX_ABSTRACT_CHARACTERS, MAX_LINE_BYTES, Item, Note, read
from vectorstore.readers.text import CHUNK_BYTES
from vectorstore.records import Record, RejectedRecord, SkippedRecord, text_identity

EXPECTED = (
    "expected an export in BibTeX, RIS, MEDLINE or PubMed XML, arXiv Atom, JSON, JSON Lines, CSV "
    "or TSV, one abstract as prose, or a heading and one `Abstract:` paragraph a line"
)
STRAY = "expected `Abstract:` before it, or a heading of at most 12 words on a line alone"
FROM_BINARY = "export the papers in one of the formats that Quoth reads: BibTeX, RIS, CSV, JSON"
WORD = st.text(st.characters(categories=["L"]), min_size=1, max_size=8)
SENTENCE = st.lists(WORD, min_size=1, max_size=12).map(" ".join)


def read_bytes(folder: Path, content: bytes, name: str = "in.txt") -> list[Item]:
    path = folder / name
    path.write_bytes(content)
    return list(read(path))


def read_text(folder: Path, content: str) -> list[Item]:
    return read_bytes(folder, content.encode("utf-8"))


def read_object(folder: Path, **values: object) -> list[Item]:
    return read_text(folder, json.dumps(values))


def only_record(items: list[Item]) -> Record:
    assert len(items) == 1
    assert isinstance(items[0], Record)
    return items[0]


def reasons(items: list[Item]) -> list[tuple[str, str]]:
    return [(item.where, item.reason) for item in items if not isinstance(item, Record)]


def abstracts(items: list[Item]) -> list[str]:
    return [item.abstract for item in items if isinstance(item, Record)]


# The listing.


def test_a_listing_gives_a_record_for_each_abstract(tmp_path: Path) -> None:
    items = read_text(tmp_path, "Hive 7\nAbstract:Bees dance.\n\nAbstract: Bees sleep.")
    assert items == [
        Record(
            id=text_identity("Bees dance."),
            title="Bees dance",
            abstract="Bees dance.",
            title_derived=True,
            groups=("Hive 7",),
            sources=("in.txt",),
        ),
        Record(
            id=text_identity("Bees sleep."),
            title="Bees sleep",
            abstract="Bees sleep.",
            title_derived=True,
            groups=("Hive 7",),
            sources=("in.txt",),
        ),
    ]


def test_a_listing_needs_no_heading(tmp_path: Path) -> None:
    record = only_record(read_text(tmp_path, "Abstract: Bees dance."))
    assert record.groups == ()


def test_a_short_line_alone_is_the_heading_of_what_follows(tmp_path: Path) -> None:
    items = read_text(tmp_path, "A\nAbstract: One.\n\nB\n\nAbstract: Two.\n")
    assert [item.groups for item in items if isinstance(item, Record)] == [("A",), ("B",)]


def test_a_heading_directly_between_two_abstracts_is_one(tmp_path: Path) -> None:
    items = read_text(tmp_path, "A\nAbstract: One is done.\nHive 8\nAbstract: Two.\n")
    assert abstracts(items) == ["One is done.", "Two."]
    assert [item.groups for item in items if isinstance(item, Record)] == [("A",), ("Hive 8",)]


def test_a_heading_with_nothing_under_it_is_noted(tmp_path: Path) -> None:
    items = read_text(tmp_path, "A\n\nB\nAbstract: One.\n\nThe end")
    assert abstracts(items) == ["One."]
    assert reasons(items) == [
        ("line 1", "no abstract stands under the heading 'A'"),
        ("line 6", "no abstract stands under the heading 'The end'"),
    ]
    assert all(isinstance(item, Record | Note) for item in items)


def test_wrapped_lines_are_one_abstract_with_its_line_ends(tmp_path: Path) -> None:
    items = read_text(tmp_path, "Abstract: Bees\ndance  a\nlot.\nAbstract:\nTwo.\n")
    assert abstracts(items) == ["Bees\ndance  a\nlot.", "Two."]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(tmp_path: Path, end: str) -> None:
    items = read_text(tmp_path, end.join(["A", "Abstract: One.", "", "Abstract: Two", "lines."]))
    assert abstracts(items) == ["One.", "Two\nlines."]


def test_a_line_end_across_two_chunks_is_one(tmp_path: Path) -> None:
    first = "Abstract: " + "a" * (CHUNK_BYTES - 11)
    items = read_text(tmp_path, f"{first}\r\ntwo.")
    assert abstracts(items) == [first[10:] + "\ntwo."]


def test_a_stray_paragraph_is_rejected(tmp_path: Path) -> None:
    items = read_text(tmp_path, "Abstract: One.\n\nThis is a sentence.\nAnd one more.\n")
    assert abstracts(items) == ["One."]
    shown = "a paragraph without `Abstract:` ('This is a sentence. And one more.')"
    assert reasons(items) == [("lines 3-4", f"{shown}; {STRAY}")]


def test_labels_before_an_abstract_are_its_fields(tmp_path: Path) -> None:
    text = (
        "TITLE: On Bees\nauthors: Ada Bee; Bob Wasp\nYear: May 2024\nDOI: 10.1000/BEES\n"
        "URL: https://a.org/bees\nAbstract: Bees dance."
    )
    assert only_record(read_text(tmp_path, text)) == Record(
        id="doi:10.1000/bees",
        title="On Bees",
        abstract="Bees dance.",
        authors=("Ada Bee", "Bob Wasp"),
        year=2024,
        url="https://a.org/bees",
        doi="10.1000/bees",
        sources=("in.txt",),
    )


def test_labels_do_not_leak_into_the_next_record(tmp_path: Path) -> None:
    items = read_text(tmp_path, "Title: T\nAbstract: One.\n\nAbstract: Two.")
    assert [item.title for item in items if isinstance(item, Record)] == ["T", "Two"]


def test_labels_behind_an_abstract_are_rejected_not_given_to_the_next(tmp_path: Path) -> None:
    items = read_text(tmp_path, "Abstract: One.\nURL: https://a.org\n\nAbstract: Two.")
    assert [item.url for item in items if isinstance(item, Record)] == [None, None]
    reason = "`URL:` with no `Abstract:` behind; expected labels before their abstract"
    assert reasons(items) == [("line 2", reason)]


def test_labels_of_no_abstract_are_rejected(tmp_path: Path) -> None:
    items = read_text(tmp_path, "Abstract: One.\n\nTitle: T\nYear: 2024\n")
    reason = "`Title:`, `Year:` with no `Abstract:` behind; expected labels before their abstract"
    assert reasons(items) == [("lines 3-4", reason)]


def test_an_empty_abstract_is_rejected(tmp_path: Path) -> None:
    items = read_text(tmp_path, "Abstract:\n\nAbstract: Two.\n")
    assert reasons(items) == [("line 1", "`Abstract:` with nothing behind it")]
    assert abstracts(items) == ["Two."]


def test_prose_that_is_no_abstract_is_rejected_as_a_whole(tmp_path: Path) -> None:
    items = read_text(tmp_path, "Bees dance.\n\nBees sleep.\n")
    found = "it is too short for an abstract (18 letters; at least 60)"
    reason = f"no line starts with `Abstract:`, and {found}; {EXPECTED}"
    assert items == [RejectedRecord("in.txt", "whole file", reason)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    heading=st.none() | WORD.map(lambda word: f"Hive {word}"),
    texts=st.lists(SENTENCE.map(lambda text: f"We see {text}."), min_size=1, max_size=6),
    gap=st.integers(min_value=1, max_value=4),
)
def test_a_listing_round_trips(
    tmp_path: Path, heading: str | None, texts: list[str], gap: int
) -> None:
    lines = ("\n" * gap).join(f"Abstract: {text}" for text in texts)
    items = read_text(tmp_path, f"{heading}\n{lines}" if heading else lines)
    assert abstracts(items) == texts
    assert len(items) == len(texts)
    groups = (heading,) if heading else ()
    assert all(isinstance(item, Record) and item.groups == groups for item in items)


# JSON Lines.


def test_a_full_object_gives_a_full_record(tmp_path: Path) -> None:
    record = only_record(
        read_object(
            tmp_path,
            title="On\n  Bees",
            abstract=" Bees dance.\n",
            doi="https://doi.org/10.1000/BEES",
            arxiv_id="2401.00001v2",
            pmid=12345,
            authors=["Ada Bee", {"name": "Bob Wasp"}, {"given": "Cy", "family": "Fly"}],
            year="2024-05-01",
            venue="Hive",
            url="https://a.org/bees",
            keywords="dance; honey",
            categories="cs.AI q-bio.PE",
            groups=["A", "B"],
            digest=True,
        )
    )
    assert record == Record(
        id="doi:10.1000/bees",
        title="On Bees",
        abstract="Bees dance.",
        authors=("Ada Bee", "Bob Wasp", "Cy Fly"),
        year=2024,
        venue="Hive",
        url="https://a.org/bees",
        doi="10.1000/bees",
        arxiv_id="2401.00001",
        pmid="12345",
        keywords=("dance", "honey", "cs.AI", "q-bio.PE"),
        groups=("A", "B"),
        sources=("in.txt",),
        digest=True,
    )


def test_content_decides_about_the_format_not_the_name(tmp_path: Path) -> None:
    items = read_bytes(tmp_path, b'\n\n {"abstract": "Bees dance."}\n', "in.bib")
    assert abstracts(items) == ["Bees dance."]


@pytest.mark.parametrize("key", ["abstract", "summary", "text"])
def test_the_abstract_has_several_names(tmp_path: Path, key: str) -> None:
    assert abstracts(read_object(tmp_path, **{key: "Bees dance."})) == ["Bees dance."]


def test_sentences_are_joined_by_a_space(tmp_path: Path) -> None:
    items = read_object(tmp_path, abstract=["Bees dance.", "They sleep."])
    assert abstracts(items) == ["Bees dance. They sleep."]


def test_a_derived_title_is_marked(tmp_path: Path) -> None:
    assert only_record(read_object(tmp_path, abstract="Bees dance.")).title_derived
    given_title = read_object(tmp_path, abstract="Bees dance.", title="T", title_derived=True)
    assert only_record(given_title).title_derived


@pytest.mark.parametrize(
    ("values", "identity"),
    [
        ({"id": "doi:10.1000/bees"}, "doi:10.1000/bees"),
        ({"_id": "10.1000/bees"}, "doi:10.1000/bees"),
        ({"id": "arXiv:2401.00001v1"}, "arxiv:2401.00001"),
        ({"id": "pmid:12345"}, "pmid:12345"),
        ({"link": "http://arxiv.org/abs/2401.00001v1"}, "arxiv:2401.00001"),
        ({"url": "https://doi.org/10.1000/bees"}, "doi:10.1000/bees"),
        ({"doi": "10.48550/arXiv.2401.00001"}, "arxiv:2401.00001"),
        ({"id": "12345"}, text_identity("Bees.")),
        ({"id": 12345}, text_identity("Bees.")),
        ({"id": "sample:bees"}, text_identity("Bees.")),
    ],
)
def test_known_schemes_identify(tmp_path: Path, values: dict[str, object], identity: str) -> None:
    assert only_record(read_object(tmp_path, abstract="Bees.", **values)).id == identity


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("Bee, Ada; Wasp, Bob", ("Bee, Ada", "Wasp, Bob")),
        ("Ada Bee and Bob Wasp", ("Ada Bee", "Bob Wasp")),
        ("Ada Bee, Bob Wasp, and Cy Fly", ("Ada Bee", "Bob Wasp", "Cy Fly")),
        ("Bee, Ada and Wasp, Bob", ("Bee, Ada", "Wasp, Bob")),
        ("", ()),
        (None, ()),
    ],
)
def test_authors_in_one_string_are_parted(
    tmp_path: Path, authors: str | None, names: tuple[str, ...]
) -> None:
    assert only_record(read_object(tmp_path, abstract="Bees.", authors=authors)).authors == names


@pytest.mark.parametrize(
    ("values", "year"),
    [
        ({"year": 2024}, 2024),
        ({"year": 2024.0}, 2024),
        ({"date": "3 May 1999"}, 1999),
        ({"published": "20240501"}, 2024),
        ({"year": None, "update_date": "2023-01-01"}, 2023),
    ],
)
def test_the_year_is_found(tmp_path: Path, values: dict[str, object], year: int) -> None:
    assert only_record(read_object(tmp_path, abstract="Bees.", **values)).year == year


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (
            {"url": "javascript:alert(1)"},
            "'url' was left out: 'javascript:alert(1)' is not an http or https address",
        ),
        ({"doi": "bees"}, "'doi' was left out: 'bees' is not a DOI"),
        ({"arxiv": "bees"}, "'arxiv_id' was left out: 'bees' is not an arXiv identifier"),
        ({"pmid": "bees"}, "'pmid' was left out: 'bees' is not a PubMed identifier"),
        ({"year": "soon"}, "'year' was left out: no year from 1500 to 2100 in 'soon'"),
        ({"year": 12}, "'year' was left out: no year from 1500 to 2100 in '12'"),
    ],
)
def test_what_is_left_out_of_a_record_is_noted(
    tmp_path: Path, values: dict[str, object], note: str
) -> None:
    record, *notes = read_object(tmp_path, abstract="Bees.", **values)
    assert isinstance(record, Record)
    assert notes == [Note("in.txt", "line 1", note)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"abstract": 7}', "'abstract' is a number; expected a string or a list of strings"),
        ('{"abstract": ["a", {}]}', "'abstract' lists an object; expected strings"),
        ('{"abstract": "12 + 3"}', "'abstract' holds no letters ('12 + 3')"),
        ('{"abstract": "a", "title": ["T"]}', "'title' is a list; expected a string"),
        ('{"abstract": "a", "digest": "yes"}', "'digest' is a string; expected true or false"),
        ('{"abstract": "a", "year": true}', "'year' is true or false; expected a year or a date"),
        ('{"abstract": "a", "id": {}}', "'id' is an object; expected a string or a number"),
        (
            '{"abstract": "a", "authors": [7]}',
            "'authors' lists a number; expected strings, "
            "or objects with 'name' or with 'given' and 'family'",
        ),
        (
            '{"abstract": "a", "authors": 7}',
            "'authors' is a number; expected a list or a string of names",
        ),
        (
            '{"abstract": "a", "groups": 7}',
            "'groups' is a number; expected a string or a list of strings",
        ),
        (
            '{"abstract": "Bees\\u0000."}',
            "'abstract' holds the control character U+0000 at character 5; remove it",
        ),
        (
            '{"abstract": "Bees", "title": "\\u0007"}',
            "'title' holds the control character U+0007 at character 1; remove it",
        ),
        (
            '{"abstract": "Bees \\ud800"}',
            "'abstract' holds the lone surrogate U+D800 at character 6; remove it",
        ),
        ("[1]", "a list instead of an object with an 'abstract'"),
        ('"Bees"', "a string instead of an object with an 'abstract'"),
        ("null", "null instead of an object with an 'abstract'"),
        ('{"abstract": ', "not JSON (Expecting value, column 14)"),
        ("Bees dance.", "not JSON (Expecting value, column 1)"),
        ('{"a": ' * 100_000, "not JSON that can be read (nested too deeply)"),
        ('{"a": ' + "1" * 5_000 + "}", "not JSON that can be read (a number is too long)"),
        (
            json.dumps({"abstract": "a" * (MAX_ABSTRACT_CHARACTERS + 1)}),
            "'abstract' is 100,001 characters long; expected at most 100,000",
        ),
        (
            json.dumps({"abstract": "a", "title": "t" * 2_001}),
            "'title' is 2,001 characters long; expected at most 2,000",
        ),
    ],
)
def test_what_cannot_be_used_is_rejected_with_line_and_reason(
    tmp_path: Path, line: str, reason: str
) -> None:
    items = read_text(tmp_path, f'{{"abstract": "One."}}\n{line}\n{{"abstract": "Two."}}\n')
    assert abstracts(items) == ["One.", "Two."]
    assert items[1] == RejectedRecord("in.txt", "line 2", reason)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": 1, "title": "T"}', "no 'abstract' (found: id, title)"),
        ("{}", "no 'abstract' (found: nothing)"),
        ('{"abstract": " "}', "'abstract' is empty"),
        ('{"abstract": null}', "'abstract' is empty"),
    ],
)
def test_what_has_no_abstract_is_skipped_with_line_and_reason(
    tmp_path: Path, line: str, reason: str
) -> None:
    items = read_text(tmp_path, f'{{"abstract": "One."}}\n{line}\n{{"abstract": "Two."}}\n')
    assert abstracts(items) == ["One.", "Two."]
    assert items[1] == SkippedRecord("in.txt", "line 2", reason)


def test_an_abstract_of_one_word_and_numbers_that_are_none_are_fine(tmp_path: Path) -> None:
    items = read_text(tmp_path, '{"abstract": "Bees", "score": NaN}')
    assert abstracts(items) == ["Bees"]


@pytest.mark.parametrize("text", ['{\n  "abstract": "Bees."\n}', '[{"abstract": "Bees."}]'])
def test_json_that_is_not_json_lines_is_read_too(tmp_path: Path, text: str) -> None:
    assert abstracts(read_text(tmp_path, text)) == ["Bees."]


# Bytes.


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    items = read_bytes(tmp_path, b"\xef\xbb\xbfAbstract: Bees dance.")
    assert abstracts(items) == ["Bees dance."]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("length", [7, CHUNK_BYTES])
def test_a_byte_order_mark_tells_of_utf16(tmp_path: Path, encoding: str, length: int) -> None:
    text = "é" * length + " 𝒙 dance."
    items = read_bytes(tmp_path, f"\ufeffAbstract: {text}\r\nAbstract: Two.".encode(encoding))
    assert abstracts(items) == [text, "Two."]


def test_bytes_that_are_not_utf8_are_read_as_latin_and_noted(tmp_path: Path) -> None:
    content = "Abstract: Größe.\n".encode() + b"Abstract: Caf\xe9.\nAbstract: \x93Na\xefve.\x94\n"
    items = read_bytes(tmp_path, content)
    assert abstracts(items) == ["Größe.", "Café.", "“Naïve.”"]
    reason = "byte 0xE9 is not UTF-8: this line and 1 more were read as Latin-1 (Windows-1252)"
    assert items[3:] == [Note("in.txt", "line 2", reason)]


def test_bytes_that_windows_leaves_undefined_are_read_as_latin(tmp_path: Path) -> None:
    items = read_bytes(tmp_path, b"Abstract: Bees\x81\n")
    assert abstracts(items) == ["Bees\x81"]


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"%PDF-1.7 text", f"is a PDF, not text; {FROM_BINARY}"),
        (
            b"PK\x03\x04text",
            "is a zip archive that is cut off or damaged (File is not a zip file)",
        ),
        (b"SQLite format 3\x00", f"is an SQLite database, not text; {FROM_BINARY}"),
        (
            bytes(range(256)),
            f"is not text (28 of its first 256 bytes are control characters); {FROM_BINARY}",
        ),
        (
            "Abstract: Bees.".encode("utf-16-le"),
            f"is not text (15 of its first 30 bytes are control characters); {FROM_BINARY}",
        ),
        ("Abstract: Bees.".encode("utf-32"), "is text in UTF-32; save it again as UTF-8"),
        (b"", f"is empty; {EXPECTED}"),
        (b"\xef\xbb\xbf \r\n\n", f"is empty; {EXPECTED}"),
    ],
)
def test_what_is_no_text_is_rejected_as_a_whole(tmp_path: Path, start: bytes, reason: str) -> None:
    assert read_bytes(tmp_path, start) == [RejectedRecord("in.txt", "whole file", reason)]


def test_a_stray_control_character_costs_one_record_only(tmp_path: Path) -> None:
    items = read_bytes(tmp_path, b"Abstract: Bees dance.\nAbstract: Bees\x00 sleep.\n")
    assert abstracts(items) == ["Bees dance."]
    reason = "'abstract' holds the control character U+0000 at character 5; remove it"
    assert reasons(items) == [("line 2", reason)]


def test_a_heading_with_a_control_character_heads_nothing(tmp_path: Path) -> None:
    items = read_bytes(tmp_path, b"Hive\x07\nAbstract: Bees dance.\n")
    reason = "the heading 'Hive\ufffd' holds a control character; remove it"
    assert items[0] == RejectedRecord("in.txt", "line 1", reason)
    assert isinstance(items[1], Record)
    assert items[1].groups == ()


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    items = read_bytes(tmp_path, gzip.compress(b'{"abstract": "Bees dance."}'), "in.jsonl.gz")
    assert abstracts(items) == ["Bees dance."]


def test_a_packed_file_that_breaks_off_is_reported_behind_its_records(tmp_path: Path) -> None:
    lines = b"".join(b'{"abstract": "Bees %d."}\n' % number for number in range(50_000))
    items = read_bytes(tmp_path, gzip.compress(lines)[:-2_000], "in.gz")
    assert len(items) > 1_000
    reason = (
        "could not be read to its end "
        "(Compressed file ended before the end-of-stream marker was reached)"
    )
    assert items[-1] == RejectedRecord("in.gz", "whole file", reason)


@pytest.mark.parametrize("first", ["A\nAbstract: One.\n", '{"abstract": "One."}\n'])
def test_a_line_that_is_too_long_is_skipped_in_bounded_memory(tmp_path: Path, first: str) -> None:
    path = tmp_path / "in.txt"
    last = "\n" + first.splitlines()[-1].replace("One", "Two")
    path.write_text(f"{first}{'Abstract: ' if first[0] == 'A' else ''}{'a' * 50_000_000}{last}")
    tracemalloc.start()
    items = list(read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert abstracts(items) == ["One.", "Two."]
    assert peak < 10 * MAX_LINE_BYTES
    ((place, reason),) = reasons(items)
    assert place == ("line 3" if first[0] == "A" else "line 2")
    length = "50,000,010" if first[0] == "A" else "50,000,000"
    assert reason == f"is {length} bytes long; expected at most 2,000,000 a line"


def test_an_endless_wrapped_abstract_takes_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("Abstract: One.\n" + f"{'a' * 999}.\n" * 20_000 + "\nAbstract: Two.\n")
    tracemalloc.start()
    items = list(read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * MAX_LINE_BYTES
    reason = "'abstract' is 20,020,005 characters long; expected at most 100,000"
    assert reasons(items) == [("lines 1-20001", reason)]
    assert abstracts(items) == ["Two."]


def test_a_folder_is_read_with_its_files_named_behind_it(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("Abstract: Bees.")
    assert only_record(list(read(tmp_path))).sources == (f"{tmp_path.name}/in.txt",)


def test_a_missing_file_is_rejected(tmp_path: Path) -> None:
    items = list(read(tmp_path / "none.txt"))
    assert items == [RejectedRecord("none.txt", "whole file", "does not exist")]


def test_a_name_that_no_file_can_have_is_rejected() -> None:
    (item,) = read(Path("a\x00b"))
    assert isinstance(item, RejectedRecord)
    assert item.source == "a\\x00b"


def test_a_file_that_may_not_be_read_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.txt"
    path.write_text("Abstract: Bees.")

    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    reason = "cannot be opened (Permission denied)"
    assert list(read(path)) == [RejectedRecord("in.txt", "whole file", reason)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_rejected_without_waiting(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reason = "is not a regular file; save its content to a file first"
    assert list(read(path)) == [RejectedRecord("pipe", "whole file", reason)]


def test_file_names_are_shown_without_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "a\nb.txt"
    path.write_text("Abstract: Bees.")
    assert only_record(list(read(path))).sources == ("a\\nb.txt",)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary()
    | st.text('Abstractitle:{}"[], \n\r\x00\x1c\u2028é.').map(lambda text: text.encode("utf-8"))
    | st.lists(
        st.sampled_from(
            ["Abstract:", "Abstract: Bees.", "Title: T", "Hive", "", "One two.", "\x0c", '{"a":1}']
        )
    ).map(lambda lines: "\n".join(lines).encode("utf-8"))
)
def test_no_bytes_make_reading_fail_or_vanish(tmp_path: Path, content: bytes) -> None:
    items = read_bytes(tmp_path, content)
    assert items
    for item in items:
        if isinstance(item, Record):
            item.fingerprint.encode("utf-8")
            assert "\x00" not in item.abstract


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["abstract", "title", "authors", "year", "doi", "arxiv", "pmid", "id", "url", "digest"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
    )
)
def test_any_object_is_one_record_or_one_rejection(
    tmp_path: Path, values: dict[str, object]
) -> None:
    items = read_bytes(tmp_path, json.dumps(values).encode("utf-8"))
    assert len([item for item in items if not isinstance(item, Note)]) == 1

"""Tables: the CSV and TSV of reference managers and databases, and whatever stands in their way."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectorstore.readers import Item, Note, read, table
from vectorstore.readers.text import MAX_LINE_BYTES, Head
from vectorstore.records import Record, RejectedRecord, SkippedRecord, text_identity

MOTHS = "Moths count the lamps of a street. They tire by midnight."
TIDES = "Tides were read from 17 ship logs; none agreed."
UNCLOSED = "a quotation mark that is opened in it is never closed"
UNDOUBLED = "a quotation mark inside a quoted field is not doubled, or not closed"

ZOTERO = '''"Key","Item Type","Publication Year","Author","Title","Publication Title",\
"ISBN","ISSN","DOI","Url","Abstract Note","Date","Extra","Manual Tags","Automatic Tags"
"A1B2C3D4","journalArticle","2021","Quill, Ada; Reed, Bo","Lamps, moths and ""rest""","Night \
Letters","","1234-5678","10.5555/moth.1","https://example.org/moths","Moths count the ""lamps"".

They tire, by midnight.","2021-05-03","PMID: 12345678
PMCID: PMC1","moths; night flight","Insects"
"E5F6G7H8","attachment","","","moths.pdf","","","","","","","","","",""
'''
SCOPUS = """"Authors","Author full names","Title","Year","Source title","DOI","Link","Abstract",\
"Author Keywords","Index Keywords","PubMed ID","EID"
"Quill A.; Reed B.","Quill, Ada (57200000001); Reed, Bo (57200000002)","Lamps and moths",2021,\
"Night Letters","10.5555/moth.1","https://example.org/record?eid=2-s2.0-1","Moths rest.","moth; \
lamp, street","Insects; moth",12345678,"2-s2.0-1"
"Shore C.","Shore, Cy (57200000003)","Tides","2019","Harbours","","","[No abstract available]",\
"","","","2-s2.0-2"
"""
WEB_OF_SCIENCE = (
    "PT\tAU\tAF\tTI\tSO\tDE\tID\tAB\tPY\tDI\tPM\tUT\t\n"
    'J\tQuill, A; Reed, B\tQuill, Ada; Reed, Bo\t"Lamps" and moths\tNIGHT LETTERS\tmoth; lamp\t'
    'FLIGHT; LIGHT, STREET\tMoths rest by 5" lamps.\t2021\t10.5555/moth.1\t12345678\tWOS:1\t\n'
)
PUBMED = (
    '"PMID","Title","Authors","Citation","First Author","Journal/Book","Publication Year",'
    '"Create Date","PMCID","NIHMS ID","DOI"\n'
    '"1","Lamps","Quill A.","Night. 2021.","Quill A","Night","2021","2021/05/03","","",""\n'
)


def read_bytes(folder: Path, content: bytes, name: str = "in.csv", **columns: str) -> list[Item]:
    path = folder / name
    path.write_bytes(content)
    return list(read(path, columns))


def read_table(folder: Path, content: str, name: str = "in.csv", **columns: str) -> list[Item]:
    return read_bytes(folder, content.encode(), name, **columns)


def records(items: list[Item]) -> list[Record]:
    return [item for item in items if isinstance(item, Record)]


def abstracts(items: list[Item]) -> list[str]:
    return [item.abstract for item in records(items)]


def rejections(items: list[Item]) -> list[tuple[str, str]]:
    return [(item.where, item.reason) for item in items if isinstance(item, RejectedRecord)]


def notes(items: list[Item]) -> list[tuple[str, str]]:
    return [(item.where, item.reason) for item in items if isinstance(item, Note)]


# The exports that researchers have.


def test_zotero_is_read(tmp_path: Path) -> None:
    items = read_table(tmp_path, ZOTERO)
    assert records(items) == [
        Record(
            id="doi:10.5555/moth.1",
            title='Lamps, moths and "rest"',
            abstract='Moths count the "lamps".\n\nThey tire, by midnight.',
            authors=("Quill, Ada", "Reed, Bo"),
            year=2021,
            venue="Night Letters",
            url="https://example.org/moths",
            doi="10.5555/moth.1",
            pmid="12345678",
            keywords=("moths", "night flight", "Insects"),
            sources=("in.csv",),
        )
    ]
    assert items[2:] == [SkippedRecord("in.csv", "line 6", "'abstract' is empty")]
    assert items[0] == Note(
        "in.csv",
        "line 1",
        "columns taken: abstract from 'Abstract Note'; title from 'Title'; authors from 'Author'; "
        "year from 'Publication Year', 'Date'; venue from 'Publication Title'; doi from 'DOI'; "
        "url from 'Url'; keywords from 'Manual Tags', 'Automatic Tags'; extra from 'Extra'",
    )


def test_scopus_is_read(tmp_path: Path) -> None:
    items = read_table(tmp_path, SCOPUS)
    assert records(items) == [
        Record(
            id="doi:10.5555/moth.1",
            title="Lamps and moths",
            abstract="Moths rest.",
            authors=("Quill, Ada", "Reed, Bo"),
            year=2021,
            venue="Night Letters",
            url="https://example.org/record?eid=2-s2.0-1",
            doi="10.5555/moth.1",
            pmid="12345678",
            keywords=("moth", "lamp, street", "Insects"),
            sources=("in.csv",),
        )
    ]
    reason = "the abstract is '[No abstract available]'"
    assert items[2:] == [SkippedRecord("in.csv", "line 3", reason)]


@pytest.mark.parametrize(
    "encoded",
    [
        b"\xff\xfe" + WEB_OF_SCIENCE.encode("utf-16-le"),
        b"\xfe\xff" + WEB_OF_SCIENCE.encode("utf-16-be"),
        b"\xef\xbb\xbf" + WEB_OF_SCIENCE.encode(),
        WEB_OF_SCIENCE.replace("\n", "\r\n").encode(),
    ],
)
def test_web_of_science_is_read_with_its_quotation_marks(tmp_path: Path, encoded: bytes) -> None:
    items = read_bytes(tmp_path, encoded, "savedrecs.txt")
    assert records(items) == [
        Record(
            id="doi:10.5555/moth.1",
            title='"Lamps" and moths',
            abstract='Moths rest by 5" lamps.',
            authors=("Quill, Ada", "Reed, Bo"),
            year=2021,
            venue="NIGHT LETTERS",
            doi="10.5555/moth.1",
            pmid="12345678",
            keywords=("moth", "lamp", "FLIGHT", "LIGHT, STREET"),
            sources=("savedrecs.txt",),
        )
    ]
    assert rejections(items) == []


@pytest.mark.parametrize(
    "table",
    [
        'Item Type,Author,Abstract Note\nbook,"García Márquez, R. J.",Moths rest.\n',
        'Authors,Author full names,Abstract\nGarcía,"García Márquez, R. J. (571234567)",Moths.\n',
        "PT\tAU\tTI\tAB\tAF\nJ\t\tLamps\tMoths rest.\tGarcía Márquez, R. J.\n",
    ],
)
def test_one_name_of_several_words_is_not_parted_where_semicolons_part_names(
    tmp_path: Path, table: str
) -> None:
    (record,) = records(read_table(tmp_path, table))
    assert record.authors == ("García Márquez, R. J.",)


def test_web_of_science_quotes_nothing(tmp_path: Path) -> None:
    items = read_table(tmp_path, 'PT\tAU\tTI\tAB\nJ\tQuill, A\t"Lamps"\t"Moths rest."\n')
    assert [(item.title, item.abstract) for item in records(items)] == [
        ('"Lamps"', '"Moths rest."')
    ]


def test_pubmed_csv_is_said_to_have_no_abstracts(tmp_path: Path) -> None:
    found = (
        "'PMID', 'Title', 'Authors', 'Citation', 'First Author', 'Journal/Book', "
        "'Publication Year', 'Create Date', 'PMCID', 'NIHMS ID', 'DOI'"
    )
    advice = "PubMed's CSV has none: save the papers in its format 'PubMed' instead"
    reason = f"no column with abstracts (found: {found}); {advice}"
    assert read_table(tmp_path, PUBMED) == [RejectedRecord("in.csv", "whole file", reason)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_content_tells_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerows([["Titel", "ABSTRACT", "Doi"], ["a, b; c|d", TIDES, "10.5555/tide.2"]])
    items = read_table(tmp_path, stream.getvalue(), "in.txt")
    assert [(item.id, item.abstract) for item in records(items)] == [("doi:10.5555/tide.2", TIDES)]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_line_of_excel_tells_the_delimiter(tmp_path: Path, first: str) -> None:
    items = read_table(tmp_path, f"{first}\r\nTitle;Abstract\r\nT, U;{MOTHS}\r\n")
    assert [(item.title, item.abstract) for item in records(items)] == [("T, U", MOTHS)]
    assert items[0].where == "line 2"  # type: ignore[union-attr]


@pytest.mark.parametrize("delimiter", ["\0", '"', " ", "a", "\n", "\r", ""])
def test_what_can_part_no_cells_is_no_delimiter(delimiter: str) -> None:
    assert not table.matches(Head("a.txt", f"sep={delimiter}\none,two\n"))


@pytest.mark.parametrize(
    "name",
    ["abstract", "ABSTRACT", "Abstract Note", "abstract_text", " Summary ", "Description", "AB"],
)
def test_the_abstract_has_many_names(tmp_path: Path, name: str) -> None:
    assert abstracts(read_table(tmp_path, f"title,{name}\nT,{MOTHS}\n")) == [MOTHS]


def test_the_better_name_wins_where_it_says_something(tmp_path: Path) -> None:
    items = read_table(tmp_path, "Summary,Abstract\nBees sum up.,Bees dance.\nBees rest.,\n")
    assert abstracts(items) == ["Bees dance.", "Bees rest."]


def test_a_space_behind_each_delimiter_is_no_part_of_the_text(tmp_path: Path) -> None:
    items = read_table(tmp_path, 'title, abstract, year\nT, "Bees, they dance.", 2020\n')
    assert [(item.abstract, item.year) for item in records(items)] == [("Bees, they dance.", 2020)]


def test_a_table_of_one_column_is_one_where_its_name_says_so(tmp_path: Path) -> None:
    assert abstracts(read_table(tmp_path, "Abstract\nBees dance.\n")) == ["Bees dance."]


def test_numbers_of_a_data_frame_are_no_decimals(tmp_path: Path) -> None:
    items = read_table(tmp_path, f"abstract,year,pmid\n{MOTHS},2020.0,123.0\n")
    assert [(item.year, item.pmid) for item in records(items)] == [(2020, "123")]


@pytest.mark.parametrize(
    "value", ["[No abstract available]", "No abstract available.", "N/A", "NaN", "none"]
)
def test_words_for_nothing_are_no_abstract(tmp_path: Path, value: str) -> None:
    items = read_table(tmp_path, f"title,abstract\nT,{value}\n")
    assert items[1:] == [SkippedRecord("in.csv", "line 2", f"the abstract is '{value}'")]


# Columns that the user names.


def test_a_column_that_the_user_names_wins(tmp_path: Path) -> None:
    content = "Abstract,Kurzfassung,Name\nBees dance.,Bienen tanzen.,T\n"
    items = read_table(tmp_path, content, Kurzfassung="abstract", NAME="title")
    assert [(item.title, item.abstract) for item in records(items)] == [("T", "Bienen tanzen.")]


def test_a_column_that_the_user_names_serves_nothing_else(tmp_path: Path) -> None:
    items = read_table(tmp_path, f"Title,Year\n{MOTHS},2020\n", Title="abstract")
    assert [(item.title_derived, item.abstract) for item in records(items)] == [(True, MOTHS)]


def test_columns_make_a_table_of_a_file_without_known_names(tmp_path: Path) -> None:
    items = read_table(tmp_path, "nr;Kurzfassung\n1;Bienen tanzen.\n", "a", Kurzfassung="abstract")
    assert abstracts(items) == ["Bienen tanzen."]


def test_a_column_that_is_not_there_is_one_rejection(tmp_path: Path) -> None:
    items = read_table(tmp_path, "title,abstract\nT,U\nV,W\n", Summary="abstract")
    reason = "no column 'Summary' (found: 'title', 'abstract')"
    assert items == [RejectedRecord("in.csv", "whole file", reason)]


def test_a_table_without_abstracts_is_one_rejection_that_shows_the_way(tmp_path: Path) -> None:
    names = ",".join(f"column {number}" for number in range(22))
    listed = ", ".join(f"'column {number}'" for number in range(20))
    reason = f"no column with abstracts (found: {listed}, 2 more); name one: --map abstract=COLUMN"
    items = read_table(tmp_path, f"{names}\n1\n2\n")
    assert items == [RejectedRecord("in.csv", "whole file", reason)]


def test_a_table_without_abstracts_beside_others_is_left_out(tmp_path: Path) -> None:
    items = read_table(tmp_path, "title,year\nT,2020\n")
    assert len(rejections(items)) == 1
    (item,) = read(tmp_path)
    reason = "no column with abstracts (found: 'title', 'year'); name one: --map abstract=COLUMN"
    assert item == Note(f"{tmp_path.name}/in.csv", "whole file", f"left out: {reason}")


# What is a table, and what is none.


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "title,abstract\n"),
        ("a.txt", "Authors;Title;Year\n"),
        ("a.csv", "one,two\n"),
        ("a.tsv", "one\ttwo\n"),
        ("a.txt", "sep=,\none,two\n"),
    ],
)
def test_a_header_makes_a_table(name: str, text: str) -> None:
    assert table.matches(Head(name, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "Bees, wasps and moths, all of them, dance.\n"),
        ("a.txt", "Abstract: Bees, wasps, title, authors.\n"),
        ("a.txt", "Title\nAbstract\n"),
        ("a.txt", "year,date,keywords,groups\n"),
        ("a.txt", "Abstract, summary and description\n"),
        ("a.csv", "Bees dance.\n"),
        ("a.txt", ""),
        ("a.txt", '"title,abstract'),
    ],
)
def test_commas_make_no_table(name: str, text: str) -> None:
    assert not table.matches(Head(name, text))


def test_a_table_without_a_header_is_one_rejection(tmp_path: Path) -> None:
    items = read_table(tmp_path, f'"T","{MOTHS}"\n"U","{TIDES}"\n')
    shown = "Moths count the lamps of a street. They…"
    reason = f"no column with abstracts (found: 'T', '{shown}'); name one: --map abstract=COLUMN"
    assert items == [RejectedRecord("in.csv", "whole file", reason)]


# Rows that are broken.


def test_a_row_with_fewer_fields_is_read_and_one_with_more_rejected(tmp_path: Path) -> None:
    items = read_table(tmp_path, "title,abstract,year\nT,One.\nU,Two,2020,2021\nV,Three.,2022,,\n")
    assert abstracts(items) == ["One.", "Three."]
    reason = "holds 4 fields, but the header has 3; quote texts with delimiters"
    assert rejections(items) == [("line 3", reason)]


def test_blank_rows_are_nothing(tmp_path: Path) -> None:
    items = read_table(tmp_path, "\n\ntitle,abstract\n\n,,\n  \nT,One.\n,\n")
    assert abstracts(items) == ["One."]
    assert len(items) == 2


def test_a_quotation_mark_without_end_costs_its_row_only(tmp_path: Path) -> None:
    rows = ["title,abstract,year", 'T,"One,2020', "U,Two.,2021", "V,Three.,2022"]
    items = read_table(tmp_path, "\n".join(rows))
    assert abstracts(items) == ["Two.", "Three."]
    assert rejections(items) == [("line 2", UNCLOSED)]


def test_a_quotation_mark_that_ends_in_the_next_row_costs_its_row_only(tmp_path: Path) -> None:
    rows = ["title,abstract,year", 'T,"One,2020', 'U,"Two.",2021', "V,Three.,2022"]
    items = read_table(tmp_path, "\n".join(rows))
    assert abstracts(items) == ["Two.", "Three."]
    assert rejections(items) == [("line 2", UNDOUBLED)]


def test_pieces_of_a_broken_row_are_no_rows(tmp_path: Path) -> None:
    broken = 'T,"One, two.\nHe said "hello", and went.\nThe end.",2020\nThe tide, it rose'
    items = read_table(tmp_path, f"abstract,title\nA,B\n{broken}\nC,D\n")
    assert abstracts(items) == ["A", "C"]
    assert rejections(items) == [("lines 3-6", UNDOUBLED)]


def test_a_quotation_mark_before_long_rows_is_bounded_and_the_rest_read(tmp_path: Path) -> None:
    rows = [f"T{number},{MOTHS},{number}" for number in range(10_000)]
    rows[3] = 'U,"Never closed,7'
    items = read_table(tmp_path, "title,abstract,nr\n" + "\n".join(rows))
    assert len(records(items)) == 9_999
    limit = "a field is longer than 131,072 characters"
    assert rejections(items) == [("line 5", f"{limit}, or {UNCLOSED}")]


def test_rows_that_swallow_each_other_take_bounded_time(tmp_path: Path) -> None:
    content = "title,abstract,year\n" + 'x","a\n' * 420_000
    start = monotonic()
    items = read_table(tmp_path, content)
    assert monotonic() - start < 30
    assert records(items) == []
    reason = f"is longer than 2,000,000 characters, or {UNCLOSED}"
    assert rejections(items) == [("lines 2-420001", reason)]


@pytest.mark.parametrize("filler", [" ", "\n", "(", "(1", "\nPMID: ", "; ", "[", "."])
def test_cells_full_of_the_same_take_little_time(tmp_path: Path, filler: str) -> None:
    cell = '"' + filler * (100_000 // len(filler)) + 'x"'
    names = ["authors", "extra", "keywords", "doi", "pmid", "url", "abstract"]
    start = monotonic()
    items = read_table(tmp_path, f"{','.join(names)}\n{','.join([cell] * len(names))}\n")
    assert monotonic() - start < 5
    assert len(items) > 1


def test_quotation_marks_among_tabs_may_be_text(tmp_path: Path) -> None:
    rows = ["title\tabstract\tyear", '"Green" gears\tOne.\t2020', '"Tides\tTwo.\t2021']
    rows += ["T\tThree.\t2022", 'So-called "tides"\tFour.\t2023', '"Quoted"\t"Fi""ve."\t2024']
    rows += ['"A\tSix.\t2025', 'B"\tSeven.\t2026', '"Two\nlines"\tEight.\t2027']
    items = read_table(tmp_path, "\n".join(rows), "in.tsv")
    assert rejections(items) == []
    assert [(item.title, item.abstract) for item in records(items)] == [
        ('"Green" gears', "One."),
        ('"Tides', "Two."),
        ("T", "Three."),
        ('So-called "tides"', "Four."),
        ("Quoted", 'Fi"ve.'),
        ('"A', "Six."),
        ('B"', "Seven."),
        ("Two lines", "Eight."),
    ]


def test_a_nul_costs_its_row_only(tmp_path: Path) -> None:
    items = read_table(tmp_path, "title,abstract\nT,One.\nU,Two\0.\nV,Three.\n")
    assert abstracts(items) == ["One.", "Three."]
    assert rejections(items) == [("line 3", "holds a NUL character (U+0000); remove it")]


def test_a_control_character_costs_its_row_only(tmp_path: Path) -> None:
    items = read_table(tmp_path, "title,abstract\nT,One.\nU,Two\x07.\n")
    assert abstracts(items) == ["One."]
    reason = "'abstract' holds the control character U+0007 at character 4; remove it"
    assert rejections(items) == [("line 3", reason)]


def test_a_header_that_cannot_be_read_is_one_rejection(tmp_path: Path) -> None:
    items = read_table(tmp_path, "title,abstract,\0\nT,One.\nU,Two.\n")
    reason = "its header (line 1) cannot be used: holds a NUL character (U+0000); remove it"
    assert items == [RejectedRecord("in.csv", "whole file", reason)]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("a," * 999_999, "has 1,000,000 columns; expected at most 2,000"),
        (
            "title,abstract," + "a" * 2_500_000,
            "its header (line 1) cannot be used: is 2,500,015 bytes long; "
            "expected at most 2,000,000 a line",
        ),
    ],
)
def test_a_giant_header_is_one_rejection_in_bounded_memory(
    tmp_path: Path, header: str, reason: str
) -> None:
    content = f"{header}\n{MOTHS}\n".encode()
    tracemalloc.start()
    items = read_bytes(tmp_path, content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert items == [RejectedRecord("in.csv", "whole file", reason)]
    assert peak < 50 * MAX_LINE_BYTES


def test_giant_rows_are_rejected_in_bounded_memory(tmp_path: Path) -> None:
    long = "a" * 5_000_000
    wide = "a," * 999_999 + "a"
    wrapped = '"' + f"{'a' * 99},\n" * 30_000 + '"'
    content = f"title,abstract\nT,{long}\n{wide}\nU,{wrapped}\nV,{'b' * 100_001}\nW,Last.\n"
    path = tmp_path / "in.csv"
    path.write_text(content)
    del content, long, wide, wrapped
    tracemalloc.start()
    items = list(read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert abstracts(items) == ["Last."]
    assert peak < 100 * MAX_LINE_BYTES
    assert rejections(items) == [
        ("line 2", "is 5,000,002 bytes long; expected at most 2,000,000 a line"),
        ("line 3", "holds 1,000,000 fields, but the header has 2; quote texts with delimiters"),
        ("lines 4-30004", f"a field is longer than 131,072 characters, or {UNCLOSED}"),
        ("line 30005", "'abstract' is 100,001 characters long; expected at most 100,000"),
    ]


def test_the_limit_of_a_field_is_left_as_it_is_for_others(tmp_path: Path) -> None:
    before = csv.field_size_limit(131_072)
    read_table(tmp_path, f"title,abstract\nT,{'a' * 150_000}\n")
    assert csv.field_size_limit(before) == 131_072


def test_bytes_that_are_not_utf8_are_noted(tmp_path: Path) -> None:
    items = read_bytes(tmp_path, b"title,abstract\nT,Caf\xe9s close.\n")
    assert abstracts(items) == ["Cafés close."]
    reason = "byte 0xE9 is not UTF-8: this line was read as Latin-1 (Windows-1252)"
    assert notes(items)[1:] == [("line 2", reason)]


def test_marks_of_direction_are_kept_verbatim(tmp_path: Path) -> None:
    items = read_table(tmp_path, "title,abstract\nT,Bees \u202edance\u202c.\n")
    assert abstracts(items) == ["Bees \u202edance\u202c."]


# Properties.

CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30) | st.sampled_from(
    ['"', '""', "a\nb", "a,b", "a;b", '"a"', " a", '5"', "a\tb"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "|"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_csv_writes_is_read_back(
    tmp_path: Path, rows: list[tuple[str, str]], delimiter: str, quoting: int
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting)
    writer.writerow(["title", "abstract"])
    writer.writerows([title, f"x{abstract}x"] for title, abstract in rows)
    items = read_table(tmp_path, stream.getvalue())
    assert rejections(items) == []
    assert abstracts(items) == [f"x{abstract}x" for _, abstract in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["title", "abstract", "Abstract Note", "doi", ",", ";", "\t", "|", '"', '""', "\n"]
            + ["\r", "\0", "sep=;\n", "PT\tAU\tTI", "é", "\u202e", "Bees dance.", " ", "year", "1"]
        ),
        max_size=40,
    ).map(lambda parts: "".join(parts).encode())
    | st.binary().map(lambda content: b"title,abstract\n" + content),
    st.sampled_from(["in.csv", "in.tsv", "in.txt"]),
    st.sampled_from([{}, {"doi": "abstract"}, {"": "abstract"}, {"\0": "title"}]),
)
def test_no_table_makes_reading_fail_or_vanish(
    tmp_path: Path, content: bytes, name: str, columns: dict[str, str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    items = list(read(path, columns))
    assert items
    for item in records(items):
        item.fingerprint.encode()
        assert item.id == text_identity(item.abstract) or item.doi or item.pmid

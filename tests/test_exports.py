"""Exports of every format hold exactly what was put into them, and readers find exactly that."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.exports import EXPORTS, Export, Written, make_papers, render, write_export
from evals.exports.export import kind_of
from evals.exports.known import Carried, as_record
from evals.exports.latex import for_old_tex, for_zotero
from evals.exports.papers import Author, Paper
from evals.exports.wording import MATHS
from vectorstore.readers import FORMATS, Item, read
from vectorstore.readers.text import Head
from vectorstore.records import Record, RejectedRecord, SkippedRecord

PAPERS = make_papers(60)
NAMES = [export.name for export in EXPORTS]


def export_named(name: str) -> Export:
    return next(export for export in EXPORTS if export.name == name)


def read_written(written: Written, export: Export) -> list[Item]:
    return list(read(written.path, export.columns))


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_an_export_holds_is_found_exactly(tmp_path: Path, name: str) -> None:
    export = export_named(name)
    written = write_export(export, PAPERS, tmp_path)
    items = read_written(written, export)
    assert [item for item in items if isinstance(item, Record)] == list(written.records)
    assert sum(isinstance(item, SkippedRecord) for item in items) == written.skipped
    assert sum(isinstance(item, RejectedRecord) for item in items) == written.rejected


def test_every_export_holds_most_papers() -> None:
    counts = {export.name: len(list(usable(export))) for export in EXPORTS}
    assert set(counts.values()) == {51}


def usable(export: Export) -> Iterator[Paper]:
    return (
        paper
        for paper in PAPERS
        if kind_of(paper) is None and kind_of(paper) not in export.leaves_out
    )


def test_every_format_of_readers_is_exported() -> None:
    heads = (
        Head(export.file.removesuffix(".gz").removesuffix(".zip"), head_of(export).lstrip())
        for export in EXPORTS
    )
    read_by = {next(form for form in FORMATS if form.matches(head)) for head in heads}
    assert read_by == set(FORMATS)


def head_of(export: Export) -> str:
    return "".join(render(export, PAPERS[:1])).replace("\r\n", "\n")


# Papers.


def test_papers_are_the_same_for_a_seed_however_many_there_are() -> None:
    assert make_papers(20) == PAPERS[:20]
    assert make_papers(20, seed=1) != PAPERS[:20]


def test_papers_are_told_apart_by_every_identifier() -> None:
    papers = make_papers(10_000)
    for values in (
        [paper.arxiv_id for paper in papers],
        [paper.pmid for paper in papers],
        [paper.doi.lower() for paper in papers if paper.doi],
        [paper.paragraphs for paper in papers if kind_of(paper) is None],
        [paper.title for paper in papers if paper.title],
    ):
        assert len(set(values)) == len(values)


def test_each_field_is_missing_now_and_then_and_each_flaw_is_there() -> None:
    assert {None} < {paper.title and "given" for paper in PAPERS}
    assert {None} < {paper.year and "given" for paper in PAPERS}
    assert {None} < {paper.venue and "given" for paper in PAPERS}
    assert {None} < {paper.doi and "given" for paper in PAPERS}
    assert {()} < {paper.authors and "given" for paper in PAPERS}
    assert {kind_of(paper) for paper in PAPERS} == {
        None, "no abstract", "no letters", "control character", "torn", "too long",
    }  # fmt: skip


def test_authors_are_written_in_three_ways() -> None:
    author, group = Author("van den Berg", "Jan-Maarten R."), Author("The Écluse Group")
    assert (author.family_first, author.given_first, author.initials) == (
        "van den Berg, Jan-Maarten R.", "Jan-Maarten R. van den Berg", "van den Berg JMR",
    )  # fmt: skip
    assert {group.family_first, group.given_first, group.initials} == {"The Écluse Group"}


# Known content.


def test_identifiers_are_known_from_arxivs_addresses_and_dois() -> None:
    by_address = as_record(Carried("Moths.", url="http://arxiv.org/abs/2403.00001"), "a.bib")
    by_doi = as_record(Carried(" Moths.\n", doi="10.48550/arXiv.2403.00001"), "a.bib")
    assert (by_address.id, by_address.arxiv_id) == ("arxiv:2403.00001", "2403.00001")
    assert (by_doi.id, by_doi.doi) == ("arxiv:2403.00001", "10.48550/arxiv.2403.00001")
    assert by_doi.abstract == "Moths."


def test_a_title_is_derived_where_none_is_carried() -> None:
    given = as_record(Carried("Moths rest by day.", title="On\n  moths"), "a.bib")
    derived = as_record(Carried("Moths rest by day."), "a.bib")
    assert (given.title, given.title_derived) == ("On moths", False)
    assert (derived.title, derived.title_derived) == ("Moths rest by day", True)


# LaTeX.


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (0, r"M{\"{u}}ller \& {\O}re: 5\% of $k_{\max} < 7$ or \$7, Garc{\'{\i}}a, {\c{C}}elik"),
        (1, r"M\"{u}ller \& {\O}re: 5\% of $k_{\max} < 7$ or \$7, Garc\'{\i}a, {\c{C}}elik"),
        (2, r"M{\"u}ller \& {\O}re: 5\% of $k_{\max} < 7$ or \$7, Garc{\'\i}a, {\c{C}}elik"),
    ],
)
def test_accents_are_commands_and_formulas_stay(style: int, expected: str) -> None:
    text = r"Müller & Øre: 5% of $k_{\max} < 7$ or $7, García, Çelik"
    assert for_old_tex(text, style) == expected


def test_zotero_escapes_every_sign() -> None:
    assert for_zotero(r"é_{2} < ~|^\%") == (
        r"é\_\{\vphantom{\}}2\vphantom{\{}\} {\textless} {\textasciitilde}{\textbar}"
        r"{\textasciicircum}{\textbackslash}\%"
    )


def test_formulas_in_papers_are_known_as_such() -> None:
    texts = [text for paper in PAPERS for text in paper.paragraphs]
    found = {match.group()[:3] for text in texts for match in MATHS.finditer(text)}
    assert found == {"$k_", "$q "}


# Files.


def test_the_byte_order_mark_stands_once(tmp_path: Path) -> None:
    for name, mark in (("Web of Science, UTF-16", b"\xff\xfe"), ("CSV, Zotero", b"\xef\xbb\xbf")):
        content = write_export(export_named(name), PAPERS, tmp_path).path.read_bytes()
        assert content.startswith(mark)
        assert content.count(mark) == 1


def test_files_are_packed_and_folders_filled(tmp_path: Path) -> None:
    packed = write_export(export_named("BibTeX, Zotero"), PAPERS, tmp_path)
    assert gzip.decompress(packed.path.read_bytes()).startswith(b"\n@article{simkova_0,")
    archive = write_export(export_named("CSV, Scopus"), PAPERS, tmp_path)
    assert zipfile.ZipFile(archive.path).namelist() == ["scopus.csv"]
    files = write_export(export_named("text files"), PAPERS, tmp_path)
    assert len(list(files.path.rglob("*.txt"))) == len(files.records) == 51
    assert files.size == sum(path.stat().st_size for path in files.path.rglob("*.txt"))
    assert files.records[0].sources == ("abstracts/00/00000.txt",)

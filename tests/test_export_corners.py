"""What the specifications of formats allow, and programs do write, beyond our own exports."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from vectorstore.readers import Item, read
from vectorstore.readers.markup import plain_text
from vectorstore.records import Note, Record, RejectedRecord

TEXT = "Moths fly at night."


def items(folder: Path, name: str, content: str) -> list[Item]:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return list(read(path))


def only(folder: Path, name: str, content: str) -> Record:
    (record,) = (item for item in items(folder, name, content) if isinstance(item, Record))
    return record


def only_json(folder: Path, found: Any) -> Record:
    return only(folder, "a.json", json.dumps(found))


# BibTeX.


@pytest.mark.parametrize(
    "entry",
    [
        "@article{a,\n title = {X}, % said of the title\n abstract = {Moths fly at night.}\n}",
        "@article{a,\n % one\n\n % two\n abstract = {Moths fly at night.},\n title = {X}\n}",
        "@article{a,\n % abstract = {Old.},\n abstract = {Moths fly at night.}, title = {X}}",
        "@article{a,\n abstract\n = {Moths fly at night.}, title = {X}}",
    ],
)
def test_comments_in_a_bibtex_entry_hide_no_field(tmp_path: Path, entry: str) -> None:
    record = only(tmp_path, "a.bib", entry)
    assert (record.abstract, record.title) == (TEXT, "X")


def test_what_a_bibtex_entry_takes_over_from_another_is_told(tmp_path: Path) -> None:
    entry = "@inproceedings{a, title = {X}, crossref = {p}, abstract = {Moths fly at night.}}"
    record, note = items(tmp_path, "a.bib", entry)
    assert isinstance(record, Record)
    reason = "what it takes over from another entry was left out"
    assert note == Note("a.bib", "entry a (line 1)", reason)


# Tables.


@pytest.mark.parametrize("name", ["External URL", "PDF Link", "Dimensions URL"])
def test_addresses_stand_in_columns_of_several_names(tmp_path: Path, name: str) -> None:
    record = only(tmp_path, "a.csv", f"Title,Abstract,{name}\nX,{TEXT},https://a.org/x\n")
    assert record.url == "https://a.org/x"


@pytest.mark.parametrize(
    ("extra", "identifiers"),
    [
        ("arXiv:2401.00001 [cs]", ("2401.00001", None)),
        ("arXiv: hep-th/9901001\nPMID: 12", ("hep-th/9901001", "12")),
        ("PMID: 12\nCitation Key: x\narXiv:2401.00001v2 [q-bio.PE]", ("2401.00001", "12")),
        ("see arXiv:2401.00001", (None, None)),
    ],
)
def test_zotero_keeps_identifiers_in_extra(
    tmp_path: Path, extra: str, identifiers: tuple[str | None, str | None]
) -> None:
    row = f'"journalArticle","X","{TEXT}","{extra}"'
    record = only(tmp_path, "a.csv", f"Item Type,Title,Abstract Note,Extra\n{row}\n")
    assert (record.arxiv_id, record.pmid) == identifiers


# JATS.


TEX = "<jats:tex-math>$x^2$</jats:tex-math>"
MATHML = (
    '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:msup><mml:mi>x</mml:mi>'
    "<mml:mn>2</mml:mn></mml:msup></mml:math>"
)


@pytest.mark.parametrize(
    ("formulas", "expected"),
    [
        (TEX + MATHML, "$x^2$"),
        (f"{TEX}\n  {MATHML}", "$x^2$"),
        (TEX, "$x^2$"),
        (MATHML, "x2"),
        (f"{MATHML}, {TEX}{MATHML}, {MATHML}", "x2, $x^2$, x2"),
        (f"{TEX}<mml:math>", "$x^2$"),
    ],
)
def test_a_formula_in_two_forms_stands_once_in_an_abstract(formulas: str, expected: str) -> None:
    given = f"<jats:p>Moths fly {formulas} at night.</jats:p>"
    assert plain_text(given) == f"Moths fly {expected} at night."


@pytest.mark.parametrize("unit", ["</tex-math><math>", "</tex-math>   ", "</math>", "<math "])
def test_formulas_without_end_take_time_in_proportion(unit: str) -> None:
    start = time.perf_counter()
    plain_text("<p>" + unit * (1_000_000 // len(unit)))
    assert time.perf_counter() - start < 5


# JSON of services.


def test_titles_of_openalex_lose_the_markup_of_publishers(tmp_path: Path) -> None:
    found = {
        "id": "https://openalex.org/W1",
        "title": "<i>Noctua</i> &amp; CO<sub>2</sub>",
        "abstract_inverted_index": {"Moths": [0], "fly.": [1]},
    }
    assert only_json(tmp_path, found).title == "Noctua & CO2"


def test_a_title_of_openalex_that_is_no_string_is_told(tmp_path: Path) -> None:
    found = {"title": ["Moths"], "abstract_inverted_index": {"Moths": [0], "fly.": [1]}}
    (item,) = items(tmp_path, "a.json", json.dumps(found))
    assert item == RejectedRecord("a.json", "line 1", "'title' is a list; expected a string")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ({"family": "Berg", "given": "Jan", "non-dropping-particle": "van den"},
         "Jan van den Berg"),
        ({"family": "Gogh", "given": "Vincent", "dropping-particle": "van"}, "Vincent van Gogh"),
        ({"family": "Quill", "given": "Ada", "suffix": "Jr."}, "Ada Quill Jr."),
        ({"literal": "The Lamp Group"}, "The Lamp Group"),
    ],
)  # fmt: skip
def test_names_of_csl_keep_all_their_parts(
    tmp_path: Path, name: dict[str, str], expected: str
) -> None:
    found = [{"id": "a", "container-title": "J", "author": [name], "abstract": TEXT}]
    assert only_json(tmp_path, found).authors == (expected,)


def test_abstracts_of_semantic_scholars_data_sets_keep_their_identifiers(tmp_path: Path) -> None:
    ids = {"DOI": "10.5555/Moth", "ArXiv": None, "PubMed": "123", "MAG": "1"}
    found = {"corpusid": 5, "openaccessinfo": {"externalids": ids}, "abstract": TEXT}
    record = only(tmp_path, "abstracts.jsonl", json.dumps(found) + "\n")
    assert (record.doi, record.arxiv_id, record.pmid) == ("10.5555/moth", None, "123")


def test_a_batch_of_semantic_scholar_may_begin_with_a_paper_that_it_does_not_know(
    tmp_path: Path,
) -> None:
    unknown, known = items(
        tmp_path, "a.json", json.dumps([None, {"paperId": "1", "abstract": TEXT}])
    )
    reason = "null instead of an object with an 'abstract'"
    assert unknown == RejectedRecord("a.json", "record 1", reason)
    assert isinstance(known, Record)


@pytest.mark.parametrize("indent", [None, 2])
def test_recommendations_of_semantic_scholar_are_a_list(tmp_path: Path, indent: int | None) -> None:
    found = {"recommendedPapers": [{"paperId": "1", "title": "Moths", "abstract": TEXT}]}
    assert only(tmp_path, "a.json", json.dumps(found, indent=indent)).title == "Moths"

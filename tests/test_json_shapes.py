"""JSON of the services that researchers export from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vectorstore.readers import Item, read
from vectorstore.readers.markup import plain_text
from vectorstore.records import Record, RejectedRecord, SkippedRecord

TEXT = "Moths fly at night."


def items(folder: Path, *found: Any, **columns: str) -> list[Item]:
    """As JSON Lines."""
    path = folder / "a.json"
    path.write_text("\n".join(json.dumps(item) for item in found), encoding="utf-8")
    return list(read(path, columns))


def only(folder: Path, found: dict[str, Any]) -> Record:
    (item,) = items(folder, found)
    assert isinstance(item, Record)
    return item


OPENALEX = {
    "id": "https://openalex.org/W1",
    "doi": "https://doi.org/10.5555/Moth.1",
    "display_name": "Moths at lamps",
    "publication_year": 2024,
    "ids": {"openalex": "https://openalex.org/W1", "pmid": "https://pubmed.ncbi.nlm.nih.gov/123"},
    "authorships": [
        {"author": {"display_name": "Ada Quill"}},
        {"author": {"display_name": None}, "raw_author_name": "B. Réed"},
        {},
    ],
    "primary_location": {
        "landing_page_url": "https://doi.org/10.5555/moth.1",
        "source": {"display_name": "Annals of lamps"},
    },
    "keywords": [{"display_name": "Moths", "score": 0.5}],
    "abstract_inverted_index": {
        "Moths": [0, 4],
        "night.": [3],
        "fly": [1],
        "at": [2],
        "rest.": [9],
    },
}


def test_an_openalex_work_has_its_abstract_put_in_order(tmp_path: Path) -> None:
    assert only(tmp_path, OPENALEX) == Record(
        id="doi:10.5555/moth.1",
        title="Moths at lamps",
        abstract="Moths fly at night. Moths rest.",
        authors=("Ada Quill", "B. Réed"),
        year=2024,
        venue="Annals of lamps",
        url="https://doi.org/10.5555/moth.1",
        doi="10.5555/moth.1",
        pmid="123",
        keywords=("Moths",),
        sources=("a.json",),
    )


def test_an_openalex_work_without_abstract_is_skipped(tmp_path: Path) -> None:
    (item,) = items(tmp_path, {**OPENALEX, "abstract_inverted_index": None})
    assert isinstance(item, SkippedRecord)


@pytest.mark.parametrize(
    ("inverted", "reason"),
    [
        ({"a": [-1]}, "has 'a' at -1; expected places counted from 0"),
        ({"a": ["0"]}, "has 'a' at 0; expected places counted from 0"),
        ({"a": None}, "has 'a' at None; expected places counted from 0"),
        ({"a": [True]}, "has 'a' at True; expected places counted from 0"),
        ({"a": [1], "b": [1]}, "has two words at 1; expected one"),
        ({"a": list(range(100_002))}, "has over 100,000 words; expected fewer"),
        ("a b", "is a string; expected an object of words"),
    ],
)
def test_an_inverted_abstract_that_is_none_is_rejected(
    tmp_path: Path, inverted: Any, reason: str
) -> None:
    (item,) = items(tmp_path, {**OPENALEX, "abstract_inverted_index": inverted})
    reason = f"'abstract_inverted_index' {reason}"
    assert item == RejectedRecord("a.json", "line 1", reason)


def test_far_places_of_words_take_no_memory(tmp_path: Path) -> None:
    inverted = {"Moths": [10**12], "fly.": [10**15]}
    assert only(tmp_path, {**OPENALEX, "abstract_inverted_index": inverted}).abstract == (
        "Moths fly."
    )


def test_a_paper_of_semantic_scholar(tmp_path: Path) -> None:
    found = {
        "paperId": "0" * 40,
        "externalIds": {"DOI": "10.5555/MOTH", "ArXiv": "2401.00001", "PubMed": 123, "MAG": "9"},
        "url": "https://www.semanticscholar.org/paper/0",
        "title": "Moths",
        "abstract": TEXT,
        "venue": "",
        "year": 2024,
        "journal": {"name": "Annals of lamps", "volume": "3"},
        "fieldsOfStudy": ["Biology"],
        "authors": [{"authorId": "1", "name": "Ada Quill"}],
    }
    assert only(tmp_path, found) == Record(
        id="doi:10.5555/moth",
        title="Moths",
        abstract=TEXT,
        authors=("Ada Quill",),
        year=2024,
        venue="Annals of lamps",
        url="https://www.semanticscholar.org/paper/0",
        doi="10.5555/moth",
        arxiv_id="2401.00001",
        pmid="123",
        keywords=("Biology",),
        sources=("a.json",),
    )


def test_a_work_of_crossref_loses_its_markup(tmp_path: Path) -> None:
    found = {
        "DOI": "10.5555/MOTH",
        "title": ["Moths <i>at</i> lamps"],
        "subtitle": ["A count &amp; a sum"],
        "abstract": "<jats:title>Abstract</jats:title><jats:sec><jats:title>Aims:</jats:title>"
        "<jats:p>We saw <jats:italic>N. pronuba</jats:italic> (p &lt; 0.05).</jats:p></jats:sec>"
        "<jats:sec><jats:title>Results</jats:title><jats:p>CO<jats:sub>2</jats:sub> rose"
        " &amp;amp; fell.</jats:p></jats:sec>",
        "author": [{"given": "Ada", "family": "Quill"}, {"name": "The Lamp Group"}],
        "issued": {"date-parts": [[2024, 3]]},
        "container-title": ["Annals of lamps &amp; wings"],
        "URL": "https://doi.org/10.5555/moth",
        "subject": ["Insects"],
        "type": "journal-article",
    }
    assert only(tmp_path, found) == Record(
        id="doi:10.5555/moth",
        title="Moths at lamps: A count & a sum",
        abstract="Aims: We saw N. pronuba (p < 0.05). Results: CO2 rose & fell.",
        authors=("Ada Quill", "The Lamp Group"),
        year=2024,
        venue="Annals of lamps & wings",
        url="https://doi.org/10.5555/moth",
        doi="10.5555/moth",
        keywords=("Insects",),
        sources=("a.json",),
    )


def test_the_day_on_which_a_doi_was_registered_is_no_year(tmp_path: Path) -> None:
    found = {"DOI": "10.5555/moth", "abstract": TEXT, "issued": {"date-parts": [[None]]}}
    assert only(tmp_path, {**found, "created": {"date-parts": [[2005, 1, 1]]}}).year is None


def test_a_line_of_the_arxiv_snapshot(tmp_path: Path) -> None:
    found = {
        "id": "hep-th/9901001",
        "submitter": "Ada Quill",
        "authors": "Ada Quill Jr and B. R\\'eed (Hill)",
        "title": "Moths at\n  lamps",
        "comments": "4 pages",
        "journal-ref": "Ann.Lamps 3 (1999) 1-4",
        "doi": "10.5555/moth",
        "categories": "hep-th q-bio.PE",
        "abstract": "  Moths fly\nat night.\n",
        "versions": [{"version": "v1", "created": "Mon, 4 Jan 1999 10:00:00 GMT"}],
        "update_date": "2015-06-01",
        "authors_parsed": [["Quill", "Ada", "Jr"], ["Réed", "B.", "", "Hill"]],
    }
    record = only(tmp_path, found)
    assert record == Record(
        id="doi:10.5555/moth",
        title="Moths at lamps",
        abstract=TEXT,
        authors=("Ada Quill Jr", "B. Réed"),
        year=1999,
        venue="Ann.Lamps 3 (1999) 1-4",
        url="https://arxiv.org/abs/hep-th/9901001",
        doi="10.5555/moth",
        arxiv_id="hep-th/9901001",
        keywords=("hep-th", "q-bio.PE"),
        sources=("a.json",),
    )
    for identifier, year in (("2505.07447", 2025), ("math.GT/9109136", 1991), (None, 2015)):
        again = only(tmp_path, {**found, "id": identifier, "versions": None})
        assert again.year == year


def test_a_line_of_a_beir_corpus(tmp_path: Path) -> None:
    record = only(tmp_path, {"_id": "4983", "title": "Moths", "text": TEXT, "metadata": {}})
    assert (record.title, record.abstract, record.id[:5]) == ("Moths", TEXT, "text:")


def test_names_that_the_user_gave_come_first(tmp_path: Path) -> None:
    (item,) = items(tmp_path, {"Summary": TEXT, "Name": "Moths"}, Summary="abstract", Name="title")
    assert isinstance(item, Record)
    assert (item.title, item.abstract) == ("Moths", TEXT)


@pytest.mark.parametrize(
    "odd",
    [
        {"authors_parsed": 3, "abstract": TEXT},
        {"authors_parsed": [[]], "versions": [3], "id": None, "abstract": TEXT},
        {"paperId": 1, "externalIds": [], "authors": {}, "abstract": TEXT},
        {"DOI": 3, "title": [], "author": [[]], "issued": {"date-parts": [[]]}, "abstract": TEXT},
        {"abstract_inverted_index": {}, "authorships": 3, "ids": 3, "keywords": "x"},
    ],
)
def test_odd_values_are_judged_not_stumbled_over(tmp_path: Path, odd: dict[str, Any]) -> None:
    assert len(items(tmp_path, odd)) >= 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("p < 0.05 and a<b>c, x<y", "p < 0.05 and a<b>c, x<y"),
        ("<p>One.</p><p>Two &amp; three.</p>", "One. Two & three."),
        ("&lt;jats:p&gt;Escaped.&lt;/jats:p&gt;", "Escaped."),
        ("<jats:p>a &lt;b&gt; c</jats:p>", "a <b> c"),
        ("AT&amp;T", "AT&amp;T"),
        ('<p class="x">E = mc<sup>2</sup></p>', "E = mc2"),
        ("<h4>Background</h4> Text.", "Background: Text."),
        ("<P>Upper.</P>", "Upper."),
        ("<p>10<sup>6</sup> cells, 5<sup>th</sup>, R<sup>2</sup></p>", "10^6 cells, 5th, R2"),
        ("<jats:p>10<jats:sup>−3</jats:sup> M</jats:p>", "10^−3 M"),
        ("<p>cut off", "cut off"),
    ],
)
def test_markup_becomes_text_and_nothing_else_does(text: str, shown: str) -> None:
    assert plain_text(text) == shown

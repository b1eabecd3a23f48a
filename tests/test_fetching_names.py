"""Names of papers on the network: which texts are some, and what they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.fetching import is_name
from vectorstore.fetching.names import Name, Wrong, parse
from vectorstore.records import clean_arxiv_id, clean_doi, clean_pmid

ARXIV = (
    "is not an arXiv identifier; expected one such as 2505.07447, 2505.07447v2 or hep-th/9901001"
)
DOI = "is not a DOI; expected one such as 10.5555/12345678"
QUERY = "is not a query; expected one such as arxiv-search:cat:cs.CL AND abs:cache"

TEXT = st.text(st.characters())  # Surrogates too.


@pytest.mark.parametrize(
    "text",
    [
        "arxiv:2505.07447", "ARXIV:2505.07447", "arXiv-Search:moth", "doi:10.5555/x", "Doi:",
        "PMID:1", " pmid:1", "arxiv: 2505.07447", "arxiv:" + "9" * 5000, "doi:\x00", "doi:~moth/x",
    ],
)  # fmt: skip
def test_names_are_known_by_their_scheme(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    ["", "-", "arxiv", "2505.07447", "papers.bib", "isbn:1", "https://arxiv.org/abs/2505.07447",
     "./pmid:1", "arxivs:1", "xdoi:10.5555/x"],
)  # fmt: skip
def test_other_texts_are_none(text: str) -> None:
    assert not is_name(text)


def test_a_file_of_that_very_name_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_name("pmid:1")
    (tmp_path / "pmid:1").touch()
    assert not is_name("pmid:1")
    assert is_name("pmid:2")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("arxiv:2505.07447", Name(arxiv_ids=("2505.07447",))),
        ("arxiv:2505.07447V3", Name(arxiv_ids=("2505.07447v3",))),
        ("arxiv:arXiv:2505.07447", Name(arxiv_ids=("2505.07447",))),
        ("arxiv:https://arxiv.org/pdf/2505.07447v2.pdf", Name(arxiv_ids=("2505.07447v2",))),
        ("arxiv:math.GT/0309136v1", Name(arxiv_ids=("math/0309136v1",))),
        (
            "arxiv: 2505.07447 ,, 0704.0001,2505.07447,",
            Name(arxiv_ids=("2505.07447", "0704.0001")),
        ),
        ("arxiv:", Name(wrong=(Wrong("arxiv:", ARXIV),))),
        ("arxiv:,", Name(wrong=(Wrong(",", ARXIV),))),
        (
            "arxiv:2505.07447,2513.00001,x&y=1",
            Name(
                arxiv_ids=("2505.07447",),
                wrong=(Wrong("2513.00001", ARXIV), Wrong("x&y=1", ARXIV)),
            ),
        ),
        ("arxiv-search: cat:cs.CL  AND\nkv ", Name(query="cat:cs.CL AND kv")),
        ("arxiv-search:a, b", Name(query="a, b")),
        ("arxiv-search: ", Name(wrong=(Wrong("arxiv-search:", QUERY),))),
        ("doi:10.5555/Moth.1", Name(dois=("10.5555/moth.1",))),
        ("doi:https://doi.org/10.5555/moth.1", Name(dois=("10.5555/moth.1",))),
        ("doi:doi:10.5555/a,b", Name(dois=("10.5555/a,b",))),
        (
            "doi:10.5555/a,10.5555/b, doi:10.5555/c",
            Name(dois=("10.5555/a", "10.5555/b", "10.5555/c")),
        ),
        ("doi:10.48550/arXiv.2505.07447", Name(arxiv_ids=("2505.07447",))),
        ("doi:10.5555/a 10.5555/b", Name(wrong=(Wrong("10.5555/a 10.5555/b", DOI),))),
        ("doi:10.5555/\udcff", Name(wrong=(Wrong("10.5555/\udcff", DOI),))),
        ("arxiv-search:\udcff", Name(wrong=(Wrong("\udcff", QUERY),))),
        ("doi:see 10.5555/a", Name(wrong=(Wrong("see 10.5555/a", DOI),))),
        ("pmid:0012,12,0", Name(pmids=("12",), wrong=(Wrong("0", PMID := (
            "is not a PubMed identifier; expected a number of at most 8 digits")),))),
        ("pmid:1 2", Name(wrong=(Wrong("1 2", PMID),))),
    ],
)  # fmt: skip
def test_a_name_is_read(text: str, name: Name) -> None:
    assert parse(text) == name


@given(st.sampled_from(("arxiv", "arxiv-search", "doi", "pmid")), TEXT)
def test_whatever_is_named_is_asked_for_or_called_wrong(scheme: str, rest: str) -> None:
    name = parse(f"{scheme}:{rest}")
    assert any((name.arxiv_ids, name.query, name.dois, name.pmids, name.wrong))
    identifiers = (*name.arxiv_ids, *name.dois, *name.pmids, name.query or "")
    assert all(item.encode() for item in identifiers if item)
    assert all(clean_arxiv_id(item) for item in name.arxiv_ids)
    assert all(clean_doi(item) == item for item in name.dois)
    assert all(clean_pmid(item) == item for item in name.pmids)


@given(st.lists(st.integers(1, 99_999_999), min_size=1, unique=True))
def test_every_pmid_is_asked_for_in_order(numbers: list[int]) -> None:
    text = ", ".join(str(number) for number in numbers)
    assert parse(f"pmid:{text}") == Name(pmids=tuple(str(number) for number in numbers))


@given(TEXT)
def test_no_text_breaks_the_look_at_it(text: str) -> None:
    assert is_name(text) in (True, False)


def test_what_is_no_name_is_not_read_as_one() -> None:
    with pytest.raises(ValueError, match=r"^'papers\.bib' is no name of papers on the network$"):
        parse("papers.bib")

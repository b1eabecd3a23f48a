"""Telling that two records are the same paper."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.matching import VERSION, Match, compare, keys
from vectorstore.matching.folding import fold, split_words
from vectorstore.matching.identifiers import fold_version
from vectorstore.matching.names import agree, can_be_one, read_name
from vectorstore.matching.titles import Title, are_apart
from vectorstore.records import Record, identify

TITLE = "Street lamps change how hawk moths feed on evening primrose"
MOTHS = (
    "Lamps along roads draw hawk moths away from evening primrose. We counted 412 moths at 36 "
    "lamps of three colours in two valleys of the Jura during one summer. Amber lamps drew a "
    "third of the moths that white lamps drew, and primrose near amber lamps set twice as many "
    "seeds. Shielding the lamps helped only below six metres. Road authorities that replace white "
    "lamps by amber ones would spare moths without leaving walkers in the dark."
)
TIDES = (
    "Salt marshes behind sea walls rise more slowly than the tide. Sediment cores from nine "
    "estuaries, dated by caesium, show growth of four millimetres a year in front of the walls "
    "and one millimetre behind them. Opening sluices at spring tides let the enclosed marshes "
    "keep pace within eight winters. Mud, not vegetation, carried the gain in every estuary."
)
AUTHORS = ("Ada Brandt", "Jun Mori", "Ines Prado")


def make(abstract: str = MOTHS, title: str = TITLE, **values: Any) -> Record:
    identifiers = {name: values.get(name) for name in ("doi", "arxiv_id", "pmid")}
    given = {"authors": AUTHORS, "year": 2021, **values}
    return Record(id=identify(abstract, **identifiers), title=title, abstract=abstract, **given)


def rule(left: Record, right: Record) -> str | None:
    match = compare(left, right)
    return match.rule if match else None


def other(**values: Any) -> Record:
    """A record of another paper."""
    return make(TIDES, "Marshes behind sea walls", authors=("Olga Petrova",), year=2011, **values)


# Identifiers


@pytest.mark.parametrize(
    ("identifier", "match"),
    [
        ({"doi": "10.1000/x"}, Match("doi", "same DOI 10.1000/x")),
        ({"arxiv_id": "2105.00001"}, Match("arxiv", "same arXiv id 2105.00001")),
        ({"pmid": "31"}, Match("pmid", "same PMID 31")),
    ],
)
def test_a_shared_identifier_settles_it(identifier: dict[str, str], match: Match) -> None:
    assert compare(make(**identifier), other(**identifier)) == match


def test_identifiers_are_asked_in_order_of_strength() -> None:
    record = make(doi="10.1000/x", arxiv_id="2105.00001", pmid="31")
    assert rule(record, record) == "doi"
    assert rule(record, replace(record, doi=None)) == "arxiv"
    assert rule(record, replace(record, doi=None, arxiv_id=None)) == "pmid"


def test_a_shared_identifier_overrules_another_that_differs() -> None:
    assert rule(make(arxiv_id="2105.00001", pmid="31"), other(arxiv_id="2105.00002", pmid="31"))


def test_an_arxiv_doi_is_an_arxiv_id() -> None:
    left, right = make(doi="10.48550/arxiv.2105.00001v2"), other(arxiv_id="2105.00001")
    assert compare(left, right) == Match("arxiv", "same arXiv id 2105.00001")
    assert "arxiv:2105.00001" in set(keys(left)) & set(keys(right))


@pytest.mark.parametrize(
    ("versioned", "folded"),
    [
        ("10.21203/rs.3.rs-12/v2", "10.21203/rs.3.rs-12"),
        ("10.20944/preprints202001.0001.v1", "10.20944/preprints202001.0001"),
        ("10.12688/f1000research.12.3", "10.12688/f1000research.12"),
        ("10.7554/elife.90210.2", "10.7554/elife.90210"),
        ("10.1000/volume.3", "10.1000/volume.3"),
    ],
)
def test_versions_in_dois_are_folded(versioned: str, folded: str) -> None:
    assert fold_version(versioned) == folded


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"doi": "10.1000/x"}, {"doi": "10.1000/y"}),
        ({"arxiv_id": "2105.00001"}, {"arxiv_id": "2105.00002"}),
        ({"pmid": "31"}, {"pmid": "32"}),
        ({"doi": "10.1101/2021.01.01.000001"}, {"doi": "10.1101/2021.01.01.000002"}),
        ({"doi": "10.1101/gr.1234.19"}, {"doi": "10.1000/x"}),
    ],
)
def test_identifiers_that_differ_speak_against(
    first: dict[str, str], second: dict[str, str]
) -> None:
    revised = MOTHS.replace("one summer", "two summers")
    assert compare(make(**first), make(revised, **second)) is None
    assert compare(make(**first), make(title="Lamps and moths", **second)) is None


@pytest.mark.parametrize(
    "preprint",
    [
        "10.1101/2021.01.01.000001", "10.2139/ssrn.1", "10.21203/rs.3.rs-1/v1",
        "10.26434/chemrxiv-1", "10.20944/preprints1", "10.31234/osf.io/a", "10.31219/osf.io/a",
        "10.36227/techrxiv.1", "10.22541/au.1", "10.5281/zenodo.1", "10.48550/arxiv.2105.00001",
    ],
)  # fmt: skip
def test_a_preprint_doi_does_not_contradict_a_published_one(preprint: str) -> None:
    assert rule(make(doi=preprint), make(title="", doi="10.1000/x")) == "abstract"


def test_versions_on_zenodo_do_not_contradict_each_other() -> None:
    left, right = make(doi="10.5281/zenodo.1"), make(title="", doi="10.5281/zenodo.2")
    assert rule(left, right) == "abstract"


def test_the_same_title_over_the_same_text_overrules_identifiers_that_differ() -> None:
    assert rule(make(pmid="31"), make(pmid="32")) == "abstract"


# Identical abstracts


def test_an_identical_abstract_is_one_whatever_its_markup() -> None:
    left = make(MOTHS + " The loss is $\\alpha \\leq 5$, p &lt; 1.", "Lamps", authors=())
    right = make(MOTHS.upper() + " <i>The</i>  loss is α ≤ 5, p < 1.", "Moths", authors=())
    assert compare(left, right) == Match("abstract", "identical abstracts")


def test_an_identical_abstract_of_other_authors_under_another_title_is_another_paper() -> None:
    assert compare(make(), make(title="Lamps", authors=("Olga Petrova",))) is None


@pytest.mark.parametrize("notice", ["No abstract available.", "This is an editorial.", "-"])
def test_a_notice_makes_no_two_papers_one(notice: str) -> None:
    left = make(notice, "Light at night", pmid="31")
    right = make(notice, "Bread at dawn", doi="10.1000/x")
    assert compare(left, right) is None
    assert not set(keys(left)) & set(keys(right))


def test_a_generic_title_over_a_notice_is_no_paper() -> None:
    left = make("No abstract available.", "Editorial", pmid="31")
    assert compare(left, make("No abstract available.", "Editorial", doi="10.1000/x")) is None


# Titles

SOME = Match("title", "same title, abstracts 31% alike")


def test_same_title_authors_and_year() -> None:
    assert compare(make(), make(TIDES)) == Match("title", "same title, authors and year")


def test_same_title_and_authors_a_year_later() -> None:
    assert compare(make(), make(TIDES, year=2022)) == Match("title", "same title, authors")


@pytest.mark.parametrize(
    "title",
    [
        TITLE.upper(),
        TITLE + ".",
        "Street-lamps change how hawkmoths feed on evening primrose",
        "RETRACTED: " + TITLE,
        "<b>Street</b> lamps change how hawk moths feed on the evening primrose",
    ],
)
def test_a_title_is_the_same_however_it_is_written(title: str) -> None:
    assert rule(make(), make(TIDES, title)) == "title"
    assert set(keys(make())) & set(keys(make(TIDES, title)))


def test_a_title_in_british_and_american_spelling_is_the_same() -> None:
    british = make(TIDES, "Modelling the behaviour of coloured fibres under optimisation")
    american = make(MOTHS, "Modeling the behavior of colored fibers under optimization")
    assert rule(british, american) == "title"


def test_a_title_under_other_authors_is_another_paper() -> None:
    assert compare(make(), make(TIDES, authors=("Olga Petrova",))) is None


def test_a_title_years_apart_is_another_paper() -> None:
    assert compare(make(), make(TIDES, year=2023)) is None
    some = make(MOTHS[:140] + TIDES)
    assert compare(make(), replace(some, year=2023)) == SOME
    assert compare(make(), replace(some, year=2026)) is None


def test_a_title_years_apart_without_authors_needs_more_of_the_abstract() -> None:
    assert compare(make(), make(MOTHS[:140] + TIDES, authors=(), year=2023)) == SOME
    assert compare(make(), make(MOTHS[:100] + TIDES, authors=(), year=2023)) is None


def test_a_title_of_few_words_needs_some_of_the_abstract() -> None:
    assert compare(make(title="Moths under lamps"), make(TIDES, "Moths under lamps")) is None
    some = make(MOTHS[:140] + TIDES, "Moths under lamps")
    assert compare(make(title="Moths under lamps"), some) == SOME


@pytest.mark.parametrize("title", ["Letter to the editor", "Editorial", "Moths", "前言"])
def test_a_title_that_says_nothing_is_no_evidence(title: str) -> None:
    left, right = make(title=title), make(MOTHS[:140] + TIDES, title)
    assert compare(left, right) is None
    assert not any(key.startswith("t") and ":" not in key for key in keys(left))


def test_a_title_without_authors_needs_some_of_the_abstract() -> None:
    assert compare(make(), make(TIDES, authors=())) is None
    some = make(MOTHS[:140] + TIDES, authors=())
    assert compare(make(), some) == SOME


def test_an_annual_report_is_another_paper_every_year() -> None:
    text = "{} stations reported {} moths on {} nights. " + MOTHS.replace("412", "").replace(
        "36", ""
    )
    left = make(text.format(31, 5017, 88), "Annual report of the moth survey of the Jura")
    right = make(text.format(35, 6120, 91), left.title, year=2022)
    assert compare(left, right) is None


def test_a_derived_title_says_nothing() -> None:
    assert compare(make(title_derived=True), make(TIDES, title_derived=True)) is None
    assert not set(keys(make(title_derived=True))) & set(keys(make(TIDES, title_derived=True)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Codes for moths. Part I", "Codes for moths. Part II"),
        ("Codes for moths, Part 1", "Codes for moths, Part 2"),
        ("Codes for moths I: theory", "Codes for moths II: practice"),
        ("Codes for moths", "Codes for moths II"),
        ("Codes for moths, Part A", "Codes for moths, Part B"),
        ("Codes for moths, part one", "Codes for moths, part three"),
        ("Codes for moths (V)", "Codes for moths (I)"),
        ("Results of the 2019/2020 challenge", "Results of the 2020/2021 challenge"),
        ("Moth-3 is a moth", "Moth-4 is a moth"),
        ("Vitamin D and moths", "Vitamin C and moths"),
        ("First-order moths", "Second-order moths"),
        ("Comment on 'Lamps and moths'", "Lamps and moths"),
        ("Reply to comment on 'Lamps and moths'", "Comment on 'Lamps and moths'"),
        ("Erratum: Lamps and moths", "Lamps and moths"),
        ("Corrigendum to Lamps and moths", "Lamps and moths"),
        ("Erratum: Codes with self-correction", "Codes with self-correction"),
        ("Author Correction: Lamps and moths", "Lamps and moths"),
        ("Lamps and moths: authors' reply", "Lamps and moths"),
        ("Retraction: Lamps and moths", "Lamps and moths"),
        ("A note on lamps and moths", "Lamps and moths"),
    ],
)
def test_titles_that_set_papers_apart(left: str, right: str) -> None:
    assert are_apart(Title(fold(left)), Title(fold(right)))
    assert compare(make(title=left), make(title=right)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Codes for moths. Part II", "Codes for moths: part 2"),
        ("Codes for moths. Part Two", "Codes for moths, II"),
        ("Two-dimensional moths", "2-dimensional moths"),
        ("The $L^1$ norm of moths", "The L1 norm of moths"),
        ("Parts of speech", "Part of speech"),
        ("A.I. for moths", "AI for moths"),
        ("Error correction for moths", "Error correction of moths"),
    ],
)
def test_titles_that_do_not_set_papers_apart(left: str, right: str) -> None:
    assert not are_apart(Title(fold(left)), Title(fold(right)))


# Similar abstracts

HALF = MOTHS[:230] + TIDES[:190]
SIMILAR_TITLE = "Street lamps change how moths feed on primrose"
REVISED = MOTHS.replace("draw", "lure").replace("colours", "colors").replace("Jura", "Alps")


def test_a_similar_abstract() -> None:
    match = compare(make(authors=()), make(REVISED, "", authors=()))
    assert match == Match("similar abstract", "abstracts 96% alike")


def test_a_similar_abstract_under_another_title_must_be_very_similar() -> None:
    assert compare(make(), make(HALF, SIMILAR_TITLE)) == Match(
        "similar abstract", "abstracts 53% alike"
    )
    assert compare(make(), make(HALF, "Estuaries in winter")) is None
    assert compare(make(), make(HALF, "")) is None


def test_a_similar_abstract_under_a_title_with_a_number_put_in_is_another_paper() -> None:
    assert compare(make(), make(HALF, SIMILAR_TITLE + " since 1990")) is None


def test_a_similar_abstract_many_years_later_is_another_paper() -> None:
    assert rule(make(), make(REVISED, "", year=2025)) == "similar abstract"
    assert compare(make(), make(REVISED, "", year=2026)) is None


def test_a_similar_abstract_of_other_authors_is_another_paper() -> None:
    assert compare(make(), make(REVISED, authors=("Olga Petrova",))) is None


def test_a_similar_abstract_with_other_numbers_is_another_release() -> None:
    text = f"Release 9 holds 83 sites and 215 series. {MOTHS}"
    right = text.replace("9", "10").replace("83", "91").replace("215", "240").replace("412", "77")
    assert compare(make(text, "", authors=()), make(right, "", authors=())) is None


@pytest.mark.parametrize("characters", [200, 300])
def test_an_abstract_that_is_cut_off_meets_the_whole(characters: int) -> None:
    cut = make(MOTHS[:characters] + "...", "", authors=(), year=None)
    assert rule(make(), cut) == "similar abstract"
    assert set(keys(make())) & set(keys(cut))


def test_headings_put_in_make_no_difference() -> None:
    headed = MOTHS.replace("We counted", "METHODS: We counted").replace("Amber", "RESULTS: Amber")
    assert rule(make(), make(f"BACKGROUND: {headed}", "")) == "similar abstract"
    assert compare(make(), make(f"BACKGROUND: {headed}", "")).detail == "abstracts 100% alike"  # type: ignore[union-attr]


CHINESE = (
    "路灯使天蛾远离月见草。我们在汝拉山两个山谷的三十六盏灯下统计了四百一十二只天蛾。"
    "琥珀色灯吸引的天蛾只有白灯的三分之一,附近的月见草结籽多一倍。遮光罩只在六米以下有效。"
)


def test_text_without_spaces_is_compared_by_its_characters() -> None:
    revised = make(CHINESE.replace("汝拉山", "阿尔卑斯山"), "", authors=())
    assert rule(make(CHINESE, "路灯与天蛾", authors=()), revised) == "similar abstract"
    assert set(keys(make(CHINESE))) & set(keys(revised))
    assert len(keys(make(CHINESE))) > 20


# Names


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("J. Smith", "John A Smith"),
        ("Smith, John", "J Smith"),
        ("Smith JA", "John Smith"),
        ("SMITH J", "John Smith"),
        ("Müller, H.", "Hans Mueller"),
        ('M{\\"u}ller, H', "Muller H"),
        ("Søren Øverland", "Soren Overland"),
        ("Zhang Wei", "Wei Zhang"),
        ("李小明", "李 小明"),
        ("García Márquez, G.", "Gabriel García Márquez"),
        ("van der Berg, A", "Anna Van Der Berg"),
        ("J.-P. Dupont", "Jean-Pierre Dupont"),
    ],
)
def test_names_that_can_be_one(left: str, right: str) -> None:
    assert can_be_one(read_name(left), read_name(right))
    assert can_be_one(read_name(right), read_name(left))


@pytest.mark.parametrize(
    ("left", "right"),
    [("Jane Smith", "Mary Smith"), ("Zhang W", "Li W"), ("Mei Silva", "Mei S. Rossi")],
)
def test_names_that_cannot_be_one(left: str, right: str) -> None:
    assert not can_be_one(read_name(left), read_name(right))


def test_authors_agree_where_half_of_the_shorter_list_is_in_the_longer() -> None:
    record = make()
    assert agree(record, make(authors=("A. Brandt", "et al."))) is True
    assert agree(record, make(authors=("A. Brandt", "O. Petrova"))) is True
    assert agree(record, make(authors=("A. Brandt", "O. Petrova", "K. Lind"))) is False
    assert agree(record, make(authors=())) is None


# Folding and keys


def test_text_is_folded() -> None:
    assert split_words("<p>Schr&ouml;dinger&#x27;s $\\beta$-decay: TGF-β, ﬁve µm") == [
        "schrodinger", "s", "beta", "decay", "tgf", "beta", "five", "mum"
    ]  # fmt: skip


def test_keys_are_those_of_this_version() -> None:
    assert VERSION == 1
    found = keys(make(arxiv_id="2105.00001"))
    assert found[:3] == ("arxiv:2105.00001", "text:ef80802444b90d63", "t8da9ffed8085")
    assert (found[3], found[-1]) == ("a09f004f424e6", "abdaa4194b1b0")


def test_keys_are_the_same_in_every_process() -> None:
    code = (
        "from test_matching import keys, make\nimport sys\nsys.stdout.write(' '.join(keys(make())))"
    )
    here = Path(__file__).parent
    places = os.pathsep.join([str(here), str(here.parent)])
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": places},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert tuple(printed.split(" ")) == keys(make())


def test_an_unversioned_and_a_versioned_doi_share_a_key() -> None:
    left, right = make(doi="10.21203/rs.3.rs-12/v2"), other(doi="10.21203/rs.3.rs-12/v1")
    assert set(keys(left)) & set(keys(right)) == {"doi:10.21203/rs.3.rs-12"}


def test_a_notice_is_a_key_only_where_nothing_else_is() -> None:
    bare = make("No abstract available.", "", authors=())
    assert keys(bare) == bare.identities
    assert keys(replace(bare, pmid="31")) == ("pmid:31",)
    assert keys(make("Hawk moths: lamps, primrose, amber, seeds.", "", pmid="31")) == ("pmid:31",)


TEXTS = st.text(max_size=300) | st.lists(st.sampled_from(MOTHS.split()), max_size=60).map(" ".join)
RECORDS = st.builds(
    make,
    abstract=TEXTS,
    title=TEXTS,
    title_derived=st.booleans(),
    authors=st.lists(st.text(max_size=20) | st.sampled_from(AUTHORS), max_size=4).map(tuple),
    year=st.none() | st.integers(2000, 2006),
    doi=st.none() | st.sampled_from(["10.1000/x", "10.1101/x"]),
    pmid=st.none() | st.sampled_from(["31", "32"]),
)


@given(RECORDS, RECORDS)
def test_order_makes_no_difference(left: Record, right: Record) -> None:
    assert compare(left, right) == compare(right, left)


@given(RECORDS)
def test_a_record_matches_itself_and_shares_its_keys(record: Record) -> None:
    assert compare(record, record) is not None
    assert 1 <= len(keys(record)) <= 40
    assert len(set(keys(record))) == len(keys(record))


@given(RECORDS)
def test_case_and_white_space_make_no_difference_to_keys(record: Record) -> None:
    plain = replace(record, title=clean(record.title), abstract=clean(record.abstract))
    shouted = replace(
        plain,
        title=plain.title.upper(),
        abstract="\n ".join(plain.abstract.upper().split(" ")),
    )
    assert keys(shouted) == keys(plain)


def clean(text: str) -> str:
    """Words of letters that have a capital of their own; LaTeX commands would change by case."""
    return " ".join(
        "".join(c for c in word if c.isascii() and c.isalnum()) for word in text.split()
    )


@pytest.mark.parametrize(
    "text",
    ["(" * 3000, "reply: " * 400, "a" * 100_000, "\\frac{" * 2000, "<a " * 3000, "Part " * 900],
)
def test_no_text_takes_long(text: str) -> None:
    record = make(text, text, authors=(text,))
    assert compare(record, record) is not None
    assert keys(record)

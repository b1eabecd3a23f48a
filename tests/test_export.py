"""Exports: what a reader keeps, to the letter, and that text from outside stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Answer, Citation, Library, Record, Sentence
from rag.transcript import Turn, from_values
from ui.bibliography import cite_keys
from ui.export import (
    answer_with_references,
    as_markdown,
    safe_address,
    to_bibtex,
    to_json,
    to_markdown,
    to_ris,
)

MOTHS = Record(
    "doi:10.5555/moth_1",
    "LanternNet: counting $10^3$ moths & more",
    "We count.\nMoths.",
    authors=("Ada Quill", "Reed, Bo", "Barnes and Noble"),
    year=2024,
    venue="Insects_Today",
    url="https://example.org/a_b?c=1#d",
    doi="10.5555/moth_1",
    keywords=("moths", "50% off"),
)
CITED = Citation(
    1, MOTHS.id, MOTHS.title, ("Ada Quill",), 2024, MOTHS.url, ("a.bib",), "We count.", 0, 9
)
ANSWER = Answer(
    question="Who counts?",
    standalone_question="Who counts moths?",
    text="They count. [1]",
    abstained=False,
    reason=None,
    confidence=0.93,
    sentences=(Sentence("They count.", (1,), "supported"),),
    citations=(CITED,),
)
ABSTENTION = Answer(
    question="Why?",
    standalone_question="Why?",
    text="The abstracts do not say.",
    abstained=True,
    reason="No paper is near.",
    confidence=0.1,
    nearest=(replace(CITED, url=None, authors=(), year=None),),
)
TURNS = [
    Turn(ANSWER.question, ANSWER.standalone_question, ANSWER),
    Turn(ABSTENTION.question, ABSTENTION.standalone_question, ABSTENTION),
]


def test_markdown_has_question_answer_and_references() -> None:
    expected = r"""## Who counts?

*Understood as: Who counts moths?*

They count. \[1\]

Confidence 0.93, answered by quote.

### References

1. Ada Quill (2024). [TITLE](https://example.org/a_b?c=1#d). doi:10.5555/moth\_1.

   > We count.

## Why?

**The abstracts do not say.**

No paper is near.

### Nearest passages (not an answer)

1. TITLE. doi:10.5555/moth\_1.

   > We count.
"""
    title = r"LanternNet: counting \$10^3\$ moths \& more"
    assert to_markdown(TURNS) == expected.replace("TITLE", title)


def test_answer_is_copied_as_plain_text_with_its_references() -> None:
    assert answer_with_references(ANSWER) == (
        "They count. [1]\n\nReferences:\n"
        "[1] Ada Quill (2024). LanternNet: counting $10^3$ moths & more. "
        "https://example.org/a_b?c=1#d\n    “We count.”\n"
    )
    assert answer_with_references(ABSTENTION) == (
        "The abstracts do not say.\n\nNo paper is near.\n\nNearest passages (not an answer):\n"
        "[1] LanternNet: counting $10^3$ moths & more. doi:10.5555/moth_1\n    “We count.”\n"
    )


def test_json_is_a_conversation_to_go_on_with() -> None:
    assert from_values(json.loads(to_json(TURNS))) == TURNS


def test_bibtex_is_escaped_and_keyed() -> None:
    assert to_bibtex([MOTHS]) == (
        "@article{quill2024lanternnet,\n"
        "  author = {Ada Quill and Reed, Bo and {Barnes and Noble}},\n"
        "  title = {{LanternNet: counting 10³ moths \\& more}},\n"
        "  year = {2024},\n"
        "  journal = {Insects\\_Today},\n"
        "  doi = {10.5555/moth_1},\n"
        "  url = {https://example.org/a_b?c=1#d},\n"
        "  keywords = {moths, 50\\% off}\n"
        "}\n"
    )


def test_preprint_names_its_archive() -> None:
    preprint = replace(MOTHS, doi=None, arxiv_id="2401.00001", venue=None, url=None, keywords=())
    assert to_bibtex([preprint]).splitlines()[0] == "@misc{quill2024lanternnet,"
    assert "  eprint = {2401.00001},\n  archiveprefix = {arXiv}\n" in to_bibtex([preprint])
    assert to_ris([preprint]).startswith("TY  - GEN\r\n")


def test_ris_has_a_tag_a_line() -> None:
    assert to_ris([MOTHS]).split("\r\n") == [
        "TY  - JOUR",
        "ID  - quill2024lanternnet",
        "TI  - LanternNet: counting 10³ moths & more",
        "AU  - Ada Quill",
        "AU  - Reed, Bo",
        "AU  - Barnes and Noble",
        "PY  - 2024",
        "JO  - Insects_Today",
        "DO  - 10.5555/moth_1",
        "UR  - https://example.org/a_b?c=1#d",
        "KW  - moths",
        "KW  - 50% off",
        "AB  - We count. Moths.",
        "ER  - ",
        "",
    ]


def test_keys_do_not_depend_on_order_and_are_not_shared() -> None:
    records = [
        MOTHS,
        replace(MOTHS, id="doi:10.5555/moth_2"),
        replace(MOTHS, id="text:ab12", authors=(), year=None, title="夜の蛾"),
        replace(MOTHS, id="text:cd", authors=("Émile Zürn",), title="The of Ünder"),
    ]
    keys = cite_keys(records)
    assert keys[2:] == ["textab12", "zurn2024under"]
    assert keys[0].startswith("quill2024lanternnet-")
    assert len(set(keys)) == 4
    assert cite_keys(records[::-1]) == keys[::-1]


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("<img src=x onerror=alert(1)>", r"\<img src=x onerror=alert(1)\>"),
        ("![x](https://evil.example)", r"\!\[x\](https://evil.example)"),
        ("# no heading\n\n- no list", r"\# no heading - no list"),
        ("1. no list", r"1\. no list"),
        ("- no list", r"\- no list"),
        ("a\u202eb\x1b[31mc&lt;", r"abc\&lt;"),
    ],
)
def test_markup_from_outside_is_shown_as_it_is(given_text: str, shown: str) -> None:
    assert as_markdown(given_text) == shown


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", 'https://a" onclick=', "data:text/html,x", "", None, "//a"]
)
def test_only_addresses_of_the_web_are_linked(url: str | None) -> None:
    assert safe_address(url) is None
    reference = to_markdown([Turn("q", "q", replace(ANSWER, citations=(replace(CITED, url=url),)))])
    assert "](" not in reference


def test_address_cannot_leave_its_link() -> None:
    assert safe_address("https://a.example/x)(y") == "https://a.example/x%29%28y"


PIECES = [*"{}\\\"'@,=%$#&_^~ \n\r\x00\u202eaé-", "and", "}\n@x{", "ER  - ", "\u2028"]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
RECORDS = st.builds(
    Record,
    id=HOSTILE,
    title=HOSTILE,
    abstract=HOSTILE,
    authors=st.lists(HOSTILE, max_size=3).map(tuple),
    venue=st.none() | HOSTILE,
    url=st.none() | HOSTILE,
    doi=st.none() | HOSTILE,
    arxiv_id=st.none() | HOSTILE,
    keywords=st.lists(HOSTILE, max_size=2).map(tuple),
)
FIELD = re.compile(r"  [a-z]+ = \{.*\},?")


@given(RECORDS)
def test_no_text_leaves_its_bibtex_field(record: Record) -> None:
    head, *fields, end = to_bibtex([record]).split("\n")[:-1]
    assert re.fullmatch(r"@(article|misc)\{[a-z0-9-]*,", head)
    assert end == "}"
    for field in fields:
        assert FIELD.fullmatch(field)
        depths = depths_of(field.removesuffix(","))
        assert depths[-1] == 0
        assert 0 not in depths[field.index("{") : -1]


def depths_of(text: str) -> list[int]:
    """How many braces are open after each character, as BibTeX counts: backslash or not."""
    depth, depths = 0, []
    for character in text:
        depth += (character == "{") - (character == "}")
        depths.append(depth)
    return depths


@given(RECORDS)
def test_no_text_begins_a_ris_line(record: Record) -> None:
    lines = to_ris([record]).split("\r\n")
    assert lines[-2:] == ["ER  - ", ""]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - [^\r\n]*", line) for line in lines[:-1])
    assert [line[:2] for line in lines].count("ER") == 1


def test_sample_is_exported_whole(sample_library: Library) -> None:
    records = list(sample_library.records())
    assert to_bibtex(records).count("\n@") == len(records) - 1
    assert to_ris(records).count("\r\nER  - \r\n") == len(records)

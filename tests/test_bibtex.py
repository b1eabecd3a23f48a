"""BibTeX and BibLaTeX: every entry becomes a record, a skipped record or a rejection."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Mapping
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.readers import Item, read_document
from vectorstore.readers.bibtex import matches
from vectorstore.readers.document import Document
from vectorstore.readers.tex import decode, decode_address
from vectorstore.readers.text import Head
from vectorstore.records import Note, Record, RejectedRecord, SkippedRecord

MOTHS = r"""% Encoding: UTF-8
Exported for moths@lamps.example, who counts.

@string{jm = "Journal of " # {Moths}}
@STRING(and_lamps = " and Lamps")
@preamble{"\newcommand{\moth}{M}"}
@comment{jabref-meta: databaseType:biblatex;}

@Article{quill2024,
  author       = {Quill, Ada and Ludwig van Dusk and {Institute of Moths and Lamps}
                  and Erd{\H o}s, P{\'a}l and others},
  title        = "The {RNA} of {{Moths}} at $\alpha_{1}$ {N}ight",
  journal      = jm # and_lamps # " (new)",
  year         = 2024,
  month        = jan,
  abstract     = {Moths fly
                  to lamps --- mostly.

                  We count 50\% of them.},
  keywords     = {moths; lamps, light},
  groups       = {Night, Insects},
  doi          = {https://doi.org/10.5555/MOTH{\_}1},
  eprint       = {2401.00001v2},
  archiveprefix = {arXiv},
  url          = {https://moths.example/a\_b},
}
"""


def items_of(text: str | bytes, name: str = "in.bib", **columns: str) -> list[Item]:
    content = text.encode("utf-8") if isinstance(text, str) else text
    document = Document(name, lambda: nullcontext(io.BytesIO(content)), columns)
    return list(read_document(document))


def record_of(text: str, **columns: str) -> Record:
    (record,) = items_of(text, **columns)
    assert isinstance(record, Record)
    return record


def with_fields(**fields: str) -> str:
    listed = "".join(f", {name} = {value}" for name, value in fields.items())
    return f"@article{{a, abstract = {{Moths fly.}}{listed}}}"


def reasons(items: list[Item]) -> list[tuple[str, str]]:
    return [(item.where, item.reason) for item in items if not isinstance(item, Record)]


def test_a_file_is_read_with_macros_comments_and_accents() -> None:
    assert record_of(MOTHS) == Record(
        id="doi:10.5555/moth_1",
        title="The RNA of Moths at $\\alpha_{1}$ Night",
        abstract="Moths fly to lamps — mostly.\n\nWe count 50% of them.",
        authors=("Quill, Ada", "Ludwig van Dusk", "Institute of Moths and Lamps", "Erdős, Pál"),
        year=2024,
        venue="Journal of Moths and Lamps (new)",
        url="https://moths.example/a_b",
        doi="10.5555/moth_1",
        arxiv_id="2401.00001",
        keywords=("moths", "lamps, light"),
        groups=("Night", "Insects"),
        sources=("in.bib",),
    )


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"{\"o} \"{o} \"o \'e \'{e} {\'e}", "ö ö ö é é é"),
        (r"Stra{\ss}e Stra\ss e S{\o}ren S\o ren \O{}", "Straße Straße Søren Søren Ø"),
        (r"{\v{s}} \v{s} \v s \c{c} {\aa} \'{\i} \H{o} \k{a}", "š š š ç å í ő ą"),
        (r"5--10 --- ``so'' 5'' \dots", "5–10 — “so” 5'' …"),
        ("run it with --flag", "run it with --flag"),
        (r"\textbackslash{}x \{a\} \textbraceleft{}b", r"\x {a} {b"),
        (r"The {RNA} of {{Moths}}", "The RNA of Moths"),
        (r"\emph{big {M}oths} \cite[see][]{a}{b}", r"\emph{big Moths} \cite[see][]{a}{b}"),
        (r"$x_{1}$ {\"o} \(\alpha{}\) {$\"{o}$}", r"$x_{1}$ ö \(\alpha{}\) $\"{o}$"),
        (r"\$5 and $6 and {$}7", "$5 and $6 and $7"),
        (r"Fig.~1 of ~5 and 3~4 \~{}", "Fig. 1 of ~5 and 3~4 ~"),
        (r"a\_b \& c \# d", "a_b & c # d"),
        (r"\"{ou} \q", r"\"{ou} \q"),
        ("100% of {a", "100% of a"),
    ],
)
def test_latex_is_decoded_but_for_mathematics(tex: str, text: str) -> None:
    assert decode(tex) == text


@pytest.mark.parametrize(
    ("tex", "address"),
    [
        (r"\url{https://x.example/a{\_}b}", "https://x.example/a_b"),
        (r"\href{https://x.example/}{here}", "https://x.example/"),
        (r"https://x.example/\~{}ada\%20{b}", "https://x.example/~ada%20b"),
    ],
)
def test_addresses_lose_escapes_and_braces(tex: str, address: str) -> None:
    assert decode_address(tex) == address


@pytest.mark.parametrize("value", ["{A {B} c}", '"A B c"', '"A {"}B{"} c"', '{A} # " B " # "c"'])
def test_values_stand_in_braces_or_quotation_marks(value: str) -> None:
    expected = 'A "B" c' if "{" in value and '{"}' in value else "A B c"
    assert record_of(with_fields(title=value)).title == expected


def test_an_entry_may_stand_in_parentheses() -> None:
    record = record_of('@misc(a, title = "Moths (two)", abstract = {They fly :) at night.})')
    assert (record.title, record.abstract) == ("Moths (two)", "They fly :) at night.")


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"date": "{2021-03/2021-05}"}, {"year": 2021}),
        ({"year": "{2020}", "date": "{2021}"}, {"year": 2020}),
        ({"journaltitle": "{J. Moths}"}, {"venue": "J. Moths"}),
        ({"booktitle": "{Proc. Moths}"}, {"venue": "Proc. Moths"}),
        ({"howpublished": r"{\url{https://x.example}}"}, {"url": "https://x.example"}),
        ({"keyword": "{a, b}"}, {"keywords": ("a", "b")}),
        ({"eprint": "{2401.00001}", "eprinttype": "{arxiv}"}, {"arxiv_id": "2401.00001"}),
        ({"eprint": "{2401.00001}", "primaryclass": "{cs}"}, {"arxiv_id": "2401.00001"}),
        ({"eprint": "{12345}", "eprinttype": "{pubmed}"}, {"pmid": "12345"}),
        ({"eprint": "{12345}", "eprinttype": "{jstor}"}, {"pmid": None, "arxiv_id": None}),
        ({"arxivid": "{2401.00001}"}, {"arxiv_id": "2401.00001"}),
        ({"pmid": "{12345}"}, {"pmid": "12345"}),
        ({"title": "{Moths}", "subtitle": "{At night}"}, {"title": "Moths: At night"}),
        ({"author": "{Ada~Quill AND B. Band}"}, {"authors": ("Ada Quill", "B. Band")}),
        ({"author": "{others}"}, {"authors": ()}),
    ],
)
def test_fields_of_both_dialects_count(
    fields: Mapping[str, str], found: Mapping[str, object]
) -> None:
    record = record_of(with_fields(**fields))
    assert {name: getattr(record, name) for name in found} == found


def test_two_entries_of_one_key_are_two_records() -> None:
    items = items_of("@misc{a, abstract={One.}}@misc{a, abstract={Two.}}")
    assert [item.abstract for item in items if isinstance(item, Record)] == ["One.", "Two."]


def test_names_that_the_user_gives_count() -> None:
    assert record_of("@misc{a, Annote = {Moths fly.}}", annote="abstract").abstract == "Moths fly."


def test_an_entry_without_an_abstract_is_skipped() -> None:
    items = items_of("@misc{a, title={Moths}}\n@misc{b, abstract = {}}\n@misc{c}")
    assert items == [
        SkippedRecord("in.bib", "entry a (line 1)", "no 'abstract' (found: title)"),
        SkippedRecord("in.bib", "entry b (line 2)", "'abstract' is empty"),
        SkippedRecord("in.bib", "entry c (line 3)", "no 'abstract' (found: nothing)"),
    ]


@pytest.mark.parametrize(
    ("broken", "where", "reason"),
    [
        (
            "@misc{bad,\n title = {Moths,\n abstract = {Lost.}\n",
            "entry bad (line 2)",
            "a bracket that is opened in it is never closed",
        ),
        (
            "@misc{bad, title = {Moths}},\n abstract = {Lost.}\n}",
            "entry bad (line 2)",
            "it is closed before its end, by a bracket too many",
        ),
        (
            "@misc{bad, title = {Moths}\n abstract = {Lost.}}",
            "entry bad (line 2)",
            "in 'title' a comma is missing before 'abstract = {Lost.}'",
        ),
        (
            "@misc{bad title = {Moths}, abstract = {Lost.}}",
            "entry bad (line 2)",
            "expected comma after entry key, but found =",
        ),
        (
            "@misc{bad, abstract {Lost.}}",
            "entry bad (line 2)",
            "expected a '=' after entry key, but found '{'",
        ),
        (
            "@misc{bad, abstract = }",
            "entry bad (line 2)",
            "in 'abstract' a value is missing before 'the end'",
        ),
        (
            "@misc{bad, abstract = a # }",
            "entry bad (line 2)",
            "in 'abstract' a value is missing before 'the end'",
        ),
        ("@misc{{}}", "line 2", "expected comma after entry key, but found {"),
    ],
)
def test_a_broken_entry_costs_itself_alone(broken: str, where: str, reason: str) -> None:
    before, after = "@misc{a, abstract={One.}}\n", "\n@misc{b, abstract={Two.}}"
    items = items_of(before + broken + after)
    assert [item.abstract for item in items if isinstance(item, Record)] == ["One.", "Two."]
    assert items[1] == RejectedRecord("in.bib", where, f"the entry cannot be read: {reason}")
    assert len(items) == 3


def test_an_entry_that_the_file_ends_in_is_rejected() -> None:
    reason = "the entry cannot be read: a bracket that is opened in it is never closed"
    expected = [RejectedRecord("in.bib", "entry a (line 1)", reason)]
    assert items_of("@misc{a, abstract = {Moths fly") == expected


def test_brackets_too_many_behind_an_entry_do_no_harm() -> None:
    items = items_of("@misc{a, abstract={One.}}}\n,\n@misc{b, abstract={Two.}},\n")
    assert [item.abstract for item in items if isinstance(item, Record)] == ["One.", "Two."]


def test_the_word_of_an_entry_may_stand_on_a_line_alone() -> None:
    assert record_of("@misc\n{a, abstract={One.}}").abstract == "One."


def test_a_macro_that_is_not_defined_is_noted() -> None:
    record, note = items_of(with_fields(journal="nature"))
    assert isinstance(record, Record)
    assert record.venue == "nature"
    reason = "no macro defines 'nature'; the name was taken for its text"
    assert note == Note("in.bib", "entry a (line 1)", reason)


def test_a_field_that_stands_twice_is_noted() -> None:
    items = items_of("@misc{a, abstract={One.}, Abstract={Two.}}")
    assert [item.abstract for item in items if isinstance(item, Record)] == ["One."]
    reason = "'abstract' more than once in it; the first was taken"
    assert reasons(items) == [("entry a (line 1)", reason)]


def test_macros_that_grow_without_bound_are_left_out() -> None:
    macros = ['@string{a0 = "moth moth moth"}']
    macros += [f"@string{{a{at} = {' # '.join([f'a{at - 1}'] * 9)}}}" for at in range(1, 30)]
    items = items_of("\n".join([*macros, with_fields(title="a2", venue="a29")]))
    too_long = "macros are too long; expected at most 10,000 characters in one"
    assert reasons(items)[0] == ("line 4", f"a macro was left out: {too_long}")
    assert [len(item.title) for item in items if isinstance(item, Record)] == [81 * 14]


def test_many_macros_are_read_in_bounded_memory() -> None:
    macros = [f"@string{{a{at} = {{{'x' * 9_990}}}}}" for at in range(101)]
    items = items_of("\n".join([*macros, with_fields(note="{}")]))
    assert [where for where, _ in reasons(items)] == ["line 101"]


def test_a_broken_macro_is_noted() -> None:
    items = items_of("@string{a}\n@misc{a, abstract={One.}}")
    reason = "a macro was left out: expected equals sign after field key, but found }"
    assert items[0] == Note("in.bib", "line 1", reason)
    assert len(items) == 2


def test_an_entry_that_is_too_long_is_rejected_in_bounded_memory() -> None:
    line = b"moth " * 200 + b"\n"
    content = b"@misc{big, abstract={" + line * 20_000 + b"}}\n@misc{b, abstract={Two.}}"
    tracemalloc.start()
    items = items_of(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    reason = "it is 20,020,023 characters long; expected at most 2,000,000"
    assert reasons(items) == [("entry big (line 1)", f"the entry cannot be read: {reason}")]
    assert [item.abstract for item in items if isinstance(item, Record)] == ["Two."]
    assert peak < 20_000_000


@pytest.mark.parametrize(
    "content",
    [
        "@a{b,\n" + "{" * 1_000_000,
        "@a{b,\n" + "{\n" * 100_000,
        "@a{b,c={d}}\n" + "@" * 1_000_000,
        "@a{\n" * 20_000,
        "@a{b, abstract={" + "\\(" * 49_000 + "}}",
        "@a{b, abstract={x" + " " * 1_000_000 + "y}}",
        "@a{b, title={x" + " " * 1_000_000 + "y}}",
        "@a{b, abstract={x" + "\n" * 100_000 + "y}}",
        "@a{b, abstract={x}, author={" + "a and " * 100_000 + "}}",
        "@a{b, abstract=" + "c#" * 60_000 + "c}",
        "@a{b, abstract={" + "{" * 90_000 + "x" + "}" * 90_000 + "}}",
    ],
)
def test_what_is_made_to_do_harm_is_read_in_bounded_time(content: str) -> None:
    assert items_of(content)


@pytest.mark.parametrize(
    ("start", "name", "expected"),
    [
        ("@article{moth2020,\n", "in.txt", True),
        ("% a\n% b\n% c\n% d\n% e\n% f\n@comment{x}", "in.txt", True),
        ("One.\nTwo.\n@string(a = {b})", "in.txt", True),
        ("One\n" * 6 + "@misc{a,", "in.txt", False),
        ("One\n" * 6 + "@misc{a,", "in.bib", True),
        ("Write to moth@lamps.example {soon}", "in.bib", False),
    ],
)
def test_bibtex_is_told_by_its_content(start: str, name: str, expected: bool) -> None:
    assert matches(Head(name, start)) is expected


def test_a_file_without_entries_is_useless() -> None:
    expected = [RejectedRecord("in.bib", "whole file", "is BibTeX without entries")]
    assert items_of("@comment{moths}") == expected


PIECES = st.sampled_from(
    ["@article{", "@misc(", "@string{", "@comment{", "@", "{", "}", "(", ")", '"', ",", "=", "#",
     "\n", " ", "key", "abstract", "title", "author", " and ", "quoth-abstract", "\\", "$", "~",
     "--", "1", "\\'", "\\emph", "é", "\x00", "%7B", "\r", "Moths fly."]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text().map("@misc{a, abstract={".__add__))
def test_whatever_looks_like_bibtex_is_read_or_rejected(text: str) -> None:
    assert items_of("@misc{first, abstract={One.}}\n" + text)


@settings(deadline=None)
@given(st.binary())
def test_whatever_bytes_stand_in_an_entry_are_read_or_rejected(content: bytes) -> None:
    assert items_of(b"@misc{a, title={x}, abstract={" + content + b"}}")


@given(st.text(r"\{}$ab'\"`~-_^[]() ö"))
def test_no_text_makes_decoding_fail(text: str) -> None:
    decode(text)
    decode_address(text)

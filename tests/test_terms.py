"""Terms: how abstracts and questions alike become what they are found under."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.terms import index_terms, stem, word_terms, words


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The moths are counted", ["moth", "count"]),
        ("Moth MOTHS moth's", ["moth", "moth", "moth", "s"]),
        ("KV-cache", ["kv", "cach"]),
        ("state-of-the-art", ["state", "art"]),
        ("4.5x faster than v1.5", ["4.5x", "faster", "v1", "5"]),
        (r"$4.5\times$", ["4.5x"]),
        ("91.4% of 1,000", ["91.4", "1", "000"]),
        ("C++ and C", ["c++", "c"]),
        ("40+ and A*+", ["40"]),
        ("ｆｕｌｌ　ｗｉｄｔｈ", ["full", "width"]),
        ("日本語の蛾", ["日本", "本語", "語の", "の蛾"]),
        ("蛾", ["蛾"]),
        ("Überprüfung naïve", ["überprüfung", "naïv"]),
        ("the of and", []),
        ("", []),
    ],
)
def test_text_gives_these_terms(text: str, terms: list[str]) -> None:
    assert index_terms(text) == terms


def test_words_stay_as_written_and_whole() -> None:
    assert words(r"LanternNet's KV-cache is $3\times$ C++") == [
        "LanternNet's", "KV-cache", "is", "3x", "C++"
    ]  # fmt: skip


def test_a_stem_is_the_term_of_the_word() -> None:
    assert (stem("counting"),) == word_terms("Counting") == ("count",)


@given(st.text())
def test_terms_of_any_text_hold_no_white_space_and_are_never_empty(text: str) -> None:
    assert all(term and term == "".join(term.split()) for term in index_terms(text))


@given(st.text("abcdeilstxyz0123.-/+'() "))
def test_case_makes_no_difference(text: str) -> None:
    assert [word_terms(word.upper()) for word in words(text)] == [
        word_terms(word.lower()) for word in words(text)
    ]

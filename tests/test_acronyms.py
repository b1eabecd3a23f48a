"""Where an abstract spells an acronym out, and where it does not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answerers.acronyms import find_expansion


def expansion(text: str, acronym: str) -> str | None:
    span = find_expansion(text, acronym)
    return None if span is None else text[span.start : span.end]


@pytest.mark.parametrize(
    ("text", "acronym", "expected"),
    [
        ("We use a Tidal Lantern Model (TLM) here.", "TLM", "Tidal Lantern Model (TLM)"),
        ("Our TLM (Tidal Lantern Model) is new.", "TLM", "TLM (Tidal Lantern Model)"),
        ("A tidal lantern model, called TLM, runs.", "TLM", "tidal lantern model, called TLM"),
        ("A tidal lantern model dubbed TLM runs.", "TLM", "tidal lantern model dubbed TLM"),
        ("The grey-owl box (GOB) hums.", "GOB", "grey-owl box (GOB)"),
        ("A tidal lantern model (TLM; since 1890)", "TLM", "tidal lantern model (TLM; since 1890)"),
        ("A tidal lantern model (TLM-2)", "TLM", "tidal lantern model (TLM-2)"),
    ],
)
def test_long_form_is_found_on_either_side(text: str, acronym: str, expected: str) -> None:
    assert expansion(text, acronym) == expected


def test_digit_repeats_the_letter_before_it() -> None:
    text = "Variable Visual Pattern Embroidery (V2PE) helps."
    assert expansion(text, "V2PE") == "Variable Visual Pattern Embroidery (V2PE)"
    assert expansion("Visual Pattern Embroidery (V2PE) helps.", "V2PE") is None


@pytest.mark.parametrize("asked", ["TLM", "TLMs"])
@pytest.mark.parametrize("text", ["Tidal Lantern Models (TLMs)", "Tidal Lantern Model (TLM)"])
def test_plural_is_the_same_acronym(text: str, asked: str) -> None:
    assert expansion(text + " glow.", asked) == text


@pytest.mark.parametrize(
    "text",
    [
        r"A Tidal Lantern Model ($\mathrm{TLM}$) glows.",
        r"A Tidal Lantern Model (\textbf{TLM}) glows.",
        r"A \textbf{T}idal \textbf{L}antern \textbf{M}odel (TLM) glows.",
        r"Our \emph{TLM} (Tidal Lantern Model) glows.",
        'A Tidal Lantern Model ("TLM") glows.',
        "A Tidal Lantern Model (**TLM**) glows.",
    ],
)
def test_markup_does_not_hide_it(text: str) -> None:
    assert find_expansion(text, "TLM") is not None


@pytest.mark.parametrize(
    "text",
    [
        "The Grey Owl Box (TLM) hums.",
        "The model (TLM) hums.",
        "Pots, lamps, mills (TLM)",
        "Tidal Lantern Models hum.",
        "TLM hums.",
        "Tidal Lantern Model (XYZ)",
        "TLM (Grey Owl Box)",
        "TLM (the Tidal Lantern Model)",
        "A tidal lantern model (tlm)",
        "Titles of long old dull heavy grey books on a lamp in a mill (TLM)",
    ],
)
def test_nothing_is_found_where_letters_or_words_do_not_fit(text: str) -> None:
    assert find_expansion(text, "TLM") is None


def test_first_bracket_that_fits_is_taken() -> None:
    text = "The loud mill (TLM) is no Tidal Lantern Model (TLM)."
    assert expansion(text, "TLM") == "The loud mill (TLM)"


TEXTS = st.text(max_size=200) | st.text("aAbB2s (),-\\${}", max_size=200)


@given(TEXTS, st.text(max_size=12) | st.text("aAbB2s+", max_size=8))
def test_anything_found_is_a_place_in_the_text(text: str, acronym: str) -> None:
    span = find_expansion(text, acronym)
    assert span is None or 0 <= span.start < span.end <= len(text)


@given(st.lists(st.sampled_from(["tidal", "Owl", "mill", "Box", "grey"]), min_size=2, max_size=5))
def test_initials_in_brackets_are_always_spelled_out(words: list[str]) -> None:
    acronym = "".join(word[0] for word in words).upper()
    text = f"{' '.join(words)} ({acronym})"
    span = find_expansion(text, acronym)
    assert span is not None
    assert span.end == len(text)


@pytest.mark.parametrize("filling", ["(ABC) ", "ab (ABC) ", "(", ", called ABC", "(a) "])
def test_time_grows_no_faster_than_the_text(filling: str) -> None:
    def seconds(characters: int) -> float:
        text = filling * (characters // len(filling))
        runs = []
        for _ in range(3):
            began = time.process_time()
            find_expansion(text, "ABD")
            find_expansion(text, "ABC")
            runs.append(time.process_time() - began)
        return min(runs)

    assert seconds(32_000) < 24 * seconds(4_000) + 0.02


@pytest.mark.parametrize(
    ("text", "acronym", "found"),
    [
        ("The remedy is QWB, short for Quiet Wind Barriers, which is new.", "QWB",
         "QWB, short for Quiet Wind Barriers"),
        ("QWB stands for quiet wind barriers in what follows.", "QWB",
         "QWB stands for quiet wind barriers"),
        ("QWB, short for nothing at all, is loud.", "QWB", None),
        ("They use QWB, or quilts, at night.", "QWB", None),
    ],
)  # fmt: skip
def test_short_for(text: str, acronym: str, found: str | None) -> None:
    span = find_expansion(text, acronym)
    assert (span and text[span.start : span.end]) == found

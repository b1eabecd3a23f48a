"""LLM text -> sentences with citation numbers, whole and in pieces."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.drafts import (
    CitedSentence,
    SentenceStream,
    is_refusal,
    parse_draft,
    without_reasoning,
)


def said(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(sentence.text, sentence.numbers) for sentence in parse_draft(text)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It is fast [1].", (1,)),
        ("It is fast. [1]", (1,)),
        ("It is fast.[1]", (1,)),
        ("It is [1] fast.", (1,)),
        ("[1] It is fast.", (1,)),
        ("It is fast [1, 2].", (1, 2)),
        ("It is fast [1; 2].", (1, 2)),
        ("It is fast [1 and 2].", (1, 2)),
        ("It is fast [1][2].", (1, 2)),
        ("It is fast [1] [2].", (1, 2)),
        ("It is fast [1], [2].", (1, 2)),
        ("It is fast [1] and [2].", (1, 2)),
        ("It is fast ([1], [2]).", (1, 2)),
        ("It is fast [1-3].", (1, 2, 3)),
        ("It is fast [1–3].", (1, 2, 3)),
        ("It is fast [1–3, 5].", (1, 2, 3, 5)),
        ("It is fast [1-900].", (1, 900)),
        ("It is fast [3-1].", (3, 1)),
        ("It is fast [2][1][2].", (2, 1)),
        ("It is fast 【1】.", (1,)),
        ("It is fast \\[1\\].", (1,)),
        ("It is fast [^1].", (1,)),
        ("It is fast [1](https://example.org/a).", (1,)),
        ("It is fast [Passage 1].", (1,)),
        ("It is fast (passage 1).", (1,)),
        ("It is fast (sources 1 and 2).", (1, 2)),
        ("It is **fast [1]**.", (1,)),
        ("It is fast.\n\n[1]", (1,)),
        ("It is fast [99].", (99,)),
        ("According to [1], it is fast.", (1,)),
        ("According to passage 1, it is fast.", (1,)),
        ("Passage 1 states that it is fast.", (1,)),
        ("[1] reports that it is fast.", (1,)),
        ("It is fast.", ()),
    ],
)
def test_citation_of_any_form_is_read_and_taken_out(text: str, numbers: tuple[int, ...]) -> None:
    assert said(text) in ([("It is fast.", numbers)], [("It is fast", numbers)])


@pytest.mark.parametrize(
    "text",
    [
        "It is (1) a start.",
        "Values lie in [0, 1].",
        "It is [0.5, 1.5] wide.",
        "It has [1,000] rows.",
        "It is [sic] so.",
        "The A* search has x_i and 2 * 3 and 2**3.",
        "As in Fig. 2 of Smith et al. it is 3.5 times as e.g. $a_1 = 0.5$.",
    ],
)
def test_what_looks_like_a_mark_is_none(text: str) -> None:
    assert said(text) == [(text, ())]


def test_mark_after_the_stop_belongs_to_the_sentence_before_it() -> None:
    text = "Moths are counted. [1] Tides differ by 6 cm. [2, 3] Mould grows."
    assert said(text) == [
        ("Moths are counted.", (1,)),
        ("Tides differ by 6 cm.", (2, 3)),
        ("Mould grows.", ()),
    ]


def test_marks_before_sentences_belong_to_what_follows() -> None:
    assert said("[1] Moths are counted. [2] Tides differ.\n[3] Mould grows.") == [
        ("Moths are counted.", (1,)),
        ("Tides differ.", (2,)),
        ("Mould grows.", (3,)),
    ]


def test_lead_belongs_to_its_own_sentence() -> None:
    assert said("Moths fly. According to [2], tides differ.") == [
        ("Moths fly.", ()),
        ("Tides differ.", (2,)),
    ]


def test_lists_give_a_sentence_an_item_without_its_number() -> None:
    text = "It has:\n\n1. **Speed**: 3.5 times [1]\n2) *Size*: `6 cm` [2]\n- A third. A fourth [3]."
    assert said(text) == [
        ("It has:", ()),
        ("Speed: 3.5 times", (1,)),
        ("Size: 6 cm", (2,)),
        ("A third.", ()),
        ("A fourth.", (3,)),
    ]


def test_table_rows_are_sentences_of_their_cells() -> None:
    text = (
        "| Model | F1 | |\n|---|:-:|--|\n| LanternNet | **91.4%** | [1] |\n| None | a \\| b | |\n"
        "Text [2]\n| one | row |"
    )
    assert said(text) == [
        ("Model: LanternNet; F1: 91.4%", (1,)),
        ("Model: None; F1: a | b", ()),
        ("Text", (2,)),
        ("one; row", ()),
    ]


def test_headings_rules_and_fences_are_left_out() -> None:
    text = "# Answer\n---\n```text\nMoths fly [1].\n```\n**Summary**\n> Tides turn [2].\n***"
    assert said(text) == [("Moths fly.", (1,)), ("Tides turn.", (2,))]


@pytest.mark.parametrize(
    "references",
    [
        "\n\n[1] LanternNet: counting moths by night (2024)\n[2] Quiet gears",
        "\n\nReferences:\n1. LanternNet: counting moths",
        "\n\n**Sources**\n\n- [1] LanternNet",
        "\nSources: [1], [2]",
        "\n\n[^1]: LanternNet",
    ],
)
def test_references_at_the_end_are_left_out(references: str) -> None:
    assert said("Moths fly [1]." + references) == [("Moths fly.", (1,))]


def test_wrapped_line_goes_on_and_a_new_line_does_not() -> None:
    long = "A line that a model wrapped because it has more than sixty characters, and"
    assert said(f"{long}\nTides turn [1]\nMoths fly [2]\nby night [3]") == [
        (f"{long} Tides turn", (1,)),
        ("Moths fly", (2,)),
        ("by night", (3,)),
    ]


def test_thoughts_are_left_out() -> None:
    assert said("<think>It is 40. No.</think>It is 2 [1].") == [("It is 2.", (1,))]
    assert said("It is 2 [1]. <think>Or 40?") == [("It is 2.", (1,))]
    assert without_reasoning("It is 40?</think>\nIt is 2 [1].") == "\nIt is 2 [1]."


def test_fences_that_a_model_repeats_are_left_out() -> None:
    assert said("<passage 1 0a1b2c3d>Moths fly [1].</passage 1 0a1b2c3d>") == [("Moths fly.", (1,))]


@pytest.mark.parametrize(
    "text",
    [
        "NO ANSWER",
        "NO ANSWER.",
        " **NO ANSWER** [1]",
        "No answer.",
        '"NO ANSWER"',
        "NO ANSWER. The passages speak of moths [1].",
        "<think>They answer.</think>NO ANSWER",
    ],
)
def test_refusal_is_recognised(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    ["", "No answer is perfect [1].", "Moths fly [1]. NO ANSWER", "NO ANSWERS were given [1]."],
)
def test_answer_is_no_refusal(text: str) -> None:
    assert not is_refusal(text)


def test_sentence_is_given_as_soon_as_nothing_can_change_it() -> None:
    stream = SentenceStream()
    steps = [
        ("Moths fly", []),
        (" by night.", []),
        (" [1", []),
        ("]", []),
        (" Tides ", [CitedSentence("Moths fly by night.", (1,))]),
        ("turn [2].\n", []),
        ("\n- Mould", []),
        (" grows", [CitedSentence("Tides turn.", (2,))]),
    ]
    assert [(piece, list(stream.feed(piece))) for piece, _ in steps] == steps
    assert list(stream.finish()) == [CitedSentence("Mould grows", ())]


PARTS = st.sampled_from(
    "Moths,tides,The,According to,In,passage 1,et al.,e.g.,J.,3.5,it is,reports that,Ünder,“,”,。"
    ",[1],[2-4],[0],(1),(passage 2),([3]),【1】,\\[1\\],[1](http://a.b),[,],(,),<,>,.,. ,! ,? ,: "
    ",; ,and, ,\n,\n\n,\t,\r\n,\n- ,\n1. ,\n* ,* ,\n# ,\n> ,\n[1] ,*,**,_,`,```,\n```\n,~~,|,---"
    ",\n---\n,References,\nSources:\n,works cited,NO ANSWER,<think>,</think>,<thi,</thinking>"
    ",$x_1$,<passage 1 ab>,</passage 1 ab>".split(",")
    + [",", "[1, 2]", "\nIn [1], ", "As shown in [2], ", "\n| a | b |\n|---|---|\n| [1] | d |"]
)
REPLIES = st.lists(PARTS, max_size=25).map("".join) | st.text(max_size=60)


@settings(max_examples=400)
@given(REPLIES, st.data())
@example("Moths et al. In [1], moths. ", None)
@example("Moths fly. [1, 2] Tides turn. (sources 1 and 2) Mould grows. [1] and [2] End", None)
def test_pieces_give_the_same_sentences_as_the_whole(text: str, data: st.DataObject | None) -> None:
    places = st.lists(st.integers(0, len(text)), max_size=12).map(sorted)
    cuts = [0, *(data.draw(places) if data else range(len(text))), len(text)]
    stream = SentenceStream()
    found = [
        sentence
        for start, end in zip(cuts, cuts[1:], strict=False)
        for sentence in stream.feed(text[start:end])
    ]
    assert [*found, *stream.finish()] == parse_draft(text)


@settings(max_examples=200)
@given(REPLIES)
def test_every_sentence_says_something_on_one_line(text: str) -> None:
    for sentence in parse_draft(text):
        assert re.search(r"[^\W_]", sentence.text)
        assert sentence.text == sentence.text.strip()
        assert "\n" not in sentence.text
        assert len(set(sentence.numbers)) == len(sentence.numbers)


WORDS = st.text("abcdefghijklmnop", min_size=2, max_size=8).filter(
    lambda word: word not in ("and", "in", "of")
)
MARKS = st.sampled_from(["", " [1]", " [1, 2]", " [3][4]", " [2–4]", "【5】", " (passage 6)"])


@st.composite
def marked_replies(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A reply of lines, list items and sentences, marked and emphasised, and its words."""
    words: list[str] = []
    reply = draw(st.sampled_from(["", "Begin. "]))
    words += ["Begin"] if reply else []
    for _ in range(draw(st.integers(1, 5))):
        sentence = draw(st.lists(WORDS, min_size=2, max_size=6))
        sentence[0] = "X" + sentence[0]
        words += sentence
        style = draw(st.sampled_from(["{}", "{}", "**{}**", "*{}*", "`{}`"]))
        shown = " ".join([*sentence[:-1], style.format(sentence[-1])])
        mark, stop = draw(MARKS), draw(st.sampled_from([".", "!", ""]))
        tail = draw(st.sampled_from([mark + stop, stop + mark]))
        reply += draw(
            st.sampled_from(["", "- ", "1. ", "\n\n", "> "]) if reply[-1:] in "\n" else st.just("")
        )
        reply += shown + tail + draw(st.sampled_from([" ", "\n", "\n\n"]))
    return reply, words


@given(marked_replies())
def test_every_word_ends_up_in_exactly_one_sentence(made: tuple[str, list[str]]) -> None:
    reply, words = made
    found = [word for sentence in parse_draft(reply) for word in re.findall(r"\w+", sentence.text)]
    assert found == words


@pytest.mark.parametrize("mark", ["[02]", "[２]", "[#2]", "[doc 2]", "[paper 2]", "[Document 2]"])
def test_odd_marks_are_citations_too(mark: str) -> None:
    assert parse_draft(f"Moths fly {mark}.") == [CitedSentence("Moths fly.", (2,))]

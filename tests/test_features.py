"""What speaks for a sentence, worked out by hand on two sentences, and finite on any text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answerers import features
from rag.answerers.features import NAMES, sentence_features
from rag.answerers.reading import ReadRecord, ReadText, TextReader
from rag.question import Question, analyse, split_words
from vectorstore.records import Record
from vectorstore.sentences import split_sentences

ASKED = "How many moths does LanternNet count?"
ABSTRACT = "LanternNet counts 12 moths. It is slow, but 3 owls help."
AXES = {"moths": [1, 0, 0, 0], "owls": [0.8, 0.6, 0, 0], "LanternNet": [0, 0, 1, 0]}
RARITY = {"moths": 2.0, "LanternNet": 1.0, "count": 1.0}


def read(text: str, vector: list[float]) -> ReadText:
    """A text as a model of four dimensions would read it; words it does not know are apart."""
    words = split_words(text)
    vectors = [AXES.get(word.text, [0, 0, 0, 0]) for word in words]
    return ReadText(text, words, np.array(vectors, np.float32), np.array(vector, np.float32))


def record_of(abstract: str, vectors: list[list[float]], title: str = "") -> ReadRecord:
    spans = split_sentences(abstract)
    sentences = [
        read(abstract[slice(*span)], vector) for span, vector in zip(spans, vectors, strict=True)
    ]
    return ReadRecord(Record("text:1", title, abstract), spans, sentences, split_words(title))


@pytest.fixture(autouse=True)
def known_rarity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "rarity", lambda word: RARITY.get(word, 1.0))


def named(row: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, row.tolist(), strict=True))


def worked_out() -> tuple[dict[str, float], dict[str, float]]:
    record = record_of(ABSTRACT, [[0.8, 0.6, 0, 0], [0.6, 0.8, 0, 0]])
    rows = sentence_features(analyse(ASKED), read(ASKED, [1, 0, 0, 0]), record)
    assert rows.shape == (2, len(NAMES))
    return named(rows[0]), named(rows[1])


def test_sentence_that_says_it_all() -> None:
    expected = dict.fromkeys(NAMES, 1.0) | {
        "similarity": 0.8,
        "similarity_lead": 0.2,
        "number_to_focus": 1.0,  # "12 moths"
        "record_numbers": 2.0,
        "length": 4.0,
        "question_words": 3.0,
        "window_similarity": 0.8,
        "similarity_best": 0.8,
        "content_similarity": 0.8,
    }
    absent = (
        "similarity_rank names_missing numbers_missing number_words number_lacking yes_no why who"
        " when where which what definition new_names position missing_soft missing missing_here"
        " gives_reason introduces"
    )
    expected |= dict.fromkeys(absent.split(), 0.0)
    assert worked_out()[0] == pytest.approx(expected)


def test_sentence_that_is_only_near_it() -> None:
    expected = worked_out()[0] | {
        "similarity": 0.6,
        "similarity_lead": 0.0,
        "similarity_rank": 1.0,
        "covered": 0.0,
        "covered_soft": 2 * 0.8 / 4,  # owls for moths, at twice the weight
        "plain_covered": 0.0,
        "plain_soft": 2 * 0.8 / 3,
        "plain_weakest_soft": 0.0,
        "plain_weakest": 0.0,
        "names_here": 0.0,
        "focus_covered": 0.0,
        "focus_soft": 0.8,
        "number_to_focus": 9.0,
        "length": 7.0,
        "position": 1.0,
        "missing_here": 1.0,  # count
        "gives_reason": 1.0,  # but
        "clause_covered": 0.0,
        "number_clause_covered": 0.0,
        "names_all_here": 0.0,
        "window_similarity": 0.5**0.5,  # with the sentence before, right between the axes
        "similarity_z": -1.0,
        "content_similarity": 0.6,
        "pairs": 0.0,
    }
    assert worked_out()[1] == pytest.approx(expected)


def one_row(question: str, abstract: str, title: str = "") -> dict[str, float]:
    record = record_of(abstract, [[1, 0, 0, 0]], title)
    return named(sentence_features(analyse(question), read(question, [1, 0, 0, 0]), record)[0])


def test_word_that_only_the_title_holds_is_held_by_the_record() -> None:
    row = one_row("do moths count", "They rest.", title="Moths by night")
    assert (row["covered"], row["record_covered"], row["missing"]) == (0.0, 2 / 3, 1.0)


@pytest.mark.parametrize(
    ("abstract", "missing"),
    [
        ("The TidalNet glows.", 1.0),
        ("The Lantern-Net glows.", 0.0),
        ("The LanternNets glow.", 0.0),
        ("The lanternnet glows.", 0.0),
        ("The OWL/LanternNet pair glows.", 0.0),
    ],
)
def test_name_is_found_in_other_punctuation_or_number(abstract: str, missing: float) -> None:
    assert one_row("why does LanternNet glow", abstract)["names_missing"] == missing


def test_acronym_is_found_spelled_out_and_its_plural_in_the_singular() -> None:
    assert one_row("do TLMs glow", "A tidal lantern model glows.")["names_missing"] == 0.0
    assert one_row("do TLMs glow", "The TLM glows.")["names_missing"] == 0.0
    assert one_row("do TLMs glow", "A lantern glows.")["names_missing"] == 1.0


def test_number_of_the_question_that_the_record_lacks_is_counted() -> None:
    row = one_row("did 12 moths and 13 owls fly in 1890", "In 1890, 13 moths flew.")
    assert row["numbers_missing"] == 1.0


def test_number_that_the_question_gives_is_no_news() -> None:
    row = one_row("how many of 12 moths flew", "Of 12 moths, seven flew in 1890.")
    assert (row["new_numbers"], row["number_words"], row["record_numbers"]) == (1.0, 1.0, 1.0)


def test_number_is_lacking_where_one_is_asked_for_and_none_is_given() -> None:
    assert one_row("how many moths", "Moths flew.")["number_lacking"] == 1.0
    assert one_row("how many moths", "Two moths flew.")["number_lacking"] == 0.0
    assert one_row("which moths", "Moths flew.")["number_lacking"] == 0.0


def test_nearest_number_counts() -> None:
    assert one_row("how many moths", "Of 7 old owls and 2 moths, 9 slept.")["number_to_focus"] == 1
    assert one_row("how many moths", "Of moths, only a very few, 9, slept.")["number_to_focus"] == 5


def test_words_that_are_neighbours_in_the_question_stand_together_within_four_words() -> None:
    assert one_row("do old owls sleep", "Old grey owls sleep.")["pairs"] == 1.0
    assert one_row("do old owls sleep", "Old and very, very, very grey owls sleep.")["pairs"] == 0.5


def test_question_without_words_is_as_if_all_were_said() -> None:
    row = one_row("🙂", "Moths flew.")
    assert (row["covered"], row["plain_covered"], row["focus_covered"]) == (0.0, 1.0, -1.0)
    assert (row["question_words"], row["names_all_here"]) == (0.0, 0.0)


def test_abstract_without_sentences_has_no_rows() -> None:
    record = record_of("", [])
    rows = sentence_features(analyse(ASKED), read(ASKED, [1, 0, 0, 0]), record)
    assert rows.shape == (0, len(NAMES))


READER = TextReader()
WORDS = st.lists(
    st.sampled_from(
        "how many which Is moths LanternNet 3.5x $40\\times$ F1 OWL ? . , \n\n [1] 灯网 🙂 é the"
        " why “quoted” C++ and".split(" ")
    ),
    max_size=25,
).map(" ".join)
ANY = st.text(max_size=120) | WORDS


def rows_of(question: str, title: str, abstract: str) -> tuple[Question, np.ndarray]:
    asked = analyse(question)
    (record,) = READER.read_records([Record("text:1", title, abstract)])
    return asked, sentence_features(asked, READER.read_text(asked.text), record)


@settings(max_examples=60)
@given(ANY, ANY, ANY)
def test_any_text_gives_one_finite_row_a_sentence(question: str, title: str, abstract: str) -> None:
    rows = rows_of(question, title, abstract)[1]
    assert rows.shape == (len(split_sentences(abstract)), len(NAMES))
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("text", ["moth " * 800, "x" * 4_000, "灯" * 4_000, "LanternNet? " * 330])
def test_text_beyond_the_window_of_the_model_is_still_judged(text: str) -> None:
    rows = rows_of(text, text, text)[1]
    assert len(rows) == len(split_sentences(text))
    assert np.isfinite(rows).all()

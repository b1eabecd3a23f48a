"""True sentences in a writer's own words meet no veto; the same with one point changed still do."""

from __future__ import annotations

import pytest

from rag.checking.comparison import compare
from rag.checking.reasons import Problem, find_problems


def _problems(claim: str, passage: str) -> list[Problem]:
    found = compare(claim, [passage])
    assert found is not None
    return find_problems(found, "[1]")


def _vetoes(claim: str, passage: str) -> list[str]:
    return [item.reason for item in _problems(claim, passage) if item.gravity == "veto"]


PARAPHRASES = [
    ("Nearly nine in ten of the lamps failed.", "89% of the lamps failed.", "nine", "three"),
    ("About one in four moths was caught.", "Of the moths, 25.4% were caught.", "four", "two"),
    ("Three quarters of the lamps failed.", "75% of the lamps failed.", "quarters", "fifths"),
    ("The lamps ran for three weeks.", "The lamps ran for 21 days.", "three", "five"),
    ("A reply takes 21 milliseconds.", "A reply takes 0.021 seconds.", "21", "23"),
    ("Almost 10,000 moths were counted.", "9,946 moths were counted.", "10,000", "20,000"),
    ("More than 500 moths were counted.", "512 moths were counted.", "500", "600"),
    ("Blue light raised the odds 2.6-fold.", "For blue light OR = 2.6; CI, 1.8-3.7.", "2.6", "2.7"),
    ("It is 46 times cheaper than before.", "It is cheaper by a factor of 46.", "46", "47"),
    ("Power fell by 60 percent.", "Power fell by 60 percents.", "60", "50"),
    ("Air with 5.6% smoke was used.", "Air with 5.6 per cent smoke was used.", "5.6", "6.5"),
    ("Catches rose between 8 and 30 times.", "We saw an 8-30-fold rise in catches.", "8", "9"),
    ("Precision@1 rose by 28%.", "There is a 28% increase in Precision@1.", "28", "29"),
    ("The ratio for men was 0.61.", "Men had less risk (OR=0.61, 95% CI 0.43-0.87).", "61", "67"),
]
"""A true sentence, what it is true of, and a part of it with what makes it false."""


@pytest.mark.parametrize(("claim", "passage", "part", "other"), PARAPHRASES)
def test_numbers_in_other_words_are_no_fault_and_other_numbers_are(
    claim: str, passage: str, part: str, other: str
) -> None:
    assert _vetoes(claim, passage) == []
    assert _vetoes(claim.replace(part, other), passage)


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("It works in two languages, English and French.", "It works in English and French."),
        ("The lamps burn twice as long.", "The lamps burn 12 hours instead of 6."),
        ("The shortfall stays bounded away from zero.", "The shortfall is strictly positive."),
    ],
)
def test_own_counts_are_doubted_but_not_refused_outright(claim: str, passage: str) -> None:
    assert [item.gravity for item in _problems(claim, passage) if "number" in item.reason] == [
        "doubt"
    ]


def test_a_count_of_what_the_passage_counts_otherwise_is_refused() -> None:
    assert _vetoes("It was tried in two gardens.", "It was tried in seven gardens.") == [
        "number two is not stated in [1]"
    ]


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("TNF-alpha rose in moths.", "Levels of TNF-α rose in moths."),
        ("B2S6 finds moths.", "B₂S₆ finds moths."),
        ("Dicer1-deficient moths flew.", "Moths that lack Dicer1 flew."),
        ("Cells were coated with anti-CD3.", "Cells were coated with an antibody against CD3."),
        ("LLMs name moths.", "Large language models name moths."),
        ("The gain is 1 dB.", "A gain of 1dB was measured."),
    ],
)
def test_names_in_other_spellings_are_there(claim: str, passage: str) -> None:
    assert [item for item in _problems(claim, passage) if item.reason.startswith("name")] == []


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("Nothing is lost in accuracy.", "The accuracy stays as it was."),
        ("It does not need training.", "It needs no training."),
        ("No training takes place.", "It works without lamps at night or training."),
        ("It works without any training.", "It is a training-free method."),
        ("It does not need labels.", "It eliminates the need for labels."),
        ("It scored no more than 0.4 on moths.", "It scored 0.4 on moths."),
    ],
)
def test_negations_in_other_words_do_not_stand_against_each_other(claim: str, passage: str) -> None:
    assert [item for item in _problems(claim, passage) if "stands against" in item.reason] == []


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("The method needs training.", "The method needs no training."),
        ("The method needs training.", "The method is training-free and fast."),
        ("The method does not find moths.", "The method finds moths."),
        ("The lamps lose brightness.", "The lamps maintain brightness."),
    ],
)
def test_negations_and_opposites_do(claim: str, passage: str) -> None:
    assert any("stands against" in item.reason for item in _problems(claim, passage))

"""A sentence against the passages that it cites: each kind of error, its verdict, its reason."""

from __future__ import annotations

from typing import Protocol

import pytest

from rag.checking import THRESHOLD, Memory, check_claim
from vectorstore import minilm

LAMPS = (
    "Moth traps. We studied moth traps in twelve gardens. Blue lamps attract 40% more moths than"
    " white lamps. Heating the lamps to 60 degrees increases the catch by 15% to 20%. The lamps run"
    " for 8 hours on one battery. LampNet outperforms MothBase on the NightSky dataset. Rain may"
    " reduce the catch. The traps work without bait. Some moths cannot see red light. Large traps"
    " sometimes catch bats. The survey was the first in Norway to use drones."
)
STEPS = (
    "With a 675M diffusion transformer, UCGM-T yields a multi-step model whose FID is 1.30 in 20"
    " steps, as well as a few-step model that needs just 2 steps for an FID of 1.42. One such"
    " model, with an FID of 1.26 at 250 steps before, improves to an FID of 1.06 with 40 steps."
)


class Verdict(Protocol):
    """What a sentence gets."""

    def __call__(self, claim: str, passage: str = LAMPS) -> tuple[str, str | None]:
        """Verdict and reason."""


@pytest.fixture(scope="module", params=["words", "meaning"])
def verdict(request: pytest.FixtureRequest) -> Verdict:
    read = Memory(minilm.read) if request.param == "meaning" else None

    def check(claim: str, passage: str = LAMPS) -> tuple[str, str | None]:
        finding = check_claim(claim, [passage], read=read, labels=["[2]"])
        return finding.verdict, finding.reason

    return check


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("The few-step model reaches 1.42 FID in 2 steps.", STEPS),
        ("The multi-step model reaches an FID of 1.30 in 20 steps.", STEPS),
        ("Heating the lamps increases the catch by 15-20%.", LAMPS),
        ("The lamps run for eight hours on one battery.", LAMPS),
        ("LampNet outperforms MothBase on NightSky.", LAMPS),
        ("The traps also work without bait.", LAMPS),
        ("The catch grows when the lamps are heated.", LAMPS),
    ],
)
def test_true_sentence_in_other_words_is_supported(
    verdict: Verdict, claim: str, passage: str
) -> None:
    assert verdict(claim, passage) == ("supported", None)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("Blue lamps attract 45% more moths than white lamps.", "number 45% is not stated in [2]"),
        (
            "Blue lamps attract 40 times more moths than white lamps.",
            "number 40 times is not stated in [2], which has 40%",
        ),
        (
            "Blue lamps attract 15% more moths than white lamps.",
            "number 15% is stated of something else in [2], which has 40% here",
        ),
        ("Heating the lamps increases the catch by 15-25%.", "number 25% is not stated in [2]"),
        (
            "The lamps run for 8 days on one battery.",
            "number 8 days is not stated in [2], which has 8 hours",
        ),
        ("We studied moth traps in fourteen gardens.", "number fourteen is not stated in [2]"),
    ],
)
def test_number_that_is_not_stated_so_is_removed(verdict: Verdict, claim: str, reason: str) -> None:
    assert verdict(claim) == ("unsupported", reason)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (
            "The few-step model reaches 1.42 FID in 40 steps.",
            "number 40 is not stated with 1.42 FID in [2]",
        ),
        (
            "The multi-step model reaches an FID of 1.42 in 20 steps.",
            "number 20 is not stated with 1.42 in [2]",
        ),
    ],
)
def test_number_of_another_clause_is_removed(verdict: Verdict, claim: str, reason: str) -> None:
    assert verdict(claim, STEPS) == ("unsupported", reason)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (
            "Heating the lamps decreases the catch by 15-20%.",
            "“decreases” stands against “increases” in [2]",
        ),
        ("Rain may increase the catch.", "“increase” stands against “reduce” in [2]"),
        (
            "LampNet underperforms MothBase on NightSky.",
            "the comparison is the other way round in [2]",
        ),
        (
            "Blue lamps attract 40% fewer moths than white lamps.",
            "the comparison is the other way round in [2]",
        ),
        ("The traps work with bait.", "“bait” stands against “not bait” in [2]"),
        ("Some moths can see red light.", "“see” stands against “not see” in [2]"),
        (
            "The survey was the last in Norway to use drones.",
            "“last” stands against “first” in [2]",
        ),
        ("Large traps always catch bats.", "“always” stands against “sometimes” in [2]"),
        (
            "The catch does not increase when the lamps are heated.",
            "“not increase” stands against “increases” in [2]",
        ),
    ],
)
def test_sentence_turned_into_its_opposite_is_removed(
    verdict: Verdict, claim: str, reason: str
) -> None:
    assert verdict(claim) == ("unsupported", reason)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (
            "LampNet outperforms MothBase on the DaySky dataset.",
            "name DaySky is not in [2]",
        ),
        (
            "LampNet outperforms OwlBase on the NightSky dataset.",
            "name OwlBase is not in [2]",
        ),
        (
            "MothBase outperforms LampNet on NightSky.",
            "the comparison is the other way round in [2]",
        ),
    ],
)
def test_absent_or_swapped_name_is_removed(verdict: Verdict, claim: str, reason: str) -> None:
    assert verdict(claim) == ("unsupported", reason)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("Rain reduces the catch.", "“may” of [2] is left out"),
        ("Large traps catch bats.", "“sometimes” of [2] is left out"),
        ("The survey was the only one in Norway to use drones.", "“only” is not in [2]"),
    ],
)
def test_sentence_that_says_more_firmly_what_is_said_is_partly_supported(
    verdict: Verdict, claim: str, reason: str
) -> None:
    assert verdict(claim) == ("partly", reason)


def test_content_beyond_the_passage_is_removed_and_its_words_are_named(verdict: Verdict) -> None:
    assert verdict("The lamps contain mercury, which poisons the soil.") == (
        "unsupported",
        "“poisons”, “mercury” and “soil” are not in [2]",
    )


def test_words_of_the_question_claim_nothing() -> None:
    claim = "As to phototaxis, blue lamps attract many more moths than white lamps."
    question = "What is known of phototaxis?"
    alone, asked = (check_claim(claim, [LAMPS], question=text) for text in ("", question))
    assert alone.verdict == "unsupported"
    assert asked.verdict == "supported"


def test_quotation_that_is_not_verbatim_is_removed(verdict: Verdict) -> None:
    assert verdict("The paper says “blue lamps attract far more moths than white lamps”.") == (
        "unsupported",
        "the quotation “blue lamps attract far more moths than white lamps” is not in [2] word"
        " for word",
    )


def test_weakest_of_several_sentences_decides(verdict: Verdict) -> None:
    assert verdict("The traps work without bait. Blue lamps attract 50% more moths.") == (
        "unsupported",
        "number 50% is not stated in [2]",
    )


@pytest.mark.parametrize(
    ("claim", "passages", "reason"),
    [
        ("It works.", [], "it cites nothing"),
        ("It works.", [""], "[1] is empty"),
        ("", ["It works."], "it says nothing"),
        ("...", ["It works."], "it says nothing"),
    ],
)
def test_nothing_said_or_cited_is_unsupported(claim: str, passages: list[str], reason: str) -> None:
    finding = check_claim(claim, passages)
    assert (finding.verdict, finding.reason, finding.probability) == ("unsupported", reason, 0.0)


def test_all_labels_are_named_and_evidence_is_a_place_in_the_passages() -> None:
    passages = ["Bees hum. Bees dance.", "Rain may reduce the catch. The traps work without bait."]
    finding = check_claim("Rain reduces the catch.", passages, labels=["[3]", "[7]"])
    assert finding.reason == "“may” of [3] or [7] is left out"
    number, start, end = finding.evidence[0]
    assert passages[number][start:end] == "Rain may reduce the catch."


@pytest.mark.parametrize("claim", ["Rain may increase the catch.", "The traps work with bait."])
def test_reversal_counts_as_contradiction(claim: str) -> None:
    assert check_claim(claim, [LAMPS]).kind == "contradict"


def test_absent_subject_counts_as_not_enough() -> None:
    claim = "Glacier meltwater feeds alpine hydropower."
    assert check_claim(claim, [LAMPS]).kind == "not_enough"


@pytest.mark.parametrize("claim", ["Rain reduces the catch.", "Rain may increase the catch."])
def test_probability_is_below_the_threshold_exactly_where_unsupported(claim: str) -> None:
    finding = check_claim(claim, [LAMPS])
    assert (finding.probability < THRESHOLD) == (finding.verdict == "unsupported")


def test_converse_comparison_is_no_reversal() -> None:
    claim = "White lamps attract fewer moths than blue lamps."
    assert check_claim(claim, [LAMPS]).verdict == "supported"

"""Scores of single cases, worked out by hand, with judges that say one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from evals.cases import Case
from evals.run.scoring import Asked, outcome_of, score
from rag.answer import Answer, Evidence, Sentence, Verdict, cite
from vectorstore.records import Record

OWLS = Record("doi:1", "Owls of the north", "Owls hear mice. They weigh 400 g.")
MILLS = Record("doi:2", "Mills", "Mills grind corn at night.")
RECORDS = {record.id: record for record in (OWLS, MILLS)}
CASE = Case("c1", "fact", "What do owls hear?", True, (OWLS.id,), (("mice", "mouse"),))
UNANSWERABLE = Case("c2", "near_miss", "Who feeds owls?", False, (OWLS.id,), reason="not said")
HEAR = cite(1, Evidence(OWLS, 0, 15))
GRIND = cite(2, Evidence(MILLS, 0, 26))


def sentence(text: str, *numbers: int) -> Sentence:
    return Sentence(text, numbers, "supported")


def answer(*sentences: Sentence, abstained: bool = False) -> Answer:
    text = " ".join(item.text for item in sentences)
    citations = () if abstained else (HEAR, GRIND)
    return Answer("q", "q", text, abstained, None, 0.75, sentences, citations=citations)


def words(claim: str, cited: Sequence[tuple[str, str]]) -> Verdict | None:
    """Supported where one text holds the claim; a claim of whales cannot be judged."""
    if "hales" in claim:
        return None
    return "supported" if any(claim in text for _, text in cited) else "unsupported"


def scores_of(given: Answer, case: Case = CASE, ranked: tuple[str, ...] = ()) -> dict[str, float]:
    return score(Asked(case, given, ranked), RECORDS, words)["scores"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("case", "given", "outcome"),
    [
        (CASE, answer(sentence("They hear mice.", 1)), "right"),
        (CASE, replace(answer(sentence("They hear.", 2)), citations=(GRIND,)), "wrong"),
        (CASE, answer(abstained=True), "abstained"),
        (UNANSWERABLE, answer(abstained=True), "right"),
        (UNANSWERABLE, answer(sentence("Owls hear mice.", 1)), "wrong"),
        (CASE, None, "crashed"),
    ],
)
def test_outcomes(case: Case, given: Answer | None, outcome: str) -> None:
    assert outcome_of(Asked(case, given)) == outcome


def test_citation_recall_is_the_share_of_sentences_that_are_supported() -> None:
    given = answer(sentence("Owls hear mice.", 1), sentence("Owls sing.", 1))
    assert scores_of(given)["citation_recall"] == 0.5
    assert scores_of(given)["faithfulness"] == 0.5


def test_a_citation_that_is_not_needed_costs_precision() -> None:
    assert scores_of(answer(sentence("Owls hear mice.", 1, 2)))["citation_precision"] == 0.5
    assert scores_of(answer(sentence("Owls hear mice.", 1)))["citation_precision"] == 1.0
    assert scores_of(answer(sentence("Owls sing.", 1)))["citation_precision"] == 0.0


def test_a_number_that_stands_for_nothing_is_no_support() -> None:
    scores = scores_of(answer(sentence("Owls hear mice.", 7)))
    assert (scores["citation_recall"], scores["citation_precision"]) == (0.0, 0.0)


def test_a_quotation_is_judged_by_its_words_and_its_lead_by_its_names() -> None:
    right = sentence("Owls: “Owls hear mice.”", 1)
    lying = sentence("It is false that “Owls hear mice.”", 1)
    changed = sentence("Owls: “Owls hear lice.”", 1)
    found = [scores_of(answer(item))["faithfulness"] for item in (right, lying, changed)]
    assert found == [1.0, 0.0, 0.0]


def test_what_the_judge_cannot_say_is_unscored_and_in_no_mean() -> None:
    given = answer(sentence("Owls hear mice.", 1), sentence("Whales sing.", 1))
    scored = score(Asked(CASE, given), RECORDS, words)
    assert [item["faithful"] for item in scored["sentences"]] == [True, None]
    assert (scored["scores"]["faithfulness"], scored["scores"]["unscored"]) == (1.0, 0.5)


def test_a_span_that_is_not_its_quote_is_invalid() -> None:
    wrong = replace(HEAR, start=1)
    given = replace(answer(sentence("Owls hear mice.", 1)), citations=(wrong, GRIND))
    assert scores_of(given)["spans_valid"] == 0.5


def test_retrieval_is_scored_against_the_gold_papers() -> None:
    given = answer(sentence("Owls hear mice.", 1))
    found = scores_of(given, ranked=(MILLS.id, OWLS.id))
    assert (found["hit@5"], found["mrr"]) == (1.0, 0.5)
    assert found["ndcg@10"] == pytest.approx(0.6309, abs=1e-4)
    assert scores_of(given, ranked=(MILLS.id,))["hit@5"] == 0.0
    assert scores_of(given, UNANSWERABLE)["hit@5"] is None


def test_a_crash_has_its_error_and_found_nothing() -> None:
    scored = score(Asked(CASE, None, (), "ValueError: broke"), RECORDS, words)
    assert (scored["outcome"], scored["error"]) == ("crashed", "ValueError: broke")
    assert scored["scores"] == {"hit@5": 0.0, "mrr": 0.0, "ndcg@10": 0.0}


def test_citations_come_with_what_surrounds_them() -> None:
    scored = score(Asked(CASE, answer(sentence("Owls hear mice.", 1))), RECORDS, words)
    item = scored["citations"][0]
    assert item["before"] + item["quote"] + item["after"] == OWLS.abstract

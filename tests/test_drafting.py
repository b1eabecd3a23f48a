"""Drafts of cases: what is asked of a sentence, of whom else it is asked, and in what order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.bench.asking import sample_files
from evals.cases import load_cases, resolve
from evals.drafting import PAPER, draft_cases, find_in_sentence, find_questions, name_of
from evals.grounding import find_flaws
from vectorstore.readers import read
from vectorstore.records import Record

LANTERN = Record("a:1", "LanternNet: counting moths", "LanternNet has an F1 score of 91.4%.")
GEARS = Record("a:2", "Quiet gears", "We measured 17 mills. Beech is quiet.")
BREAD = Record("a:3", "Bread", "Mould grows on bread.")


def asked(sentence: str) -> list[tuple[str, list[str]]]:
    return [
        (item.question.replace(PAPER, "X"), [group[0] for group in item.facts])
        for item in find_in_sentence(sentence)
    ]


@pytest.mark.parametrize(
    ("sentence", "question", "facts"),
    [
        ("It has an F1 score of 91.4% now.", "What F1 score does X report?", ["91.4%"]),
        (r"It has an F1 score of 91.4\% now.", "What F1 score does X report?", ["91.4%"]),
        ("The mean error is about 5 hours.", "What mean error does X report?", ["5"]),
        ("The speedup of Moth is up to 4.5X.", "What speedup does X report?", ["4.5X"]),
        ("It brings gains of 2-6% in all.", "What gains does X report?", ["2-6%"]),
        ("We digitised 4,200 pages.", "How many pages does X report?", ["4,200"]),
        ("A net of 3 billion cells.", "How many cells does X report?", ["3 billion"]),
        ("It eats large moths such as hawks, owlets and the tiger.",
         "Which large moths does X name?", ["hawks", "owlets", "tiger"]),
        ("Counting by Moth Camera (MC) is quick.", "What is meant by MC in X?", ["Moth Camera"]),
    ],
)  # fmt: skip
def test_what_a_sentence_states_is_asked_for(
    sentence: str, question: str, facts: list[str]
) -> None:
    assert (question, facts) in asked(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Moths fly at night.",
        "It has a total of 12.",
        "The integration of 6G is near.",
        "The width of 4-bit codes is small.",
        "It is 3 times as fast.",
        "It eats moths such as hawks.",
        "It eats moths such as those that nobody has ever seen, and owlets.",
        "Counting (AB) is quick.",
    ],
)
def test_what_is_not_plain_is_not_asked_for(sentence: str) -> None:
    assert asked(sentence) == []


def test_a_question_with_two_answers_in_one_paper_is_left_out() -> None:
    text = "It has an error of 5. On bread it has an error of 7 at 12 stations."
    found = find_questions(Record("a:1", "T", text))
    assert [item.about for item in found] == ["stations"]


def test_a_paper_is_named_by_its_name_or_else_by_its_title() -> None:
    assert name_of(LANTERN) == "LanternNet"
    assert name_of(GEARS) == '"Quiet gears"'
    assert name_of(Record("a", "Moths: a survey", "")) == '"Moths: a survey"'


def test_a_draft_of_an_answerable_case() -> None:
    assert draft_cases([LANTERN], 5, 0) == [
        {
            "id": "draft-0001",
            "kind": "fact",
            "papers": ["a:1"],
            "question": "What F1 score does LanternNet report?",
            "answerable": True,
            "facts": [["91.4%"]],
            "evidence": ["LanternNet has an F1 score of 91.4%."],
            "reason": "",
            "draft": True,
        }
    ]


def test_a_near_miss_asks_a_paper_for_what_only_another_states() -> None:
    drafts = draft_cases([LANTERN, BREAD], 6, 0)
    assert [draft for draft in drafts if draft["kind"] == "near_miss"] == [
        {
            "id": "draft-0002",
            "kind": "near_miss",
            "papers": ["a:3"],
            "question": 'What F1 score does "Bread" report?',
            "answerable": False,
            "facts": [],
            "evidence": [],
            "reason": "F1 score: no word of it here; stated by a:1",
            "draft": True,
        }
    ]


def test_no_near_miss_is_asked_of_a_paper_with_a_word_of_it() -> None:
    scores = Record("a:4", "Scores", "Scoring is hard.")
    drafts = draft_cases([LANTERN, scores], 6, 0)
    assert [draft["kind"] for draft in drafts] == ["fact"]


def test_drafts_depend_on_the_seed_and_not_on_the_order_of_papers() -> None:
    papers = [LANTERN, GEARS, BREAD]
    assert draft_cases(papers, 9, 3) == draft_cases(papers[::-1], 9, 3)
    orders = {tuple(item["question"] for item in draft_cases(papers, 9, n)) for n in range(9)}
    assert len(orders) > 1


@pytest.fixture(scope="module")
def sample() -> list[Record]:
    return [item for path in sample_files() for item in read(path) if isinstance(item, Record)]


@pytest.mark.parametrize("count", [1, 10, 30])
def test_as_many_drafts_as_asked_for_a_third_of_them_near_misses(
    sample: list[Record], count: int
) -> None:
    drafts = draft_cases(sample, count, 0)
    assert len(drafts) == count
    assert sum(not draft["answerable"] for draft in drafts) == count // 3


def test_accepted_drafts_on_the_sample_are_cases_without_flaw(
    sample: list[Record], tmp_path: Path
) -> None:
    path = tmp_path / "x.jsonl"
    drafts: list[dict[str, Any]] = draft_cases(sample, 60, 1)
    path.write_text("".join(json.dumps({**draft, "draft": False}) + "\n" for draft in drafts))
    cases = resolve(load_cases(path), sample)
    assert len(cases) == len(drafts) > 40
    assert [flaw for _, flaw in find_flaws(cases, sample, evidence=True)] == []

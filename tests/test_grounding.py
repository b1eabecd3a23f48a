"""Cases against a corpus: what its papers do not hold; and the cases on the bundled sample."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evals.bench.asking import sample_files
from evals.cases import KINDS, Case, load_cases, one_line, resolve
from evals.errors import EvalError
from evals.grounding import find_flaws, require_grounded
from evals.wording import states
from vectorstore.readers import read
from vectorstore.records import Record

RECORDS = [
    Record("a:1", "Moths", "Moths fly\nat night. They rest by day."),
    Record("a:2", "Bees", "Bees dance by day."),
]
LEAST = {
    "fact": 35,
    "facts": 15,
    "definition": 12,
    "yesno": 10,
    "which_papers": 10,
    "comparison": 8,
    "paraphrase": 15,
    "follow_up": 12,
    "near_miss": 44,
    "off_topic": 8,
    "hostile": 8,
}


def case(**changes: object) -> Case:
    given = {
        "id": "c7",
        "kind": "fact",
        "question": "When?",
        "answerable": True,
        "papers": ("a:1",),
        "facts": (("at night", "by night"),),
        "evidence": ("Moths fly at night.",),
        "place": "f, line 7",
    }
    return Case(**{**given, **changes})  # type: ignore[arg-type]


def flaws(*cases: Case, evidence: bool = True) -> list[str]:
    return [flaw for _, flaw in find_flaws(cases, RECORDS, evidence)]


def test_a_case_that_its_paper_bears_out_has_no_flaw() -> None:
    assert flaws(case()) == []


def test_a_fact_that_only_another_paper_states_is_a_flaw() -> None:
    assert flaws(case(facts=(("at night",), ("dance", "bees")))) == [
        "f, line 7: 'facts' of case 'c7' asks for 'dance' or 'bees'; none of its papers states "
        "that (a:1)."
    ]


def test_each_fact_may_be_stated_by_another_of_the_papers() -> None:
    assert flaws(case(papers=("a:1", "a:2"), facts=(("at night",), ("dance",)))) == []


def test_evidence_of_another_paper_is_a_flaw() -> None:
    assert flaws(case(evidence=("Moths fly at night.", "Bees dance by day."))) == [
        "f, line 7: 'evidence' of case 'c7' holds 'Bees dance by day.'; expected words of the "
        "abstract of one of its papers (a:1)."
    ]


def test_evidence_is_not_looked_for_in_a_corpus_of_other_words() -> None:
    assert flaws(case(evidence=("By night they fly.",)), evidence=False) == []


def test_a_span_beyond_the_abstract_is_a_flaw() -> None:
    length = len(RECORDS[0].abstract)
    assert flaws(case(spans=((0, length),))) == []
    assert flaws(case(spans=((0, length + 1),))) == [
        f"f, line 7: 'spans' of case 'c7' holds [0, {length + 1}]; the abstract of a:1 has "
        f"{length} characters."
    ]


def test_a_case_is_named_once_whatever_is_wrong_with_it() -> None:
    assert len(flaws(case(facts=(("x",), ("y",)), evidence=("z",)), case())) == 1


def test_the_first_flaw_can_be_raised() -> None:
    require_grounded([case()], RECORDS, evidence=True)
    with pytest.raises(EvalError, match=r"^f, line 7: 'facts' of case 'c7' asks for 'x';"):
        require_grounded([case(), case(facts=(("x",),))], RECORDS, evidence=True)


# The cases on the bundled sample


@pytest.fixture(scope="module")
def sample() -> list[Record]:
    return [item for path in sample_files() for item in read(path) if isinstance(item, Record)]


@pytest.fixture(scope="module")
def cases(sample: list[Record]) -> list[Case]:
    folder = Path(__file__).parent.parent / "evals" / "cases"
    return resolve(load_cases(folder / "sample.jsonl"), sample)


def test_there_are_enough_cases_of_each_kind(cases: list[Case]) -> None:
    counts = Counter(case.kind for case in cases)
    assert set(counts) == set(KINDS)
    assert {kind: counts[kind] for kind in KINDS if counts[kind] < LEAST[kind]} == {}


def test_every_paper_is_asked_about_and_every_near_miss_has_one(
    cases: list[Case], sample: list[Record]
) -> None:
    for answerable in (True, False):
        asked = {paper for case in cases if case.answerable is answerable for paper in case.papers}
        assert asked == {record.id for record in sample}
    assert all(len(case.papers) == 1 for case in cases if case.kind == "near_miss")


def test_the_sample_bears_out_its_cases(cases: list[Case], sample: list[Record]) -> None:
    assert [flaw for _, flaw in find_flaws(cases, sample, evidence=True)] == []


def test_the_evidence_states_every_fact_and_covers_every_paper(
    cases: list[Case], sample: list[Record]
) -> None:
    texts = {record.id: one_line(record.abstract) for record in sample}
    for case in filter(lambda case: case.answerable, cases):
        stated = " ".join(case.evidence)
        for group in case.facts:
            assert any(states(stated, fact) for fact in group), (case.id, group)
        for paper in case.papers:
            assert any(one_line(part) in texts[paper] for part in case.evidence), (case.id, paper)


def test_no_question_is_asked_twice(cases: list[Case]) -> None:
    counts = Counter((*case.history, case.question) for case in cases)
    assert [asked for asked, count in counts.items() if count > 1] == []


def test_no_question_gives_its_number_away(cases: list[Case]) -> None:
    for case in filter(lambda case: case.kind in ("fact", "facts"), cases):
        for group in case.facts:
            if group[0][0].isdigit():
                assert not states(case.question, group[0]), case.id

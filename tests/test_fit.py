"""Fitting the answerer's model: from cases to examples, to a file, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evals import fit as fitting
from evals.beir import Beir
from evals.cases import Case
from evals.fit import examples_of_cases, examples_of_claims, fit, save
from evals.fit_wording import Example, fit_wording
from rag.answerers.judging import OWN_FEATURES, READ_PAPERS
from rag.answerers.model import from_json
from rag.answerers.picking import SECOND_SHARE
from rag.answerers.reading import TextReader
from rag.question import analyse
from rag.trees import Trees
from vectorstore.embedding import default_embedder
from vectorstore.papers import alone
from vectorstore.records import Record
from vectorstore.sentences import Span
from vectorstore.store import Store

pytest.importorskip("sklearn", reason="the extra `fit` is not installed")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Trees this small take longer to share among threads than to grow."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


TOWNS = ("Arlen", "Brock", "Corve", "Dunmere", "Eskley", "Farrow", "Garth", "Holm")
COLUMNS = OWN_FEATURES


def paper(place: int) -> Record:
    town = TOWNS[place]
    abstract = (
        f"The mill of {town} grinds rye. Its wheel has {12 + place} blades of oak. "
        f"We visited it in {1890 + place}."
    )
    return Record(f"text:{town}", f"The mill of {town}", abstract)


PAPERS = [paper(place) for place in range(len(TOWNS))]


def cases_of(record: Record) -> Iterator[Case]:
    """Two questions that the paper answers, and two that it does not."""
    town = record.id.removeprefix("text:")
    for number, (words, asked) in enumerate(
        [
            ("has", f"How many blades has the wheel of {town}?"),
            ("We", f"When was the mill of {town} visited?"),
        ]
    ):
        start = record.abstract.index("Its wheel" if words == "has" else words)
        end = record.abstract.index(".", start) + 1
        yield Case(
            f"{town}:{number}", "fact", asked, True, (record.id,), (("x",),), spans=((start, end),)
        )
    for number, asked in enumerate(
        [f"What colour is the roof of {town}?", f"Who owns the mill of {town}?"]
    ):
        yield Case(f"{town}:no{number}", "near_miss", asked, False, (record.id,), reason="not said")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("mills"), default_embedder()) as store:
        with store.writing():
            store.put(list(map(alone, PAPERS)))
        yield store


@pytest.fixture(scope="module")
def examples(store: Store) -> list[Example]:
    cases = [case for record in PAPERS for case in cases_of(record)]
    return list(examples_of_cases(store, cases, TextReader()))


def test_answerable_case_is_asked_with_its_paper_and_without(examples: list[Example]) -> None:
    first, second = examples[:2]
    assert (first.answerable, first.weight, first.worded, first.group) == (
        True, 1.0, True, "text:Arlen"
    )  # fmt: skip
    assert (second.answerable, second.weight, second.worded, second.group) == (
        False, 0.5, False, "text:Arlen"
    )  # fmt: skip
    assert first.rows.shape == second.rows.shape == (3 * READ_PAPERS, COLUMNS)
    assert (first.right.sum(), second.right.sum()) == (1.0, 0.0)


def test_unanswerable_case_is_asked_once(examples: list[Example]) -> None:
    own = [example for example in examples if example.group == "text:Arlen"]
    assert [(example.answerable, example.worded) for example in own] == [
        (True, True), (False, False), (True, True), (False, False), (False, True), (False, True)
    ]  # fmt: skip


def test_case_of_several_papers_is_left_out(store: Store) -> None:
    case = replace(next(cases_of(PAPERS[0])), papers=("text:Arlen", "text:Brock"))
    assert list(examples_of_cases(store, [case], TextReader())) == []


def test_claim_is_asked_with_its_documents_and_without(tmp_path: Path) -> None:
    records = [replace(record, id=f"beir:{place}") for place, record in enumerate(PAPERS[:3])]
    beir = Beir("mills", tmp_path, {}, {"c": "Arlen grinds rye."}, {"c": {"0": 1, "1": 0}})
    with Store(tmp_path, default_embedder()) as store:
        with store.writing():
            store.put(list(map(alone, records)))
        found = list(examples_of_claims(store, beir, ["c"], TextReader()))
    assert [(item.answerable, item.group, item.weight) for item in found] == [
        (True, "claim:c", 0.5), (False, "claim:c", 0.5)
    ]  # fmt: skip
    assert [len(item.rows) for item in found] == [9, 6]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [([(10, 20)], True), ([(0, 15)], True), ([(16, 30)], False), ([(9, 12), (17, 20)], True),
     ([(0, 10)], False), ([], False)],
)  # fmt: skip
def test_sentence_answers_where_half_of_it_is_marked(
    marked: list[tuple[int, int]], expected: bool
) -> None:
    assert fitting._overlaps(Span(10, 20), marked) is expected


def example(right: list[float], answerable: bool = True, group: str = "text:1") -> Example:
    rows = np.zeros((len(right), COLUMNS))
    return Example(analyse("How many?"), rows, np.array(right), answerable, group, np.zeros(384))


@pytest.mark.parametrize(
    ("right", "probabilities", "expected"),
    [
        ([0, 1, 0], [0.1, 0.9, 0.2], True),
        ([0, 1, 0], [1.0, SECOND_SHARE, 0.0], True),  # the second is picked too
        ([0, 1, 0], [1.0, SECOND_SHARE - 0.01, 0.0], False),
        ([1, 0, 0, 0, 0], [0.7, 0.8, 0.9, 0.75, 0.85], False),  # four at most
    ],
)
def test_answer_is_right_where_a_sentence_that_answers_would_be_picked(
    right: list[float], probabilities: list[float], expected: bool
) -> None:
    assert fitting._is_right(example(right), np.array(probabilities)) is expected


def test_answer_to_what_cannot_be_answered_is_never_right() -> None:
    assert not fitting._is_right(example([1.0], answerable=False), np.array([1.0]))


def test_claim_is_right_where_its_documents_are_there() -> None:
    assert fitting._is_right(example([0.0], group="claim:1"), np.array([1.0]))


def test_questions_of_one_paper_stay_in_one_fold(examples: list[Example]) -> None:
    folds = fitting.folds_of([example.group for example in examples])
    by_group: dict[str, set[int]] = {}
    for item, fold in zip(examples, folds, strict=True):
        by_group.setdefault(item.group, set()).add(int(fold))
    assert all(len(found) == 1 for found in by_group.values())
    assert set(folds.tolist()) == set(range(fitting.FOLDS))


def test_forest_as_values_judges_as_the_library_that_fitted_it(examples: list[Example]) -> None:
    forest = fitting._fit_forest(examples)
    rows = np.vstack([item.rows for item in examples])
    values = fitting._to_trees(forest)
    model = from_json(
        {"sentences": values, "wording": {}, "wording_bias": 0, "meaning": [], "answers": values}
    )
    assert isinstance(model.sentences, Trees)
    assert model.judge_sentences(rows) == pytest.approx(forest.predict_proba(rows)[:, 1], abs=1e-4)


def test_sentences_are_picked_by_what_needs_no_reader(examples: list[Example]) -> None:
    told = [replace(item, rows=np.hstack([item.rows, item.right[:, None]])) for item in examples]
    plain, heard = (fitting._to_trees(fitting._fit_forest(some)) for some in (examples, told))
    assert plain == heard
    rows = told[0].rows
    assert (fitting._fit_sentences(told)(rows) == fitting._fit_sentences(examples)(rows)).all()


def test_wording_learns_what_abstracts_do_not_say(examples: list[Example]) -> None:
    weights = fit_wording(examples).ngrams
    assert weights["how many"] > 0 > weights["who"]
    assert not {name for name in weights if "arlen" in name.casefold()}


@pytest.mark.slow
def test_fit_gives_the_same_bytes_twice_and_a_model_that_tells_answers_apart(
    examples: list[Example], tmp_path: Path
) -> None:
    fitted = [fit(examples) for _ in range(2)]
    models = [save(one["model"], tmp_path / f"{place}") for place, one in enumerate(fitted)]
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes()
    report = fitted[0]["report"]
    assert report == fitted[1]["report"]
    assert report["examples"] == {"answerable": 16, "withheld": 16, "near_miss": 16}
    assert len(report["thresholds"]) == 17
    right = [item for item in examples if item.answerable]
    found = [bool(item.right[models[0].judge_sentences(item.rows).argmax()]) for item in right]
    assert sum(found) >= 14

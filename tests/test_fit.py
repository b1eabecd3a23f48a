"""Fitting the answerer's model: from cases to examples, to a file, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mills import PAPERS, cases_of, open_mills

from evals import fit as fitting
from evals.fit import fit, save
from evals.fit_examples import Example, Kind, examples_of_cases
from evals.fit_wording import fit_wording
from rag.answerers.judging import OWN_FEATURES
from rag.answerers.model import from_json
from rag.answerers.picking import SECOND_SHARE
from rag.answerers.reading import TextReader
from rag.question import analyse
from rag.trees import Trees

pytest.importorskip("sklearn", reason="the extra `fit` is not installed")

COLUMNS = OWN_FEATURES


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Trees this small take longer to share among threads than to grow."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    cases = [case for record in PAPERS for case in cases_of(record)]
    with open_mills(tmp_path_factory.mktemp("mills")) as store:
        return list(examples_of_cases(store, cases, TextReader()))


def example(right: list[float], kind: Kind = "answerable") -> Example:
    rows, asked = np.zeros((len(right), COLUMNS)), analyse("How many?")
    return Example(kind, asked, rows, np.array(right), kind != "near_miss", "a", np.zeros(384))


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
    assert not fitting._is_right(example([1.0], "near_miss"), np.array([1.0]))


def test_claim_is_right_where_its_documents_are_there() -> None:
    assert fitting._is_right(example([0.0], "claim"), np.array([1.0]))


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
    kinds = {"answerable": 16, "withheld": 16, "near_miss": 16}
    assert report["examples"] == {"whole": kinds, "cut down": {**kinds, "taken_out": 16}}
    assert [len(report[name]["thresholds"]) for name in report["examples"]] == [17, 17]
    right = [item for item in examples if item.answerable and not item.short]
    found = [bool(item.right[models[0].judge_sentences(item.rows).argmax()]) for item in right]
    assert sum(found) >= 14

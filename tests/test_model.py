"""The learned part: trees walked by hand, wording, and the file that holds both."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.fit import save
from rag.answerers.features import NAMES
from rag.answerers.model import (
    AnswerModel,
    answer_features,
    from_json,
    load_model,
    mask_names,
    wording,
)
from rag.question import analyse
from rag.trees import Trees, read_trees, sigmoid

PAPER_COLUMNS = 4
COLUMNS = len(NAMES) + PAPER_COLUMNS

# if x[1] <= 0.5: +1; else if x[0] <= 2: -2, else +3; and a second tree that is one leaf.
FOREST = {
    "bias": 0.25,
    "trees": [
        [[1, -1, 0, -1, -1], [0.5, 0.0, 2.0, 0.0, 0.0], [1, 0, 3, 0, 0], [2, 0, 4, 0, 0],
         [0.0, 1.0, 0.0, -2.0, 3.0]],
        [[-1], [0.0], [0], [0], [0.5]],
    ],
}  # fmt: skip
VALUES = {
    "sentences": FOREST,
    "wording": {"accuracy": -0.5, "how many": 0.75, "<name>": 0.125},
    "wording_bias": 0.5,
    "meaning": [2.0, 0.0],
    "answers": {"bias": -1.0, "trees": []},
}


def logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def trees() -> Trees:
    return from_json(VALUES).sentences


@pytest.mark.parametrize(
    ("row", "total"),
    [
        ([9.0, 0.4], 0.25 + 1 + 0.5),
        ([9.0, 0.5], 0.25 + 1 + 0.5),  # at the threshold: left
        ([2.0, 0.6], 0.25 - 2 + 0.5),
        ([2.1, 0.6], 0.25 + 3 + 0.5),
    ],
)
def test_rows_go_down_the_trees_to_the_leaves_worked_out_by_hand(
    row: list[float], total: float
) -> None:
    assert trees().predict(np.array([row])).tolist() == pytest.approx([logistic(total)])


def test_rows_are_judged_each_for_itself() -> None:
    rows = np.array([[9.0, 0.4], [2.0, 0.6], [2.1, 0.6]])
    alone = [float(trees().predict(row[None])[0]) for row in rows]
    assert trees().predict(rows).tolist() == alone


def test_no_rows_give_no_probabilities() -> None:
    assert trees().predict(np.zeros((0, 2))).shape == (0,)


def test_forest_without_trees_gives_its_bias() -> None:
    none = read_trees({"bias": 0.0, "trees": []})
    assert none.predict(np.zeros((2, 1))).tolist() == [0.5, 0.5]


@given(st.floats(allow_nan=False))
def test_sigmoid_is_a_probability_for_any_number(value: float) -> None:
    assert 0.0 < sigmoid(value) <= 1.0


def test_wording_holds_words_and_pairs_with_names_masked() -> None:
    assert wording(analyse("How many moths does LanternNet see?")) == [
        "how", "many", "moths", "does", "<name>", "see",
        "how many", "many moths", "moths does", "does <name>", "<name> see",
    ]  # fmt: skip


def test_wording_is_blind_to_which_name_is_asked_about() -> None:
    left = wording(analyse("What accuracy does LanternNet reach on F1?"))
    right = wording(analyse("What accuracy does MothCam reach on OWL?"))
    assert left == right


def test_wording_odds_count_each_ngram_once_and_the_meaning() -> None:
    odds, nothing = from_json(VALUES).wording.odds, np.zeros(2)
    assert odds(analyse("nothing known"), nothing) == 0.5
    assert odds(analyse("how many, how many see LanternNet"), nothing) == 0.5 + 0.75 + 0.125
    assert odds(analyse("accuracy"), nothing) == 0.0
    assert odds(analyse("accuracy"), np.array([0.25, 9.0])) == 0.5


def test_masked_question_says_what_is_asked_and_not_of_what() -> None:
    asked = analyse("What accuracy does LanternNet's eye reach on F1?")
    assert mask_names(asked) == "What accuracy does it's eye reach on it?"
    assert mask_names(analyse("how many moths?")) == "how many moths?"


def test_answer_is_judged_by_its_two_best_sentences_and_the_best_of_all() -> None:
    rows = np.array([[1.0, 9.0], [2.0, 8.0], [3.0, 7.0]])
    found = answer_features(rows, np.array([0.2, 0.5, 0.5]), -0.75)
    assert found.tolist() == pytest.approx(
        [2.0, 8.0] + [3.0, 7.0] + [3.0, 9.0] + [0.5, 0.5, 0.4, 3.0] + [0.0, -0.75]
    )


def test_first_of_equal_sentences_is_the_best() -> None:
    rows = np.arange(40.0)[:, None]
    assert answer_features(rows, np.tile([0.25, 0.5], 20), 0.0)[:2].tolist() == [1.0, 3.0]


def test_only_sentence_stands_for_the_second_too() -> None:
    found = answer_features(np.array([[1.0, 9.0]]), np.array([1.0]), 0.0)
    odds = math.log((1 - 1e-6) / 1e-6)
    assert found.tolist() == pytest.approx([1, 9, 1, 9, 1, 9, 1, 1, 1, 1, odds, 0])


def test_answer_is_judged_from_rows_probabilities_and_wording() -> None:
    last = 3 * 2 + 4 + 1  # where the odds of the wording stand
    stump = [[last, -1, -1], [0.5, 0.0, 0.0], [1, 0, 0], [2, 0, 0], [0.0, -3.0, 2.0]]
    model = from_json({**VALUES, "answers": {"bias": -1.0, "trees": [stump]}})
    rows, probabilities = np.array([[1.0, 9.0]]), np.array([0.5])
    judged = [
        model.judge_answer(analyse(text), np.zeros(2), rows, probabilities)
        for text in ("accuracy", "how many")
    ]
    assert judged == pytest.approx([logistic(-4), logistic(1)])


def assert_same(left: AnswerModel, right: AnswerModel) -> None:
    for one, other in ((left.sentences, right.sentences), (left.answers, right.answers)):
        assert one.bias == other.bias
        assert [column.tolist() for column in one.nodes] == [c.tolist() for c in other.nodes]
        assert one.roots.tolist() == other.roots.tolist()
    assert (left.wording.ngrams, left.wording.bias) == (right.wording.ngrams, right.wording.bias)
    assert left.wording.meaning.tolist() == right.wording.meaning.tolist()


def test_saved_model_is_read_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "model.json.gz"
    saved = save(VALUES, path)
    assert_same(saved, from_json(VALUES))
    assert_same(saved, from_json(json.loads(gzip.decompress(path.read_bytes()))))


def test_same_values_are_saved_as_the_same_bytes(tmp_path: Path) -> None:
    left, right = tmp_path / "left.gz", tmp_path / "right.gz"
    save(VALUES, left)
    save(dict(reversed(VALUES.items())), right)
    assert left.read_bytes() == right.read_bytes()


def test_model_that_comes_with_the_package_fits_the_features() -> None:
    model = load_model()
    for forest, columns in ((model.sentences, COLUMNS), (model.answers, 3 * COLUMNS + 6)):
        nodes, places = forest.nodes, np.arange(len(forest.nodes.value))
        assert len(forest.roots) > 100
        assert 1 < forest.depth < 10
        assert 0 <= nodes.feature.min() <= nodes.feature.max() < columns
        assert ((nodes.left > places) == (nodes.right > places)).all()
        assert ((nodes.left >= places) & (nodes.right >= places)).all()
        assert max(nodes.left.max(), nodes.right.max()) < len(places)


def test_model_that_comes_with_the_package_knows_no_names_but_their_mask() -> None:
    words = {word for item in load_model().wording.ngrams for word in item.split()}
    assert "<name>" in words
    assert {word for word in words if word != word.casefold()} == set()

"""The network for meaning: what it is given, what it makes of it, how it is fitted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from evals.fit_meaning import LABELS, fit_network, save_network
from rag.checking import check_claim
from rag.checking.meaning import (
    Leaning,
    Memory,
    Network,
    Reading,
    Words,
    join_words,
    load_network,
    mark_words,
    read_meaning,
)
from rag.checking.reading import read_sentence
from vectorstore import minilm
from vectorstore.minilm import TokenStates


def lean(claim: str, evidence: str) -> Leaning:
    reading = read_meaning(read_sentence(claim), [read_sentence(evidence)], minilm.read)
    assert reading is not None
    return load_network().judge(reading)


def test_words_take_the_mean_of_their_tokens_and_lose_none() -> None:
    sentence = read_sentence("Moths fly high.")
    states = np.eye(4, dtype=np.float32)
    read = TokenStates([(0, 3), (3, 5), (6, 9), (10, 14)], states, states[0])
    found = join_words(sentence, read)
    assert found.places == [0, 1, 2]
    half = math.sqrt(0.5)
    expected = [[half, half, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(found.vectors, expected, atol=1e-6)


def test_marks_tell_what_a_word_is_and_whether_the_other_text_has_it() -> None:
    claim, other = read_sentence("It does not increase by 5."), read_sentence("It decreases.")
    read = TokenStates(
        [(token.start, token.end) for token in claim.tokens],
        np.ones((len(claim.tokens), 384), np.float32),
        np.ones(384, np.float32),
    )
    words = join_words(claim, read)
    marks = dict(zip(
        [claim.tokens[place].folded for place in words.places],
        mark_words(claim, words, [other], True).marks.astype(bool).tolist(),
        strict=True,
    ))  # fmt: skip
    # weight, same, synonym, agrees, opposes, negated, core, number, negator, first
    assert marks["increase"] == [True, False, False, True, False, True, True, False, False, True]
    assert marks["not"][8]
    assert marks["5"][7]


def test_probabilities_add_up_to_one() -> None:
    found = lean("Blue lamps attract moths.", "Moths come to blue lamps.")
    assert sum(map(math.exp, found)) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("true", "false", "evidence"),
    [
        ("Moths like blue light.", "Moths avoid blue light.", "Moths are drawn to blue light."),
        ("A man is outside.", "Nobody is outside.", "A man walks his dog in the park."),
        (
            "The drug lowers blood pressure.",
            "The drug raises blood pressure.",
            "Blood pressure fell in patients who took the drug.",
        ),
    ],
)
def test_what_follows_leans_more_to_support_than_its_opposite(
    true: str, false: str, evidence: str
) -> None:
    right, wrong = (lean(claim, evidence) for claim in (true, false))
    assert right.support - right.contradict > wrong.support - wrong.contradict


@pytest.mark.parametrize("claim", ["", "...", "—"])
def test_text_without_words_leans_nowhere(claim: str) -> None:
    assert read_meaning(read_sentence(claim), [read_sentence("Moths fly.")], minilm.read) is None


def test_check_reads_no_more_than_the_claim_and_two_sentences() -> None:
    asked: list[int] = []

    def read(texts: Sequence[str]) -> Sequence[TokenStates]:
        asked.append(len(texts))
        return minilm.read(texts)

    passage = "Moths fly at night. Moths fly high. Moths fly far. Moths fly to lamps at night."
    check_claim("Moths fly to bright lamps.", [passage], read=read)
    assert asked == [3]


def toy(count: int) -> tuple[list[Reading], list[str]]:
    """Claims of one word that is the evidence's, its opposite, or something else."""
    chance = np.random.default_rng(0)
    readings, labels = [], []
    for number in range(count):
        label = LABELS[number % 3]
        vector = chance.normal(size=(1, 384)).astype(np.float32)
        other = {"support": vector, "contradict": -vector}.get(
            label, chance.normal(size=(1, 384)).astype(np.float32)
        )
        marks = np.zeros((1, 10), np.float32)
        texts = (Words(rows / np.linalg.norm(rows), marks) for rows in (vector, other))
        readings.append(Reading(*texts))
        labels.append(label)
    return readings, labels


def test_fitted_network_tells_labels_apart_and_survives_its_file(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    readings, labels = toy(600)
    network = fit_network(readings, labels, np.ones(len(labels)), epochs=10)
    path = tmp_path / "network.npz"
    save_network(network, path)
    with np.load(path) as arrays:
        loaded = Network({name: arrays[name].astype(np.float32) for name in arrays.files})
    said = [LABELS[int(np.argmax(loaded.judge(reading)))] for reading in readings]
    assert np.mean([a == b for a, b in zip(said, labels, strict=True)]) > 0.9


def test_memory_reads_each_text_once_and_forgets_beyond_its_capacity() -> None:
    asked: list[list[str]] = []

    def read(texts: Sequence[str]) -> Sequence[TokenStates]:
        asked.append(list(texts))
        return [
            TokenStates([], np.zeros((0, 384), np.float32), np.full(384, len(text)))
            for text in texts
        ]

    memory = Memory(read, capacity=2)
    assert [states.vector[0] for states in memory(["a", "bb", "a"])] == [1, 2, 1]
    assert memory(["bb"])[0].vector[0] == 2
    memory(["ccc"])
    memory(["a"])
    assert asked == [["a", "bb"], ["ccc"], ["a"]]

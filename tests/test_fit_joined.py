"""Fitting a reader's weights: what neither has learned from, and each question apart."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evals import checker_examples, fit_joined
from evals.checker_examples import Source
from evals.fit_joined import Heard, fit, hear, unlearned
from rag.checking.meaning import Leaning
from rag.checking.model import Judge, LogOdds, LogWeights, reader_odds
from rag.reader.examples import is_held_out
from rag.reader.written import PLAIN, SOURCE
from vectorstore import minilm


def test_only_claims_that_neither_has_learned_are_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [f"Moths fly at {number}. They rest at noon." for number in range(400)]
    held_out = [text for text in documents if is_held_out(text)]
    learned = [text for text in documents if not is_held_out(text)]
    assert len(held_out) > 3
    rows = [(held_out[0], "Moths rest."), (held_out[1], "Moths fly."), (learned[0], "Moths rest.")]
    path = tmp_path / "claims.jsonl"
    path.write_text(
        "".join(
            json.dumps({"document": text, "claim": claim, "label": "support", "source": "wice"})
            + "\n"
            for text, claim in rows
        ),
        "utf-8",
    )
    monkeypatch.setattr(checker_examples, "SOURCES", {"wice": Source(3, 1.0)})
    for drawn, wanted in ((0, ["Moths fly."]), (3, [])):
        monkeypatch.setattr(fit_joined, "FOREST_SOURCES", {"wice": Source(drawn, 1.0)})
        assert [item.claim for item in unlearned(path)] == wanted
    monkeypatch.setattr(fit_joined, "FOREST_SOURCES", {"wice": Source(0, 1.0)})
    opinion = Leaning(-0.1, -3.0, -3.0)
    (heard,) = hear(unlearned(path), minilm.read, Judge(lambda *_: opinion, LogWeights()))
    assert heard.reader == reader_odds(opinion)
    assert (heard.label, heard.source, heard.document) == ("support", "wice", held_out[1])


def drawn(source: str, side: float) -> list[Heard]:
    """Claims: the forests know whether anything is said, the reader, by 1, on which side."""
    chance = np.random.default_rng(0)
    heard = []
    for number in range(900):
        label = ("support", "contradict", "neutral")[number % 3]
        sides = dict.fromkeys(("support", "contradict", "neutral"), 0.0) | {label: 2.0 * side}
        opinion = Leaning(*(value + chance.normal() for value in sides.values()))
        stated = chance.normal() + (1.5 if label != "neutral" else -1.5)
        forests = LogOdds(stated, 0.1 * chance.normal(), stated)
        heard.append(Heard(forests, reader_odds(opinion), label, source, f"{source} {number}"))
    return heard


@pytest.mark.parametrize(("source", "learning"), [(SOURCE, False), (PLAIN, True)])
def test_reader_is_joined_by_public_and_plain_claims_not_by_an_llms(
    source: str, learning: bool
) -> None:
    pytest.importorskip("sklearn", reason="the extra `fit` is not installed")
    public = drawn("set", 1.0)
    alone, _ = fit(public)
    both, report = fit([*public, *drawn(source, -1.0)])
    assert (both["agree"] != alone["agree"]) is learning
    assert set(report["agree"]) == {"public", "written plainly" if learning else "written"}


def test_reader_is_joined_to_each_question_by_weights_of_its_own() -> None:
    pytest.importorskip("sklearn", reason="the extra `fit` is not installed")
    heard = drawn("set", 1.0)
    weights, report = fit(heard)
    assert weights["support"] == [1.0, 0.0, 0.0]
    assert weights["agree"][1] > 0.5
    assert weights["against"][0] > 0.3
    agree = report["agree"]["public"]
    assert 0.4 < agree["reader off"]["auroc"] < 0.6
    assert agree["reader on"]["auroc"] > 0.8
    assert report["claims"] == {"set": 900}

"""How much a reader says in support: as much as helps on claims and costs drafts nothing."""

from __future__ import annotations

import numpy as np

from evals.settling import Drafted, settle
from rag.checking.model import Weights

RULES = np.array([2.0, -2.0, -1.0, 1.0])
SUPPORTED = np.array([True, False, True, False])
RIGHT = np.array([3.0, -3.0, 3.0, -3.0])


def drafted(forests: float, reader: float, correct: bool, vetoed: bool = False) -> Drafted:
    return Drafted(forests, reader, vetoed, weakened=False, correct=correct)


def test_reader_that_is_right_has_a_say() -> None:
    drafts = [drafted(1.0, 3.0, correct=True), drafted(-1.0, -3.0, correct=False)]
    settled = settle(RULES, RIGHT, SUPPORTED, drafts)
    assert settled.weights.forests == 1.0
    assert settled.weights.reader > 0
    assert settled.report["reader on"]["claims"] == 1.0
    assert settled.report["reader off"]["claims"] == 0.5


def test_reader_that_refuses_correct_drafts_has_none() -> None:
    drafts = [drafted(0.0, -9.0, correct=True), drafted(-0.5, 9.0, correct=False)]
    settled = settle(RULES, RIGHT, SUPPORTED, drafts)
    assert settled.weights == Weights(1.0, 0.0, 0.0)
    assert settled.report["reader on"]["removed"] == 0.0
    assert settled.report["reader on"]["caught"] == 1.0


def test_what_rules_veto_stays_refused() -> None:
    drafts = [drafted(9.0, 9.0, correct=False, vetoed=True), drafted(9.0, 9.0, correct=True)]
    settled = settle(RULES, RIGHT, SUPPORTED, drafts)
    assert settled.report["reader on"] == {"caught": 1.0, "removed": 0.0, "claims": 1.0}

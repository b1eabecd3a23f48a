"""How much a reader says in support: as much as tells true sentences from false ones best."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals import settling
from evals.settling import (
    Drafted,
    Sentence,
    drafted_sentences,
    look_at,
    settle,
    written_sentences,
)
from rag.checking import Judge, Leaning
from rag.checking.model import LogWeights, Weights
from rag.reader.examples import is_held_out
from rag.reader.written import PLAIN, SOURCE, TWINS, as_passage

FOR, AGAINST = Leaning(-0.02, -5.0, -5.0), Leaning(-5.0, -0.02, -5.0)
PAPER = "Lamps and moths. Old lamps attract moths in cold nights. The traps caught 40 moths."


def drafted(forests: float, reader: float, correct: bool, vetoed: bool = False) -> Drafted:
    return Drafted("set", forests, reader, vetoed, weakened=False, correct=correct)


def test_reader_that_is_right_has_a_say() -> None:
    settled = settle([drafted(-1.0, 3.0, correct=True), drafted(1.0, -3.0, correct=False)])
    assert settled.weights.forests == 1.0
    assert settled.weights.reader > 0
    assert settled.report["reader on"]["set"] == {"caught": 1.0, "removed": 0.0}
    assert settled.report["reader off"]["set"] == {"caught": 0.0, "removed": 1.0}


def test_reader_that_helps_nowhere_has_none_and_the_line_is_drawn_all_the_same() -> None:
    settled = settle([drafted(-1.0, -9.0, correct=True), drafted(-1.5, 9.0, correct=False)])
    assert settled.weights == Weights(1.0, 0.0, 0.0)
    assert 1.0 <= settled.offset < 1.5
    assert settled.report["reader on"]["set"] == {"caught": 1.0, "removed": 0.0}


def test_what_rules_veto_stays_refused_and_a_weaker_verdict_catches() -> None:
    settled = settle(
        [
            drafted(9.0, 9.0, correct=False, vetoed=True),
            Drafted("set", 9.0, 9.0, vetoed=False, weakened=True, correct=False),
            drafted(9.0, 9.0, correct=True),
        ]
    )
    assert settled.report["reader on"]["set"] == {"caught": 1.0, "removed": 0.0}


def test_sentences_are_looked_at_with_their_vetoes() -> None:
    def read(claim: str, sentences: Sequence[str]) -> Leaning:
        return FOR if "drawn" in claim else AGAINST

    sentences = [
        Sentence("a", "Moths are drawn to old lamps when nights are cold.", PAPER, "support"),
        Sentence("b", "The traps took in 70 moths.", PAPER, "contradict"),
    ]
    good, bad = look_at(sentences, Judge(read, LogWeights()))
    assert (good.origin, good.correct, good.vetoed) == ("a", True, False)
    assert (bad.origin, bad.correct, bad.vetoed) == ("b", False, True)
    assert good.reader > 0 > bad.reader


def test_only_the_first_half_of_drafts_is_looked_at(tmp_path: Path) -> None:
    corpus, drafts = tmp_path / "papers.jsonl", tmp_path / "mine.jsonl"
    corpus.write_text(
        json.dumps({"id": "p", "title": "Moths", "abstract": "Moths fly."}) + "\n", "utf-8"
    )
    rows = [
        {"id": f"{half}{correct}", "paper": "p", "claim": f"{half} {correct}.", "kind": "hedge",
         "correct": correct, "half": half}
        for half in ("first", "second") for correct in (True, False)
    ]  # fmt: skip
    drafts.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert list(drafted_sentences([drafts], corpus)) == [
        Sentence("mine", "first True.", "Moths. Moths fly.", "support"),
        Sentence("mine", "first False.", "Moths. Moths fly.", "contradict", weaker=True),
    ]


def test_only_what_the_reader_does_not_learn_from_is_settled_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    papers = {f"arxiv:{number}": ("Moths", f"They fly {number}.") for number in range(200)}
    held_out = [name for name, paper in papers.items() if is_held_out(as_passage(*paper))]
    claims = [
        {"paper": name, "claim": f"Moths fly. {name}", "label": "support"}
        for name in (*papers, "arxiv:unknown")
    ]
    sorts = (SOURCE, PLAIN)
    told = [(source, item) for source in (*sorts, TWINS) for item in claims]
    monkeypatch.setattr(
        settling, "claims_by_sort", lambda sorts: (row for row in told if row[0] in sorts)
    )
    found = list(written_sentences(papers))
    assert 0 < len(held_out) < 25
    assert [(item.origin, item.claim) for item in found] == [
        (source, f"Moths fly. {name}") for source in sorts for name in held_out
    ]

"""The checker as the benches use it: with the reader or without, by words alone, or the reader."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from evals.bench.pairs import Check
from evals.errors import EvalError
from rag.checking import THRESHOLD, Finding, Judge, Kind, Memory, check_claim
from rag.checking.model import reader_odds
from rag.config import read_settings, reader_folder
from rag.reader.model import CrossEncoder
from rag.reader.trained import open_reader, open_verifier
from vectorstore import minilm
from vectorstore.sentences import split_sentences

KINDS: tuple[Kind, ...] = ("support", "contradict", "not_enough")


def checkers(words_only: bool, reader: Path | None) -> dict[str, Check]:
    """The checker by itself and, where there is a reader, that alone, and both; by name.

    Args:
        words_only: Without the embedding model.
        reader: As the setting.

    Raises:
        EvalError: A reader joins what words and meaning say together, not words alone.
    """
    if words_only and str(reader) not in ("on", "off"):
        raise EvalError("--words goes without a reader; leave out --words or --reader.")
    folder = reader_folder(reader)
    found = {"reader off": checker(words_only)}
    if folder is not None and not words_only:
        trained = open_reader(folder)
        found["reader alone"] = alone(trained.encoder)
        found["reader on"] = checker(words_only, trained.judge)
    return found


def as_set() -> Check:
    """The checker as Quoth runs: with the reader that `QUOTH_READER` names, if it has a say.

    Raises:
        ReaderError: That cannot be used.
    """
    return checker(False, open_verifier(read_settings().reader))


def checker(words_only: bool, judge: Judge | None = None) -> Check:
    """Checks a claim against texts.

    Args:
        words_only: Without the embedding model.
        judge: Reads claim and texts together; None goes without.
    """
    read = None if words_only else Memory(minilm.read)

    def check(claim: str, passages: Sequence[str]) -> Finding:
        return check_claim(claim, passages, read=read, judge=judge)

    check("Moths fly.", ["Some moths fly at night."])  # loads the models before the clock runs
    return check


def alone(encoder: CrossEncoder) -> Check:
    """What a reader says of the least supported sentence, without rules and calibration."""

    def check(claim: str, passages: Sequence[str]) -> Finding:
        sentences = [text for passage in passages for text in _sentences(passage)]
        opinions = [encoder.judge(text, sentences) for text in _sentences(claim) or [claim]]
        leaning = min(opinions, key=lambda opinion: opinion.support)
        kind = KINDS[max(range(len(KINDS)), key=lambda place: leaning[place])]
        support = math.exp(leaning.support)
        agree = 1 / (1 + math.exp(-reader_odds(leaning).agree))
        if support >= THRESHOLD:
            return Finding("supported", None, support, kind=kind, agreement=agree)
        return Finding("unsupported", "the reader says so", support, kind=kind, agreement=agree)

    return check


def _sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]

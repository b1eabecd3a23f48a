"""A trained reader, and what was fitted to it, in a folder of its own.

One comes with the package (`rag.config.RELEASED`). The folder holds the model with its hash, as
`rag.reader.train` writes it, and beside it what was fitted to it: `evals.fit_joined` writes by how
much it counts in the check of a sentence, `evals fit --reader` the model that hears it in the
confidence of an answer.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock

from rag.answerers.judging import Reading
from rag.answerers.model import MODEL_FILE as ANSWER_FILE
from rag.answerers.model import from_json
from rag.checking.model import FORESTS, Judge, LogWeights, Weights
from rag.reader.model import HASH_FILE, MODEL_FILE, CrossEncoder
from vectorstore.errors import QuothError

WEIGHTS_FILE = "joined.json"
_OPENING = Lock()
"""Held while one opens a folder or loads a model, so that it is done once."""


class ReaderError(QuothError):
    """A reader's folder cannot be used."""


@dataclass(frozen=True)
class TrainedReader:
    """A trained reader with all that was fitted to it; each part is read when it is needed.

    Attributes:
        folder: Where it lies.
    """

    folder: Path

    @property
    def hash(self) -> str:
        """SHA-256 of its model, as it was trained.

        Raises:
            ReaderError: It is missing.
        """
        return _hash_in(self.folder)

    @property
    def encoder(self) -> CrossEncoder:
        """Reads pairs of texts.

        Raises:
            ReaderError: Its model is missing, or is not the one that was trained.
        """
        with _OPENING:
            return _load(self.folder)

    @cached_property
    def judge(self) -> Judge:
        """For the check of a sentence.

        Raises:
            ReaderError: Its weights are not there, damaged, or were fitted to another reader.
        """
        file, maker = self.folder / WEIGHTS_FILE, "python -m evals.fit_joined"
        text = _read(file, maker)
        try:
            values = json.loads(text)
            fitted_to = str(values["reader"])
            weights = LogWeights(*(Weights(*map(float, values[name])) for name in FORESTS))
            offset = float(values["offset"])
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(file, maker, error) from None
        self._require(fitted_to, file, maker)
        return Judge(lambda *pair: self.encoder.judge(*pair), weights, offset)

    @property
    def verifier(self) -> Judge | None:
        """The same where verdicts alone count; None if it has no say in these: only in support.

        Raises:
            ReaderError: Its weights are not there.
        """
        return self.judge if self.judge.weights.support.reader else None

    @cached_property
    def reading(self) -> Reading | None:
        """For the embedded answerer; None without a model that goes by it: it has no say in these.

        Raises:
            ReaderError: That model is damaged, or was fitted to another reader.
        """
        file, maker = self.folder / ANSWER_FILE, "python -m evals fit --reader"
        if not file.exists():
            return None
        packed = _read(file, maker)
        try:
            values = json.loads(gzip.decompress(packed))
            model, fitted_to = from_json(values), str(values["reader"])
        except (EOFError, KeyError, OSError, TypeError, ValueError, zlib.error) as error:
            raise _damaged(file, maker, error) from None
        self._require(fitted_to, file, maker)
        return Reading(model, lambda *asked: self.encoder.find(*asked))

    def _require(self, fitted_to: str, file: Path, maker: str) -> None:
        """Refuses what was fitted to another reader."""
        if fitted_to != self.hash:
            raise ReaderError(
                f"{file} was fitted to a reader with the SHA-256 {fitted_to}; {HASH_FILE} beside "
                f"it tells {self.hash}. Fit it anew by `{maker}` (docs/reader.md), or do without "
                "by QUOTH_READER=off."
            )


def open_reader(folder: Path) -> TrainedReader:
    """The reader in a folder, the same one however many ask for it."""
    with _OPENING:
        return _open(folder.expanduser())


def open_verifier(folder: Path | None, ready: bool = False) -> Judge | None:
    """Who has a say in the verdicts of the check; None without a reader, or if it has none.

    Args:
        folder: The reader's.
        ready: Load its model at once, and not with the first sentence: where an LLM is asked
            before that, so that a damaged one is told before the LLM is paid.

    Raises:
        ReaderError: Its weights are not there, damaged, or another reader's; or its model is.
    """
    if folder is None:
        return None
    reader = open_reader(folder)
    if ready and reader.verifier is not None:
        _ = reader.encoder
    return reader.verifier


_open = lru_cache(maxsize=2)(TrainedReader)


@lru_cache(maxsize=2)
def _load(folder: Path) -> CrossEncoder:
    wanted = _hash_in(folder)
    model = _read(folder / MODEL_FILE, "python -m rag.reader.train")
    found = hashlib.sha256(model).hexdigest()
    if found != wanted:
        raise ReaderError(
            f"{folder / MODEL_FILE} is damaged: its SHA-256 is {found}, expected {wanted}. "
            "Install or copy it anew, or do without by QUOTH_READER=off."
        )
    return CrossEncoder(model)


def _hash_in(folder: Path) -> str:
    return _read(folder / HASH_FILE, "python -m rag.reader.train").decode("ascii").strip()


def _read(file: Path, maker: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ReaderError(
            f"{file} cannot be read ({error.strerror}); expected a trained reader, as `{maker}` "
            "writes it (docs/reader.md). Do without by QUOTH_READER=off."
        ) from None


def _damaged(file: Path, maker: str, error: Exception) -> ReaderError:
    return ReaderError(
        f"{file} is damaged ({type(error).__name__}: {error}). Make it anew by `{maker}` "
        "(docs/reader.md), or do without by QUOTH_READER=off."
    )

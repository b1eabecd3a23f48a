"""A trained reader, and what was fitted to it, in a folder of its own.

None comes with the package yet. The folder holds the model with its hash, as `rag.reader.train`
writes it, and beside it what was fitted to it: `evals.fit_joined` writes by how much it counts in
the check of a sentence, `evals fit --reader` the model that picks answers by it.
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


class ReaderError(QuothError):
    """A reader's folder cannot be used."""


@dataclass(frozen=True)
class TrainedReader:
    """A trained reader with all that was fitted to it.

    Attributes:
        folder: Where it lies.
        encoder: Reads pairs of texts.
    """

    folder: Path
    encoder: CrossEncoder

    @cached_property
    def judge(self) -> Judge:
        """For the check of a sentence.

        Raises:
            ReaderError: Its weights are not there, or damaged.
        """
        file, maker = self.folder / WEIGHTS_FILE, "python -m evals.fit_joined"
        text = _read(file, maker)
        try:
            values = json.loads(text)
            weights = LogWeights(*(Weights(*map(float, values[name])) for name in FORESTS))
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(file, maker, error) from None
        return Judge(self.encoder.judge, weights)

    @property
    def verifier(self) -> Judge | None:
        """The same where verdicts alone count; None if it has no say in these: only in support.

        Raises:
            ReaderError: Its weights are not there.
        """
        return self.judge if self.judge.weights.support.reader else None

    @cached_property
    def reading(self) -> Reading:
        """For the embedded answerer.

        Raises:
            ReaderError: The model that goes by it is not there, or damaged.
        """
        file, maker = self.folder / ANSWER_FILE, "python -m evals fit --reader"
        packed = _read(file, maker)
        try:
            model = from_json(json.loads(gzip.decompress(packed)))
        except (EOFError, KeyError, OSError, TypeError, ValueError, zlib.error) as error:
            raise _damaged(file, maker, error) from None
        return Reading(model, self.encoder.find)


def open_reader(folder: Path) -> TrainedReader:
    """The reader in a folder, opened once, however many ask for it together.

    Raises:
        ReaderError: Its model is missing, or is not the one that was trained.
    """
    with _OPENING:
        return _open(folder)


@lru_cache(maxsize=2)
def _open(folder: Path) -> TrainedReader:
    wanted = _read(folder / HASH_FILE, "python -m rag.reader.train").decode("ascii").strip()
    model = _read(folder / MODEL_FILE, "python -m rag.reader.train")
    found = hashlib.sha256(model).hexdigest()
    if found != wanted:
        raise ReaderError(
            f"{folder / MODEL_FILE} is damaged: its SHA-256 is {found}, expected {wanted}. "
            "Copy the folder anew, or leave out QUOTH_READER."
        )
    return TrainedReader(folder, CrossEncoder(model))


def _read(file: Path, maker: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ReaderError(
            f"{file} cannot be read ({error.strerror}); expected a trained reader, as `{maker}` "
            "writes it (docs/reader.md). Leave out QUOTH_READER to do without."
        ) from None


def _damaged(file: Path, maker: str, error: Exception) -> ReaderError:
    return ReaderError(
        f"{file} is damaged ({type(error).__name__}: {error}). Make it anew by `{maker}` "
        "(docs/reader.md), or leave out QUOTH_READER to do without."
    )

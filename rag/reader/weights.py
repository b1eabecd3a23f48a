"""The weights of a network in a small file, to learn on from.

Int8 steps as in the graph that is made of them (`rag.reader.graph`), and without the table of
words, which is never trained: it is had again from the published weights.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.reader.graph import quantise
from vectorstore.fused import Weight

WEIGHTS_FILE = "weights.npz"
WORDS = "encoder.embeddings.word_embeddings.weight"
KINDS = "encoder.embeddings.token_type_embeddings.weight"
SCALE = "/scale"

Array = NDArray[Any]


def pack(state: Mapping[str, Array]) -> bytes:
    """The weights, by the names that PyTorch gives them, as a file of NumPy arrays."""
    kept = {}
    for name, value in state.items():
        if name.startswith("encoder.") and value.ndim > 1 and name not in (WORDS, KINDS):
            kept[name], kept[name + SCALE] = quantise(value, axis=1)
        elif name != WORDS:
            kept[name] = value
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **kept)
    return file.getvalue()


def unpack(packed: bytes) -> dict[str, Array]:
    """The weights that `pack` has packed, all but the table of words.

    Raises:
        ValueError: They are damaged, or no such file.
    """
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as file:
            kept = dict(file)
    except (EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"damaged, or no {WEIGHTS_FILE} as `python -m rag.reader.train` writes it"
        ) from error
    return {
        name: Weight(value, kept[name + SCALE]).plain() if name + SCALE in kept else value
        for name, value in kept.items()
        if not name.endswith(SCALE)
    }

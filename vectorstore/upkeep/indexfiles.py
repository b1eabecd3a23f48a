"""The vectors in Chroma's index files, read without Chroma, which crashes on damaged ones.

The layout is that of hnswlib's `saveIndex` as Chroma 1.5 has it: a header of 100 bytes, elements
of equal size (links, vector, label), then the links of higher levels; beside them a pickled
dictionary of ids and labels.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vectorstore.errors import LibraryError
from vectorstore.failures import is_failure
from vectorstore.minilm import Vectors

NAMES = ("data_level0.bin", "header.bin", "index_metadata.pickle", "length.bin", "link_lists.bin")
_HEADER = struct.Struct("<iQQQQQQiIQQQdQ")


class _Header(NamedTuple):
    version: int
    start: int
    room: int
    elements: int
    element_bytes: int
    label_at: int
    vector_at: int
    top_level: int
    entry: int
    upper_links: int
    lower_links: int
    links: int
    factor: float
    search_depth: int


class _Plain(pickle.Unpickler):
    """Reads dictionaries and lists; a pickle that names code is refused."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - as in the base class
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def read_index(segment: Path, dimension: int) -> dict[str, Vectors]:
    """The vectors that were written to disk, by row id; none where none were yet.

    Args:
        segment: The folder of the index.
        dimension: Length of the vectors.

    Raises:
        LibraryError: The files are damaged: opening them may crash Chroma.
    """
    if not (segment / "index_metadata.pickle").exists():
        return {}
    try:
        return _read(segment, dimension)
    except BaseException as error:
        if not is_failure(error):
            raise
        told = " ".join(str(error).split()) or type(error).__name__
        raise LibraryError(f"The vector index {segment} is damaged ({told}).") from error


def _read(segment: Path, dimension: int) -> dict[str, Vectors]:
    header = _Header(*_HEADER.unpack((segment / "header.bin").read_bytes()))
    data = np.frombuffer((segment / "data_level0.bin").read_bytes(), dtype=np.uint8)
    _must(header.elements <= header.room, "the header counts more elements than have room")
    _must(header.vector_at == 4 * (1 + header.lower_links), "the header places vectors elsewhere")
    _must(header.label_at == header.vector_at + 4 * dimension, "the vectors are of another length")
    _must(header.element_bytes == header.label_at + 8, "the header places labels elsewhere")
    _must(len(data) >= header.elements * header.element_bytes, "data_level0.bin was cut off")
    elements = data[: header.elements * header.element_bytes].reshape(-1, header.element_bytes)
    _check_links(elements[:, : header.vector_at].copy().view("<u4"), header)
    _check_levels((segment / "link_lists.bin").read_bytes(), header)
    labels = elements[:, header.label_at :].copy().view("<u8").ravel()
    vectors = elements[:, header.vector_at : header.label_at].copy().view("<f4")
    return _by_id(segment, {int(label): place for place, label in enumerate(labels)}, vectors)


def _by_id(segment: Path, places: Mapping[int, int], vectors: NDArray[Any]) -> dict[str, Vectors]:
    with (segment / "index_metadata.pickle").open("rb") as file:
        labels = _Plain(file).load()["id_to_label"]
    _must(set(labels.values()) <= places.keys(), "index_metadata.pickle names absent elements")
    return {row: vectors[places[label]] for row, label in labels.items()}


def _check_links(links: NDArray[Any], header: _Header) -> None:
    counts = links[:, 0] & 0xFFFF  # the upper half marks what is deleted
    _must(bool((counts <= header.lower_links).all()), "an element has too many links")
    used = np.arange(header.lower_links) < counts[:, None]
    _must(bool((links[:, 1:][used] < header.elements).all()), "a link leads nowhere")


def _check_levels(data: bytes, header: _Header) -> None:
    """Links of each element's higher levels, as hnswlib reads them: a size, then so many bytes.

    A link on a level to an element that does not reach it makes hnswlib follow a null pointer.
    """
    level_bytes = 4 * (1 + header.upper_links)
    lists = []
    at = 0
    for _ in range(header.elements):
        _must(at + 4 <= len(data), "link_lists.bin was cut off")
        (size,) = struct.unpack_from("<I", data, at)
        _must(size % level_bytes == 0, "link_lists.bin holds a broken list")
        _must(at + 4 + size <= len(data), "link_lists.bin was cut off")
        upper = np.frombuffer(data, dtype="<u4", count=size // 4, offset=at + 4)
        lists.append(upper.reshape(-1, 1 + header.upper_links))
        at += 4 + size
    _must(at == len(data), "link_lists.bin is too long")
    levels = np.array([len(upper) for upper in lists])
    for upper in lists:
        for level, links in enumerate(upper, start=1):
            count = int(links[0]) & 0xFFFF
            _must(count <= header.upper_links, "an element has too many links")
            used = links[1 : 1 + count]
            _must(bool((used < header.elements).all()), "a link leads nowhere")
            _must(bool((levels[used] >= level).all()), "a link leads to a level that is not there")
    if header.elements:
        _must(header.entry < header.elements, "the entry leads nowhere")
        _must(int(levels[header.entry]) == header.top_level, "a level is missing")
        _must(int(levels.max()) <= header.top_level, "a level is missing")


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)

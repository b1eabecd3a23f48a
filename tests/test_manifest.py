"""Manifests: a library opens only with what built it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vectorstore.errors import LibraryError
from vectorstore.manifest import Manifest, check_manifest

HERE = Path("/lib")
BUILT = Manifest("moths@1", 126)


def test_the_same_passes() -> None:
    check_manifest(HERE, {"manifest": BUILT.to_text(), "revision": "1"}, Manifest("moths@1", 126))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("embedding", "bees@2", "embedding 'moths@1', and is being opened with embedding 'bees@2'"),
        ("window", 254, "window 126, and is being opened with window 254"),
        ("chunking", 2, "chunking 1, and is being opened with chunking 2"),
    ],
)
def test_anything_else_is_refused_naming_both(field: str, value: object, told: str) -> None:
    with pytest.raises(LibraryError) as caught:
        check_manifest(HERE, {"manifest": BUILT.to_text()}, replace(BUILT, **{field: value}))
    assert str(caught.value) == (
        f"The library /lib was built with {told}. "
        "Open it with the former, or add its files to a new library."
    )


def test_a_library_of_a_newer_schema_is_refused_in_words_of_its_own() -> None:
    newer = replace(BUILT, schema=3, embedding="bees@2")
    with pytest.raises(LibraryError) as caught:
        check_manifest(HERE, {"manifest": newer.to_text()}, BUILT)
    assert str(caught.value) == (
        "The library /lib was made by a newer Quoth (schema 3; this one reads 1). Update Quoth "
        "(pip install --upgrade quoth), or add its files to a new library (--library PATH)."
    )


def test_a_library_of_an_older_schema_is_refused_in_words_of_its_own() -> None:
    with pytest.raises(LibraryError) as caught:
        check_manifest(HERE, {"manifest": BUILT.to_text()}, replace(BUILT, schema=9))
    assert str(caught.value) == (
        "The library /lib was made by an older Quoth (schema 1; this one reads 9). Open it with "
        "the Quoth that made it, or add its files to a new library (--library PATH)."
    )


@pytest.mark.parametrize("metadata", [{}, {"manifest": "{"}, {"manifest": 3}, {"manifest": "[1]"}])
def test_a_collection_without_manifest_is_not_ours(metadata: dict[str, object]) -> None:
    with pytest.raises(LibraryError) as caught:
        check_manifest(HERE, metadata, BUILT)
    assert str(caught.value) == (
        "/lib holds a Chroma collection that Quoth did not make; "
        "expected a manifest in its metadata. Name another folder."
    )

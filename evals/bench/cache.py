"""Libraries built once for each corpus, model and chunking, and found again by the next run."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import platformdirs

import vectorstore
from evals.errors import EvalError

BUILDERS = (
    "records.py",
    "sentences.py",
    "latex.py",
    "terms.py",
    "chunking.py",
    "embedding.py",
    "fused.py",
    "preparing.py",
    "rows.py",
    "table.py",
    "manifest.py",
    "adding.py",
    "readers/*.py",
)
"""Sources of `vectorstore` that decide what a library holds: a change makes another library."""
UNFINISHED = ".building-"
DAY_SECONDS = 86_400


def default_folder() -> Path:
    """Where built libraries are kept unless the user says otherwise."""
    return platformdirs.user_cache_path("quoth", appauthor=False) / "bench"


def library_key(files: Iterable[Path], *parts: object) -> str:
    """A hash of the contents of the files, of what builds libraries, and of `parts`."""
    package = Path(next(iter(vectorstore.__path__)))
    sources = [path for pattern in BUILDERS for path in sorted(package.glob(pattern))]
    digest = hashlib.sha256(repr(parts).encode())
    for path in (*files, *sources):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def built_library(root: Path, name: str, build: Callable[[Path], object]) -> Path:
    """The folder `root/name`, built first where it is not there.

    `build` fills a folder elsewhere, which takes its place only once complete, so that a run
    that was broken off leaves nothing that a later one would use.

    Raises:
        EvalError: Nothing can be written there.
    """
    target = root / name
    if target.exists():
        return target
    try:
        build_in_place(root, target, build)
    except OSError as error:
        raise EvalError(
            f"{root}: no library can be built there ({error.strerror or error})."
        ) from error
    return target


def build_in_place(root: Path, target: Path, build: Callable[[Path], object]) -> None:
    """Build in a folder of its own within `root`, then rename."""
    root.mkdir(parents=True, exist_ok=True)
    remove_abandoned(root)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=root) as temporary:
        unfinished = Path(temporary) / "library"
        build(unfinished)
        put_in_place(unfinished, target)


def remove_abandoned(root: Path) -> None:
    """Remove what killed runs left half-built; a day old, it is nobody's any more."""
    for folder in root.glob(UNFINISHED + "*"):
        if time.time() - folder.stat().st_mtime > DAY_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def put_in_place(finished: Path, target: Path) -> None:
    """Rename, unless another run has just put the same library there."""
    try:
        finished.rename(target)
    except OSError:
        if not target.exists():
            raise
        shutil.rmtree(finished)

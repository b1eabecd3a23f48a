"""Asking libraries, so that each reply comes back as a `Reply`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from evals.baseline import answer_naively
from evals.bench.cache import built_library, library_key
from evals.bench.libraries import chosen_embedder, manifest_of, write_records
from evals.cases import Case
from evals.errors import EvalError
from evals.replies import Reply, ask_safely, reply_safely
from rag import Answer, Library
from rag.config import read_settings
from vectorstore.embedding import Embedder
from vectorstore.readers import read
from vectorstore.records import Hit, Record


def build_files(root: Path, files: Sequence[Path], embedder: Embedder) -> Path:
    """The library that `quoth add` makes of the files, from the cache where it is there."""
    for path in files:
        if not path.is_file():
            raise EvalError(f"{path}: no such file; expected abstracts to build a library of.")
    key = library_key(files, manifest_of(embedder), [path.name for path in files])
    return built_library(root, f"files-{key}", lambda folder: add_files(folder, files, embedder))


def build_subset(
    root: Path, files: Sequence[Path], cases: Sequence[Case], others: int, embedder: Embedder
) -> Path:
    """The library of the cases' papers (record ids) and of the files' first `others` besides."""
    wanted = sorted({paper for case in cases for paper in case.papers})
    key = library_key(files, manifest_of(embedder), [*wanted, others])

    def build(folder: Path) -> None:
        records = {
            item.id: item for path in files for item in read(path) if isinstance(item, Record)
        }
        besides = [name for name in records if name not in set(wanted)][:others]
        chosen = [records[name] for name in [*wanted, *besides] if name in records]
        write_records(folder, chosen, embedder)

    return built_library(root, f"subset-{key}", build)


@contextmanager
def open_files(
    files: Sequence[Path],
    root: Path,
    cases: Sequence[Case] = (),
    others: int | None = None,
    reader: Path | None = None,
) -> Iterator[Library]:
    """An open library of the files, or of the sample where there are none.

    Args:
        files: Abstracts.
        root: Where built libraries are kept.
        cases: What will be asked.
        others: Keep the papers of the cases and this many others only; all where None.
        reader: As the setting, `off` included; that where None.
    """
    embedder = chosen_embedder()
    if others is None:
        folder = build_files(root, files or sample_files(), embedder)
    else:
        folder = build_subset(root, files, cases, others, embedder)
    with Library.open(folder, read_settings(reader=reader), embedder) as library:
        yield library


def sample_files() -> list[Path]:
    """The bundled sample."""
    return [Path(str(resources.files("rag") / "sample" / "digests.jsonl"))]


def add_files(folder: Path, files: Sequence[Path], embedder: Embedder) -> None:
    """Add the files to a new library; a record that cannot be read is an error here."""
    with Library.open(folder, embedder=embedder) as library:
        report = library.add(list(files))
    if report.rejected:
        first = report.rejected[0]
        raise EvalError(
            f"{first.source}, {first.where}: {first.reason} "
            f"({len(report.rejected)} of {report.read} records cannot be read)."
        )


def asker(library: Library) -> Callable[[str, frozenset[str]], Reply]:
    """Asks the library a question with records withheld."""
    return lambda question, exclude: ask_safely(lambda: library.ask(question, exclude=exclude))


def case_asker(library: Library) -> Callable[[Case], Reply]:
    """Asks the library a case."""
    return lambda case: ask_safely(lambda: ask_in_turn(library, case))


def ask_in_turn(library: Library, case: Case) -> Answer:
    """The answer to the case, in a conversation where questions were asked before it."""
    if not case.history:
        return library.ask(case.question)
    conversation = library.conversation()
    for question in case.history:
        conversation.ask(question)
    return conversation.ask(case.question)


def naive_asker(library: Library, embedder: Embedder) -> Callable[[Case], Reply]:
    """Asks the naive baseline over the library's own search."""

    def search(text: str, count: int) -> Sequence[Hit]:
        return library.search(text, top_k=count)

    return lambda case: reply_safely(lambda: answer_naively(case.question, search, embedder))

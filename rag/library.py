"""`Library`: the facade that the command line, scripts and the page share."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rag.answer import Answer
from rag.answerers.quote import QuoteAnswerer
from rag.checking import Memory
from rag.config import Settings, read_settings
from rag.engine import Answerer, AnswerStream, CheckedQueryEngine
from rag.gathering import items_of
from rag.retriever import LibraryRetriever
from vectorstore import minilm
from vectorstore.adding import Progress, Shelf, add
from vectorstore.embedding import Embedder, open_embedder
from vectorstore.errors import LibraryError, QuestionError
from vectorstore.filters import Filter, parse_filter
from vectorstore.fusion import Mode
from vectorstore.papers import Paper
from vectorstore.pen import Waiting
from vectorstore.readers import read
from vectorstore.records import AddReport, Hit, Record
from vectorstore.rehearsal import Rehearsal
from vectorstore.splitting import split
from vectorstore.store import Store
from vectorstore.syncing import Confirm, SyncReport, sync_folder
from vectorstore.writers import Format, write

if TYPE_CHECKING:
    from rag.conversation import Conversation
    from rag.llm import ChatDoor, LLMOptions
    from vectorstore.backup import BackupReport
    from vectorstore.health import HealthReport
    from vectorstore.repair import RepairReport

Where = str | Sequence[str] | Filter | None
MAX_QUESTION_CHARACTERS = 4000


class Library:
    """Abstracts that can be asked. Open one with `Library.open`, close it by `with` or `close`.

    Attributes:
        store: The records and their indexes.
        settings: What it was opened with.
        is_sample: Whether it is the bundled sample, which cannot be changed.
    """

    def __init__(self, store: Store, settings: Settings, is_sample: bool = False) -> None:
        """Wraps an open store; `Library.open` is the way in."""
        self.store = store
        self.settings = settings
        self.is_sample = is_sample
        self._read = Memory(minilm.read)

    @classmethod
    def open(
        cls,
        path: str | Path | None = None,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
    ) -> Library:
        """Opens the library in a folder, or makes one there.

        Args:
            path: The folder; the one of the settings where None.
            settings: Read from the environment where None.
            embedder: Any model (`vectorstore.embedding.open_embedder`); that of the settings
                where None.

        Raises:
            QuothError: It cannot be opened; the message says why and what to do.
        """
        settings = settings or read_settings()
        model = embedder or open_embedder(settings.embedding)
        return cls(Store(Path(path or settings.library).expanduser(), model), settings)

    @classmethod
    def open_sample(cls, settings: Settings | None = None) -> Library:
        """Opens the bundled sample: 19 digests, indexed in the cache folder at first use."""
        settings = settings or read_settings()
        model = open_embedder(settings.embedding)
        name = "sample-" + re.sub(r"\W+", "-", model.identity)
        store = Store(settings.cache / name, model)
        with as_file(files("rag") / "sample" / "digests.jsonl") as path:
            if len(store) == 0:
                add(store, read(path))
        return cls(store, settings, is_sample=True)

    @classmethod
    def restore(
        cls,
        file: str | Path,
        path: str | Path | None = None,
        settings: Settings | None = None,
        replace: bool = False,
    ) -> Library:
        """Puts a saved library into a folder, once all of it was verified, and opens it.

        Args:
            file: Written by `backup`.
            path: The folder; the one of the settings where None.
            settings: Read from the environment where None.
            replace: Whether a library that is there may be replaced.

        Raises:
            LibraryError: It cannot be restored; the folder is as it was.
        """
        from vectorstore.restore import restore

        settings = settings or read_settings()
        folder = Path(path or settings.library).expanduser()
        restore(Path(file), folder, replace)
        return cls.open(folder, settings)

    @staticmethod
    def exists(path: Path) -> bool:
        """Whether a folder holds a library."""
        return (path.expanduser() / "chroma.sqlite3").exists()

    def __enter__(self) -> Library:
        """The library itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the library."""
        self.close()

    def close(self) -> None:
        """Lets go of the files."""
        self.store.close()

    def __len__(self) -> int:
        """The number of papers."""
        return len(self.store)

    def add(
        self,
        paths: str | Path | Iterable[str | Path],
        progress: Progress | None = None,
        waiting: Waiting | None = None,
        columns: Mapping[str, str] | None = None,
        limit: int = 100,
        dry_run: bool = False,
    ) -> AddReport:
        """Adds papers; what each record became is in the report.

        Args:
            paths: One or several: files and folders, in formats told by their content, or names
                of papers on the network (`arxiv:ID`, `arxiv-search:QUERY`, `doi:DOI`, `pmid:ID`).
            progress: Told how many records were just dealt with.
            waiting: Told in one line what it waits for, where another process is adding.
            columns: What columns or keys hold, where their names do not tell:
                `{"Summary": "abstract"}`.
            limit: Papers that a search on the network may bring, at most.
            dry_run: Whether to report what would become of them, and change nothing.
        """
        self._must_be_ones_own()
        several = [paths] if isinstance(paths, (str, Path)) else list(paths)
        items = items_of(several, self.settings, columns, limit)
        return add(self._shelf(dry_run), items, progress, waiting)

    def sync(
        self,
        folder: str | Path,
        name: str | None = None,
        dry_run: bool = False,
        confirm: Confirm | None = None,
        progress: Progress | None = None,
        waiting: Waiting | None = None,
    ) -> SyncReport:
        """Adds what the files of a folder say, and removes what they ceased to say.

        Args:
            folder: Where the files lie, at any depth.
            name: What they are named behind; the folder's own name where None.
            dry_run: Whether to report what would be done, and change nothing.
            confirm: Told what would be removed, before it is; says whether to.
            progress: Told how many records were just dealt with.
            waiting: Told in one line what it waits for, where another process is adding.

        Raises:
            LibraryError: There is no such folder, or nothing in it can be read.
        """
        self._must_be_ones_own()
        place = Path(folder).expanduser()
        return sync_folder(
            self.store, place, name, dry_run, confirm=confirm, progress=progress, waiting=waiting
        )

    def duplicates(self) -> list[Paper]:
        """Papers that were made from more than one record, with those records and why."""
        return [paper for paper in self.store.papers() if len(paper.parts) > 1]

    def split(
        self, record_id: str, number: int | None = None, waiting: Waiting | None = None
    ) -> tuple[Paper, Paper]:
        """Takes a merged paper apart for good.

        Args:
            record_id: The paper's id.
            number: Which of its records goes, counted from 1; the last where None.
            waiting: Told in one line what it waits for, where another process is adding.

        Returns:
            What is left of the paper, and the new one.

        Raises:
            LibraryError: There is no such paper or record.
        """
        self._must_be_ones_own()
        return split(self.store, record_id, number, waiting)

    def export(self, form: Format = "jsonl") -> Iterator[str]:
        """All papers as JSON Lines, BibTeX or RIS, in pieces; `add` reads them back as they are."""
        return write(self.store.papers(), form)

    def remove(self, ids: str | Iterable[str], waiting: Waiting | None = None) -> list[str]:
        """Takes papers out, by one id or several; returns the ids of those that were there."""
        self._must_be_ones_own()
        several = [ids] if isinstance(ids, str) else list(ids)
        with self.store.writing(waiting):
            return self.store.remove(several)

    def get(self, record_id: str) -> Record | None:
        """The paper of an id, or with such an identifier (`doi:...`); None where there is none."""
        paper = self.paper(record_id)
        return paper.record if paper else None

    def paper(self, record_id: str) -> Paper | None:
        """The same, with the records that it was made from."""
        return self.store.find_named(record_id)

    def records(self) -> Iterator[Record]:
        """All papers."""
        return self.store.records()

    def check(self) -> HealthReport:
        """Verifies every paper, passage, vector and term; changes nothing.

        `vectorstore.health.check` does the same for a library that does not open.
        """
        from vectorstore.health import check

        return check(self.store.folder, self.store.embedder)

    def repair(self, keep_copy: bool = True) -> RepairReport:
        """Rebuilds what can be rebuilt, after copying the library to `FOLDER.before-repair-DATE`.

        `vectorstore.repair.repair` does the same for a library that does not open.
        """
        from vectorstore.repair import repair

        self._must_be_ones_own()
        return repair(self.store.folder, self.store.embedder, keep_copy)

    def backup(self, file: str | Path, replace: bool = False) -> BackupReport:
        """Saves the library as one file, in the state of one moment.

        Args:
            file: Where to.
            replace: Whether a file of that name may be replaced.
        """
        from vectorstore.backup import backup

        return backup(self.store.folder, Path(file), replace=replace)

    def search(
        self, text: str, top_k: int | None = None, where: Where = None, mode: Mode = "hybrid"
    ) -> list[Hit]:
        """The papers that a text is about, best first, each with its best passage."""
        return self.store.search(
            checked_question(text), top_k or self.settings.top_k, parse_filter(where), mode
        )

    def ask(self, question: str, where: Where = None, exclude: Collection[str] = ()) -> Answer:
        """Answers a question from the abstracts, or abstains.

        Args:
            question: In plain words.
            where: Which papers may answer: `year>=2024`, `group=NAME`, `source=FILE`,
                `title=WORDS`; several must all hold.
            exclude: Ids of papers that may not answer.

        Raises:
            QuestionError: The question is empty or too long, or the filter cannot be read.
        """
        return self.query_engine(where, exclude).ask(checked_question(question))

    def stream(
        self, question: str, where: Where = None, exclude: Collection[str] = ()
    ) -> AnswerStream:
        """`ask`, sentence by sentence, each once it has been checked; its `answer` is the whole.

        With an LLM its sentences come while it is writing. `close` ends it early.
        """
        return self.query_engine(where, exclude).stream(checked_question(question))

    async def aask(
        self, question: str, where: Where = None, exclude: Collection[str] = ()
    ) -> Answer:
        """`ask`, without blocking the event loop."""
        return await asyncio.to_thread(self.ask, question, where, exclude)

    def conversation(self, llm: ChatDoor | None = None) -> Conversation:
        """A conversation, in which questions may follow from one another.

        Args:
            llm: Makes follow-ups complete; that of the settings where None, and rules where
                there is none.
        """
        from rag.conversation import Conversation

        return Conversation(self, llm or self._door)

    def retriever(
        self, where: Where = None, exclude: Collection[str] = (), top_k: int | None = None
    ) -> LibraryRetriever:
        """A plain LlamaIndex retriever over this library."""
        without = {exclude} if isinstance(exclude, str) else set(exclude)
        return LibraryRetriever(
            self.store, top_k or self.settings.top_k, parse_filter(where), without
        )

    def query_engine(
        self, where: Where = None, exclude: Collection[str] = ()
    ) -> CheckedQueryEngine:
        """A plain LlamaIndex query engine over this library."""
        return CheckedQueryEngine(self.retriever(where, exclude), self._answerer, self._read)

    @cached_property
    def _door(self) -> ChatDoor | None:
        """Opened when first asked: an LLM's address and key matter to no other command."""
        return _open_door(self.settings)

    @cached_property
    def _answerer(self) -> Answerer:
        return _open_answerer(self.settings, self._door)

    def _shelf(self, dry_run: bool) -> Shelf:
        return Rehearsal(self.store) if dry_run else self.store

    def _must_be_ones_own(self) -> None:
        if self.is_sample:
            raise LibraryError(
                "The bundled sample cannot be changed; open a library of your own: "
                "Library.open(PATH), or quoth add FILE --library PATH."
            )


def _open_door(settings: Settings) -> ChatDoor | None:
    """The door to the LLM that was named."""
    if settings.llm is None:
        return None
    from rag.llm import open_llm

    return open_llm(settings.llm, llm_options(settings))


def llm_options(settings: Settings) -> LLMOptions:
    """How the settings have an LLM asked."""
    from rag.llm import LLMOptions

    names = [field.name for field in fields(LLMOptions)]
    return LLMOptions(**{name: getattr(settings, f"llm_{name}") for name in names})


def _open_answerer(settings: Settings, door: ChatDoor | None) -> Answerer:
    """The embedded answerer, or the LLM that was named, with the embedded one beside it."""
    embedded = QuoteAnswerer(settings.threshold)
    if door is None:
        return embedded
    from rag.answerers.generate import GenerateAnswerer

    return GenerateAnswerer(door, embedded, settings.llm_passages, settings.threshold)


def checked_question(question: str) -> str:
    """The question without outer white space.

    Raises:
        QuestionError: It is empty, or too long to be one.
    """
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", " ", question).strip()
    if not re.search(r"\w", text):
        raise QuestionError('The question is empty; expected some words, such as: quoth ask "..."')
    if len(text) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"The question has {len(text):,} characters; expected at most "
            f"{MAX_QUESTION_CHARACTERS:,}. Ask in fewer words."
        )
    return text

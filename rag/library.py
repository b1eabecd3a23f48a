"""`Library`: the facade that the command line, scripts and the page share."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Sequence
from dataclasses import fields
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rag import upkeep
from rag.answer import Answer
from rag.answerers.quote import QuoteAnswerer
from rag.checking import Judge, Memory
from rag.config import Settings, read_settings
from rag.engine import Answerer, AnswerStream, CheckedQueryEngine
from rag.holdings import Holdings
from rag.places import open_store, place_of
from rag.retriever import LibraryRetriever
from vectorstore import minilm
from vectorstore.address import Address
from vectorstore.embedding import Embedder, open_embedder
from vectorstore.errors import QuestionError
from vectorstore.filters import Filter, parse_filter
from vectorstore.fusion import Mode
from vectorstore.records import Hit
from vectorstore.store import Store

if TYPE_CHECKING:
    from rag.conversation import Conversation
    from rag.llm import ChatDoor, LLMOptions
    from rag.reader.trained import TrainedReader

Where = str | Sequence[str] | Filter | None
MAX_QUESTION_CHARACTERS = 4000


class Library(Holdings):
    """Abstracts that can be asked. Open one with `Library.open`, close it by `with` or `close`.

    Attributes:
        store: The records and their indexes.
        settings: What it was opened with.
        is_sample: Whether it is the bundled sample, which cannot be changed.
    """

    def __init__(self, store: Store, settings: Settings, is_sample: bool = False) -> None:
        """Wraps an open store; `Library.open` is the way in."""
        super().__init__(store, settings, is_sample)
        self._read = Memory(minilm.read)

    @classmethod
    def open(
        cls,
        path: str | Path | Address | None = None,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
    ) -> Library:
        """Opens the library in a folder or on a server, or makes one there.

        Args:
            path: The folder, or `chroma://HOST:PORT/NAME`; that of the settings where None.
            settings: Read from the environment where None.
            embedder: Any model (`vectorstore.embedding.open_embedder`); that of the settings
                where None.

        Raises:
            QuothError: It cannot be opened; the message says why and what to do.
        """
        settings = settings or read_settings()
        model = embedder or open_embedder(settings.embedding)
        return cls(open_store(place_of(path, settings), settings, model), settings)

    @classmethod
    def open_sample(cls, settings: Settings | None = None) -> Library:
        """Opens the bundled sample: 19 digests, indexed in the cache folder at first use."""
        settings = settings or read_settings()
        model = open_embedder(settings.embedding)
        name = "sample-" + re.sub(r"\W+", "-", model.identity)
        store = Store(settings.cache / name, model)
        with as_file(files("rag") / "sample" / "digests.jsonl") as path:
            if len(store) == 0:
                from vectorstore.adding import add
                from vectorstore.readers import read

                add(store, read(path))
        return cls(store, settings, is_sample=True)

    @classmethod
    def restore(
        cls,
        file: str | Path,
        path: str | Path | Address | None = None,
        settings: Settings | None = None,
        replace: bool = False,
    ) -> Library:
        """Puts a saved library into a folder or onto a server, once it was verified, and opens it.

        Args:
            file: Written by `backup`.
            path: The folder or address; that of the settings where None.
            settings: Read from the environment where None.
            replace: Whether a library that is there may be replaced.

        Raises:
            LibraryError: It cannot be restored; the folder is as it was.
        """
        settings = settings or read_settings()
        place = place_of(path, settings)
        upkeep.restore(Path(file), settings.model_copy(update={"library": place}), replace)
        return cls.open(place, settings)

    @staticmethod
    def exists(path: Path | Address, settings: Settings | None = None) -> bool:
        """Whether there is a library in a folder or on a server.

        Raises:
            LibraryError: The server does not answer.
        """
        if isinstance(path, Path):
            return (path.expanduser() / "chroma.sqlite3").exists()
        from vectorstore.remote.table import exists

        return exists(path, (settings or read_settings()).server_options)

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
        return CheckedQueryEngine(
            self.retriever(where, exclude), self._answerer, self._read, self._judge
        )

    @cached_property
    def _door(self) -> ChatDoor | None:
        """Opened when first asked: an LLM's address and key matter to no other command."""
        return _open_door(self.settings)

    @cached_property
    def _judge(self) -> Judge | None:
        from rag.reader.trained import open_verifier

        return open_verifier(self.settings.reader, ready=self._door is not None)

    @cached_property
    def _answerer(self) -> Answerer:
        return _open_answerer(self.settings, self._door)


def _open_reader(settings: Settings) -> TrainedReader | None:
    """The reader that was named."""
    if settings.reader is None:
        return None
    from rag.reader.trained import open_reader

    return open_reader(settings.reader)


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
    trained = _open_reader(settings)
    embedded = QuoteAnswerer(settings.threshold, None if trained is None else trained.reading)
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

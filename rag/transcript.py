"""A conversation as JSON: turns to plain values and back, and files that are never half written."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from rag.answer import Answer
from vectorstore.errors import QuothError

FORMAT, VERSION = "quoth conversation", 1
MAX_TURNS = 200
"""Turns that are kept; the oldest go first."""
MAX_FILE_BYTES = 32_000_000


class ConversationError(QuothError):
    """A conversation that cannot be saved, or a file that holds none."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation, the same made complete, and what was answered."""

    question: str
    standalone_question: str
    answer: Answer


_ANSWER = TypeAdapter(Answer)


def to_values(turns: Iterable[Turn]) -> dict[str, Any]:
    """Turns as plain JSON values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "turns": [
            {
                "question": turn.question,
                "standalone_question": turn.standalone_question,
                "answer": turn.answer.to_json(),
            }
            for turn in turns
        ],
    }


def from_values(values: object, place: str = "the conversation") -> list[Turn]:
    """The turns of plain JSON values; of too many, the latest.

    Raises:
        ConversationError: They are no conversation, or one of a later version.
    """
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ConversationError(
            f"{place} is no conversation of Quoth; expected an object with "
            f'"format": "{FORMAT}", as `quoth chat --save FILE` writes.'
        )
    version = values.get("version")
    if type(version) is not int or version != VERSION:
        raise ConversationError(
            f"{place} has version {version!r} of the format; this Quoth reads {VERSION}. "
            "Read it with the Quoth that wrote it."
        )
    turns = values.get("turns")
    if not isinstance(turns, list):
        raise ConversationError(f"{place}: 'turns' is no list; expected one of the turns.")
    start = max(0, len(turns) - MAX_TURNS)
    return [_turn(item, f"{place}, turn {number}") for number, item in enumerate(turns, 1)][start:]


def save_turns(path: str | Path, turns: Iterable[Turn]) -> None:
    """Writes turns to a file, all of them or nothing.

    Raises:
        ConversationError: It cannot be written.
    """
    target = Path(path)
    text = json.dumps(to_values(turns), ensure_ascii=False, indent=1)
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", dir=target.parent, delete=False
        ) as file:
            written = Path(file.name)
            try:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
                file.close()
                written.replace(target)
            except BaseException:
                written.unlink(missing_ok=True)
                raise
    except (OSError, RuntimeError, ValueError) as error:
        raise ConversationError(f"Cannot write {target}: {_why(error)}.") from error


def load_turns(path: str | Path) -> list[Turn]:
    """The turns of a file.

    Raises:
        ConversationError: It cannot be read, or holds no conversation.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConversationError(f"Cannot read {path}: {_why(error)}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise ConversationError(
            f"{path} is larger than {MAX_FILE_BYTES:,} bytes; expected a saved conversation."
        )
    try:
        values = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ConversationError(
            f"{path} is not JSON in UTF-8 ({error}); expected what `quoth chat --save FILE` writes."
        ) from error
    return from_values(values, str(path))


def _turn(item: object, place: str) -> Turn:
    if not isinstance(item, dict):
        raise ConversationError(f"{place} is no object; expected question and answer.")
    for name in ("question", "standalone_question"):
        if not isinstance(item.get(name), str):
            raise ConversationError(f"{place}: no text under '{name}'.")
    try:
        answer = _ANSWER.validate_python(item.get("answer"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "answer"
        raise ConversationError(f"{place}: '{where}' cannot be read: {first['msg']}.") from error
    return Turn(item["question"], item["standalone_question"], answer)


def _refuse(name: str) -> NoReturn:
    """JSON has no NaN and no Infinity, though Python would read and write them."""
    raise ValueError(f"{name} is no JSON value")


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

"""A file of questions -> a line of JSON for each; a bad line is told, and the rest goes on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, NoReturn

from rag.cli.console import tell, write_json
from rag.library import Library
from vectorstore.errors import QuestionError
from vectorstore.filters import Filter

STANDARD_INPUT = "-"
EXPECTED = 'expected one JSON object a line, such as {"question": "..."}'


def answer_questions(library: Library, source: str, where: Filter) -> bool:
    """Writes one JSON answer for each question of a file, with the other keys of its line.

    Args:
        library: What to ask.
        source: A file in JSON Lines, or `-` for standard input.
        where: Which papers may answer.

    Returns:
        Whether each line could be answered; of the others, stderr has file, line and reason.

    Raises:
        QuestionError: The file cannot be read.
    """
    bad = 0
    with _opened(source) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                values = _parse(line)
                answer = library.ask(values["question"], where)
            except QuestionError as error:
                bad += 1
                tell(f"{_name(source)}, line {number}: {error}")
            else:
                write_json({**values, **answer.to_json()})
    return bad == 0


def _parse(line: bytes) -> dict[str, str]:
    """The keys of one line; `question` is a string, the others can be anything."""
    try:
        values = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise QuestionError(f"not JSON in UTF-8 ({error}); {EXPECTED}.") from error
    if not isinstance(values, dict):
        raise QuestionError(f"JSON, but no object; {EXPECTED}.")
    if not isinstance(values.get("question"), str):
        found = ", ".join(values) or "nothing"
        raise QuestionError(f"no text under 'question' (found: {found}); {EXPECTED}.")
    return values


def _refuse(name: str) -> NoReturn:
    """JSON has no NaN and no Infinity, though Python would read and write them."""
    raise ValueError(f"{name} is no JSON value")


@contextmanager
def _opened(source: str) -> Iterator[BinaryIO]:
    if source == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(open(source, "rb"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise QuestionError(f"Cannot read {source}: {reason}; {EXPECTED}.") from error
        yield stream


def _name(source: str) -> str:
    return "standard input" if source == STANDARD_INPUT else source

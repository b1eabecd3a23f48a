"""Reading test sets line by line, plain or gzipped; every message names the file and the line."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.errors import EvalError


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(line number, line) of every line that is not blank.

    Raises:
        EvalError: The file cannot be read, or is not UTF-8.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if text.strip():
                    yield number, text.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise EvalError(f"{path}, line {number}: not UTF-8 ({error.reason}).") from error
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise EvalError(f"{path}: cannot be read ({reason}).") from error


def read_objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of every line of a JSON Lines file.

    Raises:
        EvalError: A line is not a JSON object.
    """
    for number, line in numbered_lines(path):
        place = f"{path}, line {number}"
        try:
            item = json.loads(line)
        except ValueError as error:
            raise EvalError(f"{place}: not JSON ({error}).") from error
        if not isinstance(item, dict):
            raise EvalError(f"{place}: found {type(item).__name__}; expected a JSON object.")
        yield place, item

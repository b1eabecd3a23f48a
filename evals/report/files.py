"""Reports on disk: written whole or not at all, and read back strictly."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from evals.errors import EvalError
from evals.report.junit import junit_xml
from evals.report.page import html_page
from evals.report.schema import SCHEMA, Report
from evals.report.words import Values

_SURROGATE = re.compile("[\ud800-\udfff]")
_REMEDY = "Make a new one with `python -m evals run`."


def write_reports(report: Values, folder: Path) -> None:
    """Write `report.json`, `junit.xml` and `report.html`; the folder is made where it is missing.

    Raises:
        EvalError: The folder cannot be written.
    """
    text = report_json(report)
    in_order = json.loads(text)
    files = {
        "report.json": text,
        "junit.xml": junit_xml(in_order),
        "report.html": html_page(in_order),
    }
    for name, content in files.items():
        write_whole(folder / name, content)


def report_json(report: Values) -> str:
    """The report as JSON with sorted keys; one and the same text for equal reports."""
    text = json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def write_whole(path: Path, content: str) -> None:
    """Put the text in place of what the file held, in one step.

    Raises:
        EvalError: It cannot be written; the file is as it was.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_text(content, encoding="utf-8", newline="\n")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise EvalError(f"{path}: cannot be written ({error.strerror}).") from error


def load_report(path: Path) -> dict[str, Any]:
    """A report that `write_reports` wrote.

    Raises:
        EvalError: It cannot be read, is of another schema, or does not hold what that schema says.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse_constant)
    except OSError as error:
        raise EvalError(f"{path}: cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise EvalError(
            f"{path}: not JSON in UTF-8 ({error}); expected a report.json. {_REMEDY}"
        ) from error
    return check_report(found, str(path))


def refuse_constant(name: str) -> None:
    """Refuse `NaN` and the infinities, which are not JSON.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"found {name}")


def check_report(found: object, place: str) -> dict[str, Any]:
    """The report itself, where it is one.

    Raises:
        EvalError: It is of another schema, or does not hold what that schema says.
    """
    if not isinstance(found, dict):
        raise EvalError(
            f"{place}: found {type(found).__name__}; expected the JSON object of a report. "
            f"{_REMEDY}"
        )
    schema = found.get("schema")
    if type(schema) is not int or schema != SCHEMA:
        name = "no 'schema'" if schema is None else f"schema {json.dumps(schema)}"
        raise EvalError(f"{place}: found {name}; expected schema {SCHEMA}. {_REMEDY}")
    try:
        TypeAdapter(Report).validate_python(found, strict=True)
    except ValidationError as error:
        raise EvalError(f"{place}: {describe_error(error)} {_REMEDY}") from error
    return found


def describe_error(error: ValidationError) -> str:
    """The first thing that is wrong: where, what was found, what was expected."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    if first["type"] == "missing":
        return f"'{where}' is missing; expected a report of schema {SCHEMA}."
    expected = first["msg"][0].lower() + first["msg"][1:]
    return f"'{where}' is {json.dumps(first['input'])[:80]}; expected otherwise: {expected}."

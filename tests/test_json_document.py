"""JSON documents: lists, single objects, replies of services; read as a stream."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectorstore.readers import Item, read
from vectorstore.records import Record, RejectedRecord

ONE = {"title": "Moths", "abstract": "Moths fly at night."}
TWO = {"title": "Tides", "abstract": "Tides come twice a day."}


def items(folder: Path, content: str | bytes) -> list[Item]:
    path = folder / "a.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path))


def titles(found: list[Item]) -> list[str]:
    return [item.title for item in found if isinstance(item, Record)]


@pytest.mark.parametrize(
    "document",
    [
        [ONE, TWO],
        {"meta": {"count": 2}, "results": [ONE, TWO], "group_by": []},
        {"total": 2, "data": [ONE, TWO]},
        {"status": "ok", "message": {"total-results": 2, "items": [ONE, TWO]}},
        {"papers": [ONE, TWO]},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_records_are_found_where_services_list_them(
    tmp_path: Path, document: Any, indent: int | None
) -> None:
    assert titles(items(tmp_path, json.dumps(document, indent=indent))) == ["Moths", "Tides"]


def test_one_object_is_a_record(tmp_path: Path) -> None:
    for document in (ONE, {"status": "ok", "message": ONE}):
        assert titles(items(tmp_path, json.dumps(document, indent=1))) == ["Moths"]


def test_objects_over_several_lines_one_behind_the_other(tmp_path: Path) -> None:
    content = "\n".join(json.dumps(item, indent=1) for item in (ONE, TWO))
    assert titles(items(tmp_path, content)) == ["Moths", "Tides"]


def test_what_is_no_object_is_rejected(tmp_path: Path) -> None:
    first, second = items(tmp_path, json.dumps([ONE, 3]))
    assert isinstance(first, Record)
    reason = "a number instead of an object with an 'abstract'"
    assert second == RejectedRecord("a.json", "record 2", reason)


def test_a_document_of_nothing_is_told(tmp_path: Path) -> None:
    reason = "is JSON that lists no record"
    assert items(tmp_path, "[]") == [RejectedRecord("a.json", "whole file", reason)]
    assert items(tmp_path, '{"results": []}') == [RejectedRecord("a.json", "whole file", reason)]


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ('{"abstract": "x", "y": NaN}]', "lexical error: invalid char in json text"),
        ('{"abstract": "x', "parse error: premature EOF"),
        ("}]", "parse error: unallowed token at this point in JSON text"),
        ('{"abstract": "\\udc00"}]', "half of a character, such as \\udc00, without the other"),
        (f'{{"year": {"9" * 5000}}}]', "a number that is too large"),
        (f'{{"year": {" " * 65_536}{"9" * 100_000}}}]', "a number that is too large"),
        ('{"year": 1e9999999999999999999999}]', "a number that is too large"),
    ],
)
def test_what_breaks_a_document_off_is_told(tmp_path: Path, rest: str, reason: str) -> None:
    first, second = items(tmp_path, f"[{json.dumps(ONE)},{rest}")
    assert isinstance(first, Record)
    assert second == RejectedRecord("a.json", "record 2", f"not JSON from here on ({reason})")


def test_utf16_is_read(tmp_path: Path) -> None:
    assert titles(items(tmp_path, json.dumps([ONE]).encode("utf-16"))) == ["Moths"]


# Made to do harm -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (
            '{"abstract": ' + "[" * 100_000 + "]" * 100_000 + "}",
            "is nested deeper than 64 levels; expected fewer",
        ),
        (
            '{"abstract": "' + "a" * 10_000_000 + '"}',
            "is longer than 2,000,000 characters; expected a shorter record",
        ),
        (
            '{"a": [' + "1," * 300_000 + "1]}",
            "is longer than 2,000,000 characters; expected a shorter record",
        ),
    ],
    ids=["deep", "long", "many"],
)
@pytest.mark.parametrize("wrapper", ["[%s, %s]", '{"results": [%s, %s]}'])
def test_a_record_that_is_too_much_costs_itself_only(
    tmp_path: Path, harm: str, reason: str, wrapper: str
) -> None:
    first, second = items(tmp_path, wrapper % (harm, json.dumps(ONE)))
    assert first == RejectedRecord("a.json", "record 1", reason)
    assert isinstance(second, Record)


def test_depth_alone_crashes_nothing(tmp_path: Path) -> None:
    for content in ("[" * 100_000, '{"a":' * 100_000, '[{"a":' + "[" * 100_000):
        assert isinstance(items(tmp_path, content)[0], RejectedRecord)


def test_a_string_without_an_end_takes_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"abstract": "' + "a" * 100_000_000 + '"}]')
    tracemalloc.start()
    reason = "holds over 32,000,000 bytes without an end; the rest is left unread"
    assert list(read(path)) == [RejectedRecord("a.json", "record 1", reason)]
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


PIECES = ["[", "]", "{", "}", '"abstract":', '"x"', ",", ":", "null", "1e999", "-", '"\\ud800"',
          json.dumps(ONE), '{"results":[', '"message":{', "NaN", "1" * 400, "\n"]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=15).map("".join))
def test_no_text_makes_reading_fail_or_vanish(tmp_path: Path, content: str) -> None:
    for start in ("[{", "{\n"):
        assert items(tmp_path, (start + content).encode("utf-8", "replace"))

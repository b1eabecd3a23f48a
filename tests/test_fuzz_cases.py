"""Files made to do harm, and what the fuzzer found: each is read, or it is said why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz import tokens
from fuzz.checked_reading import (
    ANY,
    SOURCE,
    TARGETS,
    BrokenPromiseError,
    check_item,
    check_reading,
    seeds,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectorstore.records import Note, Record, RejectedRecord

FOLDER = Path(__file__).parent / "fuzz" / "cases"
CASES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
SEEDS = {target: seeds(target) for target in TARGETS}
WORDS = {
    target: [eval(f"b{line}") for line in tokens.dictionary(target).split("\n") if line]  # noqa: S307
    for target in TARGETS
}


@pytest.mark.parametrize("case", CASES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_case_is_read_or_it_is_said_why_not(case: Path) -> None:
    content = case.read_bytes()
    check_reading(content, case.parent.name)
    assert check_reading(content, ANY) > 0


def test_every_reader_has_cases_seeds_and_words() -> None:
    assert {case.parent.name for case in CASES} == set(TARGETS)
    assert set(tokens.TARGETS) == set(TARGETS)
    assert all(SEEDS.values())


@pytest.mark.parametrize("target", TARGETS)
def test_seeds_are_read_whole(target: str) -> None:
    found = [check_reading(content, target) for content in SEEDS[target]]
    assert min(found) >= (1 if target in (ANY, "plain") else 3)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A small export, cut, doubled, with bytes turned and words of its format put in."""
    target = draw(st.sampled_from(TARGETS))
    content = bytearray(draw(st.sampled_from(SEEDS[target])))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 200)))
        kind = draw(st.sampled_from(["cut", "double", "turn", "insert", "end"]))
        if kind == "cut":
            del content[start:end]
        elif kind == "double":
            content[start:start] = content[start:end]
        elif kind == "turn" and start < len(content):
            content[start] = draw(st.integers(0, 255))
        elif kind == "insert":
            content[start:start] = draw(st.sampled_from(WORDS[target]))
        elif kind == "end":
            del content[start:]
    return target, bytes(content)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=damaged())
def test_damaged_exports_are_read_or_it_is_said_why_not(case: tuple[str, bytes]) -> None:
    target, content = case
    check_reading(content, target)
    assert check_reading(content, ANY) > 0


# What is checked can fail.


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        (Record("", "t", "a", sources=("f",)), "a record without id"),
        (Record("a", "t", "", sources=("f",)), "a record without abstract"),
        (Record("a", "t", "a\0", sources=("f",)), "control characters in abstract"),
        (Record("a", "t", "a", authors=("\ud800",), sources=("f",)),
         "authors cannot be stored: surrogates not allowed"),
        (Record("a", "t", "a" * 100_001, sources=("f",)), "an abstract that is too long"),
        (Note("f", "line 1", " "), r"Note: ['reason']"),
        (RejectedRecord("f", "whole file", "could not be read to its end (x)"),
         "RejectedRecord: could not be read to its end (x)"),
    ],
)  # fmt: skip
def test_an_item_that_is_not_well_formed_is_a_finding(item: Record, complaint: str) -> None:
    with pytest.raises(BrokenPromiseError) as caught:
        check_item(item)
    assert str(caught.value) == complaint


def test_silence_and_exceptions_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    from fuzz import checked_reading

    class Silent:
        def matches(self, head: object) -> bool:
            return True

        def read_items(self, document: object) -> list[object]:
            return []

    monkeypatch.setitem(checked_reading.READERS, "plain", Silent())
    with pytest.raises(BrokenPromiseError, match="^nothing is said of a file that is not empty$"):
        check_reading(b"Moths", "plain")
    monkeypatch.setattr(Silent, "read_items", lambda self, document: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        check_reading(b"Moths", "plain")
    assert SOURCE == "fuzzed"

"""Plain text: a file that is one abstract, and the many that are none."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectorstore.readers import MAX_LINE_BYTES, Item, Note, read
from vectorstore.readers.plain import EXPECTED
from vectorstore.readers.prose import MAX_CHARACTERS, MIN_LETTERS
from vectorstore.records import Record, RejectedRecord, text_identity

MOTHS = (
    "Moths count the lamps of a street (up to 12 of them; p < 0.05). We filmed 340 moths\n"
    "in two summers, e.g. under sodium light. They tire by midnight."
)
STRUCTURED = (
    "BACKGROUND: Tides are read from ship logs, where there are any.\n\n"
    "METHODS: We read 17 of them twice, in two harbours.\n\n"
    "RESULTS: No two logs agreed [1], and 95% of the tides came late."
)
LATEX = (
    r"We show that $\alpha_i \le 3$ holds for every gear of $n$ teeth, and that the bound is sharp "
    r"where $n$ is prime. The proof counts the turns of each \emph{pair} of gears until they meet."
)
UNENDED = MOTHS.removesuffix(".")
GERMAN = (
    "Motten zählen die Laternen einer Straße. Sie ermüden, so zeigen Aufnahmen, bis Mitternacht."
)
CHINESE = "飞蛾会数街上的灯。" * 8
ARABIC = "تعد الفراشات مصابيح الشارع في الليل. وقد صورنا ثلاثمئة فراشة في صيفين متتاليين."


def read_bytes(folder: Path, content: bytes, name: str = "in.txt") -> list[Item]:
    path = folder / name
    path.write_bytes(content)
    return list(read(path))


def read_text(folder: Path, content: str, name: str = "in.txt") -> list[Item]:
    return read_bytes(folder, content.encode(), name)


def rejected(obstacle: str) -> list[Item]:
    reason = f"no line starts with `Abstract:`, and {obstacle}; {EXPECTED}"
    return [RejectedRecord("in.txt", "whole file", reason)]


@pytest.mark.parametrize("text", [MOTHS, STRUCTURED, LATEX, GERMAN, CHINESE, ARABIC, UNENDED])
def test_a_text_that_is_one_abstract_is_a_record(tmp_path: Path, text: str) -> None:
    (record,) = read_text(tmp_path, f"\ufeff\n  {text}\n\n")
    assert isinstance(record, Record)
    assert record.abstract == text
    assert record.title_derived
    assert record.id == text_identity(text)
    assert record.sources == ("in.txt",)


def test_formulas_and_one_line_that_ends_like_code_do_not_make_an_abstract_code(
    tmp_path: Path,
) -> None:
    formulas = "$\\gcd(l, k) = a^{2^l}$ and $P_a(x)$ " * 9
    wrapped = "for $k_{\\max}\n< 3$ and $k_{\\min}\n> 2$ alone."
    text = f"{MOTHS}\nWe prove {formulas};\nno more, {wrapped}"
    (record,) = read_text(tmp_path, text)
    assert isinstance(record, Record)
    assert record.abstract == text


def test_sums_of_money_are_no_formulas(tmp_path: Path) -> None:
    (rejected,) = read_text(tmp_path, f"{MOTHS} It costs $4 {'<>;{}[]' * 9} or $5.")
    assert isinstance(rejected, RejectedRecord)
    assert "it has too many figures and symbols for prose" in rejected.reason


@pytest.mark.parametrize("title", ["Do moths count?", "# Moths: the lamps of a street", "飞蛾"])
def test_a_short_line_that_stands_alone_is_the_title(tmp_path: Path, title: str) -> None:
    (record,) = read_text(tmp_path, f"\n{title}\n\n{MOTHS}\n")
    assert isinstance(record, Record)
    assert (record.title, record.title_derived) == (title.removeprefix("# "), False)
    assert record.abstract == MOTHS


@pytest.mark.parametrize(
    "first", ["Moths are late.\n\n", "Moths are late\n", "We count moths " * 20 + "\n\n"]
)
def test_a_line_that_does_not_stand_alone_or_is_a_sentence_is_no_title(
    tmp_path: Path, first: str
) -> None:
    (record,) = read_text(tmp_path, f"{first}{MOTHS} {MOTHS} {MOTHS}")
    assert isinstance(record, Record)
    assert record.title_derived
    assert record.abstract == f"{first}{MOTHS} {MOTHS} {MOTHS}"


@pytest.mark.parametrize(
    ("text", "obstacle"),
    [
        (
            f"Moths\n=====\n\n{MOTHS}",
            "it is laid out as a document with headings or lists",
        ),
        (
            f"{MOTHS}\n\n## Lamps\n\n{MOTHS}",
            "it is laid out as a document with headings or lists",
        ),
        (
            f"{MOTHS}\n- one is a lamp.\n- one is a moth.\n- one is neither.",
            "it is laid out as a document with headings or lists",
        ),
        ("Moths.", "it is too short for an abstract (5 letters; at least 60)"),
        (
            "a" * (MIN_LETTERS - 1) + ".",
            "it is too short for an abstract (59 letters; at least 60)",
        ),
        ("Moths sleep. " * 800, "it is too long for an abstract (over 10,000 characters)"),
        ("Moths sleep. " * 80_000, "it is too long for an abstract (over 10,000 characters)"),
        (MOTHS + "\n" * 50_000 + "x", "it is too long for an abstract (over 10,000 characters)"),
        (f"<p>{MOTHS}</p>", "it is markup, not prose"),
        (f"<!DOCTYPE html>\n<html><body>{MOTHS}</body></html>", "it is markup, not prose"),
        (
            "import sys\n\n\ndef count(moths):\n    total = 0\n    for moth in moths:\n"
            "        total += 1\n    return total\n\n\nif __name__ == '__main__':\n"
            "    sys.exit(count(sys.argv))\n",
            "it has too many figures and symbols for prose",
        ),
        (
            "#include <moths.h>\n\nint main(void) {\n    count_the_moths_of_the_street();\n"
            "    go_home_and_have_a_rest();\n    return nothing;\n}\n",
            "it looks like source code",
        ),
        (
            "import moths\n\nfrom lamps import street\n\nwhile street.dark():\n    moths.count()\n"
            "    lamps.sleep()\n\nimport the.last.of.the.lamps\n",
            "it looks like source code",
        ),
        (
            "2024-05-03 21:14:02 INFO lamp 12 on\n2024-05-03 21:14:09 WARN moth 4 lost\n" * 4,
            "it has too many figures and symbols for prose",
        ),
        (
            "moth\tlamp\tstreet\nowlet\tsodium\tHarbour Road.\nhawk\tmercury\tMill Lane.\n" * 2,
            "it looks like a table",
        ),
        (
            "milk and bread\ncandles for the moth trap\nstring for the big old gears\nbatteries\n",
            "it has no sentences",
        ),
        ("moth lamp street " * 100 + "end.", "it has no sentences"),
        (
            "Dear Ada,\n\nthe moths are back. Will you\n\ncome and see them with me on Sunday\n\n"
            "Yours with all my love, Bo of the old Mill Lane, the one behind the harbour\n",
            "its paragraphs are no whole sentences",
        ),
    ],
)
def test_what_is_no_abstract_is_rejected_as_a_whole(
    tmp_path: Path, text: str, obstacle: str
) -> None:
    assert read_text(tmp_path, text) == rejected(obstacle)


def test_the_longest_abstract_is_read(tmp_path: Path) -> None:
    text = ("Moths sleep. " * 1_000)[: MAX_CHARACTERS - 1].rstrip() + "."
    (record,) = read_text(tmp_path, text)
    assert isinstance(record, Record)
    assert record.abstract == text


def test_an_endless_line_is_rejected_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("Moths sleep. " * 2_000_000)
    tracemalloc.start()
    items = list(read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert items == rejected("it is too long for an abstract (over 10,000 characters)")
    assert peak < 5 * MAX_LINE_BYTES


def test_a_control_character_in_an_abstract_is_rejected(tmp_path: Path) -> None:
    reason = "'abstract' holds the control character U+0007 at character 6; remove it"
    items = read_text(tmp_path, f"Moths\x07 sleep. {MOTHS}")
    assert items == [RejectedRecord("in.txt", "lines 1-2", reason)]


def test_marks_of_direction_are_kept_verbatim(tmp_path: Path) -> None:
    (record,) = read_text(tmp_path, f"{MOTHS} \u202eThey rest.\u202c \u2067So.\u2069 Yes.")
    assert isinstance(record, Record)
    assert record.abstract.endswith(" \u202eThey rest.\u202c \u2067So.\u2069 Yes.")


def test_latin_bytes_are_noted(tmp_path: Path) -> None:
    record, note = read_bytes(tmp_path, GERMAN.encode("latin-1"))
    assert isinstance(record, Record)
    assert record.abstract == GERMAN
    reason = "byte 0xE4 is not UTF-8: this line was read as Latin-1 (Windows-1252)"
    assert note == Note("in.txt", "line 1", reason)


def test_a_readme_is_read_where_it_is_named_and_left_out_of_a_folder(tmp_path: Path) -> None:
    (record,) = read_text(tmp_path, MOTHS, "README.md")
    assert isinstance(record, Record)
    reason = "left out: is named like a file about other files"
    assert list(read(tmp_path)) == [Note(f"{tmp_path.name}/README.md", "whole file", reason)]


def test_what_is_no_abstract_is_left_out_of_a_folder(tmp_path: Path) -> None:
    read_text(tmp_path, "Moths.")
    found = "it is too short for an abstract (5 letters; at least 60)"
    reason = f"left out: no line starts with `Abstract:`, and {found}; {EXPECTED}"
    assert list(read(tmp_path)) == [Note(f"{tmp_path.name}/in.txt", "whole file", reason)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            [MOTHS, STRUCTURED, CHINESE, "\n", "\n\n", " ", "#", "<p>", "{", "\t", "\0", "\x1c"]
            + ["Abstract:", "Title", ".", "\u202e", "\u2028", "\r", "Moths are late"]
        ),
        max_size=12,
    ).map(lambda parts: "".join(parts).encode())
    | st.binary(max_size=300).map(lambda content: MOTHS.encode() + content)
    | st.text(max_size=300).map(lambda text: text.encode())
)
def test_no_text_makes_reading_fail_or_vanish(tmp_path: Path, content: bytes) -> None:
    items = read_bytes(tmp_path, content)
    assert items
    for item in items:
        if isinstance(item, Record):
            item.fingerprint.encode()

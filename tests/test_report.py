"""Reports: read back as written, the same bytes twice, and harmless whatever a text holds."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from made_up_report import HOSTILE, case, empty_report, made_up_report, sentence
from rich.console import Console

from evals.errors import EvalError
from evals.report import load_report, terminal_tables, write_reports
from evals.report.words import visible

NAMES = ("report.json", "junit.xml", "report.html")
VOID = {"br", "input", "meta"}
ALLOWED = {
    "a", "b", "blockquote", "body", "br", "button", "caption", "circle", "dd", "details", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "form", "g", "h1", "h2", "h3", "head", "header",
    "html", "input", "label", "legend", "li", "line", "main", "mark", "meta", "nav", "ol", "option",
    "p", "polyline", "pre", "rect", "script", "section", "select", "small", "span", "style",
    "summary", "svg", "table", "tbody", "td", "text", "th", "thead", "title", "tr", "ul",
}  # fmt: skip


class Page(HTMLParser):
    """What a page holds; fails where a tag is not closed by its own end."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def values(self, name: str) -> list[str]:
        return [str(attributes[name]) for _, attributes in self.tags if name in attributes]

    def words(self) -> str:
        return "".join(text for tag, text in self.texts if tag not in ("script", "style"))


def written(folder: Path, **more: Any) -> dict[str, str]:
    write_reports(made_up_report(**more), folder)
    return {name: (folder / name).read_text(encoding="utf-8") for name in NAMES}


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(written(tmp_path)["report.html"])


def test_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    write_reports(made_up_report(), tmp_path)
    assert load_report(tmp_path / "report.json") == made_up_report()


def test_report_of_nothing_is_read_back_too(tmp_path: Path) -> None:
    write_reports(empty_report(), tmp_path)
    assert load_report(tmp_path / "report.json") == empty_report()


def test_reports_are_the_same_bytes_twice_and_from_their_own_json(tmp_path: Path) -> None:
    first, second, third = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    write_reports(made_up_report(), first)
    write_reports(dict(reversed(made_up_report().items())), second)
    write_reports(load_report(first / "report.json"), third)
    for name in NAMES:
        content = (first / name).read_bytes()
        assert content == (second / name).read_bytes() == (third / name).read_bytes()


def test_reports_leave_nothing_else_in_the_folder(tmp_path: Path) -> None:
    written(tmp_path / "new" / "folder")
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == set(NAMES)


def test_report_json_is_sorted_and_in_utf_8(tmp_path: Path) -> None:
    text = written(tmp_path, quoth="0.1 – β")["report.json"]
    assert list(json.loads(text)) == sorted(made_up_report())
    assert '"quoth": "0.1 – β"' in text


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EvalError, match=r"file/report.json: cannot be written \(File exists\)"):
        write_reports(made_up_report(), tmp_path / "file")


def test_failed_writing_leaves_the_report_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written(tmp_path)

    def fail(path: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(EvalError, match="No space left on device"):
        write_reports(empty_report(), tmp_path)
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == before


REMEDY = "Make a new one with `python -m evals run`."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", f"found list; expected the JSON object of a report. {REMEDY}"),
        ("{}", f"found no 'schema'; expected schema 1. {REMEDY}"),
        ('{"schema": 2}', f"found schema 2; expected schema 1. {REMEDY}"),
        ('{"schema": true}', f"found schema true; expected schema 1. {REMEDY}"),
        ('{"schema": "1"}', f'found schema "1"; expected schema 1. {REMEDY}'),
        ('{"schema": 1}', f"'quoth' is missing; expected a report of schema 1. {REMEDY}"),
        ('{"schema": NaN}', f"not JSON in UTF-8 (found NaN); expected a report.json. {REMEDY}"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "old.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvalError) as caught:
        load_report(path)
    assert str(caught.value) == f"{path}: {message}"


def test_cut_off_report_is_refused(tmp_path: Path) -> None:
    text = written(tmp_path)["report.json"]
    (tmp_path / "report.json").write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(EvalError, match="not JSON in UTF-8"):
        load_report(tmp_path / "report.json")


def test_report_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(b'{"schema": "\xff"}')
    with pytest.raises(EvalError, match="not JSON in UTF-8"):
        load_report(tmp_path / "report.json")


def test_missing_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"none.json: cannot be read \(No such file or directory\)"):
        load_report(tmp_path / "none.json")


def test_wrong_value_deep_within_is_named(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(made_up_report(cases=[case("a", "fine")])), encoding="utf-8")
    with pytest.raises(EvalError) as caught:
        load_report(path)
    assert str(caught.value) == (
        f"{path}: 'cases.0.outcome' is \"fine\"; expected otherwise: "
        f"input should be 'right', 'wrong', 'abstained' or 'crashed'. {REMEDY}"
    )


def test_junit_counts_gates_and_cases(tmp_path: Path) -> None:
    root = ElementTree.fromstring(written(tmp_path)["junit.xml"])
    counts = {
        suite.get("name"): [suite.get(name) for name in ("tests", "failures", "errors", "time")]
        for suite in root
    }
    assert counts == {"gates": ["3", "1", "0", "0.000"], "cases": ["6", "3", "1", "1.704"]}
    assert [root.get(name) for name in ("tests", "failures", "errors")] == ["9", "4", "1"]


def test_junit_names_the_kind_and_tells_what_was_wanted_and_said(tmp_path: Path) -> None:
    root = ElementTree.fromstring(written(tmp_path)["junit.xml"])
    (test,) = root.findall(".//testcase[@name='fact-2']")
    assert test.get("classname") == "cases.fact"
    (failure,) = test
    assert failure.tag == "failure"
    assert failure.get("message") == "wrong: How well does LanternNet count?"
    assert failure.text == (
        "question: How well does LanternNet count?\n"
        "wanted: 91.4% / 91.4 percent; 12 species from doi:10.5555/moth.1\n"
        "said: LanternNet counts 12 of 19 moths. [1]\n"
        "cited: [1] doi:10.5555/moth.1: "
        "LanternNet counts with an F1 score of 91.4% on 12 species.\n"
        "removed: It is 40 times faster. (40 is not stated in [1])"
    )


def test_junit_has_an_error_for_a_crash_and_a_failure_for_a_gate(tmp_path: Path) -> None:
    root = ElementTree.fromstring(written(tmp_path)["junit.xml"])
    (error,) = root.findall(".//testcase[@name='hostile-1']/error")
    assert "said: crashed: RuntimeError: <script>" in str(error.text)
    (failure,) = root.findall(".//testcase[@classname='gates']/failure")
    assert failure.get("message") == "judge_catch_rate is .880; expected at least .900"


def test_junit_passes_a_right_abstention(tmp_path: Path) -> None:
    root = ElementTree.fromstring(written(tmp_path)["junit.xml"])
    (test,) = root.findall(".//testcase[@name='near_miss-1']")
    assert list(test) == []


@pytest.mark.parametrize("code", [0, 1, 8, 0xB, 0x1B, 0x7F, 0x85, 0x202E, 0xD800, 0xFFFE, 0x1FFFF])
def test_no_file_holds_a_character_that_it_may_not(tmp_path: Path, code: int) -> None:
    files = written(tmp_path, cases=[case("a", "wrong", question=f"a{chr(code)}b")])
    ElementTree.fromstring(files["junit.xml"])
    assert chr(code) not in files["report.html"] + files["junit.xml"]


def test_control_characters_are_shown_as_their_pictures() -> None:
    assert visible("a\x00\x1b\x7f\r\nb\tc\ufffe\U0001f98b") == "a␀␛␡\nb\tc\ufffd\U0001f98b"


def test_page_is_balanced_and_holds_our_elements_only(page: Page) -> None:
    assert {tag for tag, _ in page.tags} <= ALLOWED
    assert len(page.all("script")) == len(page.all("style")) == 1


def test_page_of_nothing_is_balanced_too(tmp_path: Path) -> None:
    write_reports(empty_report(), tmp_path)
    empty = Page((tmp_path / "report.html").read_text("utf-8"))
    assert "No cases were run." in empty.words()
    assert "Passed: no gates were set" in empty.words()
    assert empty.all("circle") == []


def test_page_has_no_handler_no_style_and_no_address_but_its_own_places(page: Page) -> None:
    names = {name for _, attributes in page.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"src", "srcset", "style", "action", "formaction", "xlink:href", "data"}
    assert all(re.fullmatch(r"#[a-z0-9-]+", address) for address in page.values("href"))


def test_page_names_no_resource(tmp_path: Path) -> None:
    text = written(tmp_path)["report.html"]
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text
    assert "@import" not in text


def test_page_lets_the_browser_run_its_own_script_only(page: Page) -> None:
    (policy,) = (
        str(item["content"])
        for item in page.all("meta")
        if item.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    for tag in ("script", "style"):
        content = "".join(text for name, text in page.texts if name == tag)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


def test_hostile_text_stays_text(page: Page) -> None:
    assert "<script>document.title = 'owned'</script></script></details>" in page.words()
    script = "".join(text for tag, text in page.texts if tag == "script")
    assert "owned" not in script


def test_ids_are_unique_and_links_lead_to_them(page: Page) -> None:
    ids = page.values("id")
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    named = [address[1:] for address in page.values("href")]
    named += [
        name
        for key in ("aria-labelledby", "aria-describedby")
        for value in page.values(key)
        for name in value.split()
    ]
    assert set(named) <= set(ids)


def test_gates_come_first_and_the_failed_one_before_the_others(page: Page) -> None:
    captions = [text for tag, text in page.texts if tag == "caption"]
    assert captions[:4] == ["Gates", "Changes against the baseline", "Metrics", "Catch rates"]
    words = page.words()
    assert words.index("≥ 0.900") < words.index("≥ 0.800")


def test_every_table_has_headers_of_columns_and_rows(page: Page) -> None:
    scopes = Counter(item.get("scope") for item in page.all("th"))
    assert set(scopes) == {"col", "row"}
    assert len(page.all("caption")) == len(page.all("table"))
    assert scopes["row"] == len(page.all("tr")) - len(page.all("table"))


def test_every_control_has_a_name(page: Page) -> None:
    labels = len(page.all("label"))
    assert labels == len(page.all("input")) + len(page.all("select"))


def points(page: Page) -> set[tuple[str | None, str | None]]:
    return {(item["cx"], item["cy"]) for item in page.all("circle")}


def test_risk_and_coverage_are_drawn_at_their_places(page: Page) -> None:
    # 348 wide from 58; 232 high up from 244, where .2 is the top.
    assert {("197.2", "186.0"), ("406.0", "35.2")} <= points(page)


def test_calibration_is_drawn_with_its_diagonal_and_counts(page: Page) -> None:
    # 348 wide from 58; 176 high up from 188; empty bins are left out.
    assert {("319.0", "100.0"), ("388.6", "29.6")} <= points(page)
    diagonal = {"x1": "58.0", "y1": "188.0", "x2": "406.0", "y2": "12.0", "class": "diagonal"}
    assert diagonal in page.all("line")
    bars = [item for item in page.all("rect") if item["class"] == "count"]
    assert len(bars) == 2
    assert [float(str(bar["height"])) for bar in bars] == [13.6, 34.0]


def test_kinds_are_drawn_in_the_order_of_the_cases(page: Page) -> None:
    names = [text for tag, text in page.texts if tag == "text" and text.endswith(")")]
    kinds = [name for name in names if re.search(r"\(\d+\)$", name)]
    assert kinds[:4] == ["fact (2)", "follow up (1)", "near miss (1)", "hostile (1)"]
    assert kinds[4].endswith("… (1)")


def test_every_timed_case_is_in_a_bar_of_the_latencies(page: Page) -> None:
    shares = [
        int(found[1])
        for tag, text in page.texts
        if tag == "title"
        and (found := re.fullmatch(r"[\d.,]+ ms to .* ms: (\d+) questions?", text))
    ]
    assert shares == [4, 1]


def test_figures_have_a_text_alternative_and_their_values_as_a_table(page: Page) -> None:
    drawings = [item for item in page.all("svg") if item.get("role") == "img"]
    assert len(drawings) == 4
    assert all(item.get("aria-labelledby") and item.get("aria-describedby") for item in drawings)
    assert {item["aria-hidden"] for item in page.all("svg") if "role" not in item} == {"true"}


def test_every_case_can_be_filtered_by_outcome_kind_and_change(page: Page) -> None:
    held = [item for item in page.all("details") if item.get("class") == "case"]
    assert [item["data-outcome"] for item in held] == [
        "right", "wrong", "abstained", "right", "crashed", "wrong"
    ]  # fmt: skip
    assert [item["data-kind"] for item in held][:5] == [
        "fact", "fact", "follow_up", "near_miss", "hostile"
    ]  # fmt: skip
    assert [item.get("data-change") for item in held] == [
        "better", "worse", None, None, None, "worse"
    ]  # fmt: skip


def test_without_a_script_the_filter_is_hidden_and_the_cases_are_not(page: Page) -> None:
    (form,) = page.all("form")
    assert "hidden" in form
    assert all("hidden" not in item for item in page.all("details"))


def test_quotation_is_marked_within_its_surroundings(tmp_path: Path) -> None:
    text = written(tmp_path)["report.html"]
    assert (
        '<blockquote dir="auto">Counting moths at night is slow work.\n  '
        "<mark>LanternNet counts with an F1 score of 91.4% on 12 species.</mark>"
        " It needs no trap.</blockquote>"
    ) in text
    assert '<blockquote dir="auto">…Counting' in text


def test_verdicts_are_words_and_citations_links(tmp_path: Path) -> None:
    words = Page(written(tmp_path)["report.html"]).words()
    for word in (
        "partly supported",
        "judge: not faithful",
        "judge: not scored",
        "19 is not stated",
    ):
        assert word in words
    answer = case("a", sentences=[sentence("One.", citations=[1, 7], faithful=True)])
    text = written(tmp_path, cases=[answer])["report.html"]
    assert '<p dir="auto">One. <a href="#case-1-citation-1">[1]</a> <span>[7]</span></p>' in text


def channel(part: str) -> float:
    value = int(part, 16) / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    red, green, blue = (channel(colour[at : at + 2]) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("front", "back"),
    [(front, back) for front in ("text", "muted", "accent") for back in ("page", "panel")]
    + [(name, f"{name}-back") for name in ("good", "bad", "warn", "mark")]
    + [("text", "plain-back")],
)
@pytest.mark.parametrize("theme", [0, 1])
def test_colours_of_text_have_the_contrast_of_aa(
    tmp_path: Path, front: str, back: str, theme: int
) -> None:
    text = written(tmp_path)["report.html"]
    colours = {
        name: pair
        for name, *pair in re.findall(r"--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)", text)
    }
    darker, lighter = sorted(luminance(colours[name][theme]) for name in (front, back))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def printed(report: dict[str, Any]) -> str:
    console = Console(width=160, record=True, force_terminal=False, file=io.StringIO())
    for table in terminal_tables(report):
        console.print(table)
    return console.export_text()


def test_terminal_shows_every_part() -> None:
    text = printed(made_up_report())
    for title in (
        "6 cases of sample.jsonl on sample (19 papers); answerer quote, judge verifier",
        "6 questions: p50 51.2 ms, p95 900 ms, p99 1,500 ms",
        "Against the baseline: 2 worse, 1 better, 0 new, 1 gone",
        "Crashed (counted as wrong)",
        "judge_catch_rate is .880; expected at least .900",
        "Failed: 1 of 3 gates (Judge: catch rate)",
    ):
        assert title in text
    assert re.search(r"Answer accuracy +│ +\.831 \[\.781, \.871\] │ +110", text)
    assert re.search(r"Follow-up accuracy +│ +- │ +0", text)
    assert re.search(r"a number changed +│ +40 │ +\.900 \[\.850, \.940\]", text)
    assert re.search(r"worse +│ +fact-2 │ +fact │ +wrong │ +How well does LanternNet count\?", text)
    assert re.search(r"gone +│ +fact-0 │", text)


def test_terminal_gets_no_control_character() -> None:
    text = printed(made_up_report())
    assert "\x1b" not in text
    assert "␛[31m" in text


def test_terminal_leaves_out_what_there_is_none_of() -> None:
    text = printed(empty_report())
    assert "baseline:" not in text
    assert "Crashed" not in text
    assert "Passed: no gates were set" in text


def test_hostile_text_is_the_worst_we_know() -> None:
    assert all(part in HOSTILE for part in ("</script>", '"><img', "javascript:", "\x00", "]]>"))

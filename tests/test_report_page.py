"""The page of a report: whole in itself, drawn from the data, harmless whatever a text holds."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from made_up_report import HOSTILE, case, empty_report, made_up_report, sentence

from evals.report import write_reports

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


def written(folder: Path, **more: Any) -> str:
    write_reports(made_up_report(**more), folder)
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(written(tmp_path))


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
    text = written(tmp_path)
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


def test_failed_gates_are_told_at_the_top(page: Page) -> None:
    listed = page.words()[: page.words().index("6 cases of")]
    assert "judge_catch_rate is .880; expected at least .900" in listed
    assert "answer accuracy is .831" not in listed


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
    text = written(tmp_path)
    assert (
        '<blockquote dir="auto">Counting moths at night is slow work.\n  '
        "<mark>LanternNet counts with an F1 score of 91.4% on 12 species.</mark>"
        " It needs no trap.</blockquote>"
    ) in text
    assert '<blockquote dir="auto">…Counting' in text


def test_verdicts_are_words_and_citations_links(tmp_path: Path) -> None:
    words = Page(written(tmp_path)).words()
    for word in (
        "partly supported",
        "judge: not faithful",
        "judge: not scored",
        "19 is not stated",
    ):
        assert word in words
    answer = case("a", sentences=[sentence("One.", citations=[1, 7], faithful=True)])
    text = written(tmp_path, cases=[answer])
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
    + [("bad", "page")]
    + [("text", "plain-back")],
)
@pytest.mark.parametrize("theme", [0, 1])
def test_colours_of_text_have_the_contrast_of_aa(
    tmp_path: Path, front: str, back: str, theme: int
) -> None:
    text = written(tmp_path)
    colours = {
        name: pair
        for name, *pair in re.findall(r"--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)", text)
    }
    darker, lighter = sorted(luminance(colours[name][theme]) for name in (front, back))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_hostile_text_is_the_worst_we_know() -> None:
    assert all(part in HOSTILE for part in ("</script>", '"><img', "javascript:", "\x00", "]]>"))

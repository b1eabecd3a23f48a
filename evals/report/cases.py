"""The last part of the page: every case with its answer and its evidence; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evals.report.markup import Child, Html, badge, element, join, link
from evals.report.summary import CHANGE_BADGES, outcome_badge
from evals.report.words import OUTCOMES, Values, count, kind_names, spell_kind, spell_ms

VERDICTS = {
    "supported": badge("good", "✓", "supported"),
    "partly": badge("warn", "◐", "partly supported"),
    "unsupported": badge("bad", "✗", "unsupported"),
}
FAITHFUL = {
    True: badge("good", "✓", "judge: faithful"),
    False: badge("bad", "✗", "judge: not faithful"),
    None: badge("plain", "?", "judge: not scored"),
}
CONTEXT = 300
"""Characters of an abstract that a report keeps on each side of a quotation."""


def anchors_of(cases: Iterable[Values]) -> dict[str, str]:
    """Case id to the id of its place on the page."""
    return {case["id"]: f"case-{place}" for place, case in enumerate(cases, 1)}


def cases_section(report: Values, changes: Mapping[str, str]) -> Html:
    """The filter and every case."""
    cases = report["cases"]
    shown = (
        case_details(case, f"case-{place}", changes.get(case["id"]))
        for place, case in enumerate(cases, 1)
    )
    return element(
        "section",
        element("h2", "Cases", id="cases"),
        filter_form(report),
        element("div", *shown, id="case-list") if cases else element("p", "No cases were run."),
    )


def filter_form(report: Values) -> Html:
    """Controls for the script of the page, which shows them."""
    outcomes = (
        element(
            "label",
            element("input", type="checkbox", name="outcome", value=outcome, checked=True),
            " ",
            outcome_badge(outcome),
        )
        for outcome in OUTCOMES
    )
    return element(
        "form",
        element("fieldset", element("legend", "Outcome"), *outcomes),
        chooser("kind", "Kind", {name: spell_kind(name) for name in kind_names(report)}),
        change_chooser(report),
        element("label", "Text ", element("input", type="search", name="text", autocomplete="off")),
        element("button", "Open or close all shown", type="button", id="open-all"),
        element("p", count(len(report["cases"]), "case"), role="status", id="shown"),
        id="filter",
        hidden=True,
        role="search",
        aria_label="Filter the cases",
    )


def change_chooser(report: Values) -> Html:
    """A choice by change, where there was a baseline."""
    if report["changes"] is None:
        return Html()
    return chooser("change", "Change", {name: name for name in ("worse", "better", "new")})


def chooser(name: str, label: str, choices: Mapping[str, str]) -> Html:
    """A choice of one value, or of all."""
    options = (element("option", words, value=value) for value, words in choices.items())
    every = element("option", "all", value="")
    return element("label", f"{label} ", element("select", every, *options, name=name))


def case_details(case: Values, anchor: str, change: str | None) -> Html:
    """One case: a line that opens into all there is to know."""
    heading = element(
        "summary",
        outcome_badge(case["outcome"]),
        CHANGE_BADGES[change] if change else None,
        element("span", case["question"], class_="question", dir="auto"),
        element("span", f"{case['id']} · {spell_kind(case['kind'])}", class_="muted"),
    )
    return element(
        "details",
        heading,
        element("div", *case_parts(case, anchor), class_="body"),
        id=anchor,
        class_="case",
        data_outcome=case["outcome"],
        data_kind=case["kind"],
        data_change=change,
    )


def case_parts(case: Values, anchor: str) -> Iterable[Html]:
    """The parts of an opened case."""
    if case["history"]:
        yield part("Asked before", plain_list(case["history"], "ol"))
    if case["standalone_question"] not in ("", case["question"]):
        yield part("Understood as", paragraph(case["standalone_question"]))
    yield part(answer_title(case), answer(case, anchor))
    if case["removed"]:
        yield part("Removed from the answer", sentences(case["removed"], case, anchor))
    if case["citations"]:
        yield part("Evidence", *evidence(case["citations"], f"{anchor}-citation"))
    if case["nearest"]:
        yield part("Nearest passages (not an answer)", *evidence(case["nearest"], f"{anchor}-near"))
    yield part("Expected", expected(case))
    yield part("Scores", scores(case))


def part(title: str, *content: Child) -> Html:
    """A titled part of a case."""
    return element("div", element("h3", title), *content, class_="part")


def paragraph(text: str) -> Html:
    """A text of somebody's, in the direction of its own script."""
    return element("p", text, dir="auto")


def plain_list(texts: Iterable[str], tag: str = "ul") -> Html:
    """A list of texts."""
    return element(tag, *(element("li", text, dir="auto") for text in texts))


def answer_title(case: Values) -> str:
    """What kind of answer was given, with its confidence."""
    if case["outcome"] == "crashed":
        return "Crashed"
    given = "Abstained" if case["abstained"] else "Answer"
    return f"{given} (confidence {case['confidence']:.2f})"


def answer(case: Values, anchor: str) -> Html:
    """The sentences with their verdicts, or what stood in their place."""
    if case["outcome"] == "crashed":
        return element("pre", case["error"] or "no message")
    if not case["sentences"]:
        return paragraph(case["text"] or "No words.")
    return sentences(case["sentences"], case, anchor)


def sentences(items: Iterable[Values], case: Values, anchor: str) -> Html:
    """One item a sentence: its words, the places it cites, what the checks found."""
    places = {item["number"]: place for place, item in enumerate(case["citations"], 1)}
    return element("ul", *(sentence(item, places, anchor) for item in items), class_="sentences")


def sentence(item: Values, places: Mapping[int, int], anchor: str) -> Html:
    """A sentence with its citations as links, its verdict and the reason for that."""
    marks = (
        link(f"{anchor}-citation-{places[number]}", f"[{number}]")
        if number in places
        else element("span", f"[{number}]")
        for number in item["citations"]
    )
    words = join(*(join(" ", mark) for mark in marks))
    judged = FAITHFUL[item["faithful"]] if "faithful" in item else None
    found = join(VERDICTS[item["verdict"]], judged)
    reason = element("span", item["reason"], class_="muted", dir="auto") if item["reason"] else None
    checks = element("div", found, reason, class_="checks")
    return element("li", element("p", item["text"], words, dir="auto"), checks)


def evidence(items: Iterable[Values], prefix: str) -> Iterable[Html]:
    """Each place: where it is, and its words among their neighbours."""
    return (passage(item, f"{prefix}-{place}") for place, item in enumerate(items, 1))


def passage(item: Values, anchor: str) -> Html:
    """A quotation marked within its abstract."""
    source = element(
        "figcaption",
        element("b", f"[{item['number']}] "),
        item["title"],
        element("span", f" · {item['record_id']}, {item['start']}–{item['end']}", class_="muted"),
    )
    quote = element(
        "blockquote",
        "…" if item["start"] > len(item["before"]) else None,
        item["before"],
        element("mark", item["quote"]),
        item["after"],
        "…" if len(item["after"]) >= CONTEXT else None,
        dir="auto",
    )
    return element("figure", source, quote, id=anchor, class_="passage", tabindex=-1)


def expected(case: Values) -> Html:
    """What a right answer says, and from which papers."""
    if not case["answerable"]:
        return join(
            element("p", "An abstention: the abstracts do not say it."),
            paragraph(case["reason"]) if case["reason"] else None,
        )
    facts = (" or ".join(f"“{text}”" for text in group) for group in case["facts"])
    return element(
        "dl",
        *described("Facts", plain_list(facts) if case["facts"] else None),
        *described("Papers", element("ul", *papers(case)) if case["papers"] else None),
        *described("Evidence", plain_list(case["evidence"]) if case["evidence"] else None),
    )


def described(term: str, content: Html | None) -> Iterable[Html]:
    """A term and its description; nothing where there is none."""
    return () if content is None else (element("dt", term), element("dd", content))


def papers(case: Values) -> Iterable[Html]:
    """Each gold paper, and whether the answer cites it."""
    cited = {item["record_id"] for item in case["citations"]}
    yes, no = badge("good", "✓", "cited"), badge("plain", "–", "not cited")
    return (element("li", id_, " ", yes if id_ in cited else no) for id_ in case["papers"])


def scores(case: Values) -> Html:
    """The figures of a case."""
    values = {
        **{
            name: "–" if value is None else f"{value:.3f}" for name, value in case["scores"].items()
        },
        **{f"{name} time": spell_ms(value) for name, value in case["timings_ms"].items()},
        **{spell_kind(name): str(value) for name, value in (case["usage"] or {}).items()},
    }
    if not values:
        return element("p", "None.")
    items = (element("li", f"{name} ", element("b", value)) for name, value in values.items())
    return element("ul", *items, class_="values")

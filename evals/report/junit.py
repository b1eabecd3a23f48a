"""A report as JUnit XML, which every CI shows; pure."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from evals.report.words import OUTCOMES, Values, said_line, visible, wanted_line

Element = ElementTree.Element


def junit_xml(report: Values) -> str:
    """Two suites: the gates, and the cases."""
    suites = [
        suite("gates", map(gate_test, report["gates"])),
        suite("cases", map(case_test, report["cases"])),
    ]
    root = Element("testsuites", {"name": "quoth evals", **totals(suites)})
    root.extend(suites)
    ElementTree.indent(root)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        + ElementTree.tostring(root, encoding="unicode")
        + "\n"
    )


def suite(name: str, tests: Iterable[Element]) -> Element:
    """A suite that counts its tests."""
    held = list(tests)
    found = Element(
        "testsuite",
        {
            "name": name,
            "tests": str(len(held)),
            "failures": str(sum(test.find("failure") is not None for test in held)),
            "errors": str(sum(test.find("error") is not None for test in held)),
            "time": f"{sum(float(test.get('time', 0)) for test in held):.3f}",
        },
    )
    found.extend(held)
    return found


def totals(suites: Iterable[Element]) -> dict[str, str]:
    """The counts of all suites together."""
    held = list(suites)
    counts = {
        name: str(sum(int(found.get(name, 0)) for found in held))
        for name in ("tests", "failures", "errors")
    }
    return {**counts, "time": f"{sum(float(found.get('time', 0)) for found in held):.3f}"}


def gate_test(gate: Values) -> Element:
    """One gate; it fails where the gate did."""
    test = Element("testcase", {"classname": "gates", "name": visible(gate["metric"])})
    if not gate["passed"]:
        add_problem(test, "failure", gate["message"], gate["message"])
    return test


def case_test(case: Values) -> Element:
    """One case: failed where the outcome is wrong or a wrong abstention, in error on a crash."""
    test = Element(
        "testcase",
        {
            "classname": visible(f"cases.{case['kind']}"),
            "name": visible(case["id"]),
            "time": f"{case['timings_ms'].get('total', 0) / 1000:.3f}",
        },
    )
    if case["outcome"] == "crashed":
        add_problem(test, "error", str(case["error"]), case_story(case))
    elif case["outcome"] != "right":
        word = OUTCOMES[case["outcome"]][1]
        add_problem(test, "failure", f"{word}: {case['question']}", case_story(case))
    return test


def add_problem(test: Element, tag: str, message: str, story: str) -> None:
    """What went wrong, in a line and at length."""
    problem = ElementTree.SubElement(test, tag, {"message": " ".join(visible(message).split())})
    problem.text = visible(story)


def case_story(case: Values) -> str:
    """Question, what was wanted, what was said and what was left out."""
    lines = [
        *(f"before: {turn}" for turn in case["history"]),
        f"question: {case['question']}",
        f"wanted: {wanted_line(case)}",
        f"said: {said_line(case)}",
        *(
            f"cited: [{item['number']}] {item['record_id']}: {item['quote']}"
            for item in case["citations"]
        ),
        *(f"removed: {item['text']} ({item['reason'] or 'no reason'})" for item in case["removed"]),
    ]
    return "\n".join(lines)

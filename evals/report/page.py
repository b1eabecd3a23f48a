"""The page: one file that needs nothing from anywhere; pure but for reading its style and script.

Its policy (CSP) lets the browser load nothing and run only our own script, by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from evals.report.cases import anchors_of, cases_section
from evals.report.figures import figures_section
from evals.report.markup import Html, element, link
from evals.report.summary import (
    changes_section,
    gates_section,
    header,
    judge_section,
    metrics_section,
)
from evals.report.words import Values, changes_by_case


def html_page(report: Values) -> str:
    """`report.html`."""
    style, script = read_part("page.css"), read_part("page.js")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", "Quoth evals: passed" if report["passed"] else "Quoth evals: failed"),
        element("style", style),
    )
    body = element("body", *body_parts(report), element("script", script))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def body_parts(report: Values) -> list[Html]:
    """All that is seen, from the top."""
    return [
        link("main", "To the content", class_="skip"),
        navigation(report),
        element(
            "main",
            header(report),
            gates_section(report),
            changes_section(report, anchors_of(report["cases"])),
            metrics_section(report),
            judge_section(report),
            figures_section(report),
            cases_section(report, changes_by_case(report)),
            id="main",
        ),
    ]


def navigation(report: Values) -> Html:
    """Links to the sections, and the switch between light and dark."""
    names = ["gates", "changes", "metrics", "judge", "figures", "cases"]
    if report["changes"] is None:
        names.remove("changes")
    links = (element("li", link(name, name.capitalize())) for name in names)
    switch = element(
        "button", "Dark", type="button", id="theme", title="Change colours", hidden=True
    )
    return element("nav", element("ul", *links), switch, aria_label="Sections")


def read_part(name: str) -> Html:
    """Our own style or script, as it is."""
    return Html((files("evals.report") / name).read_text(encoding="utf-8"))


def policy(style: str, script: str) -> str:
    """A content security policy under which only these two count."""
    return (
        f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def digest(text: str) -> str:
    """The hash of an inline part, as a policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

"""The figures of a report, drawn from its data; pure."""

from __future__ import annotations

from evals.report.latency import draw_latency
from evals.report.markup import Child, Html, element
from evals.report.plot import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Axis,
    Drawing,
    Scale,
    bottom_axis,
    frame,
    left_axis,
    line,
    path_through,
    round_up,
    share_ticks,
    spell_range,
    text,
    titled,
)
from evals.report.words import Values, count, kind_names, spell_kind

ROW = 28


def figures_section(report: Values) -> Html:
    """All figures, in a grid."""
    drawings = (
        draw_risk_coverage(report),
        draw_calibration(report),
        draw_kinds(report),
        draw_latency(report),
    )
    return element(
        "section",
        element("h2", "Figures", id="figures"),
        element("div", *map(frame, drawings), class_="figures"),
    )


def draw_risk_coverage(report: Values) -> Drawing:
    """Share of wrong answers against the share of questions answered."""
    points = sorted(report["risk_coverage"], key=lambda point: float(point["coverage"]))
    top = round_up(max((point["risk"] for point in points), default=0))
    x = Axis("coverage (share of questions answered)", Scale(0, 1, LEFT, RIGHT), share_ticks())
    y = Axis("risk (share wrong)", Scale(0, top, BOTTOM, TOP), share_ticks(top))
    places = [(x.scale(point["coverage"]), y.scale(point["risk"])) for point in points]
    dots = (
        titled(
            "circle",
            f"coverage {point['coverage']:.3f}, risk {point['risk']:.3f}, "
            f"confidence from {point['threshold']:.3f}",
            cx=place[0],
            cy=place[1],
            r=2.5,
            class_="dot",
        )
        for point, place in zip(points, places, strict=True)
    )
    summary = "No answers to draw."
    if points:
        last = points[-1]
        summary = (
            "What answering more costs: answers are given in the order of their confidence. "
            f"At coverage {last['coverage']:.2f} the risk is {last['risk']:.3f}."
        )
    return Drawing(
        "risk-coverage",
        "Risk and coverage",
        summary,
        ["coverage", "risk", "confidence from"],
        [[f"{point[name]:.3f}" for name in ("coverage", "risk", "threshold")] for point in points],
        (
            bottom_axis(x, TOP, BOTTOM),
            left_axis(y, LEFT, RIGHT),
            path_through(places),
            *dots,
        ),
    )


def draw_calibration(report: Values) -> Drawing:
    """Accuracy against confidence by bins, with the number of answers in each."""
    bins = [item for item in report["calibration"] if item["n"]]
    floor = BOTTOM - 48
    x = Axis("confidence (share; ten bins)", Scale(0, 1, LEFT, RIGHT), share_ticks())
    y = Axis("accuracy (share)", Scale(0, 1, floor - 8, TOP), share_ticks())
    counts = Scale(0, max((item["n"] for item in bins), default=1), BOTTOM, floor + 14)
    summary = "No answers to draw."
    if bins:
        total = sum(item["n"] for item in bins)
        summary = (
            f"{count(total, 'answer')} by confidence: below the dashed diagonal Quoth is surer "
            "than it is right, above it less sure. The bars count the answers of each bin."
        )
    return Drawing(
        "calibration",
        "Calibration",
        summary,
        ["confidence", "answers", "mean confidence", "accuracy"],
        [
            [
                f"{item['low']:.1f} to {item['high']:.1f}",
                str(item["n"]),
                f"{item['confidence']:.3f}",
                f"{item['accuracy']:.3f}",
            ]
            for item in bins
        ],
        (
            bottom_axis(x, TOP, BOTTOM),
            left_axis(y, LEFT, RIGHT),
            text(LEFT - 7, BOTTOM - 6, "answers", text_anchor="end", class_="small"),
            line(x.scale(0), y.scale(0), x.scale(1), y.scale(1), "diagonal"),
            *(bin_bar(item, x.scale, counts) for item in bins),
            *(bin_dot(item, x.scale, y.scale) for item in bins),
        ),
    )


def bin_bar(item: Values, across: Scale, counts: Scale) -> Html:
    """The number of answers in a bin."""
    left, right, top = across(item["low"]), across(item["high"]), counts(item["n"])
    bar = titled(
        "rect",
        f"{count(item['n'], 'answer')} with confidence {item['low']:.1f} to {item['high']:.1f}",
        x=left + 2,
        y=top,
        width=round(right - left - 4, 1),
        height=round(BOTTOM - top, 1),
        class_="count",
    )
    label = text((left + right) / 2, top - 3, str(item["n"]), text_anchor="middle", class_="small")
    return element("g", bar, label)


def bin_dot(item: Values, across: Scale, up: Scale) -> Html:
    """The accuracy of a bin at its mean confidence."""
    return titled(
        "circle",
        f"confidence {item['confidence']:.3f}, accuracy {item['accuracy']:.3f}, "
        f"{count(item['n'], 'answer')}",
        cx=across(item["confidence"]),
        cy=up(item["accuracy"]),
        r=5,
        class_="dot",
    )


def draw_kinds(report: Values) -> Drawing:
    """The share of right cases of each kind, with its interval."""
    names, kinds = kind_names(report), report["kinds"]
    bottom = TOP + ROW * len(names)
    x = Axis("right (share of cases, with 95% interval)", Scale(0, 1, 150, RIGHT), share_ticks())
    return Drawing(
        "kinds",
        "Right answers by kind of question",
        "A right abstention counts as right. The line across a bar is its 95% interval."
        if names
        else "No cases to draw.",
        ["kind", "cases", "right", "95% interval", "abstained", "wrong given"],
        [kind_row(name, kinds[name]) for name in names],
        (
            bottom_axis(x, TOP, bottom),
            *(
                kind_bar(name, kinds[name], TOP + ROW * place, x.scale)
                for place, name in enumerate(names)
            ),
        ),
        bottom + 46,
    )


def kind_row(name: str, kind: Values) -> list[Child]:
    """A kind in figures."""
    right = kind["right"]
    mean, interval = f"{right['mean']:.3f}", spell_range(right)
    counts = (str(kind["abstained"]), str(kind["wrong_given"]))
    return [spell_kind(name), str(kind["n"]), mean, interval, *counts]


def kind_bar(name: str, kind: Values, top: float, across: Scale) -> Html:
    """A bar with its interval and its label."""
    right, middle = kind["right"], top + ROW / 2
    low, high = across(right["low"]), across(right["high"])
    bar = titled(
        "rect",
        f"{spell_kind(name)}: {right['mean']:.3f} ({spell_range(right)}), "
        f"{count(kind['n'], 'case')}",
        x=across(0),
        y=top + 5,
        width=round(across(right["mean"]) - across(0), 1),
        height=ROW - 10,
        class_="bar",
    )
    label = text(142, middle + 4.5, f"{shorten(spell_kind(name))} ({kind['n']})", text_anchor="end")
    ends = (line(at, middle - 4, at, middle + 4, "whisker") for at in (low, high))
    return element("g", label, bar, line(low, middle, high, middle, "whisker"), *ends)


def shorten(label: str, longest: int = 14) -> str:
    """The label, cut where it would not fit beside a bar."""
    return label if len(label) <= longest else f"{label[: longest - 1]}…"

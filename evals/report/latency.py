"""How long questions took, drawn; pure."""

from __future__ import annotations

import math

from evals.report.markup import Html, element
from evals.report.plot import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Axis,
    Drawing,
    Scale,
    bottom_axis,
    left_axis,
    line,
    text,
    titled,
)
from evals.report.words import Values, count, spell_ms

BINS_A_DECADE = 10
ROOF = TOP + 22
"""Of the bars; the names of the percentiles stand above."""

Bin = tuple[float, float, int]


def draw_latency(report: Values) -> Drawing:
    """How many questions took how long, with the percentiles."""
    bins = latency_bins([
        float(case["timings_ms"]["total"])
        for case in report["cases"]
        if case["timings_ms"].get("total", 0) > 0
    ])  # fmt: skip
    timings = report["timings"]
    marks = {
        name: float(timings[f"{name}_ms"])
        for name in ("p50", "p95", "p99")
        if timings[f"{name}_ms"]
    }
    spelled = ", ".join(f"{name} {spell_ms(value)}" for name, value in marks.items())
    total = count(sum(number for *_, number in bins), "question")
    return Drawing(
        "latency",
        "Time a question takes",
        f"{total}: {spelled}." if bins else "No times to draw.",
        ["time", "questions"],
        [
            [f"{spell_ms(low)} to {spell_ms(high)}", str(number)]
            for low, high, number in bins
            if number
        ],
        latency_parts(bins, marks) if bins else (),
    )


def latency_parts(bins: list[Bin], marks: dict[str, float]) -> tuple[Html, ...]:
    """Bars of equal width on a logarithmic axis, and a line at each percentile."""
    low, high = min(bins[0][0], *marks.values()), max(bins[-1][1], *marks.values())
    most = max(number for *_, number in bins)
    x = Axis(
        "time a question (ms, logarithmic)",
        Scale(low, high, LEFT, RIGHT, True),
        round_numbers(low, high),
    )
    y = Axis("questions (count)", Scale(0, most, BOTTOM, ROOF), sorted({0, most // 2, most}))
    return (
        bottom_axis(x, ROOF, BOTTOM),
        left_axis(y, LEFT, RIGHT),
        *(latency_bar(item, x.scale, y.scale) for item in bins if item[2]),
        *(
            percentile_mark(name, value, x.scale, place)
            for place, (name, value) in enumerate(marks.items())
        ),
    )


def latency_bins(times: list[float]) -> list[Bin]:
    """(from, to, how many), ten bins to a factor of ten."""
    if not times:
        return []
    places = [math.floor(math.log10(time) * BINS_A_DECADE) for time in times]
    return [
        (10 ** (place / BINS_A_DECADE), 10 ** ((place + 1) / BINS_A_DECADE), places.count(place))
        for place in range(min(places), max(places) + 1)
    ]


def round_numbers(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten within the range; powers alone where there are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if len(powers) < 5 else (1,)
    values = (step * 10.0**power for power in powers for step in steps)
    return [value for value in values if low <= value <= high]


def latency_bar(item: Bin, across: Scale, up: Scale) -> Html:
    """A bin of the histogram."""
    low, high, number = item
    return titled(
        "rect",
        f"{spell_ms(low)} to {spell_ms(high)}: {count(number, 'question')}",
        x=across(low) + 0.5,
        y=up(number),
        width=round(across(high) - across(low) - 1, 1),
        height=round(BOTTOM - up(number), 1),
        class_="bar",
    )


def percentile_mark(name: str, value: float, across: Scale, place: int) -> Html:
    """A line at a percentile, with its name; names take turns so that near ones stay legible."""
    at = across(value)
    words = text(min(at, RIGHT - 12), TOP + 2 + 11 * (place % 2), name, text_anchor="middle",
                 class_="small")  # fmt: skip
    return element("g", line(at, ROOF - 4, at, BOTTOM, "whisker"), words)

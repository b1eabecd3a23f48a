"""Axes, marks and words of a figure, as inline SVG; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals.report.markup import Child, Html, element, table
from evals.report.words import Values

WIDTH = 420
HEIGHT = 290
"""Of a drawing, in its own units; at 360 px a letter is still 10 px high."""
LEFT, RIGHT, TOP, BOTTOM = 58, WIDTH - 14, 12, HEIGHT - 46
"""Of the area within the axes."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to a place; of the logarithm where `log`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The place, to a tenth."""
        low, high, at = (
            (math.log10(number) for number in (self.low, self.high, value))
            if self.log
            else (self.low, self.high, value)
        )
        return round(self.start + (at - low) / (high - low) * (self.end - self.start), 1)


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale, its name with the unit, and the values that are marked."""

    name: str
    scale: Scale
    ticks: Sequence[float]


def round_up(value: float) -> float:
    """The next of .1, .2, .5 and 1."""
    return next((high for high in (0.1, 0.2, 0.5) if value <= high), 1.0)


def share_ticks(high: float = 1.0) -> list[float]:
    """Four or five round marks from 0 to a share."""
    step = high / 5 if high in (0.1, 0.5, 1.0) else high / 4
    return [round(step * place, 4) for place in range(round(high / step) + 1)]


def text(x: float, y: float, words: str, **attributes: str | float) -> Html:
    """Words at a place."""
    return element("text", words, x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def titled(tag: str, title: str, **attributes: str | float) -> Html:
    """A mark that says what it stands for when pointed at."""
    return element(tag, element("title", title), **attributes)


def bottom_axis(axis: Axis, top: float, bottom: float) -> Html:
    """Grid lines, marks and name of a horizontal axis."""
    marks = (
        part
        for value in axis.ticks
        for part in (
            line(axis.scale(value), top, axis.scale(value), bottom, "grid"),
            text(axis.scale(value), bottom + 17, f"{value:g}", text_anchor="middle"),
        )
    )
    middle = (axis.scale.start + axis.scale.end) / 2
    name = text(middle, bottom + 38, axis.name, text_anchor="middle", class_="axis")
    return element("g", *marks, name)


def left_axis(axis: Axis, left: float, right: float) -> Html:
    """Grid lines, marks and name of a vertical axis."""
    marks = (
        part
        for value in axis.ticks
        for part in (
            line(left, axis.scale(value), right, axis.scale(value), "grid"),
            text(left - 7, axis.scale(value) + 4.5, f"{value:g}", text_anchor="end"),
        )
    )
    middle = (axis.scale.start + axis.scale.end) / 2
    place = f"translate(14 {middle:g}) rotate(-90)"
    name = text(0, 0, axis.name, text_anchor="middle", class_="axis", transform=place)
    return element("g", *marks, name)


def path_through(points: Iterable[tuple[float, float]]) -> Html:
    """A line through points."""
    places = " ".join(f"{x:g},{y:g}" for x, y in points)
    return element("polyline", points=places, class_="curve")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a figure shows, before it is framed.

    Attributes:
        name: For ids.
        title: What it is called.
        summary: What it shows, in words: the text alternative.
        columns: Of the table of its values.
        rows: Of the same.
        parts: The marks.
        height: In the units of the drawing.
    """

    name: str
    title: str
    summary: str
    columns: list[str]
    rows: list[list[Child]]
    parts: tuple[Html, ...]
    height: float = HEIGHT


def frame(drawing: Drawing) -> Html:
    """The drawing with its title, its words and its values as a table."""
    heading = element("h3", drawing.title, id=f"{drawing.name}-title")
    caption = element("figcaption", drawing.summary, id=f"{drawing.name}-summary")
    if not drawing.rows:
        return element("figure", heading, caption)
    svg = element(
        "svg",
        *drawing.parts,
        viewBox=f"0 0 {WIDTH} {drawing.height:g}",
        role="img",
        aria_labelledby=f"{drawing.name}-title",
        aria_describedby=f"{drawing.name}-summary",
    )
    values = element(
        "details",
        element("summary", "Values as a table"),
        table(drawing.title, drawing.columns, drawing.rows),
    )
    return element("figure", heading, svg, caption, values)


def spell_range(figure: Values) -> str:
    """`low to high` of an interval."""
    return f"{figure['low']:.3f} to {figure['high']:.3f}"

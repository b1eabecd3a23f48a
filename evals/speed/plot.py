"""What a library costs against how many papers it holds, as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evals.errors import EvalError

Figures = Mapping[str, Any]
PANELS: tuple[tuple[str, dict[str, Callable[[Figures], float]]], ...] = (
    (
        "milliseconds, p50",
        {
            "search": lambda item: float(item["search"]["p50_ms"]),
            "answer": lambda item: float(item["ask"]["p50_ms"]),
        },
    ),
    (
        "seconds",
        {
            "open": lambda item: float(item["open_s"]),
            "open again": lambda item: float(item["open_again_s"]),
            "one paper more": lambda item: float(item["one_more_s"]),
        },
    ),
    (
        "megabytes",
        {
            "memory": lambda item: float(item["memory_mb"]),
            "disk": lambda item: float(item["disk_mb"]),
        },
    ),
)


def plot_cost(libraries: Mapping[str, Figures], file: Path) -> None:
    """Writes the picture; its format is told by the file's ending.

    Raises:
        EvalError: matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise EvalError("A plot needs matplotlib. Do: pip install 'quoth[bench]'") from error
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    ordered = sorted(libraries.values(), key=lambda item: int(item["records"]))
    papers = [int(item["records"]) for item in ordered]
    for axes, (unit, lines) in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
        for name, value in lines.items():
            axes.plot(papers, [value(item) for item in ordered], marker="o", label=name)
        axes.set(xscale="log", yscale="log", xlabel="papers", ylabel=unit)
        axes.grid(alpha=0.3)
        axes.legend()
    try:
        figure.savefig(file, dpi=150)
    except (OSError, ValueError) as error:
        raise EvalError(f"{file}: the plot cannot be written ({error}).") from error

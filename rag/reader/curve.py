"""The learning curve of a training run, as a picture; needs matplotlib (the extra `bench`)."""

from __future__ import annotations

import json
from pathlib import Path

COLUMNS = 3
MARKERS = "osv^D"
"""One for each round of the ten colours."""


def draw_curve(log: Path, file: Path) -> None:
    """What was told right of each source that was looked at, over the pairs visited.

    Args:
        log: What `rag.reader.train` writes: a line of JSON for each checkpoint.
        file: The picture; its ending tells the format.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    entries = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    tasks = sorted({name.partition("/")[2] for entry in entries for name in entry["held_out"]})
    figure = Figure(figsize=(4.5 * COLUMNS, 6), layout="constrained")
    for axes, task in zip(figure.subplots(1, COLUMNS), tasks, strict=False):
        names = {name for entry in entries for name in entry["held_out"]}
        for number, name in enumerate(sorted(n for n in names if n.endswith(f"/{task}"))):
            points = [
                (entry["seen"], entry["held_out"][name])
                for entry in entries
                if name in entry["held_out"]
            ]
            marker = MARKERS[number // 10 % len(MARKERS)]
            axes.plot(*zip(*points, strict=True), marker=marker, ms=4, label=name.partition("/")[0])
        axes.set(title=task, xlabel="pairs visited", ylabel="balanced accuracy, held out")
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    figure.savefig(file, dpi=120)

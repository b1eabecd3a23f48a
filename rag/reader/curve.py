"""The learning curve of a training run, as a picture; needs matplotlib (the extra `bench`)."""

from __future__ import annotations

import json
from pathlib import Path

COLUMNS = 3


def draw_curve(log: Path, file: Path) -> None:
    """What was told right of each source that was looked at, over the pairs visited.

    Args:
        log: What `rag.reader.train` writes: a line of JSON for each checkpoint.
        file: The picture; its ending tells the format.
    """
    from matplotlib.figure import Figure

    entries = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    tasks = sorted({name.partition("/")[2] for entry in entries for name in entry["held_out"]})
    figure = Figure(figsize=(5 * COLUMNS, 4), layout="constrained")
    for axes, task in zip(figure.subplots(1, COLUMNS), tasks, strict=False):
        for name in sorted({name for entry in entries for name in entry["held_out"]}):
            if name.endswith(f"/{task}"):
                points = [
                    (entry["seen"], entry["held_out"][name])
                    for entry in entries
                    if name in entry["held_out"]
                ]
                axes.plot(*zip(*points, strict=True), marker=".", label=name.partition("/")[0])
        axes.set(title=task, xlabel="pairs visited", ylabel="balanced accuracy, held out")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=6)
    figure.savefig(file, dpi=120)

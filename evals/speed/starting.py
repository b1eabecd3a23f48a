"""Whole processes, against the least that they could be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from evals.speed.timing import measure_processes, questions_from

BARE = (
    "import chromadb.api.rust, llama_index.core, onnxruntime, tantivy, tokenizers, "
    "pydantic_settings"
)
"""What `quoth ask` cannot do without."""


def measure_starting(folder: Path, title: str) -> dict[str, Any]:
    """`quoth --help` and `quoth ask`, as processes."""
    quoth = quoth_command()
    question = questions_from([title])[0]
    return {
        "help": measure_processes([*quoth, "--help"], [sys.executable, "-c", "pass"]),
        "ask": measure_processes(
            [*quoth, "ask", "--library", str(folder), question], [sys.executable, "-c", BARE]
        ),
    }


def quoth_command() -> list[str]:
    """The `quoth` beside this Python, else the module behind it."""
    script = Path(sys.executable).with_name("quoth")
    return [str(script)] if script.exists() else [sys.executable, "-m", "rag.cli"]

"""The `quoth` command; whatever is heavy waits until a command needs it."""

from rag.cli import serving, upkeep
from rag.cli.commands import app, main

__all__ = ["app", "main", "serving", "upkeep"]

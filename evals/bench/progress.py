"""How far a long step is: a bar on stderr, or one line where stderr is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

Item = TypeVar("Item")


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar; what it gives, called with a number of steps, moves it by so many."""
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(f"{what}: {total}", markup=False, highlight=False)
        yield lambda steps: None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda steps: bar.advance(task, steps)


def tracked(what: str, items: Sequence[Item]) -> Iterator[Item]:
    """The items one by one, with a bar."""
    with progress(what, len(items)) as advance:
        for item in items:
            yield item
            advance(1)

"""Eight made-up papers on mills, and questions that they answer or do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evals.cases import Case
from vectorstore.embedding import default_embedder
from vectorstore.papers import alone
from vectorstore.records import Record
from vectorstore.store import Store

TOWNS = ("Arlen", "Brock", "Corve", "Dunmere", "Eskley", "Farrow", "Garth", "Holm")


def paper(place: int) -> Record:
    town = TOWNS[place]
    abstract = (
        f"The mill of {town} grinds rye. Its wheel has {12 + place} blades of oak. "
        f"We visited it in {1890 + place}."
    )
    return Record(f"text:{town}", f"The mill of {town}", abstract)


PAPERS = [paper(place) for place in range(len(TOWNS))]


def cases_of(record: Record) -> Iterator[Case]:
    """Two questions that the paper answers, and two that it does not."""
    town = record.id.removeprefix("text:")
    for number, (words, asked) in enumerate(
        [
            ("has", f"How many blades has the wheel of {town}?"),
            ("We", f"When was the mill of {town} visited?"),
        ]
    ):
        start = record.abstract.index("Its wheel" if words == "has" else words)
        end = record.abstract.index(".", start) + 1
        yield Case(
            f"{town}:{number}", "fact", asked, True, (record.id,), (("x",),), spans=((start, end),)
        )
    for number, asked in enumerate(
        [f"What colour is the roof of {town}?", f"Who owns the mill of {town}?"]
    ):
        yield Case(f"{town}:no{number}", "near_miss", asked, False, (record.id,), reason="not said")


def open_mills(folder: Path) -> Store:
    """A store of them."""
    store = Store(folder, default_embedder())
    with store.writing():
        store.put(list(map(alone, PAPERS)))
    return store

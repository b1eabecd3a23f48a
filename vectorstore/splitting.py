"""What was taken for one paper, taken apart again."""

from __future__ import annotations

from vectorstore.errors import LibraryError
from vectorstore.papers import Paper, own_ids, split_off
from vectorstore.pen import Waiting
from vectorstore.store import Store


def split(
    store: Store, paper_id: str, number: int | None = None, waiting: Waiting | None = None
) -> tuple[Paper, Paper]:
    """Makes one of the records that a paper was made from a paper of its own, for good.

    Args:
        store: The library.
        paper_id: The paper's id.
        number: Which record goes, counted from 1 as they are listed; the last where None.
        waiting: Told what it waits for, where another process is adding.

    Returns:
        What is left of the paper, and the new one; they are not merged again.

    Raises:
        LibraryError: There is no such paper, or nothing in it to be taken apart.
    """
    with store.writing(waiting):
        paper = store.get_papers([paper_id]).get(paper_id)
        if paper is None:
            raise LibraryError(f"No paper {paper_id!r}; `quoth duplicates` lists the merged ones.")
        place = len(paper.parts) if number is None else number
        if len(paper.parts) < 2 or not 1 <= place <= len(paper.parts):
            wanted = (
                "one record, and cannot be split"
                if len(paper.parts) < 2
                else (f"{len(paper.parts)} records, and {place} is none of them")
            )
            raise LibraryError(
                f"{paper_id} was made from {wanted}; `quoth duplicates` lists the merged ones."
            )
        taken = store.get(own_ids(paper.parts[place - 1].record))
        stayed, gone = split_off(paper, place - 1, taken)
        store.put([stayed, gone])
    return stayed, gone

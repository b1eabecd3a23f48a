"""Which papers a comparison is taken to be about."""

from __future__ import annotations

import pytest

from rag.answerers.comparing import compared_papers
from rag.question import analyse
from vectorstore.records import Hit, Passage, Record

ABSTRACTS = {
    "LanternNet": "We present LanternNet, which sees moths at night.",
    "MothCam": "We introduce MothCam, a camera for rivers.",
    "copper": "Copper lamps rust in salt air.",
}


def hits() -> list[Hit]:
    records = [Record(f"text:{key}", "", text) for key, text in ABSTRACTS.items()]
    return [
        Hit(Passage(item.id, 0, 0, len(item.abstract), item.abstract), 1.0, item, 0.5)
        for item in records
    ]


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("Compare LanternNet with MothCam.", ["LanternNet", "MothCam"]),
        ("How does LanternNet's eye differ from MothCam's?", ["LanternNet", "MothCam"]),
        ("How does MothCam differ from the copper lamps?", ["MothCam", "copper"]),
        ("How does MothCam differ from the steam engines?", ["MothCam"]),
        ("How fast is MothCam compared to copper lamps?", ["MothCam"]),
    ],
)
def test_papers_are_those_named_or_described(question: str, papers: list[str]) -> None:
    found = compared_papers(analyse(question), hits())
    assert [hit.record.id.removeprefix("text:") for hit in found] == papers

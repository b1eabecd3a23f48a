"""The stable form of an answer, and the small parts that it is made of."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Answer, Draft, DraftSentence, Evidence, cite, fold
from rag.verify import finish
from vectorstore.records import Record

RECORD = Record(
    "doi:10.5555/owl",
    "Owls",
    "Owls hear mice. Owls 🦉 see.",
    authors=("Ada Quill", "Bo Reed"),
    year=2024,
    url="https://doi.org/10.5555/owl",
    sources=("owls.bib", "birds.ris"),
)


def answer() -> Answer:
    place = Evidence(RECORD, 16, 27)
    draft = Draft(
        (
            DraftSentence("Owls: “Owls 🦉 see.”", (place,), True),
            DraftSentence("Owls fly by day.", ()),
        ),
        0.912345,
    )
    return finish("do they see?", "Do owls see?", draft, {"total": 2.5})


def test_json_is_exactly_the_documented_form() -> None:
    assert answer().to_json() == {
        "question": "do they see?",
        "standalone_question": "Do owls see?",
        "text": "Owls: “Owls 🦉 see.” [1]",
        "abstained": False,
        "reason": None,
        "confidence": 0.9123,
        "sentences": [
            {
                "text": "Owls: “Owls 🦉 see.”",
                "citations": [1],
                "verdict": "supported",
                "reason": None,
            }
        ],
        "removed": [
            {
                "text": "Owls fly by day.",
                "citations": [],
                "verdict": "unsupported",
                "reason": "it cites nothing, and no abstract that was found says so",
            }
        ],
        "citations": [
            {
                "number": 1,
                "record_id": "doi:10.5555/owl",
                "title": "Owls",
                "authors": ["Ada Quill", "Bo Reed"],
                "year": 2024,
                "url": "https://doi.org/10.5555/owl",
                "sources": ["owls.bib", "birds.ris"],
                "quote": "Owls 🦉 see.",
                "start": 16,
                "end": 27,
            }
        ],
        "nearest": [],
        "answerer": "quote",
        "timings_ms": {"total": 2.5},
        "usage": None,
    }


def test_json_keys_come_in_the_documented_order() -> None:
    values = answer().to_json()
    assert list(values) == [
        "question", "standalone_question", "text", "abstained", "reason", "confidence",
        "sentences", "removed", "citations", "nearest", "answerer", "timings_ms", "usage",
    ]  # fmt: skip
    assert list(values["sentences"][0]) == ["text", "citations", "verdict", "reason"]
    assert list(values["citations"][0]) == [
        "number", "record_id", "title", "authors", "year", "url", "sources", "quote", "start",
        "end",
    ]  # fmt: skip


def test_json_holds_plain_values_only() -> None:
    values = answer().to_json()
    assert json.loads(json.dumps(values)) == values


def test_offsets_count_characters_not_bytes() -> None:
    evidence = Evidence(RECORD, 16, 27)
    assert evidence.quote == "Owls 🦉 see."
    assert cite(7, evidence).quote == RECORD.abstract[16:27]
    assert cite(7, evidence).number == 7


def test_white_space_is_folded() -> None:
    assert fold(" Owls \t hear\r\n\n\u00a0mice\u2003. ") == "Owls hear mice ."


@given(st.text())
def test_folding_keeps_all_else_and_is_done_once(text: str) -> None:
    assert "".join(fold(text).split()) == "".join(text.split())
    assert fold(fold(text)) == fold(text)

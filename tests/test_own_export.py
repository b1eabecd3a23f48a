"""What a library exports is read back as the papers that they were, merged and split."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_embedding import fake_embedder, record

from vectorstore.adding import add
from vectorstore.papers import Paper, Part, alone, assemble
from vectorstore.readers import read
from vectorstore.records import Note, Record
from vectorstore.splitting import split
from vectorstore.store import Store
from vectorstore.writers import write

NIGHT = "Moths fly at night and gather under lamps, where we counted them with a camera trap."
PREPRINT = record("Moths", NIGHT, arxiv_id="2401.00001", sources=("x.xml",))
PUBLISHED = record("Moths", NIGHT + " Twice.", doi="10.5555/moth", sources=("p.ris", "q.ris"))
BREAD = record("Bread", "Bread goes mouldy in damp kitchens, as every baker of the valley knows.")


def export(folder: Path) -> str:
    with Store(folder, fake_embedder()) as store:
        return "".join(write(store.papers(), "jsonl"))


def filled(folder: Path, content: str) -> list[Paper]:
    file = folder.with_suffix(".jsonl")
    file.write_text(content, encoding="utf-8")
    with Store(folder, fake_embedder()) as store:
        add(store, read(file))
        return list(store.papers())


@pytest.fixture
def library(tmp_path: Path) -> Path:
    with Store(tmp_path / "lib", fake_embedder()) as store:
        add(store, [PREPRINT, BREAD, PUBLISHED])
    return tmp_path / "lib"


def test_merged_papers_come_back_with_their_records(library: Path, tmp_path: Path) -> None:
    with Store(library, fake_embedder()) as store:
        before = list(store.papers())
    assert [len(paper.parts) for paper in before] == [2, 1]
    assert filled(tmp_path / "again", export(library)) == before


def test_papers_that_were_split_come_back_split(library: Path, tmp_path: Path) -> None:
    with Store(library, fake_embedder()) as store:
        split(store, PREPRINT.id)
        before = list(store.papers())
    assert len(before) == 3
    assert filled(tmp_path / "again", export(library)) == before


def test_papers_that_came_to_be_alike_stay_two(tmp_path: Path) -> None:
    alike = [alone(PREPRINT), alone(replace(PUBLISHED, title=PREPRINT.title))]
    with Store(tmp_path / "lib", fake_embedder()) as store, store.writing():
        store.put(alike)
    assert filled(tmp_path / "again", export(tmp_path / "lib")) == alike


def test_an_export_added_to_its_own_library_changes_nothing(library: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text(export(library), encoding="utf-8")
    with Store(library, fake_embedder()) as store:
        before = list(store.papers())
        assert add(store, read(file)).unchanged == 2
        assert list(store.papers()) == before


@pytest.mark.parametrize(
    "parts", [[{}], ["x"], [{"record": {"title": "T"}}], [{"record": 3, "why": 4}]]
)
def test_records_that_cannot_be_read_cost_no_paper(tmp_path: Path, parts: list[Any]) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({**PREPRINT.to_json(), "parts": parts}))
    reason = "'parts' cannot be read; the record was taken as it is"
    assert list(read(file)) == [PREPRINT, Note("a.jsonl", "line 1", reason)]


def test_an_id_of_no_known_kind_is_not_taken(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({**BREAD.to_json(), "id": "../x", "apart": ["doi:10.5555/x", 7]}))
    assert list(read(file)) == [assemble(BREAD.id, [Part(BREAD)], ["doi:10.5555/x"])]


def test_sources_are_those_of_the_export(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    bare = {key: value for key, value in BREAD.to_json().items() if key != "sources"}
    file.write_text(json.dumps(bare) + "\n" + json.dumps(BREAD.to_json()))
    first, second = read(file)
    assert isinstance(first, Record)
    assert (first, second) == (replace(BREAD, sources=("a.jsonl",)), BREAD)

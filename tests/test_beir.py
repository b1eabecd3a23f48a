"""BEIR folders: what is read, and what each mistake in one is told as."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from evals.beir import Document, load_beir
from evals.errors import EvalError

CORPUS = (
    '{"_id": "d1", "title": "Moths", "text": "Moths fly at night.", "metadata": {}}\n'
    '{"_id": "d2", "title": "", "text": "Bees dance."}\n'
    "\n"
    '{"_id": "d3", "text": ""}\n'
)
QUERIES = (
    '{"_id": "q1", "text": "When do moths fly?"}\n'
    '{"_id": "q2", "text": "Do bees dance?"}\n'
    '{"_id": "q3", "text": "Of another split"}\n'
)
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t1\nq2\td9\t1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    base = tmp_path / "tiny"
    (base / "qrels").mkdir(parents=True)
    (base / "corpus.jsonl").write_text(CORPUS)
    (base / "queries.jsonl").write_text(QUERIES)
    (base / "qrels" / "test.tsv").write_text(QRELS)
    return base


def failure(folder: Path, split: str = "test") -> str:
    with pytest.raises(EvalError) as caught:
        load_beir(folder, split)
    return str(caught.value)


def test_documents_keep_the_order_of_the_file(folder: Path) -> None:
    assert load_beir(folder, "test").corpus == [
        Document("d1", "Moths", "Moths fly at night."),
        Document("d2", "", "Bees dance."),
        Document("d3", "", ""),
    ]


def test_queries_are_those_of_the_split(folder: Path) -> None:
    assert load_beir(folder, "test").queries == {
        "q1": "When do moths fly?",
        "q2": "Do bees dance?",
    }


def test_a_gain_of_zero_is_not_relevant(folder: Path) -> None:
    beir = load_beir(folder, "test")
    assert beir.qrels["q1"] == {"d1": 2, "d2": 0}
    assert beir.relevant("q1") == {"d1"}


def test_relevant_documents_that_the_corpus_lacks_are_listed(folder: Path) -> None:
    beir = load_beir(folder, "test")
    assert beir.missing == ["d9"]
    assert beir.relevant("q2") == {"d2", "d9"}


def test_queries_without_a_relevant_document_are_not_scored(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text("q1\td1\t0\nq2\td2\t1\n")
    assert load_beir(folder, "test").scored == ["q2"]


def test_the_header_may_be_missing(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text("q1\td1\t1\r\n")
    assert load_beir(folder, "test").qrels == {"q1": {"d1": 1}}


def test_every_file_may_be_gzipped(folder: Path) -> None:
    plain = load_beir(folder, "test")
    for path in (folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels" / "test.tsv"):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    packed = load_beir(folder, "test")
    assert (packed.corpus, packed.queries, packed.qrels) == (
        plain.corpus,
        plain.queries,
        plain.qrels,
    )


def test_a_limit_chooses_the_same_queries_every_time(folder: Path) -> None:
    rows = "".join(f"q{number}\td1\t1\n" for number in range(50))
    texts = "".join(f'{{"_id": "q{number}", "text": "?"}}\n' for number in range(50))
    (folder / "qrels" / "test.tsv").write_text(rows)
    (folder / "queries.jsonl").write_text(texts)
    first, second = (load_beir(folder, "test").choose(5) for _ in range(2))
    assert first == second == sorted(first, key=lambda name: int(name[1:]))
    assert len(first) == 5


def test_a_limit_above_the_number_of_queries_takes_all(folder: Path) -> None:
    assert load_beir(folder, "test").choose(10) == ["q1", "q2"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert failure(tmp_path / "no") == f"{tmp_path}/no: no such folder; expected a BEIR folder."


def test_a_missing_corpus_is_told_with_what_is_there(folder: Path) -> None:
    (folder / "corpus.jsonl").unlink()
    assert failure(folder) == (
        f"{folder}: no corpus.jsonl or corpus.jsonl.gz (found: qrels, queries.jsonl)."
    )


def test_a_missing_split_is_told_with_those_that_exist(folder: Path) -> None:
    (folder / "qrels" / "dev.tsv.gz").write_bytes(gzip.compress(QRELS.encode()))
    assert failure(folder, "train") == (
        f"{folder}/qrels: no split 'train' (splits found: dev, test)."
    )


def test_a_query_without_text_is_an_error(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text("q1\td1\t1\nq8\td1\t1\n")
    assert failure(folder) == (
        f"{folder}/qrels/test.tsv: 1 of 2 queries are not in queries.jsonl: q8."
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", "not JSON (Expecting value: line 1 column 1 (char 0))."),
        ("[1]", "found list; expected a JSON object."),
        ('{"title": "x", "text": "y"}', "no '_id' (found: title, text)."),
        ('{"_id": "d4"}', "'text' is None; expected a string."),
        ('{"_id": "d4", "title": 7, "text": "y"}', "'title' is 7; expected a string."),
        ('{"_id": "d1", "text": "y"}', "the _id 'd1' occurs twice."),
    ],
)
def test_a_line_of_the_corpus_that_cannot_be_used(folder: Path, line: str, message: str) -> None:
    (folder / "corpus.jsonl").write_text(CORPUS + line + "\n")
    assert failure(folder) == f"{folder}/corpus.jsonl, line 5: {message}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "q1 d1 1",
            "found 1 tab-separated values; expected 3: query-id, corpus-id, score.",
        ),
        ("q1\td3\thigh", "the score is 'high'; expected a whole number."),
        ("q1\td1\t1", "'d1' has the score 1 for query 'q1', and 2 on an earlier line."),
    ],
)
def test_a_judgement_that_cannot_be_used(folder: Path, line: str, message: str) -> None:
    (folder / "qrels" / "test.tsv").write_text(QRELS + line + "\n")
    assert failure(folder) == f"{folder}/qrels/test.tsv, line 6: {message}"


def test_a_split_without_judgements_is_an_error(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n")
    assert failure(folder) == (
        f"{folder}/qrels/test.tsv: no judgements found; expected query-id, corpus-id, score."
    )


def test_a_file_that_is_not_utf8_is_an_error(folder: Path) -> None:
    (folder / "queries.jsonl").write_bytes(b'{"_id": "q1", "text": "caf\xe9"}\n')
    assert failure(folder) == (
        f"{folder}/queries.jsonl, line 1: not UTF-8 (invalid continuation byte)."
    )


def test_a_broken_gzip_file_is_an_error(folder: Path) -> None:
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(CORPUS.encode())[:-9])
    assert failure(folder) == (
        f"{folder}/corpus.jsonl.gz: cannot be read (Compressed file ended before the "
        "end-of-stream marker was reached)."
    )

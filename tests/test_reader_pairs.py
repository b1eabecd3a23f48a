from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from rag.reader.encoding import CLS, MOST_ASKED, MOST_TOKENS, SEP, choose, pair, room
from rag.reader.examples import Example, encode, read_public, sentences_of
from rag.reader.invented import CHANGES, CONTRADICT, NEUTRAL, SUPPORT, invent
from rag.reader.questions import asked_of, invent_questions
from rag.reader.train import main

IDS = st.lists(st.integers(1000, 1100), max_size=300)
ABSTRACT = (
    "We propose KITE, a method for weather forecasts over mountains. "
    "KITE has 12 million parameters and was trained on 4 GPUs with AdamW. "
    "It reduces the error by 31% compared with LARK, which was trained on fewer stations. "
    "The gain is larger in winter, when the wind may be stronger than the models assume. "
    "Its code is publicly available."
)
OTHER = (
    "We introduce PINE, a sampler of protein structures. "
    "PINE is a network with 8 million parameters. "
    "It increases the yield of stable folds by 14% over the OAK baseline. "
    "Training took 3 days."
)


# Pairs of tokens -----------------------------------------------------------------------------


@given(IDS, IDS)
def test_pair_fits_and_marks_what_both_sides_have(asked: list[int], passage: list[int]) -> None:
    made = pair(asked, passage)
    assert len(made.ids) == len(made.marks) <= MOST_TOKENS
    assert made.ids[0] == CLS
    assert made.ids[made.passage - 1] == made.ids[-1] == SEP
    ours, theirs = made.ids[1 : made.passage - 1], made.ids[made.passage : -1]
    assert ours == asked[:MOST_ASKED]
    assert theirs == passage[: room(asked)]
    for token, mark in zip(made.ids[1:-1], made.marks[1:-1], strict=True):
        shared = token in ours and token in theirs
        assert (mark >= 2) == shared
    assert all(mark % 2 == 0 for mark in made.marks[: made.passage])
    assert all(mark % 2 == 1 for mark in made.marks[made.passage :])


@given(IDS, st.lists(IDS.filter(bool), min_size=1, max_size=20), st.data())
def test_sentences_are_chosen_in_order_and_fit(
    asked: list[int], sentences: list[list[int]], data: st.DataObject
) -> None:
    must = data.draw(st.none() | st.integers(0, len(sentences) - 1))
    chosen = choose(asked, sentences, must)
    assert chosen == sorted(set(chosen))
    assert chosen
    if len(chosen) > 1:
        assert sum(len(sentences[place]) for place in chosen) <= room(asked)
    if must is not None and len(sentences[must]) <= room(asked):
        assert must in chosen


def test_of_a_long_passage_the_sentences_nearest_to_the_question_are_read() -> None:
    sentences = [[1000 + place] * 40 for place in range(12)]
    assert 7 in choose([1007, 5], sentences)
    assert len(choose([1007, 5], sentences)) == room([1007, 5]) // 40


# Examples as the network takes them ----------------------------------------------------------


def test_answer_is_found_among_the_tokens() -> None:
    example = Example("answer", "own", "How many GPUs?", ABSTRACT, 1, ("4 GPUs",))
    (item,) = encode([example])
    tokenizer_ids = list(item.pair.ids[item.start : item.end + 1])
    (alone,) = encode([Example("answer", "own", "4 GPUs", ABSTRACT, 0)])
    assert tokenizer_ids == list(alone.pair.ids[1 : alone.pair.passage - 1])


def test_answer_that_no_sentence_holds_is_left_out() -> None:
    assert not list(encode([Example("answer", "own", "What?", ABSTRACT, 1, ("nowhere",))]))


def test_documents_are_held_out_whole() -> None:
    abstracts = [ABSTRACT.replace("KITE", f"KITE{number}") for number in range(100)]
    sides: dict[str, set[bool]] = {}
    for example in invent(abstracts):
        (item,) = encode([example])
        sides.setdefault(example.document, set()).add(item.held_out)
    assert len({example.passage for example in invent(abstracts)}) > len(sides)
    assert {len(found) for found in sides.values()} == {1}
    assert {side for found in sides.values() for side in found} == {True, False}


def test_public_sets_are_read_by_task_and_label(tmp_path: Path) -> None:
    lines = {
        "claims.jsonl.gz": [
            {"document": "A.", "claim": "B.", "label": "contradict", "source": "wice"},
            {"document": "A.", "claim": "B.", "label": "support", "source": "drop_nli"},
        ],
        "qa.jsonl.gz": [
            {"document": "A.", "question": "B?", "answers": [], "source": "squad_v2_dev"}
        ],
        "ranking.jsonl.gz": [
            {"query": "B", "positive": "A.", "negative": "", "source": "medquad_ranking"}
        ],
    }
    for name, items in lines.items():
        text = "".join(json.dumps(item) + "\n" for item in items)
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    found = [(item.task, item.source, item.label) for item in read_public(tmp_path)]
    assert found == [
        ("verdict", "wice", 1), ("answer", "squad_v2_dev", 0), ("relevance", "medquad_ranking", 1)
    ]  # fmt: skip


def test_training_says_which_files_are_missing(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match=r"claims\.jsonl\.gz.*docs/reader\.md"):
        main(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# Pairs that are invented ---------------------------------------------------------------------


def test_invented_pairs_are_the_same_for_a_seed_and_of_all_labels() -> None:
    pairs = list(invent([ABSTRACT, OTHER] * 6, seed=3))
    assert pairs == list(invent([ABSTRACT, OTHER] * 6, seed=3))
    assert {item.label for item in pairs} == {SUPPORT, CONTRADICT, NEUTRAL}


def test_neutral_passage_lacks_the_sentence_that_support_has() -> None:
    pairs = list(invent([ABSTRACT, OTHER] * 6, seed=1))
    support, neutral = pairs[0], next(item for item in pairs if item.label == NEUTRAL)
    assert support.label == SUPPORT
    assert len(sentences_of(neutral)) == len(sentences_of(support)) - 1


def test_every_change_changes() -> None:
    chance = random.Random(0)
    sentences = sentences_of(Example("verdict", "own", "", ABSTRACT, 0))
    made = {
        edit.__name__
        for edit in CHANGES
        for sentence in sentences
        for _ in range(20)
        if (changed := edit(sentence, ABSTRACT, OTHER, chance)) and changed != sentence
    }
    assert made >= {edit.__name__ for edit in CHANGES} - {"_exchange_numbers", "_exchange_names"}


# Questions that are invented -----------------------------------------------------------------


def test_answers_stand_in_the_abstract_and_near_misses_have_none() -> None:
    found = list(invent_questions([ABSTRACT, OTHER] * 10, seed=0))
    assert {item.label for item in found} == {0, 1}
    for item in found:
        assert all(answer in item.passage for answer in item.answers)
        assert item.label == bool(item.answers)


def test_a_question_about_one_paper_has_no_answer_in_another_that_states_such_a_thing() -> None:
    found = list(invent_questions([OTHER, ABSTRACT], seed=0))
    crossed = [item for item in found if "KITE" in item.asked and "PINE" in item.passage]
    assert crossed
    assert not any(item.label for item in crossed)


def test_each_kind_finds_its_own() -> None:
    asked = list(asked_of("KITE has 12 million parameters.", "KITE", random.Random(0)))
    assert any(item.answer == "12 million parameters" for item in asked)

"""Freely worded pairs: true in few of the abstract's words, untrue in its own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from rag.reader.examples import LICENCES, VERDICTS, Example, encode
from rag.reader.free import SOURCE, invent_freely, recombine
from rag.reader.papers import as_texts, read_papers, spared_papers

PAPERS = [
    (
        f"LampNet{number}: catching moths with warm lamps",
        f"Gardens lose their moths {number}. The warm traps of this study are set up in {number}"
        " gardens over one whole summer. A second sampler of ours outperforms older traps by a"
        " margin of ten percent on average.",
    )
    for number in range(40)
]


def test_claims_are_the_same_for_a_seed_and_name_their_source_and_document() -> None:
    found = list(invent_freely(PAPERS, seed=3))
    assert found == list(invent_freely(PAPERS, seed=3))
    assert {item.source for item in found} == {SOURCE}
    assert SOURCE in LICENCES
    assert all(item.passage == item.document for item in found)
    assert {VERDICTS[item.label] for item in found} == set(VERDICTS)


def test_titles_stand_for_their_own_abstract_and_not_for_the_nearest_other() -> None:
    titles = [
        item
        for item in invent_freely(PAPERS)
        if "catching moths" in item.asked and VERDICTS[item.label] != "contradict"
    ]
    assert len(titles) == 2 * len(PAPERS)
    for own, other in zip(titles[::2], titles[1::2], strict=True):
        assert own.asked == other.asked
        assert (VERDICTS[own.label], VERDICTS[other.label]) == ("support", "neutral")
        assert own.passage != other.passage


def test_halves_of_two_sentences_make_a_claim_that_neither_makes() -> None:
    first, second = "The warm traps are old".split(), "A new sampler outperforms all".split()
    assert recombine(first, second) == "The warm traps outperforms all"
    assert recombine("It is old".split(), second) is None
    assert recombine("No turn".split(), second) is None
    mixed = [item for item in invent_freely(PAPERS) if VERDICTS[item.label] == "neutral"
             and item.asked not in item.passage and "catching" not in item.asked]  # fmt: skip
    assert mixed
    for item in mixed:
        assert set(item.asked.split()) <= set(item.passage.split())


def test_shortened_sentences_keep_their_order() -> None:
    for item in invent_freely(PAPERS):
        if VERDICTS[item.label] == "support" and "catching" not in item.asked:
            words = iter(item.passage.split())
            assert all(word in words for word in item.asked.split())


def test_a_free_claim_changed_in_one_point_is_contradicted_by_its_abstract() -> None:
    found = list(invent_freely(PAPERS))
    changed = [place for place, item in enumerate(found) if VERDICTS[item.label] == "contradict"]
    assert len(changed) > len(PAPERS) / 2
    for place in changed:
        before, after = found[place - 1], found[place]
        assert (before.passage, VERDICTS[before.label]) == (after.passage, "support")
        assert before.asked != after.asked


def test_shortened_sentences_keep_the_words_that_turn_them_around() -> None:
    paper = (
        "On moths",
        "Warm traps do not catch more moths than cold ones in gardens at night. " * 2,
    )
    for item in invent_freely([paper] * 40):
        if VERDICTS[item.label] == "support" and "traps" in item.asked:
            assert {"not", "more", "than"} <= set(item.asked.split())


def test_half_of_what_is_learned_from_has_no_marks_and_all_that_is_looked_at_has() -> None:
    examples = [
        Example("verdict", "invented", f"Moths fly at {n}.", f"Moths fly at {n}. They rest.", 0)
        for n in range(600)
    ]
    marked = {False: [0, 0], True: [0, 0]}
    for item in encode(examples):
        marked[item.held_out][max(item.pair.marks) > 1] += 1
    assert marked[True][0] == 0
    assert marked[True][1] > 10
    assert 0.4 < marked[False][0] / sum(marked[False]) < 0.6


def test_papers_are_read_from_the_first_on_and_every_other_text_has_its_title(
    tmp_path: Path,
) -> None:
    path = tmp_path / "abstracts.jsonl.gz"
    _write(path, 5)
    papers = read_papers(path, 3)
    assert papers == [(f"Paper {n}", f"It says {n}.") for n in range(3)]
    assert as_texts(papers) == ["It says 0.", "Paper 1. It says 1.", "It says 2."]


def test_papers_that_questions_are_about_are_passed_over(tmp_path: Path) -> None:
    path, cases = tmp_path / "abstracts.jsonl.gz", tmp_path / "cases.jsonl"
    _write(path, 5)
    named = [{"papers": ["arxiv:hep-ph/1"]}, {"papers": ["arxiv:hep-ph/3", "CoOpt"]}, {"id": "x"}]
    cases.write_text("".join(json.dumps(row) + "\n" for row in named), "utf-8")
    spared = spared_papers([cases])
    assert spared == {"arxiv:hep-ph/1", "arxiv:hep-ph/3", "CoOpt"}
    assert [title for title, _ in read_papers(path, 3, spared)] == ["Paper 0", "Paper 2", "Paper 4"]


def _write(path: Path, count: int) -> None:
    rows = [
        {
            "title": f"Paper\n {n}.",
            "abstract": f"It says  {n}.",
            "link": f"http://arxiv.org/abs/hep-ph/{n}v2",
        }
        for n in range(count)
    ]
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))

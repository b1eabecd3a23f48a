"""Which papers fit a question for papers, on abstracts of one or two sentences."""

from __future__ import annotations

import pytest

from rag.answerers.listing import Unit, find_topic, fits, most_covering
from rag.question import analyse
from vectorstore.records import Hit, Passage, Record


def hit(abstract: str, title: str = "", similarity: float = 0.0) -> Hit:
    record = Record(f"text:{abstract}", title, abstract)
    return Hit(Passage(record.id, 0, 0, len(abstract), abstract), 1.0, record, similarity)


def listed(question: str, *abstracts: str) -> list[str]:
    """The abstracts that fit."""
    hits = [hit(abstract) for abstract in abstracts]
    topic = find_topic(analyse(question), hits)
    return [item.record.abstract for item in hits if fits(topic, item)]


def forms(question: str, *abstracts: str) -> list[list[str]]:
    """The alternatives of each unit, as text."""
    units = find_topic(analyse(question), [hit(abstract) for abstract in abstracts]).units
    return [[" ".join(word.text for word in words) for words in u.alternatives] for u in units]


def test_words_of_which_one_will_do_are_one_unit() -> None:
    assert forms("Which papers give code or data for moths?") == [["code", "data"], ["moths"]]


def test_acronym_is_one_with_the_words_that_a_paper_says_it_stands_for() -> None:
    spelled = "We use a tidal lantern model (TLM) here."
    assert forms("Which papers use TLMs?", spelled) == [["TLMs", "tidal lantern model"]]
    assert forms("Which papers use a tidal lantern model?", spelled) == [
        ["tidal lantern model", "TLM"]
    ]
    assert forms("Which papers use tidal lantern models (TLMs)?") == [
        ["tidal lantern models TLMs", "TLMs"]
    ]


def test_paper_fits_that_gives_the_other_form() -> None:
    spelled, short, other = "Tidal lantern model (TLM) here.", "The TLM glows.", "Owls rest."
    for question in ("Which papers use TLMs?", "Which papers use a tidal lantern model?"):
        assert listed(question, spelled, short, other) == [spelled, short]


def test_words_far_apart_in_an_abstract_do_not_make_it_fit() -> None:
    near = "Grey moths circle copper lamps."
    far = "Grey owls rest. Nobody sees them. Lamps rust."
    assert listed("Which papers study grey moths at copper lamps?", near, far) == [near]


def test_word_that_all_papers_hold_counts_for_less() -> None:
    topic = find_topic(
        analyse("Which papers study moths and lamps?"),
        [hit("Moths circle lamps."), hit("Lamps rust."), hit("Lamps glow.")],
    )
    moths, lamps = topic.weights
    assert moths / topic.units[0].weight == pytest.approx(1 - 0.5 / 3)
    assert lamps / topic.units[1].weight == pytest.approx(0.5)


def test_sentence_shown_is_the_first_that_holds_most() -> None:
    record = Record("text:1", "", "Owls rest. Moths circle lamps. Lamps lure moths.")
    topic = find_topic(analyse("Which papers study moths at lamps?"), [])
    span = most_covering(topic, record)
    assert record.abstract[span.start : span.end] == "Moths circle lamps."


def test_unit_holds_what_its_best_alternative_does() -> None:
    words = analyse("code data").words
    assert Unit(((words[0],), (words[1],))).held(frozenset(words[1].terms)) == 1.0
    assert Unit((tuple(words),)).held(frozenset()) == 0.0

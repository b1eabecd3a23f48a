"""Names, opposites, comparisons, hedges and missing words, each on its own."""

from __future__ import annotations

import pytest

from rag.checking.alignment import align
from rag.checking.hedges import added_scopes, dropped_hedge, dropped_softener
from rag.checking.names import Vocabulary, absent_names, names_of
from rag.checking.opposites import Polarity, polarities
from rag.checking.polarity import find_reversals
from rag.checking.ranking import is_swapped
from rag.checking.reading import Place, read_passages, read_sentence
from vectorstore.terms import stem


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We use BERT on SQuAD 2.0.", ["BERT", "SQuAD"]),
        ("LoRA's rank and GPT-4 differ.", ["LoRA", "GPT-4"]),
        ("However, the Louvre closed.", ["Louvre"]),
        ("Nothing is named here.", []),
    ],
)
def test_names_are_found(text: str, names: list[str]) -> None:
    assert [name.text for name in names_of(read_sentence(text))] == names


@pytest.mark.parametrize(
    ("name", "passage"),
    [
        ("BERTs", "We use BERT."),
        ("SVM", "A support vector machine is used."),
        ("ImageNet", "on ImageNet-1K"),
        ("GPT4", "We use GPT-4."),
        ("Few-Shot", "a few shot setting"),
    ],
)
def test_name_in_another_form_is_there(name: str, passage: str) -> None:
    claim = read_sentence(f"They use {name}.")
    assert absent_names(names_of(claim), Vocabulary((read_sentence(passage),))) == []


def test_every_form_of_a_word_lies_on_its_side() -> None:
    assert polarities(stem("increases")) == polarities(stem("increased"))
    assert Polarity("amount", 1) in polarities(stem("increase"))
    assert Polarity("amount", -1) in polarities(stem("decrease"))


@pytest.mark.parametrize(
    ("claim", "evidence", "words"),
    [
        ("Heat increases the yield.", "Heat decreases the yield.", [("increases", "decreases")]),
        ("Heat does not increase the yield.", "Heat decreases the yield.", []),
        ("Loaded joints are stable.", "Loaded joints are unstable.", [("stable", "unstable")]),
        ("Loaded joints are not unstable.", "Loaded joints are stable.", []),
        ("Heat raises the yield.", "Heat increases the yield.", []),
    ],
)
def test_opposites_are_met_and_two_negations_cancel(
    claim: str, evidence: str, words: list[tuple[str, str]]
) -> None:
    found = find_reversals(read_sentence(claim), [read_sentence(evidence)])
    assert [(item.word, item.other) for item in found if item.clear] == words


@pytest.mark.parametrize(
    ("claim", "evidence", "swapped"),
    [
        ("A2 beats B2.", "A2 outperforms B2.", False),
        ("B2 beats A2.", "A2 outperforms B2.", True),
        ("B2 is outperformed by A2.", "A2 outperforms B2.", False),
        ("Cats are faster than dogs.", "Dogs are slower than cats.", False),
        ("Dogs are faster than cats.", "Dogs are slower than cats.", True),
    ],
)
def test_comparison_the_other_way_round_is_found(claim: str, evidence: str, swapped: bool) -> None:
    found = is_swapped(read_sentence(claim), [read_sentence(evidence)])
    assert (found is not None) == swapped


def aligned(claim: str, evidence: str) -> tuple[str | None, str | None]:
    sentence = read_sentence(evidence)
    found = align(read_sentence(claim), Place(0, 0, len(evidence), sentence))
    return dropped_hedge(found), dropped_softener(found)


def test_hedges_that_are_dropped_are_named() -> None:
    assert aligned("Rain reduces the catch.", "Rain may reduce the catch.") == ("may", None)
    assert aligned("Rain might reduce the catch.", "Rain may reduce the catch.") == (None, None)
    assert aligned("Moths fly.", "Some moths fly.") == (None, "Some")


@pytest.mark.parametrize(
    ("claim", "evidence", "scopes"),
    [
        ("All moths fly.", "Moths fly.", ["All"]),
        ("All moths fly.", "Every moth flies.", []),
        ("Not only moths fly.", "Moths fly.", []),
        ("First, moths fly.", "Moths fly.", []),
        ("It is the first trap.", "It is a trap.", ["first"]),
    ],
)
def test_words_of_scope_that_are_added_are_named(
    claim: str, evidence: str, scopes: list[str]
) -> None:
    assert added_scopes(read_sentence(claim), [read_sentence(evidence)]) == scopes


def test_sentences_of_passages_keep_their_places() -> None:
    passages = ["Moths fly. Bees hum.", "Rain falls."]
    places = read_passages(passages)
    assert [passages[p.passage][p.start : p.end] for p in places] == [
        "Moths fly.", "Bees hum.", "Rain falls."
    ]  # fmt: skip

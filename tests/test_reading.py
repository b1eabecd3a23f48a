"""Texts as words with vectors: which vector belongs to which word, and what the words are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rag.answerers.reading import ReadText, TextReader, rarity
from rag.question import split_words
from vectorstore.records import Record
from vectorstore.sentences import Span

READER = TextReader()


def plain(text: str) -> ReadText:
    """A text that no model has read."""
    words = split_words(text)
    return ReadText(text, words, np.zeros((len(words), 1), np.float32), np.zeros(1, np.float32))


def test_every_word_has_a_unit_vector() -> None:
    read = READER.read_text("Owls, at 3 a.m., unhesitatingly hunt (mice).")
    assert [word.text for word in read.words] == [
        "Owls", "at", "3", "a.m", "unhesitatingly", "hunt", "mice"
    ]  # fmt: skip
    assert np.linalg.norm(read.vectors, axis=1) == pytest.approx([1] * 7, abs=1e-5)
    assert np.linalg.norm(read.vector) == pytest.approx(1, abs=1e-5)


def test_vector_of_a_word_is_nearest_to_the_same_thing_in_another_text() -> None:
    left = READER.read_text("The owls hunt mice")
    right = READER.read_text("At night mice are eaten by an owl, slowly")
    nearest = (left.vectors @ right.vectors.T).argmax(axis=1)
    by_word = {
        word.text: right.words[place].text for word, place in zip(left.words, nearest, strict=True)
    }
    assert (by_word["owls"], by_word["mice"]) == ("owl", "mice")


def test_latex_is_read_as_people_type_it() -> None:
    assert READER.read_text(r"$40\times$ faster").text == "40x faster"


def test_words_beyond_the_window_have_no_vector() -> None:
    read = READER.read_text("owl " * 300)
    lengths = np.linalg.norm(read.vectors, axis=1)
    assert lengths[:254] == pytest.approx([1] * 254, abs=1e-5)
    assert lengths[254:].tolist() == [0] * 46


def test_text_without_words_has_no_vectors() -> None:
    assert READER.read_text("").vectors.shape == (0, 384)
    assert READER.read_text("...").vectors.shape == (0, 384)


def test_record_is_read_sentence_by_sentence() -> None:
    record = Record("text:1", "Big owls", "Owls hunt. Mice flee.")
    (read,) = READER.read_records([record])
    assert read.spans == [Span(0, 10), Span(11, 21)]
    assert [item.text for item in read.sentences] == ["Owls hunt.", "Mice flee."]
    assert read.terms == {"big", "owl", "hunt", "mice", "flee"}
    assert read.squashed == {"big", "owls", "hunt", "mice", "flee"}


def test_record_is_read_the_same_alone_and_among_others() -> None:
    records = [Record(f"text:{place}", "", "Owls hunt. " * place) for place in (1, 3, 2)]
    together = READER.read_records(records)
    for record, read in zip(records, together, strict=True):
        (alone,) = TextReader().read_records([record])
        assert [item.text for item in alone.sentences] == [item.text for item in read.sentences]
        for one, other in zip(alone.sentences, read.sentences, strict=True):
            assert one.vector == pytest.approx(other.vector, abs=0.02)


def test_record_that_is_remembered_is_not_read_again() -> None:
    reader, record = TextReader(capacity=1), Record("text:1", "", "Owls hunt.")
    (first,) = reader.read_records([record])
    assert reader.read_records([record, record]) == [first, first]
    assert reader.read_records([record])[0] is first
    reader.read_records([Record("text:2", "", "Mice flee.")])
    assert reader.read_records([record])[0] is not first


def test_initials_are_of_two_to_five_words_in_a_row() -> None:
    (read,) = READER.read_records([Record("text:1", "", "Grey owls hunt big mice. Now flee.")])
    assert {"go", "goh", "gohbm", "bm", "nf"} <= read.initials
    assert read.initials.isdisjoint({"g", "gohbmn", "gh", "og"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It took 12 owls.", True),
        ("It is 3.5x faster.", True),
        ("It took a dozen owls.", True),
        ("It uses 4-bit weights.", True),
        ("It beats the F1 of OWL-2.", False),
        ("A 7B model hums.", False),
        ("It took many owls.", False),
        ("First, it is (1) quiet and (2) grey.", False),
    ],
)
def test_text_counts_where_it_holds_a_number_of_something(text: str, expected: bool) -> None:
    assert bool(plain(text).amounts) is expected


def test_clauses_end_at_commas_and_at_some_conjunctions() -> None:
    text = "Owls hunt, mice flee; cats and dogs sleep but 3,000 bats fly"
    words = [word.text for word in plain(text).words]
    assert [[words[place] for place in clause] for clause in plain(text).clauses] == [
        ["Owls", "hunt"], ["mice", "flee"], ["cats"], ["and", "dogs", "sleep"],
        ["but", "3", "000", "bats", "fly"],
    ]  # fmt: skip


def test_numbers_and_names_know_their_places() -> None:
    read = plain("Two OWL cameras of Zwolle saw 12 mice in the F1 test")
    assert [read.words[place].text for place in read.numbers] == ["12", "F1"]
    assert [read.words[place].text for place in read.number_words] == ["Two"]
    assert [read.words[place].text for place in read.names] == ["OWL", "Zwolle", "F1"]


def test_rarer_words_are_rarer_and_case_does_not_matter() -> None:
    order = [rarity(word) for word in ("the", "house", "lantern", "sphenopsid")]
    assert order == sorted(order)
    assert rarity("the") == 0.0
    assert rarity("Lantern") == rarity("lantern")
    assert rarity("sphenopsid") > 1.0
    assert rarity("") == 0.0


def test_threads_may_make_a_reader_forget_what_others_read() -> None:
    reader = TextReader(capacity=1)
    records = [Record(f"text:{place}", "", f"Owl {place} hunts.") for place in range(3)]

    def read(turn: int) -> list[str]:
        order = records[turn % 3 :] + records[: turn % 3]
        return [item.sentences[0].text for item in reader.read_records(order)]

    with ThreadPoolExecutor(8) as pool:
        for turn, found in enumerate(pool.map(read, range(16))):
            assert found == [f"Owl {(turn + place) % 3} hunts." for place in range(3)]

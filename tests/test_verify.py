"""What the reader gets to see of a draft, and what is held back, with which reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Draft, DraftSentence, Evidence
from rag.review import review
from rag.verify import ABSTENTION, finish
from vectorstore.records import Record

OWLS = Record("doi:10.5555/owl", "Owls", "Owls hear mice.\nThey   weigh 400 g [1].")
MILLS = Record("doi:10.5555/mill", "Mills", "Mills grind “corn” at night.")
WHOLE_REASON = "Nothing of the drafted answer withstood the check against the abstracts."


def place(record: Record, words: str) -> Evidence:
    start = record.abstract.index(words)
    return Evidence(record, start, start + len(words))


HEAR, WEIGH, GRIND = (
    place(OWLS, "Owls hear mice."),
    place(OWLS, "They   weigh 400 g [1]."),
    place(MILLS, "Mills grind “corn” at night."),
)


def quoting(evidence: Evidence, lead: str = "", text: str | None = None) -> DraftSentence:
    return DraftSentence(f"{lead}“{text or evidence.quote}”", (evidence,), True)


def verdict_of(sentence: DraftSentence) -> tuple[str, str | None]:
    reviewed = review(sentence)
    return reviewed.verdict, reviewed.reason


def drafted(*sentences: DraftSentence, **more: object) -> Draft:
    return Draft(sentences, 0.75, **more)  # type: ignore[arg-type]


def test_exact_quotation_is_supported() -> None:
    assert verdict_of(quoting(HEAR, "Owls: ")) == ("supported", None)


def test_quotation_marks_inside_the_quotation_do_not_matter() -> None:
    assert verdict_of(quoting(GRIND)) == ("supported", None)


def test_white_space_of_the_file_does_not_count() -> None:
    both = Evidence(OWLS, HEAR.start, WEIGH.end)
    text = "Owls hear mice. They weigh 400 g [1]."
    assert verdict_of(quoting(both, text=text)) == ("supported", None)


@pytest.mark.parametrize(
    "text", ["Owls hear mice", "Owls hear lice.", "owls hear mice.", "Owls hear mice. "]
)
def test_quotation_altered_by_one_character_is_not_supported(text: str) -> None:
    assert verdict_of(quoting(HEAR, text=text)) == (
        "unsupported",
        "its quotation is not what the abstract says there",
    )


def test_words_of_the_abstract_without_quotation_marks_are_no_quotation() -> None:
    sentence = DraftSentence("It is false that Owls hear mice.", (HEAR,), True)
    assert verdict_of(sentence) == (
        "unsupported",
        "its quotation is not what the abstract says there",
    )


def test_right_words_at_the_wrong_place_are_not_supported() -> None:
    assert verdict_of(quoting(WEIGH, text="Owls hear mice."))[0] == "unsupported"


def test_every_place_must_be_quoted() -> None:
    sentence = DraftSentence("“Owls hear mice.”", (HEAR, GRIND), True)
    assert review(sentence).verdict == "unsupported"


def test_sentence_that_cites_nothing_is_not_supported() -> None:
    assert verdict_of(DraftSentence("“Owls hear mice.”", (), True)) == (
        "unsupported",
        "it cites nothing",
    )


@pytest.mark.parametrize(("start", "end"), [(-1, 4), (4, 4), (5, 4), (0, 40), (40, 50)])
def test_span_outside_the_abstract_is_named(start: int, end: int) -> None:
    sentence = DraftSentence("“Owls”", (Evidence(OWLS, start, end),), True)
    assert verdict_of(sentence) == (
        "unsupported",
        f"[{start}, {end}) is no place in the abstract",
    )


def test_answer_marks_every_sentence_with_its_citation() -> None:
    answer = finish("q?", "Q?", drafted(quoting(HEAR, "Owls: "), quoting(GRIND, "Mills: ")), {})
    assert answer.text == ("Owls: “Owls hear mice.” [1] Mills: “Mills grind “corn” at night.” [2]")
    assert (answer.question, answer.standalone_question) == ("q?", "Q?")
    assert (answer.abstained, answer.reason, answer.confidence) == (False, None, 0.75)


def test_citations_are_numbered_in_order_of_first_use_and_equal_places_share_one() -> None:
    draft = drafted(quoting(GRIND), quoting(HEAR), quoting(GRIND, "Again: "), quoting(WEIGH))
    answer = finish("q", "q", draft, {})
    assert [item.citations for item in answer.sentences] == [(1,), (2,), (1,), (3,)]
    assert [item.quote for item in answer.citations] == [
        "Mills grind “corn” at night.", "Owls hear mice.", "They   weigh 400 g [1]."
    ]  # fmt: skip
    assert [item.number for item in answer.citations] == [1, 2, 3]


def test_place_that_a_sentence_gives_twice_is_marked_once() -> None:
    twice = DraftSentence("“Owls hear mice.”", (HEAR, HEAR), True)
    assert finish("q", "q", drafted(twice), {}).text == "“Owls hear mice.” [1]"


def test_removed_sentence_is_listed_with_its_reason_and_its_citation_comes_last() -> None:
    bad = quoting(HEAR, text="Owls hear lice.")
    answer = finish("q", "q", drafted(bad, quoting(GRIND)), {})
    assert answer.text == "“Mills grind “corn” at night.” [1]"
    (removed,) = answer.removed
    assert (removed.text, removed.citations, removed.verdict) == (
        "“Owls hear lice.”", (2,), "unsupported"
    )  # fmt: skip
    assert removed.reason == "its quotation is not what the abstract says there"
    assert not answer.abstained


def test_misplaced_evidence_has_no_citation() -> None:
    bad = DraftSentence("“Owls”", (Evidence(OWLS, 0, 99),), True)
    answer = finish("q", "q", drafted(bad, quoting(HEAR)), {})
    assert answer.removed[0].citations == ()
    assert [item.quote for item in answer.citations] == ["Owls hear mice."]


def test_answer_of_which_nothing_is_left_is_an_abstention_with_the_reason() -> None:
    answer = finish("q", "q", drafted(quoting(HEAR, text="No."), nearest=(GRIND,)), {})
    assert (answer.text, answer.abstained, answer.reason) == (ABSTENTION, True, WHOLE_REASON)
    assert answer.sentences == ()
    assert len(answer.removed) == 1
    assert [(item.number, item.quote) for item in answer.nearest] == [
        (1, "Mills grind “corn” at night.")
    ]


def test_abstention_keeps_its_own_reason_and_numbers_the_nearest() -> None:
    draft = drafted(nearest=(WEIGH, HEAR), reason="Nobody asked the owls.")
    answer = finish("q", "q", draft, {})
    assert (answer.abstained, answer.reason) == (True, "Nobody asked the owls.")
    assert [(item.number, item.start) for item in answer.nearest] == [(1, 16), (2, 0)]
    assert answer.citations == ()


def test_abstention_without_a_reason_gets_one() -> None:
    assert finish("q", "q", drafted(), {}).reason == "No abstract states what is asked."


def test_answer_that_is_given_has_no_nearest() -> None:
    assert finish("q", "q", drafted(quoting(HEAR), nearest=(GRIND,)), {}).nearest == ()


def test_timings_and_the_name_of_the_answerer_are_passed_on() -> None:
    answer = finish("q", "q", drafted(answerer="parrot"), {"total": 1.5})
    assert (answer.timings_ms, answer.answerer) == ({"total": 1.5}, "parrot")


SPANS = st.tuples(st.integers(-3, 50), st.integers(-3, 50))


@given(st.lists(st.tuples(st.sampled_from([OWLS, MILLS]), SPANS), max_size=6))
def test_whatever_is_drafted_every_citation_is_a_place_and_every_shown_sentence_quotes(
    items: list[tuple[Record, tuple[int, int]]],
) -> None:
    sentences = [
        DraftSentence(f"“{record.abstract[start:end]}”", (Evidence(record, start, end),), True)
        for record, (start, end) in items
    ]
    answer = finish("q", "q", drafted(*sentences), {})
    abstracts = {OWLS.id: OWLS.abstract, MILLS.id: MILLS.abstract}
    by_number = {item.number: item for item in answer.citations}
    for citation in answer.citations:
        abstract = abstracts[citation.record_id]
        assert 0 <= citation.start < citation.end <= len(abstract)
        assert abstract[citation.start : citation.end] == citation.quote
    for sentence in answer.sentences:
        assert sentence.verdict == "supported"
        assert sentence.text == f"“{by_number[sentence.citations[0]].quote}”"
    assert len(answer.sentences) + len(answer.removed) == len(sentences)
    assert answer.abstained is (not answer.sentences)

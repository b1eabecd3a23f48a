"""A sentence in an LLM's own words against the papers: verdict, reason, citation, quotation."""

from __future__ import annotations

import pytest

from rag.answer import Draft, DraftSentence, Evidence
from rag.review import ADDED, CORRECTED, review
from rag.verify import finish
from vectorstore.records import Record

MOTHS = Record(
    "doi:10.5555/moth",
    "LanternNet: counting moths by night",
    "Counting moths at night is slow work. We present a camera trap that counts moths without "
    "killing them. LanternNet reaches an F1 score of 91.4% on 12 species in 30 nights. On "
    "butterflies it reaches 88.2% in 45 nights. It may reduce the cost of surveys.",
)
TIDES = Record(
    "doi:10.5555/tide",
    "Harbour tides from ship logs",
    "We digitised 4,200 pages of ship logs from 17 harbours. The reconstructed tides differ from "
    "modern gauges by 6 cm on average.",
)
PAPERS = [MOTHS, TIDES]


def citing(text: str, *records: Record) -> DraftSentence:
    return DraftSentence(text, tuple(Evidence(item, 0, len(item.abstract)) for item in records))


def test_a_supported_sentence_is_cited_at_the_sentence_that_says_it() -> None:
    found = review(citing("LanternNet reaches an F1 score of 91.4% on 12 species.", MOTHS), PAPERS)
    assert (found.verdict, found.reason) == ("supported", None)
    assert [place.quote for place in found.sentence.evidence] == [
        "LanternNet reaches an F1 score of 91.4% on 12 species in 30 nights."
    ]


@pytest.mark.parametrize(
    "text",
    [
        "LanternNet reaches an F1 score of 93.4% on 12 species.",
        "LanternNet reaches an F1 score of 91.4% in 45 nights.",
        "LanternNet counts moths by killing them.",
        "MothCam reaches an F1 score of 91.4% on 12 species.",
        "The camera trap recognises birds by their songs.",
    ],
)
def test_what_the_paper_does_not_say_is_unsupported_with_a_reason(text: str) -> None:
    found = review(citing(text, MOTHS), PAPERS)
    assert found.verdict == "unsupported"
    assert found.reason


def test_a_dropped_hedge_is_a_weaker_verdict() -> None:
    found = review(citing("LanternNet reduces the cost of surveys.", MOTHS), PAPERS)
    assert found.verdict == "partly"
    assert "may" in (found.reason or "")


def test_a_wrong_citation_is_corrected() -> None:
    found = review(citing("17 harbours' ship logs were digitised, 4,200 pages.", MOTHS), PAPERS)
    assert (found.verdict, found.reason) == ("supported", CORRECTED)
    assert {place.record.id for place in found.sentence.evidence} == {TIDES.id}


def test_a_missing_citation_is_added() -> None:
    found = review(citing("The reconstructed tides differ from modern gauges by 6 cm."), PAPERS)
    assert (found.verdict, found.reason) == ("supported", ADDED)


def test_a_sentence_that_cites_nothing_and_stands_nowhere_is_removed() -> None:
    found = review(citing("Owls hunt at dusk."), PAPERS)
    assert (found.verdict, found.probability) == ("unsupported", 0.0)
    assert found.reason == "it cites nothing, and no abstract that was found says so"


def test_a_quotation_that_is_nearly_verbatim_is_made_so() -> None:
    text = "It says “LanternNet reaches an F1 score of 91.4% on twelve species in 30 nights”."
    found = review(citing(text.replace("twelve", "the 12"), MOTHS), PAPERS)
    assert found.verdict == "supported"
    assert "“LanternNet reaches an F1 score of 91.4% on 12 species in 30 nights" in (
        found.sentence.text
    )


def test_an_invented_quotation_is_unsupported() -> None:
    found = review(citing("It says “moths are counted by owls with lanterns”.", MOTHS), PAPERS)
    assert found.verdict == "unsupported"
    assert "not in" in (found.reason or "")


@pytest.mark.parametrize(
    "text", ["The answer is:", "Answer.", "Here it is", "Yes.", "[", "…", "12 species.", "Moths."]
)
def test_what_says_nothing_is_no_answer(text: str) -> None:
    assert review(citing(text, MOTHS), PAPERS, "How many species?").verdict == "unsupported"


def test_reasons_name_the_number_of_the_citation() -> None:
    wrong = citing("LanternNet reaches an F1 score of 93.4% on 12 species.", MOTHS)
    right = citing("The reconstructed tides differ from modern gauges by 6 cm.", TIDES)
    answer = finish("q", "q", Draft((wrong, right), 0.8), {}, PAPERS)
    (removed,) = answer.removed
    assert answer.text == "The reconstructed tides differ from modern gauges by 6 cm. [1]"
    assert removed.reason is not None
    assert f"[{removed.citations[0]}]" in removed.reason
    assert "93.4" in removed.reason


# What stands in --------------------------------------------------------------------------------

QUOTED = Draft(
    (DraftSentence("Tides: “We digitised 4,200 pages of ship logs from 17 harbours.”",
                   (Evidence(TIDES, 0, 55),), True),),
    0.9,
)  # fmt: skip
RIGHT = citing("The reconstructed tides differ from modern gauges by 6 cm.", TIDES)
WRONG = citing("The reconstructed tides differ from modern gauges by 7 cm.", TIDES)


def test_the_draft_of_an_llm_stands_where_half_of_it_is_left() -> None:
    draft = Draft((RIGHT, WRONG), 0.9, answerer="llm:tiny", usage={"cost": 1}, fallback=QUOTED)
    answer = finish("q", "q", draft, {}, PAPERS)
    assert [item.text for item in answer.sentences] == [RIGHT.text]
    assert (answer.reason, answer.answerer, answer.usage) == (None, "llm:tiny", {"cost": 1})
    assert 0.45 < answer.confidence < 1.0


def test_quotations_join_where_less_is_left() -> None:
    draft = Draft((RIGHT, WRONG, WRONG), 0.9, answerer="llm:tiny", fallback=QUOTED)
    answer = finish("q", "q", draft, {}, PAPERS)
    assert [item.text for item in answer.sentences] == [RIGHT.text, QUOTED.sentences[0].text]
    assert "their own words were added" in (answer.reason or "")
    assert answer.answerer == "llm:tiny"


def test_quotations_stand_in_where_nothing_is_left() -> None:
    draft = Draft((WRONG,), 0.9, answerer="llm:tiny", fallback=QUOTED)
    answer = finish("q", "q", draft, {}, PAPERS)
    assert [item.text for item in answer.sentences] == [QUOTED.sentences[0].text]
    assert (answer.answerer, answer.abstained, answer.confidence) == ("quote", False, 0.9)
    assert "answered in their own words" in (answer.reason or "")
    assert [item.text for item in answer.removed] == [WRONG.text]


def test_where_nothing_is_left_and_quotations_abstain_quoth_abstains() -> None:
    nearest = (Evidence(TIDES, 0, 55),)
    fallback = Draft((), 0.2, nearest, "No abstract states it.")
    answer = finish("q", "q", Draft((WRONG,), 0.2, fallback=fallback), {}, PAPERS)
    assert answer.abstained
    assert [item.quote for item in answer.nearest] == [nearest[0].quote]
    assert len(answer.removed) == 1


def test_an_answer_below_the_threshold_is_not_given_and_says_so() -> None:
    fallback = Draft((), 0.3, reason="No abstract states it.")
    draft = Draft((RIGHT,), 0.3, fallback=fallback, threshold=0.6)
    answer = finish("q", "q", draft, {}, PAPERS)
    assert answer.abstained
    (removed,) = answer.removed
    assert removed.reason == "the confidence in the answer is 0.55, below 0.60"


def test_a_question_does_not_support_its_own_answer() -> None:
    found = review(
        citing("LanternNet cures insomnia.", MOTHS), PAPERS, "Does LanternNet cure insomnia?"
    )
    assert found.verdict == "unsupported"


@pytest.mark.parametrize(("nights", "verdict"), [("30", "supported"), ("45", "unsupported")])
def test_a_number_must_stand_with_that_of_the_question(nights: str, verdict: str) -> None:
    question = "In how many nights does LanternNet reach an F1 score of 91.4%?"
    found = review(citing(f"It reaches it in {nights} nights.", MOTHS), PAPERS, question)
    assert found.verdict == verdict


def test_what_the_title_alone_says_is_supported_in_part() -> None:
    trial = Record("doi:t", "Lamps halve moth counts in 40 gardens", "We ran a trial in two towns.")
    found = review(citing("Lamps halve moth counts in 40 gardens.", trial), [trial])
    assert (found.verdict, found.reason) == ("partly", "it stands in the paper's title alone")


def test_a_corrected_citation_does_not_hide_that_the_title_alone_says_it() -> None:
    trial = Record("doi:t", "Lamps halve moth counts in 40 gardens", "We ran a trial in two towns.")
    found = review(citing("Lamps halve moth counts in 40 gardens.", TIDES), [TIDES, trial])
    assert found.verdict == "partly"
    assert found.reason == f"{CORRECTED}; it stands in the paper's title alone"

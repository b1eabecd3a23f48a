"""What must hold for any text: no exception, verbatim sentences pass, changed digits do not."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.checking import THRESHOLD, check_claim
from vectorstore.sentences import split_sentences

PAPERS = [
    f"{paper['title']}. {paper['abstract']}"
    for line in (files("rag") / "sample" / "digests.jsonl").read_text("utf-8").splitlines()
    if (paper := json.loads(line))
]
SENTENCES = [
    (paper, paper[span.start : span.end]) for paper in PAPERS for span in split_sentences(paper)
]
NUMBERS = [
    (paper, sentence, match.span())
    for paper, sentence in SENTENCES
    for match in re.finditer(r"(?<![\w.,^/(-])\d+(?:\.\d+)?(?=[%x ,;)]|[KMB]\b|\.(?!\d))", sentence)
]
ODD = st.text(
    alphabet=st.one_of(
        st.characters(), st.sampled_from("0123456789.,%-–()[]“”\"'$\\{}^_ ABc not than ")
    ),
    max_size=120,
)


@settings(max_examples=300, deadline=None)
@given(claim=ODD, passages=st.lists(ODD, max_size=3), question=ODD)
def test_any_text_gets_a_finding(claim: str, passages: list[str], question: str) -> None:
    finding = check_claim(claim, passages, question)
    assert 0 <= finding.probability <= 1
    assert (finding.probability >= THRESHOLD) == (finding.verdict != "unsupported")
    assert (finding.reason is None) == (finding.verdict == "supported")
    for number, start, end in finding.evidence:
        assert 0 <= start < end <= len(passages[number])


@settings(max_examples=100, deadline=None)
@given(words=st.lists(st.sampled_from("no 4 % ( rate is , not than 3.5x A-1 may".split())))
def test_any_words_get_the_same_finding_twice(words: list[str]) -> None:
    text = " ".join(words)
    assert check_claim(text, [PAPERS[0]]) == check_claim(text, [PAPERS[0]])


@pytest.mark.parametrize("paper", PAPERS, ids=range(len(PAPERS)))
def test_every_sentence_of_a_paper_is_supported_by_it(paper: str) -> None:
    for span in split_sentences(paper):
        finding = check_claim(paper[span.start : span.end], [paper])
        assert (finding.verdict, finding.reason) == ("supported", None)
        assert finding.evidence[0] == (0, span.start, span.end)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_changed_digit_of_a_stated_number_is_always_caught(data: st.DataObject) -> None:
    paper, sentence, (start, end) = data.draw(st.sampled_from(NUMBERS))
    number = sentence[start:end]
    place = data.draw(st.sampled_from([n for n, sign in enumerate(number) if sign.isdigit()]))
    digit = data.draw(st.sampled_from([sign for sign in "123456789" if sign != number[place]]))
    changed = number[:place] + digit + number[place + 1 :]
    claim = sentence[:start] + changed + sentence[end:]
    assert check_claim(claim, [paper]).verdict == "unsupported"

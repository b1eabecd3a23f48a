from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from rag import AddReport, Answer, Citation, Record, Sentence
from rag.transcript import Turn
from ui.records import chips_html, record_html, records_html, report_html, summary_html, verbatim
from ui.render import (
    failed_html,
    link_html,
    link_of,
    partial_html,
    starters_html,
    turn_html,
)
from vectorstore.records import Note, RejectedRecord

HOSTILE = (
    '<img src=x onerror="window.hurt=1"> </mark><script>window.hurt=1</script> '
    "![x](http://evil.example/x.png) ${alert(1)} {{alert}} \u202etfel\u202c"
)
ALLOWED = {
    "a", "article", "blockquote", "button", "del", "details", "div", "em", "h2", "h3", "li",
    "mark", "p", "section", "span", "strong", "summary", "ul",
}  # fmt: skip
CITATION = Citation(
    1, "doi:10.5555/moth.1", "LanternNet", ("Ada Quill",), 2024, None, ("a.jsonl",),
    r"It runs $3.5\times$ faster.", 4, 31,
)  # fmt: skip
ANSWER = Answer(
    "How fast?", "How fast is LanternNet?", "It runs faster. [1]", False, None, 0.86,
    sentences=(Sentence("It runs faster.", (1,), "supported"),),
    removed=(Sentence("It is blue.", (1,), "unsupported", "no abstract says so"),),
    citations=(CITATION,), timings_ms={"total": 1234.0},
)  # fmt: skip


class Tags(HTMLParser):
    """What a browser would make of some HTML: tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [given for tag, given in self.tags if tag == name]


def turn(answer: Answer = ANSWER) -> Turn:
    return Turn(answer.question, answer.standalone_question, answer)


def hostile_turns() -> list[str]:
    cited = replace(
        CITATION,
        record_id="text:1",
        title=HOSTILE,
        authors=(HOSTILE,),
        quote=HOSTILE,
        url="javascript:1",
    )
    said = Sentence(HOSTILE, (1,), "partly", HOSTILE)
    answer = Answer(
        HOSTILE, HOSTILE + "?", HOSTILE, False, HOSTILE, 0.5, (said,), (said,), (cited,),
        answerer=HOSTILE,
    )  # fmt: skip
    abstained = replace(answer, abstained=True, nearest=(cited,), sentences=(), citations=())
    return [turn_html(turn(answer)), turn_html(turn(abstained))]


def hostile_parts() -> list[str]:
    record = Record(
        HOSTILE, HOSTILE, HOSTILE, authors=(HOSTILE,), venue=HOSTILE, url="javascript:alert(1)",
        keywords=(HOSTILE,), groups=(HOSTILE,), sources=(HOSTILE,),
    )  # fmt: skip
    report = AddReport(1, rejected=[RejectedRecord(HOSTILE, HOSTILE, HOSTILE)])
    report.notes.append(Note(HOSTILE, HOSTILE, HOSTILE))
    return [
        *hostile_turns(),
        failed_html(HOSTILE, HOSTILE),
        partial_html(HOSTILE, [Sentence(HOSTILE, (), "supported")]),
        starters_html([HOSTILE]),
        record_html(record, 2, 30, removable=True),
        records_html([record], 1),
        summary_html([record], HOSTILE),
        report_html(report),
        chips_html({"source": "File: " + HOSTILE}),
    ]


@pytest.mark.parametrize("html", hostile_parts())
def test_hostile_text_makes_no_tag_attribute_or_link_of_its_own(html: str) -> None:
    found = Tags(html)
    assert {tag for tag, _ in found.tags} <= ALLOWED
    names = {name for _, given in found.tags for name in given}
    assert not {name for name in names if name.startswith("on") or name == "src"}
    assert not found.all("a")
    assert "\u202e" not in found.text
    assert "<img" in found.text or "<img" in str(found.tags)


def test_answer_has_a_mark_a_source_and_what_was_taken_out() -> None:
    found = Tags(turn_html(turn()))
    mark = next(given for given in found.all("button") if given["class"] == "mark")
    assert mark["data-record"] == "doi:10.5555/moth.1"
    assert (mark["data-start"], mark["data-end"]) == ("4", "31")
    assert mark["data-quote"] == "It runs 3.5× faster."
    assert [given["href"] for given in found.all("a")] == ["https://doi.org/10.5555/moth.1"]
    for said in (
        "Understood as: How fast is LanternNet?",
        "Confidence high (0.86)",
        "1.2 s",
        "Quoted without an LLM",
        "1 sentence taken out by the check",
        "no abstract says so",
    ):
        assert said in found.text


def test_places_of_one_paper_stand_under_it() -> None:
    two = (CITATION, replace(CITATION, number=2, quote="Second.", start=40, end=47))
    found = Tags(turn_html(turn(replace(ANSWER, citations=two))))
    assert len([given for given in found.all("li") if given.get("class") == "source"]) == 1
    assert len(found.all("blockquote")) == 2


def test_copy_holds_the_quote_verbatim() -> None:
    copy = next(given for given in Tags(turn_html(turn())).all("button") if "data-copy" in given)
    assert r"It runs $3.5\times$ faster." in (copy["data-copy"] or "")


def test_abstention_shows_the_nearest_as_no_answer() -> None:
    answer = Answer(
        "Why?", "Why?", "The abstracts do not say.", True, "No abstract states it.", 0.2,
        nearest=(CITATION,),
    )  # fmt: skip
    found = Tags(turn_html(turn(answer)))
    assert "not an answer" in found.text
    assert "Had it answered: confidence low (0.20)" in found.text
    assert "Asked without an LLM" in found.text
    assert not [given for given in found.all("button") if given.get("class") == "mark"]
    assert [given["class"] for given in found.all("div")] == ["abstention"]


def test_failure_of_the_llm_is_a_notice() -> None:
    told = "The LLM failed (no reply); answered by the embedded answerer."
    found = Tags(turn_html(turn(replace(ANSWER, reason=told))))
    notice = [given for given in found.all("p") if given.get("class") == "notice"]
    assert notice == [{"class": "notice", "role": "note"}]
    assert told in found.text


def test_marked_span_is_verbatim_and_the_rest_readable() -> None:
    abstract = r"We gain $2\times$. It runs $3.5\times$ faster. Also $\alpha$."
    start = abstract.index("It runs")
    end = abstract.index(" Also")
    html = record_html(Record("x:1", "T", abstract), start, end)
    assert "We gain 2×. <mark tabindex='-1'>It runs $3.5\\times$ faster.</mark>" in html
    assert "Reads: It runs 3.5× faster." in html
    assert "Also α." in html


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (0, 99)])
def test_no_place_no_mark(start: int, end: int) -> None:
    assert "<mark" not in record_html(Record("x:1", "T", "Short."), start, end)


def test_hidden_characters_are_shown_by_their_code() -> None:
    assert verbatim("a\u202eb\u200b<") == "a⟨U+202E⟩b⟨U+200B⟩&lt;"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://", "https://a b", "ftp://x",
     "java\nscript:1", "https://x\"onclick=hurt()"],
)  # fmt: skip
def test_other_addresses_are_not_linked(url: str) -> None:
    assert link_html("text:1", url) == ""


def test_identifiers_lead_to_their_resolvers() -> None:
    assert link_of("arxiv:2505.00001", None) == "https://arxiv.org/abs/2505.00001"
    assert link_of("doi:10.1/x", "https://x.example/p") == "https://x.example/p"
    assert link_of("text:1", None) is None


def test_address_that_no_parser_takes_is_still_shown() -> None:
    assert Tags(link_html("text:1", "http://[")).text == "["


def test_resolved_identifier_cannot_break_out_of_its_link() -> None:
    found = Tags(link_html('doi:10.1/x"onclick="hurt()', None))
    assert [set(given) for given in found.all("a")] == [{"href", "target", "rel"}]


def test_report_counts_and_locates() -> None:
    report = AddReport(3, added=1, merged=1, rejected=[RejectedRecord("f.txt", "line 2", "no")])
    text = Tags(report_html(report)).text
    assert "3 records read: 1 added, 1 merged, 1 rejected." in text
    assert "Rejected: f.txt, line 2: no" in text

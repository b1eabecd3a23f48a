"""Turns of a conversation -> HTML; pure. Every text from outside is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

from rag import Answer, Citation, Sentence
from rag.cli.rendering import FAIR, HIGH, for_reading, names
from rag.transcript import Turn
from ui.export import answer_with_references, safe_address

EMBEDDED = "quote"
RESOLVERS = {
    "doi": "https://doi.org/",
    "arxiv": "https://arxiv.org/abs/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
}


def plain(text: str) -> str:
    """Text from outside, escaped: on one line, LaTeX in Unicode, no controls, no bidi marks."""
    return escape(for_reading(text))


def turns_html(turns: Iterable[Turn]) -> str:
    """Finished turns, the oldest first."""
    return "".join(turn_html(turn) for turn in turns)


def turn_html(turn: Turn) -> str:
    """A question, and its answer or abstention with all that speaks for it."""
    answer = turn.answer
    body = _abstention(answer) if answer.abstained else _answered(answer)
    return _article(turn.question, _understood(turn) + body + _removed(answer.removed))


def partial_html(
    question: str, sentences: Sequence[Sentence] = (), citations: Sequence[Citation] = ()
) -> str:
    """A question whose answer is still being written: the sentences checked so far."""
    waiting = '<p class="waiting">Reading the abstracts</p>'
    return _article(question, _sentences(sentences, citations) + waiting)


def failed_html(question: str, message: str) -> str:
    """A question that could not be answered, and why."""
    return _article(question, notice_html(message))


def notice_html(message: str, role: str = "alert") -> str:
    """Something that the reader must know."""
    return f'<p class="notice" role="{role}">{plain(message)}</p>'


def starters_html(questions: Sequence[str]) -> str:
    """Questions to begin with, as buttons."""
    buttons = "".join(
        f'<li><button type="button" class="starter" data-question="{plain(item)}">{plain(item)}'
        "</button></li>"
        for item in questions
    )
    return f'<ul class="starters" aria-label="Questions to begin with">{buttons}</ul>'


def confidence_html(confidence: float, label: str = "Confidence") -> str:
    """A probability in a word, a figure and a bar."""
    level = "high" if confidence >= HIGH else ("fair" if confidence >= FAIR else "low")
    return (
        f'<span class="confidence {level}"><span class="bar" aria-hidden="true">'
        f'<span style="width:{round(100 * confidence)}%"></span></span>'
        f"{label} {level} ({confidence:.2f})</span>"
    )


def link_of(record_id: str, url: str | None) -> str | None:
    """Where to read a paper: its address where that is http or https, else its resolver's."""
    scheme, _, name = record_id.partition(":")
    resolved = RESOLVERS[scheme] + quote(name, safe="/") if scheme in RESOLVERS else None
    return safe_address(url) or resolved


def link_html(record_id: str, url: str | None) -> str:
    """The link to a paper; empty where none is known."""
    address = link_of(record_id, url)
    if address is None:
        return ""
    shown = address.split("/")[2].removeprefix("www.") if safe_address(url) else record_id
    return (
        f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer nofollow">'
        f"{plain(shown)}</a>"
    )


def place_attributes(record_id: str, start: int, end: int) -> str:
    """What a button holds that opens a place in an abstract."""
    return f'data-record="{escape(record_id)}" data-start="{start}" data-end="{end}"'


def _article(question: str, body: str) -> str:
    return f'<article class="turn"><h2 class="question">{plain(question)}</h2>{body}</article>'


def _understood(turn: Turn) -> str:
    if for_reading(turn.standalone_question) == for_reading(turn.question):
        return ""
    return f'<p class="understood">Understood as: {plain(turn.standalone_question)}</p>'


def _answered(answer: Answer) -> str:
    notice = notice_html(answer.reason, "note") if answer.reason else ""
    sources = _sources(answer.citations, numbered=True)
    return (
        notice
        + _sentences(answer.sentences, answer.citations)
        + _facts(answer, confidence_html(answer.confidence))
        + f'<section class="sources"><h3>Sources</h3><ul>{sources}</ul></section>'
    )


def _abstention(answer: Answer) -> str:
    reason = f"<p>{plain(answer.reason)}</p>" if answer.reason else ""
    nearest = _sources(answer.nearest, numbered=False)
    listed = (
        '<section class="sources nearest"><h3>Nearest passages <em>not an answer</em></h3>'
        f"<ul>{nearest}</ul></section>"
        if nearest
        else ""
    )
    return (
        f'<div class="abstention"><p class="verdict">{plain(answer.text)}</p>{reason}</div>'
        + _facts(answer, confidence_html(answer.confidence, "Had it answered: confidence"))
        + listed
    )


def _sentences(sentences: Sequence[Sentence], citations: Sequence[Citation]) -> str:
    cited = {item.number: item for item in citations}
    return "".join(_sentence(item, cited) for item in sentences)


def _sentence(sentence: Sentence, cited: dict[int, Citation]) -> str:
    marks = "".join(_mark(cited[number]) for number in sentence.citations if number in cited)
    doubt = ""
    if sentence.verdict != "supported":
        found = ": ".join(filter(None, (sentence.verdict, sentence.reason)))
        doubt = f' <span class="doubt">({plain(found)})</span>'
    return f'<p class="sentence">{plain(sentence.text)}{marks}{doubt}</p>'


def _mark(citation: Citation) -> str:
    title = plain(citation.title)
    return (
        f'<button type="button" class="mark" {_place(citation)} '
        f'data-quote="{plain(citation.quote)}" data-title="{title}" '
        f'aria-label="Citation {citation.number}: {title}. Show the place">'
        f"{citation.number}</button>"
    )


def _sources(citations: Sequence[Citation], numbered: bool) -> str:
    """Papers in the order in which they are cited, each with the places that are."""
    papers: dict[str, list[Citation]] = {}
    for item in citations:
        papers.setdefault(item.record_id, []).append(item)
    return "".join(_source(items, numbered) for items in papers.values())


def _source(citations: Sequence[Citation], numbered: bool) -> str:
    first = citations[0]
    known = (
        plain(names(first.authors)),
        str(first.year or ""),
        link_html(first.record_id, first.url),
    )
    places = "".join(
        f"<li>{_mark(item) if numbered else ''}<blockquote>{plain(item.quote)}</blockquote></li>"
        for item in citations
    )
    return (
        f'<li class="source"><button type="button" class="open" {_place(first)}>'
        f"{plain(first.title)}</button>"
        f'<span class="known">{" · ".join(filter(None, known))}</span>'
        f'<ul class="places">{places}</ul></li>'
    )


def _place(citation: Citation) -> str:
    return place_attributes(citation.record_id, citation.start, citation.end)


def _facts(answer: Answer, confidence: str) -> str:
    total = answer.timings_ms.get("total")
    took = f"{total / 1000:.1f} s" if total is not None and total >= 100 else ""
    if total is not None and total < 100:
        took = f"{total:.0f} ms"
    parts = (
        confidence,
        f"<span>{_answerer(answer)}</span>",
        f"<span>{took}</span>" if took else "",
        '<button type="button" class="copy" '
        f'data-copy="{escape(answer_with_references(answer))}">Copy with references</button>',
    )
    return f'<p class="facts">{"".join(parts)}</p>'


def _answerer(answer: Answer) -> str:
    name = plain(answer.answerer)
    if answer.abstained:
        return "Asked without an LLM" if answer.answerer == EMBEDDED else f"Asked {name}"
    return "Quoted without an LLM" if answer.answerer == EMBEDDED else f"Written by {name}, checked"


def _removed(sentences: Sequence[Sentence]) -> str:
    if not sentences:
        return ""
    items = "".join(
        f"<li><del>{plain(item.text)}</del> "
        f'<span class="why">{plain(item.reason or item.verdict)}</span></li>'
        for item in sentences
    )
    count = f"{len(sentences)} sentence{'s' if len(sentences) > 1 else ''}"
    return (
        f'<details class="removed"><summary>{count} taken out by the check</summary>'
        f"<ul>{items}</ul></details>"
    )

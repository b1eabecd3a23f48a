"""Results -> paragraphs to read; pure. LaTeX is made readable here; `--json` stays verbatim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from rag.answer import Answer, Citation, Sentence
from rag.cli.console import Block, as_data
from vectorstore.latex import readable
from vectorstore.records import Hit, Record

HIGH, FAIR = 0.8, 0.5
MAX_AUTHORS = 6
GAP = Block(Text(""))


def answer_blocks(answer: Answer) -> Iterator[Block]:
    """An answer with its numbered sources, or an abstention with the nearest passages."""
    if answer.abstained:
        yield from _abstention(answer)
    else:
        for sentence in answer.sentences:
            yield Block(_sentence(sentence))
        yield GAP
        yield Block(Text(f"Confidence: {confidence_words(answer.confidence)}", "dim"))
        if answer.reason:
            yield Block(Text(for_reading(answer.reason), "dim"))
        yield GAP
        for citation in answer.citations:
            yield from _source(citation, f"[{citation.number}] ")
    yield from _removed(answer.removed)


def hit_blocks(hits: Sequence[Hit]) -> Iterator[Block]:
    """Search results: title, where to find the paper, and the passage that matched best."""
    for rank, hit in enumerate(hits, start=1):
        record = hit.record
        heading = Text.assemble(f"{rank}. ", _heading(record.title, record.year))
        yield Block(heading.append(f"  {hit.score:.2f}", "dim"))
        yield Block(Text(joined((record.id, record.url, *record.sources)), "dim"), 3)
        yield Block(Text(for_reading(hit.passage.text)), 3)
    if not hits:
        yield Block(Text("Nothing found."))


def record_blocks(record: Record, identifiers: Sequence[str] = ()) -> Iterator[Block]:
    """One paper, with all that is known about it, and every identifier of its records."""
    yield Block(_heading(record.title, record.year))
    for line in (
        names(record.authors),
        joined((record.venue,)),
        joined((*dict.fromkeys((record.id, *record.identities[:-1], *identifiers)), record.url)),
        labelled("Groups", record.groups),
        labelled("Keywords", record.keywords),
        labelled("Files", record.sources),
    ):
        if line:
            yield Block(Text(line, "dim"))
    yield GAP
    yield Block(Text(for_reading(record.abstract)))
    if record.digest:
        yield Block(Text("(A digest, in other words than the authors'.)", "dim"))


def status_blocks(status: dict[str, Any]) -> Iterator[Block]:
    """A library, the settings with where each came from, and versions."""
    absent = "" if status["exists"] else f"  ({status.get('problem', 'none here yet')})"
    yield _pair("library", status["library"] + absent)
    if status["exists"]:
        yield _pair("papers", f"{status['papers']:,}")
        yield _pair("passages", f"{status['passages']:,}")
        yield _pair("embedding", status["embedding"])
        yield _pair("on disk", f"{status['disk_bytes'] / 1e6:,.1f} MB")
        yield _pair("sources", _counts(status["sources"]))
        yield _pair("years", _counts(status["years"]))
        for name, place in status["folders"].items():
            yield _pair("in step with", f"{place} ({name})")
    yield Block(Text("settings"))
    for name, setting in status["settings"].items():
        yield _pair(f"QUOTH_{name.upper()}", f"{setting['value']}  ({setting['origin']})", 2)
    yield Block(Text("versions"))
    for name, version in status["versions"].items():
        yield _pair(name, version, 2)


def list_row(record: Record) -> tuple[str, ...]:
    """Id, year, title, groups and files of a paper, each without tabs or line breaks."""
    return (
        as_data(record.id),
        str(record.year or ""),
        for_reading(record.title),
        as_data("; ".join(record.groups)),
        as_data("; ".join(record.sources)),
    )


def hit_values(hit: Hit) -> dict[str, Any]:
    """A search result as plain JSON values, named as in the citations of an answer."""
    record = hit.record
    return {
        "record_id": record.id,
        "title": record.title,
        "authors": list(record.authors),
        "year": record.year,
        "url": record.url,
        "sources": list(record.sources),
        "quote": hit.passage.text,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "score": hit.score,
        "similarity": hit.similarity,
        "terms": hit.terms,
    }


def confidence_words(confidence: float) -> str:
    """A probability in a word and in figures."""
    word = "high" if confidence >= HIGH else ("fair" if confidence >= FAIR else "low")
    return f"{word} ({confidence:.2f})"


def for_reading(text: str) -> str:
    """Text from outside on one line, its LaTeX written in Unicode."""
    return as_data(readable(text))


def names(authors: Sequence[str]) -> str:
    """Authors, the many of them cut short."""
    shown, left = joined(authors[:MAX_AUTHORS], ", "), len(authors) - MAX_AUTHORS
    return shown if left <= 0 else f"{shown} and {left} more"


def joined(parts: Sequence[str | None], separator: str = " · ") -> str:
    """The parts that are there, on one line."""
    return separator.join(as_data(part) for part in parts if part)


def labelled(label: str, parts: Sequence[str]) -> str:
    """The parts behind a label; nothing where there are none."""
    return f"{label}: {joined(parts, '; ')}" if parts else ""


def _abstention(answer: Answer) -> Iterator[Block]:
    yield Block(Text(for_reading(answer.text), "bold"))
    if answer.reason:
        yield Block(Text(for_reading(answer.reason)))
    confidence = confidence_words(answer.confidence)
    yield Block(Text(f"Confidence, had it answered: {confidence}", "dim"))
    if answer.nearest:
        yield GAP
        yield Block(Text("Nearest passages (not an answer):"))
    for citation in answer.nearest:
        yield from _source(citation, "- ")


def _sentence(sentence: Sentence) -> Text:
    text = Text(for_reading(sentence.text))
    for number in sentence.citations:
        text.append(f" [{number}]", "cyan")
    if sentence.verdict != "supported":
        found = ": ".join(filter(None, (sentence.verdict, sentence.reason)))
        text.append(f" ({for_reading(found)})", "yellow")
    return text


def _source(citation: Citation, mark: str) -> Iterator[Block]:
    indent = len(mark)
    yield Block(Text.assemble((mark, "cyan"), _heading(citation.title, citation.year)))
    if citation.authors:
        yield Block(Text(names(citation.authors), "dim"), indent)
    place = joined((citation.record_id, citation.url, *citation.sources))
    yield Block(Text(place, "dim"), indent)
    yield Block(Text(f"“{for_reading(citation.quote)}”"), indent)


def _removed(sentences: Sequence[Sentence]) -> Iterator[Block]:
    if sentences:
        yield GAP
        yield Block(Text("Taken out by the check:", "dim"))
    for sentence in sentences:
        why = for_reading(sentence.reason or sentence.verdict)
        yield Block(Text(f"- {for_reading(sentence.text)} ({why})", "dim"))


def _heading(title: str, year: int | None) -> Text:
    return Text.assemble((for_reading(title), "bold"), f" ({year})" if year else "")


def _pair(name: str, value: str, indent: int = 0) -> Block:
    return Block(Text(f"{name + ':':<{20 - indent}} {as_data(value)}"), indent)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"

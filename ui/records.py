"""Papers, places in them, lists of them and reports -> HTML; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from rag import AddReport, Hit, Record
from rag.cli.rendering import for_reading, labelled, names
from rag.cli.reports import counted, located
from ui.render import link_html, place_attributes, plain

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
MAX_LISTED = 200
MAX_TOLD = 50


def verbatim(text: str) -> str:
    """Text as it is, escaped; characters that cannot be seen are shown by their code."""
    return escape(HIDDEN.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text))


def record_html(record: Record, start: int = 0, end: int = 0, removable: bool = False) -> str:
    """One paper with all that is known of it; `abstract[start:end]` is marked, verbatim."""
    known = "".join(
        f"<li>{line}</li>"
        for line in (
            plain(names(record.authors)),
            " · ".join(filter(None, (plain(record.venue or ""), str(record.year or "")))),
            link_html(record.id, record.url),
        )
        if line
    )
    more = "".join(
        f"<li>{escape(line)}</li>"
        for line in (
            labelled("Groups", record.groups),
            labelled("Keywords", record.keywords),
            labelled("Files", record.sources),
            labelled("Id", (record.id,)),
        )
        if line
    )
    digest = (
        '<p class="digest">A digest, in other words than the authors’.</p>' if record.digest else ""
    )
    remove = (
        f'<button type="button" class="remove" data-remove="{escape(record.id)}">'
        "Remove from the library</button>"
        if removable
        else ""
    )
    return (
        f'<article class="record"><h2>{plain(record.title)}</h2><ul class="known">{known}</ul>'
        f'<p class="abstract">{_marked(record.abstract, start, end)}</p>{digest}'
        f'<ul class="more">{more}</ul>{remove}</article>'
    )


def _marked(abstract: str, start: int, end: int) -> str:
    """An abstract made readable around the marked span, which stays in its own words."""
    if not 0 <= start < end <= len(abstract):
        return plain(abstract)
    before, after = abstract[:start], abstract[end:]
    quote = abstract[start:end]
    lead = " " if before[-1:].isspace() else ""
    follow = " " if after[:1].isspace() else ""
    return (
        f"{plain(before)}{lead}<mark tabindex='-1'>{verbatim(quote)}</mark>{follow}{plain(after)}"
        + _in_unicode(quote)
    )


def _in_unicode(quote: str) -> str:
    """The quote without its LaTeX, where it has some."""
    readable = for_reading(quote)
    if readable == " ".join(quote.split()):
        return ""
    return f'<span class="reads">Reads: {escape(readable)}</span>'


def absent_html(record_id: str) -> str:
    """Said where a paper is asked for that is no longer there."""
    return f'<p class="empty">This paper is no longer in the library ({plain(record_id)}).</p>'


def summary_html(records: Sequence[Record], place: str) -> str:
    """How many papers, from which years and files."""
    years = sorted(record.year for record in records if record.year)
    span = (
        f"{years[0]} to {years[-1]}"
        if years and years[0] < years[-1]
        else "".join(map(str, years[:1]))
    )
    files = Counter(source for record in records for source in record.sources)
    listed = "".join(
        f"<li><span>{plain(name)}</span><span>{count:,}</span></li>"
        for name, count in files.most_common(20)
    )
    return (
        f'<div class="summary"><p><strong>{len(records):,}</strong> papers'
        f"{f', {span}' if span else ''}</p><p class='place'>{plain(place)}</p>"
        f'<details><summary>Files</summary><ul class="files">{listed}</ul></details></div>'
    )


def records_html(records: Iterable[Record], total: int) -> str:
    """Papers as a list of buttons that open them."""
    items = "".join(_entry(record, 0, 0) for record in records)
    left = total - MAX_LISTED
    rest = f'<p class="empty">and {left:,} more: search to narrow</p>' if left > 0 else ""
    return f'<ul class="papers">{items}</ul>{rest}' if items else _nothing()


def hits_html(hits: Iterable[Hit]) -> str:
    """Search results, best first, each opening at its best passage."""
    items = "".join(_entry(hit.record, hit.passage.start, hit.passage.end) for hit in hits)
    return f'<ul class="papers">{items}</ul>' if items else _nothing()


def _entry(record: Record, start: int, end: int) -> str:
    known = ", ".join(filter(None, (plain(names(record.authors[:2])), str(record.year or ""))))
    return (
        f'<li><button type="button" class="open" {place_attributes(record.id, start, end)}>'
        f'<span class="title">{plain(record.title)}</span>'
        f'<span class="known">{known}</span></button></li>'
    )


def _nothing() -> str:
    return '<p class="empty">Nothing found.</p>'


def report_html(report: AddReport) -> str:
    """What became of the records of the files that were added."""
    told = (
        ("Rejected", report.rejected),
        ("No abstract", report.skipped),
        ("Note", report.notes),
    )
    shown = [
        f"<li>{kind}: {escape(located(item))}</li>"
        for kind, items in told
        for item in items[:MAX_TOLD]
    ]
    left = sum(max(0, len(items) - MAX_TOLD) for _, items in told)
    shown += [f"<li>and {left:,} more</li>"] if left else []
    return (
        f'<div class="report" role="status"><p>{escape(counted(report))}</p>'
        f"<ul>{''.join(shown)}</ul></div>"
    )


def chips_html(conditions: Mapping[str, str]) -> str:
    """The filters that apply to the next question, each a button that takes it off.

    Args:
        conditions: Names of filters, and what each is set to in words.
    """
    if not conditions:
        return ""
    chips = "".join(
        f'<button type="button" class="chip" data-chip="{escape(name)}" '
        f'aria-label="Take off the filter {plain(words)}">{plain(words)} ×</button>'
        for name, words in conditions.items()
    )
    return f'<div class="chips" role="group" aria-label="Answered only from">{chips}</div>'

"""Papers by id or by search from arXiv (https://info.arxiv.org/help/api/user-manual.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from vectorstore.fetching.kept import Kept, read_reply
from vectorstore.fetching.names import arxiv_number
from vectorstore.fetching.options import FetchOptions
from vectorstore.fetching.service import Form, Request, Service
from vectorstore.fetching.stating import AGAIN, check, failure
from vectorstore.readers.fields import Item, shorten
from vectorstore.readers.xml_stream import text_of
from vectorstore.records import Note, RejectedRecord

PAGE = 100
EMPTY_TRIES = 3
ATOM = "{http://www.w3.org/2005/Atom}"
ENTRY = f"{ATOM}entry"
TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
ERRORS = "arxiv.org/api/errors"
FEED = Form(
    "an Atom feed", re.compile(rb"<(?:\w+:)?feed[\s>]"), re.compile(rb"(?:</(?:\w+:)?feed\s*>)\Z")
)


class Feed(NamedTuple):
    """What a feed holds, without its records.

    Attributes:
        path: Its file.
        total: Papers that the whole search finds; None where it does not say.
        ids: Identifiers of its entries; None for one without.
        error: What arXiv says where it refuses the request.
    """

    path: Path
    total: int | None
    ids: tuple[str | None, ...]
    error: str | None


def service_of(options: FetchOptions) -> Service:
    """arXiv, which asks for three seconds between requests; it answers 400 with a feed."""
    return Service("arXiv", options.arxiv_url, 3.0, FEED, answers=frozenset({200, 400}))


def fetch_papers(
    ids: Sequence[str], kept: Kept, options: FetchOptions, source: str
) -> Iterator[Item]:
    """The papers of these ids; a rejection for each that arXiv does not know."""
    for first in range(0, len(ids), PAGE):
        yield from _fetch_batch(ids[first : first + PAGE], kept, service_of(options), source)


def fetch_search(query: str, kept: Kept, options: FetchOptions, source: str) -> Iterator[Item]:
    """The newest papers that a query finds, page by page.

    Newest first is the one order that is stable and useful: a paper that comes in meanwhile
    moves the others back, so that one may come twice, but none is left out.
    """
    service, most = service_of(options), options.max_results
    start, total, page = 0, 0, 1
    while page == 1 or start < min(total, most):
        feed = _page(_search_request(service, query, start, most), kept, start, total)
        if feed.error is not None:
            yield RejectedRecord(source, "search", f"arXiv answered: {feed.error}")
            return
        yield from read_reply(feed.path, source, f"page {page}") if feed.ids else ()
        start, total, page = start + len(feed.ids), feed.total or 0, page + 1
    if not total:
        yield RejectedRecord(source, "search", "arXiv finds no paper")
    elif total > most:
        reason = f"arXiv finds {total:,} papers; the newest {most:,} were read, for no more were"
        yield Note(source, "search", f"{reason} asked for")


def _fetch_batch(ids: Sequence[str], kept: Kept, service: Service, source: str) -> Iterator[Item]:
    feed = _look(_ids_request(service, ids), kept)
    if feed.error is not None and len(ids) > 1:
        # One id that arXiv refuses makes it refuse all: the others are asked for without it.
        middle = len(ids) // 2
        yield from _fetch_batch(ids[:middle], kept, service, source)
        yield from _fetch_batch(ids[middle:], kept, service, source)
        return
    if feed.error is not None:
        yield RejectedRecord(source, ids[0], f"arXiv answered: {feed.error}")
        return
    if feed.ids:
        yield from read_reply(feed.path, source, ids[0] if len(ids) == 1 else f"from {ids[0]} on")
    for identifier in ids:
        if arxiv_number(identifier) not in feed.ids:
            yield RejectedRecord(source, identifier, "arXiv knows no such paper")


def _page(request: Request, kept: Kept, start: int, total: int) -> Feed:
    """A page of a search; an empty one before the end, which arXiv sends at times, is no answer."""
    for _ in range(EMPTY_TRIES):
        feed = _look(request, kept)
        if feed.error is not None:
            return feed
        if feed.total is None:
            feed.path.unlink(missing_ok=True)
            outcome = "sent a feed that does not say how many papers there are"
            raise failure(request, outcome, check(request))
        if feed.ids or not (start or feed.total):
            return feed
        total = max(total, feed.total)
        feed.path.unlink(missing_ok=True)
    found = f"of the {total:,} that it found"
    outcome = f"sent a page without any {found} ({EMPTY_TRIES} times)"
    raise failure(request, outcome, f"Later, {AGAIN}")


def _look(request: Request, kept: Kept) -> Feed:
    """The reply to a request; a refusal is not kept."""
    path = kept.obtain(request)
    total, error, ids = None, None, []
    for element in kept.elements(request, path, frozenset({ENTRY, TOTAL})):
        if element.tag == TOTAL:
            text = text_of(element)
            total = int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None
            continue
        address = text_of(element.find(f"{ATOM}id"))
        if ERRORS in address:
            error = shorten(text_of(element.find(f"{ATOM}summary")), 200)
        ids.append(arxiv_number(address))
    if error is not None:
        path.unlink(missing_ok=True)
    return Feed(path, total, tuple(ids), error)


def _ids_request(service: Service, ids: Sequence[str]) -> Request:
    listed = (("id_list", ",".join(ids)), ("start", "0"), ("max_results", str(len(ids))))
    more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
    return Request(service, f"arxiv:{ids[0]}{more}", parameters=listed)


def _search_request(service: Service, query: str, start: int, most: int) -> Request:
    size = min(PAGE, most - start)
    parameters = (
        ("search_query", query),
        ("start", str(start)),
        ("max_results", str(size)),
        ("sortBy", "submittedDate"),
        ("sortOrder", "descending"),
    )
    asked_for = f"papers {start + 1:,} to {start + size:,} of '{shorten(query)}'"
    return Request(service, asked_for, parameters=parameters)

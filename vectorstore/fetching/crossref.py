"""Papers by DOI from Crossref's REST API (https://api.crossref.org/swagger-ui/index.html)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from vectorstore.fetching.kept import Kept, read_reply
from vectorstore.fetching.options import FetchOptions
from vectorstore.fetching.service import AbsentError, Form, Request, Service
from vectorstore.readers.fields import Item
from vectorstore.records import RejectedRecord


class JsonForm(Form):
    """JSON, whose end is known by reading it only: a reply may be cut off behind an inner `}`."""

    __slots__ = ()

    def is_whole(self, body: bytes) -> bool:
        """Whether a reply can be read to its end."""
        if not super().is_whole(body):
            return False
        try:
            json.loads(body)
        except RecursionError:  # The reader says so.
            return True
        except ValueError:
            return False
        return True


WORK = JsonForm(
    "a work in JSON", re.compile(rb'\A\s*\{.*"message"\s*:', re.DOTALL), re.compile(rb"\}\Z")
)
ABSENT = re.compile(rb"\A\s*Resource not found", re.IGNORECASE)
UNKNOWN = "Crossref knows no such DOI; others, DataCite for one, register DOIs too"


def service_of(options: FetchOptions) -> Service:
    """Crossref, which serves those who say who they are from better machines."""
    personal = (("mailto", options.contact),) if options.contact else ()
    return Service("Crossref", options.crossref_url, 1.0, WORK, absent=ABSENT, personal=personal)


def fetch_papers(
    dois: Sequence[str], kept: Kept, options: FetchOptions, source: str
) -> Iterator[Item]:
    """The papers of these DOIs; a rejection for each that Crossref does not know."""
    service = service_of(options)
    for doi in dois:
        try:
            path = kept.obtain(Request(service, f"doi:{doi}", f"/works/{quote(doi, safe='')}"))
        except AbsentError:
            yield RejectedRecord(source, doi, UNKNOWN)
        else:
            yield from read_reply(path, source, doi)

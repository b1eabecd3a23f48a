"""Papers by PMID from NCBI's E-utilities (https://www.ncbi.nlm.nih.gov/books/NBK25499/)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vectorstore.fetching.kept import Kept, read_reply
from vectorstore.fetching.options import FetchOptions
from vectorstore.fetching.service import AbsentError, Form, Request, Service
from vectorstore.readers.fields import Item
from vectorstore.readers.xml_stream import text_of
from vectorstore.records import RejectedRecord

BATCH = 200
"""NCBI asks to send longer lists by POST."""
ARTICLES = frozenset({"PubmedArticle", "PubmedBookArticle"})
PMIDS = ("MedlineCitation/PMID", "BookDocument/PMID")
SET = Form(
    "PubMed's XML",
    re.compile(rb"<PubmedArticleSet\b"),
    re.compile(rb"(?:</PubmedArticleSet\s*>|<PubmedArticleSet\s*/>)\Z"),
)
ABSENT = re.compile(rb"ID list is empty", re.IGNORECASE)


def service_of(options: FetchOptions) -> Service:
    """NCBI, which allows three requests a second."""
    contact = options.contact
    personal = (("tool", "quoth"), ("email", contact)) if contact else ()
    return Service("PubMed", options.pubmed_url, 1 / 3, SET, absent=ABSENT, personal=personal)


def fetch_papers(
    pmids: Sequence[str], kept: Kept, options: FetchOptions, source: str
) -> Iterator[Item]:
    """The papers of these PMIDs; a rejection for each that PubMed does not know."""
    for first in range(0, len(pmids), BATCH):
        yield from _fetch_batch(pmids[first : first + BATCH], kept, service_of(options), source)


def _fetch_batch(pmids: Sequence[str], kept: Kept, service: Service, source: str) -> Iterator[Item]:
    listed = (("db", "pubmed"), ("id", ",".join(pmids)), ("retmode", "xml"))
    more = f" and {len(pmids) - 1} more" if len(pmids) > 1 else ""
    request = Request(service, f"pmid:{pmids[0]}{more}", "/efetch.fcgi", listed)
    found: set[str] = set()
    try:
        path = kept.obtain(request)
        for article in kept.elements(request, path, ARTICLES):
            found |= {text_of(article.find(place)) for place in PMIDS}
    except AbsentError:
        pass
    if found:
        where = pmids[0] if len(pmids) == 1 else f"from {pmids[0]} on"
        yield from read_reply(path, source, where)
    for pmid in pmids:
        if pmid not in found:
            yield RejectedRecord(source, pmid, "PubMed knows no such PMID")

"""Papers from the network, only when named: arXiv, Crossref, PubMed.

Each service is asked with one small client of our own (`client.py`, on httpx and tenacity) rather
than through a client library of each: our readers parse these formats already, for users have them
as files; the addresses must be settable; and politeness (pauses, contact, retries) must be ours to
keep and to test.

A name (`names.py`) says what to ask; replies are kept for a day (`kept.py`), so that what was
interrupted goes on where it stopped; they are read by `vectorstore.readers`, like any file.
"""

from __future__ import annotations

from collections.abc import Iterator

from vectorstore.errors import FetchError
from vectorstore.fetching.names import is_name, parse
from vectorstore.fetching.options import FetchOptions
from vectorstore.readers.document import shown_name
from vectorstore.readers.fields import Item
from vectorstore.records import RejectedRecord

__all__ = ["FetchOptions", "fetch", "is_name"]


def fetch(name: str, options: FetchOptions) -> Iterator[Item]:
    """Every record that a name asks for, as it comes.

    Args:
        name: One for which `is_name` holds; the records' source.
        options: From where, as whom, and how patiently.

    Yields:
        What `vectorstore.readers.read` yields for the services' replies, and a `RejectedRecord`
        for each identifier that is none, or that the service does not know.

    Raises:
        FetchError: A service could not be reached, or did not answer as it should. What came
            before was yielded, and is not asked for again within a day.
    """
    from vectorstore.fetching import arxiv, crossref, pubmed
    from vectorstore.fetching.client import Client
    from vectorstore.fetching.kept import Kept

    named, source = parse(name), shown_name(name)
    yield from (RejectedRecord(source, shown_name(it.part), it.reason) for it in named.wrong)
    try:
        with Client(options) as client:
            kept = Kept(client, options)
            yield from arxiv.fetch_papers(named.arxiv_ids, kept, options, source)
            yield from crossref.fetch_papers(named.dois, kept, options, source)
            yield from pubmed.fetch_papers(named.pmids, kept, options, source)
            if named.query:
                yield from arxiv.fetch_search(named.query, kept, options, source)
    except OSError as error:
        raise FetchError(
            f"Replies are kept in {options.folder}, which cannot be used "
            f"({error.strerror or error}). Make it writable, or set QUOTH_CACHE to another folder."
        ) from error

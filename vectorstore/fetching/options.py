"""How papers are fetched: from where, as whom, and how patiently."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How papers are fetched.

    Attributes:
        folder: Where replies are kept for a day.
        contact: The user's mail address, shown to the services; they ask for one.
        arxiv_url: arXiv's API.
        crossref_url: Crossref's REST API.
        pubmed_url: NCBI's E-utilities.
        max_results: Papers that a search may bring, at most.
        tries: Requests for the same thing, at most, where a service is busy or out of reach.
        timeout: Seconds of silence after which a reply is given up.
        longest_reply: Seconds that one reply may take as a whole.
        longest_wait: Seconds that a service may ask to wait (`Retry-After`) and is obeyed.
        max_bytes: Of one reply, unpacked.
        sleep: Waits for seconds.
        clock: Tells the time, in seconds since 1970.
    """

    folder: Path
    contact: str | None = None
    arxiv_url: str = "https://export.arxiv.org/api/query"
    crossref_url: str = "https://api.crossref.org"
    pubmed_url: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    max_results: int = 100
    tries: int = 5
    timeout: float = 30.0
    longest_reply: float = 300.0
    longest_wait: float = 120.0
    max_bytes: int = 50_000_000
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

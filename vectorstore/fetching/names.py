"""What a user writes to name papers on the network -> what is to be asked for; pure but for one.

Four schemes, in any case: `arxiv:2505.07447v2,hep-th/9901001`, `arxiv-search:cat:cs.CL AND cache`,
`doi:10.5555/moth.1` and `pmid:12345678`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vectorstore.records import clean_arxiv_id, clean_doi, clean_pmid

NAME = re.compile(r"\s*(arxiv-search|arxiv|doi|pmid):(.*)", re.IGNORECASE | re.DOTALL)
VERSION = re.compile(r"(v\d+)(?:\.pdf)?/?$", re.IGNORECASE)
SUBJECT = re.compile(r"\.[a-z]{2}(?=/)")
RESOLVER = re.compile(r"\A(?:doi:\s*|https?://(?:dx\.)?doi\.org/)", re.IGNORECASE)
# A DOI may hold commas, so that only one before another DOI parts two of them.
COMMA = {"doi": re.compile(r",\s*(?=(?:doi:\s*)?10\.\d{4,9}/)", re.IGNORECASE)}
ANY_COMMA = re.compile(",")
EXPECTED = {
    "arxiv": "an arXiv identifier; expected one such as 2505.07447, 2505.07447v2 or hep-th/9901001",
    "arxiv-search": "a query; expected one such as arxiv-search:cat:cs.CL AND abs:cache",
    "doi": "a DOI; expected one such as 10.5555/12345678",
    "pmid": "a PubMed identifier; expected a number of at most 8 digits",
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A part of a name that names nothing: the part, and what was expected."""

    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class Name:
    """What a name asks for.

    Attributes:
        arxiv_ids: With their versions, where given.
        query: In the words of arXiv's search.
        dois: In lower case; those of arXiv are among `arxiv_ids`.
        pmids: PubMed identifiers.
        wrong: Parts that are nothing of this; they are not asked for.
    """

    arxiv_ids: tuple[str, ...] = ()
    query: str | None = None
    dois: tuple[str, ...] = ()
    pmids: tuple[str, ...] = ()
    wrong: tuple[Wrong, ...] = ()


def is_name(text: str) -> bool:
    """Whether `text` names papers on the network; not where a file of that very name exists."""
    if not NAME.match(text):
        return False
    try:
        return not Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # Longer than any file's name, for instance.
        return True


def parse(text: str) -> Name:
    """What `text`, for which `is_name` holds, asks for."""
    match = NAME.match(text)
    if not match:
        raise ValueError(f"{text!r} is no name of papers on the network")
    scheme, rest = match[1].lower(), match[2].strip()
    if not _is_text(rest):
        return Name(wrong=(_wrong(scheme, rest),))
    if scheme == "arxiv-search":
        query = " ".join(rest.split())
        return Name(query=query) if query else Name(wrong=(_wrong(scheme, rest),))
    parts = [part.strip() for part in COMMA.get(scheme, ANY_COMMA).split(rest)]
    return _sort(scheme, [part for part in parts if part] or [rest])


def arxiv_number(text: str) -> str | None:
    """An arXiv identifier without version and without the subject that older ones may name.

    arXiv itself calls `math.GT/0309136` by the name `math/0309136`.
    """
    found = clean_arxiv_id(text)
    return SUBJECT.sub("", found) if found else None


def arxiv_name(text: str) -> str | None:
    """An arXiv identifier as arXiv itself writes it, with its version where it has one."""
    number, version = arxiv_number(text), VERSION.search(text)
    return number + (version[1].lower() if version else "") if number else None


def _sort(scheme: str, parts: list[str]) -> Name:
    """The identifiers among the parts, each once, and what is none."""
    found: dict[str, dict[str, None]] = {"arxiv": {}, "doi": {}, "pmid": {}}
    wrong = []
    for part in parts:
        identifiers = list(READ[scheme](part))
        for kind, identifier in identifiers:
            found[kind][identifier] = None
        if not identifiers:
            wrong.append(_wrong(scheme, part))
    return Name(
        arxiv_ids=tuple(found["arxiv"]),
        dois=tuple(found["doi"]),
        pmids=tuple(found["pmid"]),
        wrong=tuple(wrong),
    )


def _is_text(text: str) -> bool:
    """Whether it can be sent: bytes of a command line that are no text come in as surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _wrong(scheme: str, part: str) -> Wrong:
    return Wrong(part or f"{scheme}:", f"is not {EXPECTED[scheme]}")


def _read_arxiv(part: str) -> Iterator[tuple[str, str]]:
    name = arxiv_name(part)
    if name:
        yield "arxiv", name


def _read_doi(part: str) -> Iterator[tuple[str, str]]:
    """The DOI that the whole part is; arXiv's own are known to arXiv only, not to Crossref."""
    bare = RESOLVER.sub("", part)
    doi = clean_doi(bare)
    if doi and doi == bare.lower():
        number = arxiv_number(doi)
        yield ("arxiv", number) if number else ("doi", doi)


def _read_pmid(part: str) -> Iterator[tuple[str, str]]:
    number = clean_pmid(part)
    if number and int(number):
        yield "pmid", str(int(number))


READ: dict[str, Callable[[str], Iterator[tuple[str, str]]]] = {
    "arxiv": _read_arxiv,
    "doi": _read_doi,
    "pmid": _read_pmid,
}

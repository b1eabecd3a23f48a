"""JSON objects of the services that researchers export from -> the values of a record; pure.

What is not as its service writes it is passed on as it is, for `build` to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from vectorstore.readers.fields import (
    Item,
    UnusableError,
    Values,
    build,
    kind_of,
    renamed,
    shorten,
)
from vectorstore.readers.markup import plain_text, unescape
from vectorstore.readers.opening import Document
from vectorstore.readers.own import is_own, read_paper
from vectorstore.records import RejectedRecord, clean_arxiv_id

Object: TypeAlias = Mapping[str, Any]

CSL_NAME = ("given", "dropping-particle", "non-dropping-particle", "family", "suffix")
MAX_POSITIONS = 100_000
"""Words of an inverted abstract; longer ones are rejected as too long anyway."""


def read_object(found: Object, document: Document, where: str) -> Iterator[Item]:
    """The record in one object, or why there is none, and notes."""
    named = renamed(found, document.columns)
    if is_own(named):
        yield from read_paper(named, document.source, where)
        return
    try:
        values = values_of(named)
    except UnusableError as error:
        yield RejectedRecord(document.source, where, str(error))
    else:
        yield from build(values, document.source, where)


def values_of(found: Object) -> Values:
    """The values of a record in one object, whichever service it comes from.

    Raises:
        UnusableError: Its abstract is not as its service writes it.
    """
    values = next((read(found) for is_shape, read in SHAPES if is_shape(found)), found)
    for key in ("abstract", "summary", "text", "title"):
        if isinstance(values.get(key), str):
            values = {**values, key: plain_text(values[key])}  # type: ignore[arg-type]
    return values


def _is_openalex(found: Object) -> bool:
    return "abstract_inverted_index" in found or (
        "authorships" in found and "display_name" in found
    )


def _read_openalex(found: Object) -> Values:
    """A work of OpenAlex (https://docs.openalex.org/api-entities/works/work-object)."""
    ids = _object(found.get("ids"))
    place = _object(_object(found.get("primary_location")).get("source"))
    inverted = found.get("abstract_inverted_index")
    return {
        "abstract": _put_in_order(inverted) if inverted else found.get("abstract"),
        "title": _plain(found.get("title") or found.get("display_name")),
        "authors": [
            name
            for item in _list(found.get("authorships"))
            for name in [
                _object(_object(item).get("author")).get("display_name")
                or _object(item).get("raw_author_name")
            ]
            if isinstance(name, str)
        ],
        "year": found.get("publication_year") or found.get("publication_date"),
        "venue": place.get("display_name"),
        "url": _object(found.get("primary_location")).get("landing_page_url"),
        "doi": found.get("doi") or ids.get("doi"),
        "pmid": ids.get("pmid"),
        "id": found.get("id"),
        "keywords": _names(found.get("keywords") or found.get("concepts"), "display_name"),
    }


def _put_in_order(inverted: object) -> str:
    """The text of an abstract that lists the places of each word."""
    name = "'abstract_inverted_index'"
    if not isinstance(inverted, dict):
        raise UnusableError(f"{name} is {kind_of(inverted)}; expected an object of words")
    words: dict[int, str] = {}
    for word, places in inverted.items():
        for place in places if isinstance(places, list) else [places]:
            if not isinstance(place, int) or isinstance(place, bool) or place < 0:
                found = f"{name} has '{shorten(word, 30)}' at {shorten(str(place), 30)}"
                raise UnusableError(f"{found}; expected places counted from 0")
            if place in words:
                raise UnusableError(f"{name} has two words at {place}; expected one")
            words[place] = word
        if len(words) > MAX_POSITIONS:
            raise UnusableError(f"{name} has over {MAX_POSITIONS:,} words; expected fewer")
    return " ".join(words[place] for place in sorted(words))


def _is_semantic_scholar(found: Object) -> bool:
    return "paperId" in found or "externalIds" in found or "corpusid" in found


def _read_semantic_scholar(found: Object) -> Values:
    """A paper of Semantic Scholar (https://api.semanticscholar.org/api-docs/graph).

    Its data set of abstracts has the identifiers under `openaccessinfo`.
    """
    open_access = _object(found.get("openaccessinfo"))
    ids = _object(
        found.get("externalIds") or found.get("externalids") or open_access.get("externalids")
    )
    fields = found.get("fieldsOfStudy") or found.get("s2fieldsofstudy")
    return {
        **{name: found.get(name) for name in ("abstract", "title", "url")},
        "authors": _names(found.get("authors"), "name"),
        "year": found.get("year") or found.get("publicationDate"),
        "venue": found.get("venue") or _object(found.get("journal")).get("name"),
        "doi": ids.get("DOI"),
        "arxiv_id": ids.get("ArXiv"),
        "pmid": ids.get("PubMed"),
        "keywords": fields if _all_text(fields) else _names(fields, "category"),
    }


def _is_csl(found: Object) -> bool:
    return "DOI" in found or "container-title" in found or "issued" in found


def _read_csl(found: Object) -> Values:
    """A work of Crossref, or CSL-JSON (https://api.crossref.org/swagger-ui).

    Its `created` is the day on which the DOI was registered: for old volumes, decades later.
    """
    title = _first(found.get("title"))
    subtitle = _first(found.get("subtitle"))
    venue = _first(found.get("container-title"))
    joined = f"{title}: {subtitle}" if title and subtitle and subtitle not in title else title
    dates = (found.get(name) for name in ("issued", "published", "posted"))
    year = next((found_year for date in dates if (found_year := _csl_year(date))), None)
    return {
        "abstract": found.get("abstract"),
        "title": _plain(joined),
        "authors": [_csl_name(item) for item in _list(found.get("author"))],
        "year": year,
        "venue": unescape(venue) if venue else _institution(found),
        "url": found.get("URL"),
        "doi": found.get("DOI"),
        "pmid": found.get("PMID"),
        "keywords": found.get("subject") or found.get("keyword"),
    }


def _csl_year(date: object) -> object:
    parts = _list(_object(date).get("date-parts"))
    first = parts[0] if parts else None
    return first[0] if isinstance(first, list) and first else _object(date).get("raw")


def _csl_name(item: object) -> object:
    known = _object(item)
    whole = known.get("literal") or known.get("name")
    parts = (known.get(name) for name in CSL_NAME)
    joined = " ".join(part for part in parts if isinstance(part, str) and part)
    return whole or joined or item


def _institution(found: Object) -> object:
    return next(iter(_names(found.get("institution"), "name")), None)


def _is_arxiv_snapshot(found: Object) -> bool:
    return "authors_parsed" in found or ("update_date" in found and "categories" in found)


def _read_arxiv_snapshot(found: Object) -> Values:
    """A line of arXiv's metadata snapshot.

    Its `update_date` is that of the last change of any kind, often years after the paper: the
    year is that of the first version, or of the identifier (`2505.07447`, `hep-th/9901001`).
    """
    versions = _list(found.get("versions"))
    first = _object(versions[0]).get("created") if versions else None
    abstract, title = found.get("abstract"), found.get("title")
    is_known = isinstance(found.get("id"), str) and clean_arxiv_id(found["id"]) is not None
    return {
        "abstract": " ".join(abstract.split()) if isinstance(abstract, str) else abstract,
        "title": title,
        "authors": _arxiv_names(found.get("authors_parsed")) or found.get("authors"),
        "year": first or _arxiv_year(found.get("id")) or found.get("update_date"),
        "venue": found.get("journal-ref"),
        "doi": found.get("doi"),
        "arxiv_id": found.get("id"),
        "url": f"https://arxiv.org/abs/{found['id']}" if is_known else None,
        "categories": found.get("categories"),
    }


def _arxiv_names(parsed: object) -> list[str]:
    """Given name, family name, suffix: the snapshot has them as family, given, suffix."""
    names = []
    for item in _list(parsed):
        parts = [part for part in _list(item)[:3] if isinstance(part, str)]
        family, given, suffix = (*parts, "", "", "")[:3]
        names.append(" ".join(part for part in (given, family, suffix) if part))
    return [name for name in names if name]


def _arxiv_year(identifier: object) -> int | None:
    digits = str(identifier).rpartition("/")[2][:2] if isinstance(identifier, str) else ""
    if not digits.isdecimal() or not digits.isascii():
        return None
    return 1900 + int(digits) if int(digits) > 90 else 2000 + int(digits)


SHAPES: Sequence[tuple[Callable[[Object], bool], Callable[[Object], Values]]] = (
    (_is_openalex, _read_openalex),
    (_is_semantic_scholar, _read_semantic_scholar),
    (_is_arxiv_snapshot, _read_arxiv_snapshot),
    (_is_csl, _read_csl),
)
"""How to know the objects of a service, and how to read them; the first that fits counts."""


def _object(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _first(value: object) -> str | None:
    """A string, or the first of a list of them."""
    listed = value if isinstance(value, list) else [value]
    return next((item for item in listed if isinstance(item, str) and item.strip()), None)


def _plain(title: object) -> object:
    """A title without the markup and the entities that publishers hand on."""
    return unescape(plain_text(title)) if isinstance(title, str) else title


def _all_text(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _names(value: object, *path: str) -> list[str]:
    """The strings that each object of a list has at the end of a path."""
    found = []
    for item in _list(value):
        for key in path:
            item = _object(item).get(key)
        if isinstance(item, str) and item:
            found.append(item)
    return found

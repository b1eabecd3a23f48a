"""A paper of a library, and the records that it was made from; pure.

Every file that lists a paper gives a record of it. The records are kept as they were read, each
once: so a newer export takes the place of what the same file said before, a file that goes away
takes with it what it alone said, and what was taken for one paper can be taken apart again.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from vectorstore.matching import archive_of, keys
from vectorstore.records import Record, same_text, text_identity, unite


@dataclass(frozen=True, slots=True)
class Part:
    """A record of a paper, as it was read.

    Attributes:
        record: Its `sources` are the files that say exactly this.
        why: What showed it to be the same paper as the parts before it; empty for the first.
    """

    record: Record
    why: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper.

    Attributes:
        record: What is known about it: all parts merged.
        parts: As they were read, oldest first; never empty.
        apart: Ids of papers that a user said it is not, however alike they are.
    """

    record: Record
    parts: tuple[Part, ...]
    apart: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The id of its record."""
        return self.record.id


def alone(record: Record) -> Paper:
    """A paper that one record was read of."""
    return Paper(record, (Part(record),))


def assemble(paper_id: str, parts: Iterable[Part], apart: Iterable[str] = ()) -> Paper:
    """The paper of these parts, under an id that stays as it is."""
    first, *others = parts
    kept = (replace(first, why=""), *others)
    record = replace(reduce(merge, (part.record for part in kept)), id=paper_id)
    return Paper(record, kept, tuple(dict.fromkeys(apart)))


def content_of(record: Record) -> str:
    """A hash of what a record says, whichever files say it and whatever it is called here."""
    return replace(record, id="", sources=()).fingerprint


def look_up_keys(paper: Paper) -> tuple[str, ...]:
    """What finds a paper: its id, and the keys of all its parts."""
    of_parts = (key for part in paper.parts for key in keys(part.record))
    return tuple(dict.fromkeys((paper.id, *of_parts)))


def identities_of(paper: Paper) -> tuple[str, ...]:
    """Every identity that its records answer to."""
    return tuple(dict.fromkeys(item for part in paper.parts for item in part.record.identities))


def names_of(paper: Paper) -> tuple[str, ...]:
    """What its records are known by elsewhere: `doi:...`, `arxiv:...`, `pmid:...`."""
    return tuple(item for item in identities_of(paper) if not item.startswith("text:"))


def merge(old: Record, new: Record) -> Record:
    """One record out of two of the same paper.

    The newer one wins where it says something, unless it is the preprint of the older one;
    sources, groups and keywords are united; a given title beats a derived one. The longer
    abstract stays; the authors' own beats a digest of it. The identity is that of `old`.
    """
    weaker, stronger = (new, old) if is_preprint(new) and is_published(old) else (old, new)
    title_from = weaker if stronger.title_derived and not weaker.title_derived else stronger
    return replace(
        stronger,
        id=old.id,
        title=title_from.title,
        title_derived=title_from.title_derived,
        abstract=_fuller(old, new).abstract,
        authors=stronger.authors or weaker.authors,
        year=stronger.year if stronger.year is not None else weaker.year,
        venue=stronger.venue or weaker.venue,
        url=stronger.url or weaker.url,
        doi=stronger.doi or weaker.doi,
        arxiv_id=stronger.arxiv_id or weaker.arxiv_id,
        pmid=stronger.pmid or weaker.pmid,
        keywords=unite(old.keywords, new.keywords),
        groups=unite(old.groups, new.groups),
        sources=unite(old.sources, new.sources),
        digest=_fuller(old, new).digest,
    )


def is_preprint(record: Record) -> bool:
    """Whether it was put up by its authors, rather than published."""
    if record.doi:
        return archive_of(record.doi) is not None
    return record.arxiv_id is not None


def is_published(record: Record) -> bool:
    """Whether it has a publication's DOI, or stands in PubMed."""
    return not is_preprint(record) and (record.doi is not None or record.pmid is not None)


def _fuller(old: Record, new: Record) -> Record:
    """The record with the abstract to keep: no digest, then the longer one, then the older."""
    if old.digest != new.digest:
        return new if old.digest else old
    longer = len(new.abstract) > len(old.abstract)
    return new if longer and not same_text(old.abstract, new.abstract) else old


def from_source(paper: Paper, source: str) -> list[int]:
    """Places of the parts that a file says."""
    return [place for place, part in enumerate(paper.parts) if source in part.record.sources]


def without_source(part: Part, source: str) -> Part | None:
    """A part that a file no longer says; None where no other file says it."""
    left = tuple(item for item in part.record.sources if item != source)
    return replace(part, record=replace(part.record, sources=left)) if left else None


def split_off(paper: Paper, place: int, taken: Iterable[str]) -> tuple[Paper, Paper]:
    """Two papers out of one: what is left without a part, and that part; each knows the other.

    Args:
        paper: Of two or more parts.
        place: Which part goes, counted from 0.
        taken: Ids of papers that there are; the new one gets another.
    """
    part = paper.parts[place]
    own_id = free_id(part.record, {*taken, paper.id})
    rest = [item for at, item in enumerate(paper.parts) if at != place]
    stayed = assemble(paper.id, rest, (*paper.apart, own_id))
    gone = assemble(own_id, [part], (*paper.apart, paper.id))
    return stayed, gone


def own_ids(record: Record) -> tuple[str, ...]:
    """The ids that a paper of this record may have, best first: others may have the first ones.

    The last one is of its content, which no other paper has.
    """
    by_content = f"{text_identity(record.abstract)}~{content_of(record)[:16]}"
    return tuple(dict.fromkeys([record.id, *record.identities, by_content]))


def free_id(record: Record, taken: Container[str]) -> str:
    """The first of its ids that no paper has."""
    ids = own_ids(record)
    return next((item for item in ids if item not in taken), ids[-1])


def to_columns(paper: Paper) -> dict[str, Any]:
    """Parts and separations as plain JSON values; None for what the record alone tells."""
    told = paper.parts != (Part(paper.record),)
    parts = [{"record": part.record.to_json(), "why": part.why} for part in paper.parts]
    return {"parts": parts if told else None, "apart": list(paper.apart) or None}


def from_columns(
    record: Record, parts: Sequence[dict[str, Any]] | None, apart: Sequence[str] | None
) -> Paper:
    """The paper that `to_columns` made these values from."""
    read = [Part(Record.from_json(item["record"]), item["why"]) for item in parts or ()]
    return Paper(record, tuple(read) or (Part(record),), tuple(apart or ()))

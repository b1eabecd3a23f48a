"""What flows through Quoth: a `Record` (one paper), its `Passage`s, a `Hit` (a passage found)."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import asdict, dataclass, field, fields
from typing import Any

DOI_PATTERN = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>]{1,256})", re.IGNORECASE)
# The archives in identifiers of before April 2007, such as hep-th/9901001 and math.GT/0309136.
ARXIV_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|"
    "cond-mat|cs|dg-ga|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|mtrl-th|nlin|"
    "nucl-ex|nucl-th|patt-sol|physics|plasm-ph|q-alg|q-bio|q-fin|quant-ph|solv-int|stat|supr-con"
)
ARXIV_PATTERN = re.compile(
    r"^(?:arxiv:\s*|https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/)?"
    rf"(\d\d(?:0[1-9]|1[0-2])\.\d{{4,5}}|(?:{ARXIV_ARCHIVES})(?:\.[a-z]{{2}})?/\d{{7}})"
    r"(?:v\d+)?(?:\.pdf)?/?$",
    re.IGNORECASE,
)
ARXIV_DOI_PREFIX = "10.48550/arxiv."
PMID_PATTERN = re.compile(
    r"^(?:pmid:?\s*|https?://pubmed\.ncbi\.nlm\.nih\.gov/)?(\d{1,8})/?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Record:
    """One paper: its abstract, verbatim, and what is known about it.

    Attributes:
        id: Stable identity: `doi:`, `arxiv:`, `pmid:`, or `text:` and a hash of the abstract.
        title: As given, or a short derived one.
        abstract: Verbatim; every citation is a span of this string (offsets in code points).
        title_derived: Whether `title` was made from the abstract.
        authors: Names as given, in order.
        year: Year of publication.
        venue: Journal, conference or repository.
        url: Where to read it.
        doi: Lower-cased, without a resolver's address.
        arxiv_id: Without the version.
        pmid: PubMed identifier.
        keywords: Keywords or categories, as given.
        groups: Headings or collections that it was listed under.
        sources: Names of the files that it was read from.
        digest: Whether `abstract` is a digest in other words than the authors'.
    """

    id: str
    title: str
    abstract: str
    title_derived: bool = False
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str | None = None
    url: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    pmid: str | None = None
    keywords: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    digest: bool = False

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON values, in the order of the fields."""
        values = ((item.name, getattr(self, item.name)) for item in fields(self))
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Record:
        """The record that `to_json` made these values from; keys of later versions are left out."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
            if name in cls.__dataclass_fields__
        }
        return cls(**given)

    @property
    def fingerprint(self) -> str:
        """A hash of everything the record holds: equal exactly where nothing changed."""
        canonical = json.dumps(self.to_json(), ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:32]

    @property
    def identities(self) -> tuple[str, ...]:
        """Every identity that this record answers to, strongest first."""
        named = (("doi", self.doi), ("arxiv", self.arxiv_id), ("pmid", self.pmid))
        return (
            *(f"{scheme}:{value}" for scheme, value in named if value),
            text_identity(self.abstract),
        )


@dataclass(frozen=True, slots=True)
class RejectedRecord:
    """A record that could not be read, located and explained.

    Attributes:
        source: Name of the file.
        where: Line or record, such as `line 41`.
        reason: What was found, and what was expected.
    """

    source: str
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class SkippedRecord:
    """A record that was read but kept out, for it has no abstract.

    Attributes:
        source: Name of the file.
        where: Line or record, such as `line 41`.
        reason: What was found instead.
    """

    source: str
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing about a file that was read, though no record was lost by it.

    Attributes:
        source: Name of the file.
        where: Line or record, such as `line 41`.
        reason: What was found, and what was done about it.
    """

    source: str
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive sentences of one abstract: `record.abstract[start:end] == text`."""

    record_id: str
    ordinal: int
    start: int
    end: int
    text: str

    @property
    def id(self) -> str:
        """Unique in a library, stable as long as the abstract is."""
        return f"{self.record_id}#{self.ordinal}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found.

    Attributes:
        passage: Where the search matched best in the record.
        score: Fused score in [0, 1]; comparable within one search only.
        record: The paper that the passage stands in.
        similarity: Cosine similarity of question and passage, None where only terms matched.
        terms: BM25 score of the passage, 0 where only vectors matched.
    """

    passage: Passage
    score: float
    record: Record
    similarity: float | None = None
    terms: float = 0.0


@dataclass(slots=True)
class AddReport:
    """What became of every record of the files that were added.

    Attributes:
        read: Records found, whether or not they could be used: the sum of all that follows.
        added: New to the library.
        updated: Already there, with other content than now.
        merged: The same paper as another, from another source; both sources are kept.
        unchanged: Already there exactly so.
        embedded: Passages that the embedding model read.
        kept: Passages of papers that changed otherwise, whose vectors serve as they are.
        rejected: Could not be used.
        skipped: Have no abstract.
        notes: Worth knowing, yet nothing was lost (a file in Latin-1, for instance).
    """

    read: int = 0
    added: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    embedded: int = 0
    kept: int = 0
    rejected: list[RejectedRecord] = field(default_factory=list)
    skipped: list[SkippedRecord] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def clean_doi(text: str) -> str | None:
    """The DOI in `text` (bare, prefixed or an address), lower-cased; None where there is none."""
    match = DOI_PATTERN.search(text)
    if not match:
        return None
    doi = match.group(1).rstrip(".,;").lower()
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".,;")
    return doi if DOI_PATTERN.fullmatch(doi) else None


def clean_arxiv_id(text: str) -> str | None:
    """The arXiv identifier in `text` without its version; None where there is none."""
    doi = clean_doi(text)
    if doi and doi.startswith(ARXIV_DOI_PREFIX):
        text = doi.removeprefix(ARXIV_DOI_PREFIX)
    match = ARXIV_PATTERN.match(text.strip())
    return match.group(1).lower() if match else None


def clean_pmid(text: str) -> str | None:
    """The PubMed identifier in `text`; None where there is none."""
    match = PMID_PATTERN.match(text.strip())
    return match.group(1) if match else None


def normalise(text: str) -> str:
    """Text without what differs between exports: width, case, punctuation, white space, markup."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", folded))


def text_identity(abstract: str) -> str:
    """The identity of a paper known by its abstract alone."""
    return "text:" + hashlib.sha256(normalise(abstract).encode()).hexdigest()[:16]


def identify(
    abstract: str, doi: str | None = None, arxiv_id: str | None = None, pmid: str | None = None
) -> str:
    """The identity of a record: its DOI, arXiv id, PMID, or else a hash of its abstract.

    An arXiv DOI is the arXiv id in another dress, so the two name the same record.
    """
    if doi and not doi.startswith(ARXIV_DOI_PREFIX):
        return f"doi:{doi}"
    if arxiv_id:
        return f"arxiv:{arxiv_id}"
    if pmid:
        return f"pmid:{pmid}"
    return text_identity(abstract)


def same_text(left: str, right: str) -> bool:
    """Whether two abstracts differ in nothing but width, case, punctuation and white space."""
    return normalise(left) == normalise(right)


def unite(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    """Both, without repetition, in order of appearance."""
    return tuple(dict.fromkeys((*left, *right)))

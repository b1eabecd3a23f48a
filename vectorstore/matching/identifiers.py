"""Which identifiers two records share, and which contradict each other; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vectorstore.records import Record, clean_arxiv_id

# arXiv, bioRxiv and medRxiv (both of their prefixes), SSRN, Research Square, ChemRxiv,
# Preprints.org, PsyArXiv, OSF, SocArXiv, EdArXiv, EarthArXiv, engrXiv, AgriXiv, MetaArXiv,
# TechRxiv, Authorea and ESS Open Archive, Zenodo, figshare, JMIR Preprints, SciELO Preprints, HAL.
_PREPRINTS = """
    10.48550 10.1101 10.64898 10.2139 10.21203 10.26434 10.20944 10.31234 10.31219 10.31235
    10.35542 10.31223 10.31224 10.31220 10.31222 10.36227 10.22541 10.5281 10.6084 10.2196/preprints
    10.1590/scielopreprints 10.14293
"""
PREPRINTS = tuple(_PREPRINTS.split())
# The numbers of versions there are DOIs of their own, without a sign of which belong together.
UNORDERED = ("10.5281", "10.6084")
# Cold Spring Harbor also publishes journals under bioRxiv's prefix; preprints have only numbers.
BIORXIV = re.compile(r"10\.1101/[\d.]+(?:v\d+)?")
# 10.21203/rs.3.rs-1/v2, 10.20944/preprints202001.0001.v1, 10.12688/f1000research.1.2 and
# 10.7554/elife.1.3 name versions of one paper.
VERSION = re.compile(r"(?<=\d)[./]?v\d{1,2}$")
NUMBERED = re.compile(r"(10\.12688/[a-z0-9]+\.\d+|10\.7554/elife\.\d+)\.\d{1,2}")


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What a record is known by elsewhere, versions folded."""

    doi: str | None
    arxiv: str | None
    pmid: str | None


def read_identifiers(record: Record) -> Identifiers:
    """The identifiers of a record; an arXiv DOI is an arXiv id, too."""
    doi = fold_version(record.doi) if record.doi else None
    arxiv = record.arxiv_id or (clean_arxiv_id(doi) if doi else None)
    return Identifiers(doi, arxiv, record.pmid)


def fold_version(doi: str) -> str:
    """A DOI without the version that some archives append."""
    numbered = NUMBERED.fullmatch(doi)
    return numbered.group(1) if numbered else VERSION.sub("", doi)


def contradict(left: Identifiers, right: Identifiers) -> bool:
    """Whether identifiers of one kind differ that a paper has only one of."""
    if left.arxiv and right.arxiv and left.arxiv != right.arxiv:
        return True
    if left.pmid and right.pmid and left.pmid != right.pmid:
        return True
    if not left.doi or not right.doi or left.doi == right.doi:
        return False
    archives = archive_of(left.doi), archive_of(right.doi)
    return archives[0] == archives[1] and archives[0] not in UNORDERED


def archive_of(doi: str) -> str | None:
    """The archive of preprints that gave this DOI; None for a DOI of a publication."""
    if doi.startswith("10.1101/") and not BIORXIV.fullmatch(doi):
        return None
    return next(
        (prefix for prefix in PREPRINTS if doi.startswith((f"{prefix}/", f"{prefix}."))), None
    )

"""JSON and JSON Lines: arXiv's snapshot, OpenAlex, Semantic Scholar, Crossref, BEIR."""

from __future__ import annotations

import json
import textwrap
from collections import defaultdict
from xml.sax.saxutils import escape

from evals.exports.export import Export
from evals.exports.known import Carried, given_first, on_lines, on_one_line
from evals.exports.latex import for_old_tex
from evals.exports.markup import atom_categories
from evals.exports.papers import Paper

WIDTH = 78


def _line(values: object) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"


def _ascii(values: object) -> str:
    """As programs write it that know no other letters."""
    return json.dumps(values, ensure_ascii=True)


def _halve(text: str) -> str:
    """What is left where a transfer broke off."""
    return text[: len(text) // 2] + "\n"


# arXiv's snapshot: LaTeX in `authors`, not in `authors_parsed` (family, given, suffix); lines are
# wrapped, the abstract stands behind two spaces.


def _snapshot(paper: Paper) -> str:
    said = " and ".join(for_old_tex(name, 2) for name in given_first(paper.authors))
    return _line(
        {
            "id": paper.arxiv_id,
            "submitter": "A. Keeper",
            "authors": said,
            "title": _wrap(paper.title or "Untitled", "  "),
            "comments": "10 pages, 3 figures",
            "journal-ref": paper.venue,
            "doi": paper.doi,
            "report-no": None,
            "categories": " ".join(atom_categories(paper)),
            "license": "http://creativecommons.org/licenses/by/4.0/",
            "abstract": f"  {_wrap(on_one_line(paper))}\n",
            "versions": [
                {
                    "version": "v1",
                    "created": f"Mon, 5 {_month(paper)} {paper.written_year} 18:00:01 GMT",
                },
                {"version": "v2", "created": "Sat, 3 Feb 2024 10:00:00 GMT"},
            ],
            "update_date": "2024-02-05",
            "authors_parsed": [[name.family, name.given or "", ""] for name in paper.authors],
        }
    )


def _month(paper: Paper) -> str:
    return "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[paper.month - 1]


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _carry_snapshot(paper: Paper) -> Carried:
    return Carried(
        abstract=on_one_line(paper),
        title=paper.title or "Untitled",
        authors=given_first(paper.authors),
        year=paper.written_year,
        venue=paper.venue,
        url=f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id else None,
        doi=paper.doi,
        arxiv_id=paper.arxiv_id,
        keywords=atom_categories(paper),
    )


# OpenAlex: abstracts as words with their places.


def _openalex(paper: Paper) -> dict[str, object]:
    doi = f"https://doi.org/{paper.doi.lower()}" if paper.doi else None
    source = {"id": "https://openalex.org/S1", "display_name": paper.venue, "type": "journal"}
    work = f"https://openalex.org/W{4_000_000_000 + paper.number}"
    pmid = f"https://pubmed.ncbi.nlm.nih.gov/{paper.pmid}"
    return {
        "id": work,
        "doi": doi,
        "title": paper.title,
        "display_name": paper.title,
        "relevance_score": 12.5,
        "publication_year": paper.year,
        "publication_date": f"{paper.year}-{paper.month:02d}-05" if paper.year else None,
        "ids": {"openalex": work, "doi": doi, **({"pmid": pmid} if paper.indexed else {})},
        "language": "en",
        "primary_location": {
            "is_oa": True,
            "landing_page_url": paper.url,
            "pdf_url": None,
            "source": source if paper.venue else None,
        },
        "type": "article",
        "authorships": [
            {
                "author_position": "middle",
                "author": {"id": "https://openalex.org/A1", "display_name": author.given_first},
                "institutions": [],
                "raw_author_name": author.family_first,
            }
            for author in paper.authors
        ],
        "cited_by_count": paper.number,
        "keywords": [
            {"id": f"https://openalex.org/keywords/{place}", "display_name": word, "score": 0.5}
            for place, word in enumerate(paper.keywords)
        ],
        "abstract_inverted_index": _invert(paper) if paper.sections else None,
        "referenced_works": [],
        "counts_by_year": [{"year": 2024, "cited_by_count": 1}],
    }


def _invert(paper: Paper) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(on_one_line(paper).split(" ")):
        places[word].append(place)
    return dict(places)


def _carry_openalex(paper: Paper) -> Carried:
    return Carried(
        abstract=on_one_line(paper),
        title=paper.title,
        authors=given_first(paper.authors),
        year=paper.year,
        venue=paper.venue,
        url=paper.url,
        doi=paper.doi,
        pmid=paper.pmid if paper.indexed else None,
        keywords=paper.keywords,
    )


# Semantic Scholar.


def _semantic_scholar(paper: Paper) -> dict[str, object]:
    known = {
        "ArXiv": paper.arxiv_id if paper.preprint else None,
        "DOI": paper.doi,
        "PubMed": paper.pmid if paper.indexed else None,
        "DBLP": f"journals/moths/{paper.number}",
    }
    return {
        "paperId": f"{paper.number:040x}",
        "externalIds": {
            **{name: value for name, value in known.items() if value},
            "CorpusId": 200_000_000 + paper.number,
        },
        "url": _scholar_address(paper),
        "title": paper.title,
        "abstract": on_lines(paper) if paper.sections else None,
        "venue": paper.venue or "",
        "publicationVenue": None,
        "year": paper.year,
        "citationCount": paper.number,
        "openAccessPdf": {"url": "", "status": None},
        "fieldsOfStudy": None,
        "s2FieldsOfStudy": [],
        "publicationTypes": ["JournalArticle"],
        "publicationDate": f"{paper.year}-{paper.month:02d}-05" if paper.year else None,
        "journal": {"name": paper.venue, "volume": "12", "pages": "1-10"} if paper.venue else None,
        "authors": [
            {"authorId": str(place), "name": author.given_first}
            for place, author in enumerate(paper.authors)
        ],
    }


def _scholar_address(paper: Paper) -> str:
    return f"https://www.semanticscholar.org/paper/{paper.number:040x}"


def _carry_scholar(paper: Paper) -> Carried:
    return Carried(
        abstract=on_lines(paper),
        title=paper.title,
        authors=given_first(paper.authors),
        year=paper.year,
        venue=paper.venue,
        url=_scholar_address(paper),
        doi=paper.doi,
        arxiv_id=paper.arxiv_id if paper.preprint else None,
        pmid=paper.pmid if paper.indexed else None,
    )


# Crossref: abstracts in JATS.


def _crossref(paper: Paper) -> dict[str, object]:
    doi = _crossref_doi(paper)
    date = {"date-parts": [[paper.year, paper.month, 5]]}
    people = [
        {"given": author.given, "family": author.family, "sequence": "first", "affiliation": []}
        if author.given
        else {"name": author.family, "sequence": "additional", "affiliation": []}
        for author in paper.authors
    ]
    return {
        "indexed": {"date-parts": [[2024, 3, 1]], "timestamp": 1709251200000},
        "reference-count": 1,
        "publisher": "Tide & Sons",
        **({"abstract": _jats(paper)} if paper.sections else {}),
        "DOI": doi,
        "type": "journal-article",
        "created": {"date-parts": [[2023, 1, 1]]},
        "title": [_escape_title(paper.title)] if paper.title else [],
        **({"author": people} if people else {}),
        "container-title": [_escape_title(paper.venue)] if paper.venue else [],
        "issued": date if paper.year else {"date-parts": [[None]]},
        **({"published": date} if paper.year else {}),
        "URL": f"https://doi.org/{doi}",
        "reference": [{"key": "ref1", "DOI": "10.5555/cited", "article-title": "Moths in 1888"}],
        "ISSN": ["1234-5678"],
        **({"subject": list(paper.keywords)} if paper.keywords else {}),
    }


def _crossref_doi(paper: Paper) -> str:
    return paper.doi or f"10.5555/crossref.{paper.number}"


def _escape_title(text: str) -> str:
    """Crossref's titles are face markup: an ampersand is written out."""
    return text.replace("&", "&amp;")


def _jats(paper: Paper) -> str:
    if any(label for label, _ in paper.sections):
        return "".join(
            f"<jats:sec><jats:title>{label.capitalize()}</jats:title>"
            f"<jats:p>{_mark_up(text)}</jats:p></jats:sec>"
            for label, text in paper.sections
        )
    head = "<jats:title>Abstract</jats:title>" if paper.number % 2 else ""
    texts = (f"<jats:p>{_mark_up(text)}</jats:p>" for _, text in paper.sections)
    return head + "".join(f"\n                {text}" for text in texts)


def _mark_up(text: str) -> str:
    return escape(text).replace("Survey", "<jats:italic>Survey</jats:italic>", 1)


def _carry_crossref(paper: Paper) -> Carried:
    parts = (f"{label.capitalize()}: {text}" if label else text for label, text in paper.sections)
    return Carried(
        abstract=" ".join(parts),
        title=paper.title,
        authors=given_first(paper.authors),
        year=paper.year,
        venue=paper.venue,
        url=f"https://doi.org/{_crossref_doi(paper)}",
        doi=_crossref_doi(paper),
        keywords=paper.keywords,
    )


# BEIR.


def _beir(paper: Paper) -> str:
    text = on_one_line(paper)
    return _line(
        {"_id": str(paper.number), "title": paper.title or "", "text": text, "metadata": {}}
    )


def _carry_beir(paper: Paper) -> Carried:
    return Carried(abstract=on_one_line(paper), title=paper.title)


DOCUMENTS = (
    Export("arXiv snapshot", "arxiv-metadata.json", _snapshot, _carry_snapshot, tear=_halve),
    Export(
        "OpenAlex, results", "openalex.json", lambda paper: _ascii(_openalex(paper)),
        _carry_openalex, '{"meta":{"count":10000,"db_response_time_ms":20,"page":1,"per_page":200,'
        '"groups_count":null},"results":[', ",", '],"group_by":[]}',
    ),
    Export(
        "OpenAlex, lines", "openalex.jsonl.gz", lambda paper: _line(_openalex(paper)),
        _carry_openalex, tear=_halve, packing="gzip",
    ),
    Export(
        "Semantic Scholar", "scholar.json", lambda paper: _ascii(_semantic_scholar(paper)),
        _carry_scholar, '{"total": 10000, "offset": 0, "next": 100, "data": [', ", ", "]}",
    ),
    Export(
        "Semantic Scholar, lines", "scholar.jsonl", lambda paper: _line(_semantic_scholar(paper)),
        _carry_scholar, tear=_halve,
    ),
    Export(
        "Crossref", "crossref.json", lambda paper: _ascii(_crossref(paper)), _carry_crossref,
        '{"status":"ok","message-type":"work-list","message-version":"1.0.0","message":'
        '{"facets":{},"total-results":10000,"items":[', ",",
        '],"items-per-page":1000,"query":{"start-index":0,"search-terms":"moths"}}}',
    ),
    Export("BEIR", "corpus.jsonl", _beir, _carry_beir, tear=_halve),
)  # fmt: skip

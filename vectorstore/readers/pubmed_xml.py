"""PubMed XML (https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/250101/): articles and book chapters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from vectorstore.readers.fields import Item, Values, build
from vectorstore.readers.opening import Document
from vectorstore.readers.text import Head
from vectorstore.readers.xml_stream import Found, read_elements, text_of
from vectorstore.records import Note

RECORDS = frozenset({"PubmedArticle", "PubmedBookArticle", "DeleteCitation"})
START = re.compile(r"<(?:PubmedArticle(?:Set)?|PubmedBookArticle(?:Set)?|MedlineCitationSet)[\s/>]")
UNLABELLED = "UNLABELLED"
NO_TITLE = re.compile(r"\W*not available\W*", re.IGNORECASE)
"""What stands as the title of an article that came without one: `[Not Available].`"""


def matches(head: Head) -> bool:
    """Whether it is XML with an element of PubMed's near its beginning."""
    return head.text.startswith("<") and START.search(head.text) is not None


def read_items(document: Document) -> Iterator[Item]:
    """A record, a skipped one or a rejection for each article, and notes."""
    empty = True
    for found in read_elements(document, RECORDS):
        empty = False
        if not isinstance(found, Found):
            yield found
        elif found.element.tag == "DeleteCitation":
            names = ", ".join(text_of(item) for item in list(found.element)[:5])
            reason = f"names records that PubMed took back ({names}); they were left as they are"
            yield Note(document.source, found.where, reason)
        else:
            yield from build(_values(found.element), document.source, found.where)
    if empty:
        yield document.useless("is a reply of PubMed without any article")


def _values(record: Element) -> Values:
    if record.tag == "PubmedBookArticle":
        return _book_values(record)
    citation = record.find("MedlineCitation")
    article = record.find("MedlineCitation/Article")
    if citation is None or article is None:
        return {"pmid": text_of(record.find("MedlineCitation/PMID"))}
    journal = article.find("Journal")
    return {
        "abstract": _abstract(article, citation),
        "title": _title(article),
        "authors": _authors(article.findall("AuthorList/Author")),
        "year": _year(article),
        "venue": _first(journal, "Title", "ISOAbbreviation") if journal is not None else None,
        "doi": _doi(article, record),
        "pmid": text_of(citation.find("PMID")) or None,
        "keywords": [
            *_texts(citation.findall("MeshHeadingList/MeshHeading/DescriptorName")),
            *_texts(citation.findall("KeywordList/Keyword")),
        ],
    }


def _title(article: Element) -> str:
    """In English, else as the article has it."""
    title = text_of(article.find("ArticleTitle"))
    unknown = not title or NO_TITLE.fullmatch(title)
    return text_of(article.find("VernacularTitle")) if unknown else title


def _book_values(record: Element) -> Values:
    book = record.find("BookDocument")
    if book is None:
        return {}
    return {
        "abstract": _joined(book.findall("Abstract/AbstractText")),
        "title": _first(book, "ArticleTitle", "Book/BookTitle"),
        "authors": _authors(book.findall("AuthorList/Author")),
        "year": text_of(book.find("Book/PubDate/Year")),
        "venue": _first(book, "Book/BookTitle", "Book/Publisher/PublisherName"),
        "doi": next(_ids(book.findall("ArticleIdList/ArticleId"), "doi"), None),
        "pmid": text_of(book.find("PMID")) or None,
        "keywords": _texts(book.findall("KeywordList/Keyword")),
    }


def _abstract(article: Element, citation: Element) -> str:
    """The abstract, else the first one of another kind or language; never the copyright."""
    others = (_joined(item.findall("AbstractText")) for item in citation.findall("OtherAbstract"))
    return _joined(article.findall("Abstract/AbstractText")) or next(filter(None, others), "")


def _joined(parts: Iterable[Element]) -> str:
    """The parts of an abstract, each behind its label."""
    told = []
    for part in parts:
        label, text = (part.get("Label") or "").strip(), text_of(part)
        headed = label and label.upper() != UNLABELLED and text
        told.append(f"{label.rstrip(':')}: {text}" if headed else text)
    return " ".join(filter(None, told))


def _authors(authors: Iterable[Element]) -> list[str]:
    names = []
    for author in authors:
        given = text_of(author.find("ForeName")) or text_of(author.find("Initials"))
        parts = (given, text_of(author.find("LastName")), text_of(author.find("Suffix")))
        names.append(" ".join(filter(None, parts)) or text_of(author.find("CollectiveName")))
    return [name for name in names if name]


def _year(article: Element) -> str | None:
    """The year of the issue, also out of `2019 Nov-Dec`, else that of the article online."""
    places = ("Journal/JournalIssue/PubDate/Year", "Journal/JournalIssue/PubDate/MedlineDate")
    return _first(article, *places, "ArticleDate/Year")


def _doi(article: Element, record: Element) -> str | None:
    """The article's own: those of its references lie elsewhere."""
    places = (
        item for item in article.findall("ELocationID") if item.get("ValidYN", "Y").upper() != "N"
    )
    own = _ids(record.findall("PubmedData/ArticleIdList/ArticleId"), "doi")
    return next(_ids(places, "doi", "EIdType"), None) or next(own, None)


def _ids(elements: Iterable[Element], kind: str, name: str = "IdType") -> Iterator[str]:
    return (text for item in elements if item.get(name) == kind and (text := text_of(item)))


def _first(element: Element, *paths: str) -> str | None:
    return next((text for path in paths if (text := text_of(element.find(path)))), None)


def _texts(elements: Iterable[Element]) -> list[str]:
    return [text for item in elements if (text := text_of(item))]

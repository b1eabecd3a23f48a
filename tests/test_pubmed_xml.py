"""PubMed XML: every odd corner of an article, and files that were made to do harm."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectorstore.readers import Item, read
from vectorstore.records import Note, Record, RejectedRecord, SkippedRecord

DOCTYPE = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, '
    '1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)
ARTICLE = """<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">
<PMID Version="1">12345678</PMID>
<Article PubModel="Print-Electronic">
<Journal><ISSN IssnType="Print">0000-0000</ISSN><JournalIssue CitedMedium="Internet">
<Volume>3</Volume><PubDate><MedlineDate>2019 Nov-Dec</MedlineDate></PubDate></JournalIssue>
<Title>Annals of lamps</Title><ISOAbbreviation>Ann Lamps</ISOAbbreviation></Journal>
<ArticleTitle>Moths (<i>Noctua</i> spp.) at lamps: H<sub>2</sub>O &amp; light.</ArticleTitle>
<ELocationID EIdType="pii" ValidYN="Y">S1</ELocationID>
<ELocationID EIdType="doi" ValidYN="Y">10.5555/Moth.1</ELocationID>
<Abstract>
<AbstractText Label="BACKGROUND" NlmCategory="BACKGROUND">Moths fly at <b>night</b>.</AbstractText>
<AbstractText Label="RESULTS" NlmCategory="RESULTS">We counted 4×10<sup>6</sup> moths
(p&lt;0.05).</AbstractText>
<AbstractText Label="UNLABELLED">They rest by day.</AbstractText>
<CopyrightInformation>Copyright by nobody.</CopyrightInformation></Abstract>
<AuthorList CompleteYN="Y">
<Author ValidYN="Y"><LastName>Quill</LastName><ForeName>Ada B</ForeName><Initials>AB</Initials>
<Suffix>Jr</Suffix><AffiliationInfo><Affiliation>Hill</Affiliation></AffiliationInfo></Author>
<Author ValidYN="Y"><LastName>Réed</LastName><Initials>B</Initials></Author>
<Author ValidYN="Y"><CollectiveName>The Lamp Group</CollectiveName></Author></AuthorList>
<Language>eng</Language></Article>
<MeshHeadingList><MeshHeading><DescriptorName UI="D1">Moths</DescriptorName>
<QualifierName UI="Q1">physiology</QualifierName></MeshHeading></MeshHeadingList>
<KeywordList Owner="NOTNLM"><Keyword MajorTopicYN="N">lamps</Keyword></KeywordList>
</MedlineCitation><PubmedData><ReferenceList><Reference><ArticleIdList>
<ArticleId IdType="doi">10.5555/other</ArticleId></ArticleIdList></Reference></ReferenceList>
<ArticleIdList><ArticleId IdType="pubmed">12345678</ArticleId></ArticleIdList></PubmedData>
</PubmedArticle>"""
PLAIN = """<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><Journal><JournalIssue>
<PubDate><Year>2020</Year></PubDate></JournalIssue></Journal><ArticleTitle>T{pmid}</ArticleTitle>
{abstract}</Article></MedlineCitation></PubmedArticle>"""
ABSTRACT = "<Abstract><AbstractText>Moths {0} fly at night.</AbstractText></Abstract>"


def wrap(*articles: str) -> str:
    return DOCTYPE + "<PubmedArticleSet>" + "\n".join(articles) + "</PubmedArticleSet>"


def plain(pmid: int, abstract: str = ABSTRACT) -> str:
    return PLAIN.format(pmid=pmid, abstract=abstract.format(pmid))


def items(folder: Path, content: str | bytes) -> list[Item]:
    path = folder / "pubmed.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path))


def test_an_article_is_read_whole(tmp_path: Path) -> None:
    assert items(tmp_path, wrap(ARTICLE)) == [
        Record(
            id="doi:10.5555/moth.1",
            title="Moths (Noctua spp.) at lamps: H2O & light.",
            abstract="BACKGROUND: Moths fly at night. RESULTS: We counted 4×10^6 moths (p<0.05). "
            "They rest by day.",
            authors=("Ada B Quill Jr", "B Réed", "The Lamp Group"),
            year=2019,
            venue="Annals of lamps",
            doi="10.5555/moth.1",
            pmid="12345678",
            keywords=("Moths", "lamps"),
            sources=("pubmed.xml",),
        )
    ]


def test_an_article_without_abstract_is_skipped(tmp_path: Path) -> None:
    first, second = items(tmp_path, wrap(plain(1, ""), plain(2)))
    assert first == SkippedRecord("pubmed.xml", "record 1", "'abstract' is empty")
    assert isinstance(second, Record)
    assert (second.id, second.year) == ("pmid:2", 2020)


def test_an_abstract_in_another_place_counts(tmp_path: Path) -> None:
    other = (
        '</Article><OtherAbstract Type="plain-language-summary" Language="eng"><AbstractText>'
        "Moths like lamps.</AbstractText></OtherAbstract><Article>"
    )
    content = wrap(plain(1, other)).replace("<Article></Article>", "")
    (record,) = items(tmp_path, content)
    assert isinstance(record, Record)
    assert record.abstract == "Moths like lamps."


def test_a_title_that_is_not_available_is_none(tmp_path: Path) -> None:
    none = plain(1).replace("T1</", "[Not Available].</")
    other = plain(2).replace("T2</ArticleTitle>", "[Not Available].</ArticleTitle>{0}")
    other = other.format("<VernacularTitle>Falter bei Nacht.</VernacularTitle>")
    first, second = items(tmp_path, wrap(none, other))
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.title_derived, first.title) == (True, "Moths 1 fly at night")
    assert (second.title_derived, second.title) == (False, "Falter bei Nacht.")


def test_a_book_chapter_is_read(tmp_path: Path) -> None:
    book = (
        "<PubmedBookArticle><BookDocument><PMID>7</PMID><ArticleIdList><ArticleId "
        'IdType="bookaccession">NBK1</ArticleId></ArticleIdList><Book><BookTitle>Lamps</BookTitle>'
        "<PubDate><Year>1999</Year></PubDate></Book><ArticleTitle>Wicks</ArticleTitle><Abstract>"
        "<AbstractText>Wicks burn.</AbstractText></Abstract></BookDocument></PubmedBookArticle>"
    )
    (record,) = items(tmp_path, wrap(book))
    assert isinstance(record, Record)
    assert (record.title, record.venue, record.year, record.pmid) == ("Wicks", "Lamps", 1999, "7")


def test_records_that_were_taken_back_are_noted(tmp_path: Path) -> None:
    gone = "<DeleteCitation><PMID>8</PMID><PMID>9</PMID></DeleteCitation>"
    reason = "names records that PubMed took back (8, 9); they were left as they are"
    assert items(tmp_path, wrap(plain(1), gone))[1:] == [Note("pubmed.xml", "record 2", reason)]


def test_an_empty_reply_is_told(tmp_path: Path) -> None:
    reason = "is a reply of PubMed without any article"
    assert items(tmp_path, wrap()) == [RejectedRecord("pubmed.xml", "whole file", reason)]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_the_declared_encoding_counts(tmp_path: Path, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><PubmedArticleSet>{ARTICLE}'
    (record,) = items(tmp_path, (text + "</PubmedArticleSet>").encode(encoding))
    assert isinstance(record, Record)
    assert record.authors[1] == "B Réed"


def test_a_file_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    first, second = items(tmp_path, wrap(plain(1), plain(2))[:-120])
    assert isinstance(first, Record)
    assert isinstance(second, RejectedRecord)
    assert second.where == "record 2"
    assert second.reason == (
        "not XML that can be read from here on: unclosed token: line 8, column 10"
    )


# Made to do harm -----------------------------------------------------------------------------

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol" * 10}">' for n in range(12))
BOMBS = {
    "billion laughs": f"<!DOCTYPE x [{LAUGHS}]><PubmedArticleSet>&l11;</PubmedArticleSet>",
    "quadratic": f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><PubmedArticleSet>'
    + "&a;" * 50_000
    + "</PubmedArticleSet>",
    "external": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><PubmedArticleSet>&e;'
    "</PubmedArticleSet>",
    "parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]>'
    "<PubmedArticleSet/>",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_entities_are_refused(tmp_path: Path, bomb: str) -> None:
    reason = (
        "not XML that can be read from here on: it declares entities, or refers to some elsewhere"
    )
    assert items(tmp_path, BOMBS[bomb]) == [RejectedRecord("pubmed.xml", "whole file", reason)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            wrap(plain(1)).replace("</PubmedArticleSet>", "<a>" * 100_000),
            "it is nested deeper than 100 elements",
        ),
        (
            wrap(plain(1)).replace("</PubmedArticleSet>", "<a>" + "x" * 40_000_000),
            "over 32,000,000 bytes hold no whole record",
        ),
        (
            wrap(plain(1)).replace(
                "</PubmedArticleSet>", "<a " + "".join(f'a{n}="x" ' for n in range(400_000))
            ),
            "a tag or a comment is longer than 2,000,000 bytes",
        ),
        (
            wrap(plain(1)).replace("</PubmedArticleSet>", "<!--" + "x" * 20_000_000),
            "a tag or a comment is longer than 2,000,000 bytes",
        ),
    ],
    ids=["deep", "long", "attributes", "comment"],
)
def test_what_would_fill_the_memory_is_broken_off(
    tmp_path: Path, content: str, reason: str
) -> None:
    start = time.monotonic()
    tracemalloc.start()
    found = items(tmp_path, content)
    peak = tracemalloc.get_traced_memory()[1] - len(content)
    tracemalloc.stop()
    assert found[1:] == [
        RejectedRecord("pubmed.xml", "record 2", f"not XML that can be read from here on: {reason}")
    ]
    assert peak < 60_000_000
    assert time.monotonic() - start < 20


def test_a_long_abstract_costs_itself_only(tmp_path: Path) -> None:
    first, second = items(tmp_path, wrap(plain(1, ABSTRACT.format("a" * 10_000_000)), plain(2)))
    reason = "'abstract' is 10,000,020 characters long; expected at most 100,000"
    assert first == RejectedRecord("pubmed.xml", "record 1", reason)
    assert isinstance(second, Record)


def test_many_articles_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "pubmed.xml"
    path.write_text(wrap(*(plain(number) for number in range(1, 3001))))
    tracemalloc.start()
    assert sum(isinstance(item, Record) for item in read(path)) == 3000
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


PIECES = [
    *("<PubmedArticleSet>", "<PubmedArticle>", "</PubmedArticle>", "<MedlineCitation>", "<a b="),
    *("<Article>", "<![CDATA[", "&lt;", "&x;", "\x00", "<PMID>1</PMID>", "]]>", ARTICLE),
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join))
def test_no_text_makes_reading_fail_or_vanish(tmp_path: Path, content: str) -> None:
    assert items(tmp_path, ("<PubmedArticleSet>" + content).encode("utf-8", "replace"))

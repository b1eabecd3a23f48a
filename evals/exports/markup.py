"""PubMed XML and arXiv's Atom."""

from __future__ import annotations

import textwrap
from xml.sax.saxutils import escape, quoteattr

from evals.exports.export import Export, Kind
from evals.exports.known import Carried, given_first, on_one_line
from evals.exports.papers import Author, Paper

PUBMED_START = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" \
"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>
"""
ATOM_START = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?search_query%3Dall%3Amoths%26id_list%3D%26start%3D0" \
rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=all:moths&amp;id_list=&amp;start=0</title>
  <id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>
  <updated>2024-03-01T00:00:00-05:00</updated>
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">\
10000</opensearch:totalResults>
  <opensearch:startIndex xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">\
0</opensearch:startIndex>
"""
ARXIV = 'xmlns:arxiv="http://arxiv.org/schemas/atom"'
CATEGORIES = ("physics.pop-ph", "cs.SD", "q-bio.PE", "stat.AP")
WIDTH = 76


# PubMed.


def _pubmed(paper: Paper) -> str:
    year = f"<Year>{paper.written_year}</Year><Month>{paper.month:02d}</Month>"
    if paper.number % 3 == 0:
        year = f"<MedlineDate>{paper.written_year} Winter</MedlineDate>"
    doi = escape(paper.doi or "")
    location = f'<ELocationID EIdType="doi" ValidYN="Y">{doi}</ELocationID>' if doi else ""
    article_id = f'<ArticleId IdType="doi">{doi}</ArticleId>' if doi else ""
    venue = f"<Title>{escape(paper.venue)}</Title>" if paper.venue else ""
    return f"""<PubmedArticle>
  <MedlineCitation Status="MEDLINE" Owner="NLM">
    <PMID Version="1">{paper.pmid}</PMID>
    <DateRevised><Year>2024</Year><Month>01</Month><Day>02</Day></DateRevised>
    <Article PubModel="Print-Electronic">
      <Journal>
        <ISSN IssnType="Electronic">1234-5678</ISSN>
        <JournalIssue CitedMedium="Internet"><PubDate>{year}</PubDate></JournalIssue>
        {venue}
      </Journal>
      <ArticleTitle>{_pubmed_title(paper)}</ArticleTitle>
      <Pagination><StartPage>1</StartPage><MedlinePgn>1-10</MedlinePgn></Pagination>
      {location}
      {_pubmed_abstract(paper)}
      {_pubmed_authors(paper)}
      <Language>eng</Language>
    </Article>
    {_pubmed_keywords(paper)}
  </MedlineCitation>
  <PubmedData>
    <History><PubMedPubDate PubStatus="pubmed"><Year>2024</Year></PubMedPubDate></History>
    <ArticleIdList><ArticleId IdType="pubmed">{paper.pmid}</ArticleId>{article_id}</ArticleIdList>
    <ReferenceList><Reference><Citation>Moths in 1888.</Citation><ArticleIdList>\
<ArticleId IdType="pubmed">1234</ArticleId><ArticleId IdType="doi">10.5555/cited</ArticleId>\
</ArticleIdList></Reference></ReferenceList>
  </PubmedData>
</PubmedArticle>
"""


def _pubmed_title(paper: Paper) -> str:
    """With a full stop, and one word in italics."""
    if paper.title is None:
        return "[Not Available]."
    first, _, rest = escape(paper.title).partition(" ")
    return f"<i>{first}</i> {rest}."


def _pubmed_abstract(paper: Paper) -> str:
    if not paper.sections:
        return ""
    texts = "".join(
        f"<AbstractText{_label(label)}>{_mark_up(text)}</AbstractText>"
        for label, text in paper.sections
    )
    notice = "<CopyrightInformation>Copyright © the keepers.</CopyrightInformation>"
    return f"<Abstract>{texts}{notice if paper.number % 2 else ''}</Abstract>"


def _label(label: str) -> str:
    return f" Label={quoteattr(label)} NlmCategory={quoteattr(label)}" if label else ""


def _mark_up(text: str) -> str:
    """Text in which one word is bold and signs are entities or numbers."""
    return escape(text).replace("Survey", "<b>Survey</b>", 1).replace("–", "&#x2013;")


def _pubmed_authors(paper: Paper) -> str:
    people = "".join(
        f'<Author ValidYN="Y"><LastName>{escape(author.family)}</LastName>'
        f"<ForeName>{escape(author.given)}</ForeName><AffiliationInfo><Affiliation>University of "
        "the Harbour</Affiliation></AffiliationInfo></Author>"
        if author.given
        else f"<Author><CollectiveName>{escape(author.family)}</CollectiveName></Author>"
        for author in paper.authors
    )
    return f'<AuthorList CompleteYN="Y">{people}</AuthorList>' if people else ""


def _pubmed_keywords(paper: Paper) -> str:
    words = "".join(
        f'<Keyword MajorTopicYN="N">{escape(word)}</Keyword>' for word in paper.keywords
    )
    return f'<KeywordList Owner="NOTNLM">{words}</KeywordList>' if words else ""


def _carry_pubmed(paper: Paper) -> Carried:
    return Carried(
        abstract=on_one_line(paper),
        title=None if paper.title is None else f"{paper.title}.",
        authors=given_first(paper.authors),
        year=paper.written_year,
        venue=paper.venue,
        doi=paper.doi,
        pmid=paper.pmid,
        keywords=paper.keywords,
    )


# arXiv.


def _atom(paper: Paper) -> str:
    address = f"http://arxiv.org/abs/{paper.arxiv_id}v{paper.number % 3 + 1}"
    names = "".join(_atom_author(author) for author in paper.authors)
    doi = (
        f"<arxiv:doi {ARXIV}>{escape(paper.doi)}</arxiv:doi>"
        f'<link title="doi" href={quoteattr("http://dx.doi.org/" + paper.doi)} rel="related"/>'
        if paper.doi
        else ""
    )
    venue = (
        f"<arxiv:journal_ref {ARXIV}>{escape(paper.venue)}</arxiv:journal_ref>"
        if paper.venue
        else ""
    )
    categories = "".join(
        f'<category term="{name}" scheme="http://arxiv.org/schemas/atom"/>'
        for name in atom_categories(paper)
    )
    return f"""  <entry>
    <id>{address}</id>
    <updated>2024-02-03T10:00:00Z</updated>
    <published>{paper.written_year}-{paper.month:02d}-05T18:00:01Z</published>
    <title>{escape(_wrap(paper.title or "Untitled", "  "))}</title>
    <summary>  {escape(_wrap(on_one_line(paper)))}
</summary>
    {names}
    {doi}
    <arxiv:comment {ARXIV}>10 pages, 3 figures</arxiv:comment>
    {venue}
    <link href="{address}" rel="alternate" type="text/html"/>
    <link title="pdf" href="{address.replace("abs", "pdf")}" rel="related" type="application/pdf"/>
    <arxiv:primary_category {ARXIV} term="{atom_categories(paper)[0]}" \
scheme="http://arxiv.org/schemas/atom"/>
    {categories}
  </entry>
"""


def _atom_author(author: Author) -> str:
    affiliation = f"<arxiv:affiliation {ARXIV}>Example University</arxiv:affiliation>"
    return f"<author><name>{escape(author.given_first)}</name>{affiliation}</author>"


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def atom_categories(paper: Paper) -> tuple[str, ...]:
    """One or two of arXiv's."""
    first = paper.number % len(CATEGORIES)
    return CATEGORIES[first : first + 1 + paper.number % 2]


def _carry_atom(paper: Paper) -> Carried:
    return Carried(
        abstract=on_one_line(paper),
        title=paper.title or "Untitled",
        authors=given_first(paper.authors),
        year=paper.written_year,
        venue=paper.venue,
        url=f"http://arxiv.org/abs/{paper.arxiv_id}v{paper.number % 3 + 1}",
        doi=paper.doi,
        arxiv_id=paper.arxiv_id,
        keywords=atom_categories(paper),
    )


NOT_IN_XML: frozenset[Kind] = frozenset({"control character"})
MARKUP = (
    Export(
        "PubMed XML", "pubmed.xml", _pubmed, _carry_pubmed, PUBMED_START,
        end="</PubmedArticleSet>\n", leaves_out=NOT_IN_XML,
    ),
    Export(
        "arXiv Atom", "arxiv.xml", _atom, _carry_atom, ATOM_START, end="</feed>\n",
        leaves_out=NOT_IN_XML,
    ),
)  # fmt: skip

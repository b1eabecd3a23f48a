"""A server on loopback that speaks as arXiv, Crossref and PubMed do; misbehaves when told to."""

from __future__ import annotations

import json
import ssl
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ATOM_TYPE, XML_TYPE, JSON_TYPE = "application/atom+xml", "text/xml", "application/json"

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?{query}" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: {query}</title>
  <id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>
  <updated>2026-01-05T00:00:00-05:00</updated>
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{total}\
</opensearch:totalResults>
  <opensearch:startIndex xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{start}\
</opensearch:startIndex>
  <opensearch:itemsPerPage xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{size}\
</opensearch:itemsPerPage>
{entries}</feed>
"""
ENTRY = """  <entry>
    <id>http://arxiv.org/abs/{id}</id>
    <updated>2025-05-13T08:00:00Z</updated>
    <published>2025-05-12T17:59:59Z</published>
    <title>{title}</title>
    <summary>  {abstract}
</summary>
    <author>
      <name>Ada Quill</name>
    </author>
    <arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">9 pages</arxiv:comment>
    <link href="http://arxiv.org/abs/{id}" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/{id}" rel="related" type="application/pdf"/>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.CL"/>
    <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
"""
ERROR = """  <entry>
    <id>http://arxiv.org/api/errors#incorrect_id_format_for_{id}</id>
    <title>Error</title>
    <summary>incorrect id format for {id}</summary>
    <updated>2026-01-05T00:00:00-05:00</updated>
    <link href="http://arxiv.org/api/errors#incorrect_id_format_for_{id}" rel="alternate"/>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>
"""
ARTICLES = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" \
"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>
{articles}</PubmedArticleSet>"""
ARTICLE = """<PubmedArticle>
  <MedlineCitation Status="MEDLINE" Owner="NLM">
    <PMID Version="1">{pmid}</PMID>
    <Article PubModel="Print">
      <Journal><JournalIssue CitedMedium="Print"><PubDate><Year>2019</Year></PubDate>\
</JournalIssue><Title>Journal of Tides</Title></Journal>
      <ArticleTitle>{title}</ArticleTitle>
      {abstract}
      <AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Shore</LastName>\
<ForeName>Cy</ForeName></Author></AuthorList>
    </Article>
    <CommentsCorrectionsList><CommentsCorrections RefType="Cites"><PMID Version="1">99999</PMID>\
</CommentsCorrections></CommentsCorrectionsList>
  </MedlineCitation>
  <PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId></ArticleIdList>\
</PubmedData>
</PubmedArticle>
"""
BOOK = """<PubmedBookArticle>
  <BookDocument>
    <PMID Version="1">{pmid}</PMID>
    <ArticleIdList><ArticleId IdType="bookaccession">NBK1</ArticleId></ArticleIdList>
    <Book><BookTitle book="gears">The Book of Gears</BookTitle>\
<PubDate><Year>2010</Year></PubDate></Book>
    <ArticleTitle book="gears">{title}</ArticleTitle>
    {abstract}
  </BookDocument>
  <PubmedBookData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId></ArticleIdList>\
</PubmedBookData>
</PubmedBookArticle>
"""


@dataclass(frozen=True)
class Trouble:
    """What the server does to one request instead of answering it.

    Attributes:
        status: Of HTTP.
        headers: Further ones.
        body: In place of the papers; where None, the papers are sent.
        cut: Bytes after which the connection is closed; the length that was told is that of all.
        untold: Whether no length is told, so that only the format shows what was cut off.
        delay: Seconds before anything is sent.
        then: Called before anything is sent.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: int | None = None
    untold: bool = False
    delay: float = 0.0
    then: Callable[[], None] | None = None


@dataclass(frozen=True)
class Asked:
    """One request, as it came in."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]
    time: float


class PaperServer:
    """The three services in one.

    Attributes:
        papers: Of arXiv, id with version -> title; a search finds all, in this order.
        refused: Ids that arXiv calls malformed.
        works: Of Crossref, DOI -> title.
        articles: Of PubMed, PMID -> title; without an abstract where the title is empty.
        books: PMIDs of articles that are chapters of a book.
        troubles: For the next requests, one each; None for none.
        asked: What was asked so far.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.papers: dict[str, str] = {}
        self.refused: set[str] = set()
        self.works: dict[str, str] = {}
        self.articles: dict[str, str] = {}
        self.books: set[str] = set()
        self.troubles: deque[Trouble | None] = deque()
        self.asked: list[Asked] = []
        self.clock = clock
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"papers": self})
        self._http = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> PaperServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def speak_tls(self, certificate: Path, key: Path) -> None:
        """From the next connection on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._http.socket = context.wrap_socket(
            self._http.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._http.server_port}"

    @property
    def arxiv_url(self) -> str:
        return f"http://{self.host}/api/query"

    @property
    def crossref_url(self) -> str:
        return f"http://{self.host}/crossref"

    @property
    def pubmed_url(self) -> str:
        return f"http://{self.host}/eutils/"

    def answer(self, asked: Asked) -> tuple[int, str, bytes]:
        """Status, type and body of what is answered where there is no trouble."""
        if asked.path == "/api/query":
            return self._answer_arxiv(asked.parameters)
        if asked.path.startswith("/crossref/works/"):
            return self._answer_crossref(unquote(asked.path.removeprefix("/crossref/works/")))
        if asked.path == "/eutils/efetch.fcgi":
            return self._answer_pubmed(asked.parameters["id"].split(","))
        return 404, "text/html", b"<html><body>No such page</body></html>"

    def _answer_arxiv(self, parameters: dict[str, str]) -> tuple[int, str, bytes]:
        listed = parameters.get("id_list", "").split(",")
        for wrong in self.refused & set(listed):
            return 400, ATOM_TYPE, _feed(parameters, 1, [ERROR.format(id=wrong)])
        found = list(self.papers)
        if "id_list" in parameters:
            found = [full for full in found if full in listed or full.rpartition("v")[0] in listed]
        first, size = int(parameters["start"]), int(parameters["max_results"])
        page = [_entry(full, self.papers[full]) for full in found[first : first + size]]
        return 200, ATOM_TYPE, _feed(parameters, len(found), page)

    def _answer_crossref(self, doi: str) -> tuple[int, str, bytes]:
        if doi not in self.works:
            return 404, "text/plain", b"Resource not found."
        title = self.works[doi]
        message = {
            "DOI": doi,
            "type": "journal-article",
            "title": [title],
            "abstract": f"<jats:p>{escape(abstract_of(title))}</jats:p>",
            "author": [{"given": "Bo", "family": "Reed", "sequence": "first", "affiliation": []}],
            "container-title": ["Journal of Moths"],
            "issued": {"date-parts": [[2024, 5]]},
            "URL": f"https://doi.org/{doi}",
        }
        frame = {"status": "ok", "message-type": "work", "message-version": "1.0.0"}
        return 200, JSON_TYPE, json.dumps(frame | {"message": message}).encode()

    def _answer_pubmed(self, pmids: list[str]) -> tuple[int, str, bytes]:
        articles = [
            (BOOK if pmid in self.books else ARTICLE).format(
                pmid=pmid, title=title or "Untold", abstract=_pubmed_abstract(title)
            )
            for pmid, title in self.articles.items()
            if pmid in pmids
        ]
        return 200, XML_TYPE, ARTICLES.format(articles="".join(articles)).encode()


def abstract_of(title: str) -> str:
    """The abstract that every service has for a title."""
    return f"This paper is about {title}. We counted 17 of them, and none was like another."


def _entry(full: str, title: str) -> str:
    return ENTRY.format(id=full, title=escape(title), abstract=escape(abstract_of(title)))


def _feed(parameters: dict[str, str], total: int, entries: list[str]) -> bytes:
    query = escape("&".join(f"{name}={value}" for name, value in parameters.items()))
    first, size = parameters["start"], parameters["max_results"]
    text = FEED.format(query=query, total=total, start=first, size=size, entries="".join(entries))
    return text.encode()


def _pubmed_abstract(title: str) -> str:
    if not title:
        return ""
    return f"<Abstract><AbstractText>{escape(abstract_of(title))}</AbstractText></Abstract>"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a client that hung up."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version: Literal["HTTP/1.1"] = "HTTP/1.1"
    papers: PaperServer

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        parts = urlsplit(self.path)
        parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(parts.path, parameters, headers, self.papers.clock())
        self.papers.asked.append(asked)
        trouble = (self.papers.troubles.popleft() if self.papers.troubles else None) or Trouble()
        if trouble.then:
            trouble.then()
        self.papers.closing.wait(trouble.delay)
        status, kind, body = self.papers.answer(asked)
        if trouble.status != 200 or trouble.body is not None:
            status, kind, body = trouble.status, "text/plain", trouble.body or b""
        try:
            self._send(status, {"Content-Type": kind} | trouble.headers, body, trouble)
        except OSError:  # The client hung up.
            self.close_connection = True

    def _send(self, status: int, headers: dict[str, str], body: bytes, trouble: Trouble) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if not trouble.untold:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: trouble.cut])
        self.close_connection = trouble.untold or trouble.cut is not None

    def log_message(self, *args: object) -> None:
        """Says nothing."""

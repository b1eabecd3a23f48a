"""Papers from the network, fetched from servers on loopback that speak the services' formats."""

from __future__ import annotations

import errno
import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from paper_servers import PaperServer, Trouble, abstract_of
from typer.testing import CliRunner

from rag.cli.commands import app
from vectorstore.errors import FetchError
from vectorstore.fetching import FetchOptions, fetch
from vectorstore.fetching.client import _trusted, read_retry_after
from vectorstore.readers import Item
from vectorstore.records import Note, Record, RejectedRecord, SkippedRecord

AGENT = f"quoth/{version('quoth')}"
NOON = 1_767_614_400.0  # 2026-01-05 12:00:00 UTC
BUSY = Trouble(status=503, body=b"<h1>Service\nUnavailable</h1>")
PAGE = b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>Wi-Fi of the harbour</body>"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands between this machine and the network is not between it and itself."""
    for name in ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[PaperServer]:
    with PaperServer(clock.time) as running:
        running.papers = {"2505.00001v2": "moths", "hep-th/9901001v1": "tides"}
        running.works = {"10.5555/moth.1": "lanterns", "10.5555/(gear)/a?b#4%": "gears"}
        running.articles = {"101": "mould", "102": "bread", "103": ""}
        yield running


@pytest.fixture
def options(server: PaperServer, clock: Clock, tmp_path: Path) -> FetchOptions:
    return FetchOptions(
        folder=tmp_path / "fetched",
        arxiv_url=server.arxiv_url,
        crossref_url=server.crossref_url,
        pubmed_url=server.pubmed_url,
        sleep=clock.sleep,
        clock=clock.time,
    )


def titles(items: list[Item]) -> list[str]:
    return [item.title for item in items if isinstance(item, Record)]


def got(name: str, options: FetchOptions) -> list[Item]:
    return list(fetch(name, options))


def failure_of(name: str, options: FetchOptions) -> str:
    with pytest.raises(FetchError) as caught:
        got(name, options)
    return str(caught.value)


def pauses(server: PaperServer) -> list[float]:
    times = [asked.time for asked in server.asked]
    return [round(later - former, 3) for former, later in zip(times, times[1:], strict=False)]


def many(count: int) -> dict[str, str]:
    return {f"2505.{number:05}v1": f"moth {number}" for number in range(1, count + 1)}


# each service ----------------------------------------------------------------------------------


def test_a_paper_of_arxiv_comes_as_a_record(server: PaperServer, options: FetchOptions) -> None:
    assert got("arXiv:2505.00001", options) == [
        Record(
            id="arxiv:2505.00001",
            title="moths",
            abstract=abstract_of("moths"),
            authors=("Ada Quill",),
            year=2025,
            url="http://arxiv.org/abs/2505.00001v2",
            arxiv_id="2505.00001",
            keywords=("cs.CL",),
            sources=("arXiv:2505.00001",),
        )
    ]
    (asked,) = server.asked
    assert asked.parameters == {"id_list": "2505.00001", "start": "0", "max_results": "1"}


def test_versions_and_old_ids_are_asked_for_as_arxiv_names_them(
    server: PaperServer, options: FetchOptions
) -> None:
    items = got("arxiv:2505.00001v2, HEP-TH/9901001", options)
    assert titles(items) == ["moths", "tides"]
    assert server.asked[0].parameters["id_list"] == "2505.00001v2,hep-th/9901001"


def test_more_than_a_hundred_ids_are_asked_for_in_batches(
    server: PaperServer, options: FetchOptions
) -> None:
    server.papers = many(150)
    ids = [name.removesuffix("v1") for name in server.papers]
    assert len(titles(got("arxiv:" + ",".join(ids), options))) == 150
    assert [asked.parameters["max_results"] for asked in server.asked] == ["100", "50"]


def test_an_id_that_arxiv_does_not_know_is_rejected(
    server: PaperServer, options: FetchOptions
) -> None:
    name = "arxiv:2505.00001,2505.99999"
    assert got(name, options)[1:] == [
        RejectedRecord(name, "2505.99999", "arXiv knows no such paper")
    ]


def test_an_id_that_arxiv_refuses_does_not_cost_the_others(
    server: PaperServer, options: FetchOptions
) -> None:
    server.refused = {"2505.00009"}
    name = "arxiv:2505.00001,2505.00009,hep-th/9901001"
    items = got(name, options)
    assert titles(items) == ["moths", "tides"]
    assert [item for item in items if isinstance(item, RejectedRecord)] == [
        RejectedRecord(name, "2505.00009", "arXiv answered: incorrect id format for 2505.00009")
    ]


def test_a_work_of_crossref_comes_as_a_record(server: PaperServer, options: FetchOptions) -> None:
    assert got("doi:10.5555/MOTH.1", options) == [
        Record(
            id="doi:10.5555/moth.1",
            title="lanterns",
            abstract=abstract_of("lanterns"),
            authors=("Bo Reed",),
            year=2024,
            venue="Journal of Moths",
            url="https://doi.org/10.5555/moth.1",
            doi="10.5555/moth.1",
            sources=("doi:10.5555/MOTH.1",),
        )
    ]


def test_a_doi_is_percent_encoded(server: PaperServer, options: FetchOptions) -> None:
    assert titles(got("doi:10.5555/(gear)/a?b#4%", options)) == ["gears"]
    assert server.asked[0].path == "/crossref/works/10.5555%2F%28gear%29%2Fa%3Fb%234%25"


def test_a_doi_that_crossref_does_not_know_is_rejected(options: FetchOptions) -> None:
    name = "doi:10.5555/none, 10.5555/moth.1"
    rejected, record = got(name, options)
    assert rejected == RejectedRecord(
        name,
        "10.5555/none",
        "Crossref knows no such DOI; others, DataCite for one, register DOIs too",
    )
    assert titles([record]) == ["lanterns"]


def test_a_doi_of_arxiv_is_asked_of_arxiv(server: PaperServer, options: FetchOptions) -> None:
    assert titles(got("doi:10.48550/arXiv.2505.00001", options)) == ["moths"]
    assert [asked.path for asked in server.asked] == ["/api/query"]


def test_articles_of_pubmed_come_as_records(server: PaperServer, options: FetchOptions) -> None:
    records = got("PMID:101, 00102", options)
    assert titles(records) == ["mould", "bread"]
    assert records[0] == Record(
        id="pmid:101",
        title="mould",
        abstract=abstract_of("mould"),
        authors=("Cy Shore",),
        year=2019,
        venue="Journal of Tides",
        pmid="101",
        sources=("PMID:101, 00102",),
    )
    (asked,) = server.asked
    assert asked.parameters == {"db": "pubmed", "id": "101,102", "retmode": "xml"}


def test_an_article_without_an_abstract_is_skipped_and_not_called_unknown(
    options: FetchOptions,
) -> None:
    (item,) = got("pmid:103", options)
    assert isinstance(item, SkippedRecord)
    assert item.where == "103, record 1"


def test_a_pmid_that_pubmed_does_not_know_is_rejected_though_another_paper_cites_it(
    options: FetchOptions,
) -> None:
    assert got("pmid:101,99999", options)[1:] == [
        RejectedRecord("pmid:101,99999", "99999", "PubMed knows no such PMID")
    ]


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        Trouble(body=b"<?xml version='1.0'?>\n<PubmedArticleSet/>"),
        Trouble(status=400, body=b"<eFetchResult><ERROR>ID list is empty! Possibly it has no "),
    ],
)
def test_an_empty_set_of_articles_rejects_each_pmid(
    trouble: Trouble | None, server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(trouble)
    assert got("pmid:7,8", options) == [
        RejectedRecord("pmid:7,8", "7", "PubMed knows no such PMID"),
        RejectedRecord("pmid:7,8", "8", "PubMed knows no such PMID"),
    ]


def test_a_chapter_of_a_book_is_found_by_its_pmid(
    server: PaperServer, options: FetchOptions
) -> None:
    server.books = {"102"}
    assert titles(got("pmid:102", options)) == ["bread"]
    assert len(got("pmid:102", options)) == 1


def test_more_than_two_hundred_pmids_are_asked_for_in_batches(
    server: PaperServer, options: FetchOptions
) -> None:
    server.articles = {str(number): f"moth {number}" for number in range(1, 251)}
    name = "pmid:" + ",".join(server.articles)
    assert titles(got(name, options)) == list(server.articles.values())
    assert [len(asked.parameters["id"].split(",")) for asked in server.asked] == [200, 50]


def test_an_article_that_says_what_an_empty_list_would_is_an_article(
    server: PaperServer, options: FetchOptions
) -> None:
    server.articles = {"104": "ID list is empty"}
    assert titles(got("pmid:104", options)) == ["ID list is empty"]


def test_what_names_nothing_is_rejected_and_never_asked_for(
    server: PaperServer, options: FetchOptions
) -> None:
    assert got("pmid:101,moth,123456789", options)[:2] == [
        RejectedRecord("pmid:101,moth,123456789", part, EXPECTED_PMID)
        for part in ("moth", "123456789")
    ]
    assert [asked.parameters["id"] for asked in server.asked] == ["101"]


EXPECTED_PMID = "is not a PubMed identifier; expected a number of at most 8 digits"


# searches --------------------------------------------------------------------------------------


def test_a_search_brings_all_pages_newest_first(server: PaperServer, options: FetchOptions) -> None:
    server.papers = many(230)
    items = got("arxiv-search:cat:cs.CL AND  kv cache", replace(options, max_results=1000))
    assert titles(items) == list(server.papers.values())
    assert [asked.parameters for asked in server.asked] == [
        {
            "search_query": "cat:cs.CL AND kv cache",
            "start": str(start),
            "max_results": "100",
            "sortBy": "submittedDate",
            "sortOrder": "descending",
        }
        for start in (0, 100, 200)
    ]


def test_a_search_brings_no_more_than_the_maximum_and_says_what_is_left(
    server: PaperServer, options: FetchOptions
) -> None:
    server.papers = many(1230)
    items = got("arxiv-search:all:moth", replace(options, max_results=120))
    assert titles(items) == list(server.papers.values())[:120]
    assert items[120:] == [
        Note(
            "arxiv-search:all:moth",
            "search",
            "arXiv finds 1,230 papers; the newest 120 were read, for no more were asked for",
        )
    ]
    assert [asked.parameters["max_results"] for asked in server.asked] == ["100", "20"]


def test_a_search_that_finds_nothing_says_so(server: PaperServer, options: FetchOptions) -> None:
    server.papers = {}
    assert got("arxiv-search:all:moth", options) == [
        RejectedRecord("arxiv-search:all:moth", "search", "arXiv finds no paper")
    ]
    assert len(server.asked) == 1


def test_a_page_that_is_shorter_than_asked_for_loses_nothing(
    server: PaperServer, options: FetchOptions
) -> None:
    server.papers = many(150)
    first = server.answer
    short: list[Any] = []

    def answer(asked: Any) -> Any:
        if not short:
            short.append(asked)
            asked = replace(asked, parameters=asked.parameters | {"max_results": "60"})
        return first(asked)

    server.answer = answer  # type: ignore[method-assign]
    assert titles(got("arxiv-search:all:moth", replace(options, max_results=150))) == list(
        server.papers.values()
    )
    assert [asked.parameters["start"] for asked in server.asked] == ["0", "60"]


def empty_page(server: PaperServer) -> Trouble:
    parameters = {"start": "100", "max_results": "100"}
    papers, server.papers = server.papers, {}
    body = server._answer_arxiv(parameters)[2]
    server.papers = papers
    return Trouble(body=body)


def test_an_empty_page_before_the_end_is_asked_for_again(
    server: PaperServer, options: FetchOptions
) -> None:
    server.papers = many(150)
    server.troubles += [None, empty_page(server), empty_page(server)]
    items = got("arxiv-search:all:moth", replace(options, max_results=150))
    assert titles(items) == list(server.papers.values())
    assert [asked.parameters["start"] for asked in server.asked] == ["0", "100", "100", "100"]


def test_an_empty_page_that_stays_empty_is_stated_and_not_kept(
    server: PaperServer, options: FetchOptions
) -> None:
    server.papers = many(150)
    server.troubles += [None, *[empty_page(server)] * 3]
    options = replace(options, max_results=150)
    assert failure_of("arxiv-search:all:moth", options) == (
        f"{server.host} was asked for papers 101 to 150 of 'all:moth' and sent a page without any "
        "of the 150 that it found (3 times). Later, do the same again; it goes on where it stopped."
    )
    assert len(titles(got("arxiv-search:all:moth", options))) == 150
    assert len(server.asked) == 5


def test_a_feed_that_does_not_say_how_many_there_are_is_stated(
    server: PaperServer, options: FetchOptions
) -> None:
    body = server._answer_arxiv({"start": "0", "max_results": "100"})[2]
    server.troubles.append(Trouble(body=body.replace(b"totalResults", b"total")))
    assert failure_of("arxiv-search:all:moth", options) == (
        f"{server.host} was asked for papers 1 to 100 of 'all:moth' and sent a feed that does not "
        f"say how many papers there are. {checks(server, 'arXiv')}"
    )
    assert titles(got("arxiv-search:all:moth", options)) == ["moths", "tides"]


def test_a_query_that_arxiv_refuses_is_rejected_with_what_it_says(
    server: PaperServer, options: FetchOptions
) -> None:
    server.refused = {""}
    assert got("arxiv-search:all:", options) == [
        RejectedRecord("arxiv-search:all:", "search", "arXiv answered: incorrect id format for")
    ]


# what was fetched is kept ----------------------------------------------------------------------


def test_a_search_that_was_interrupted_goes_on_where_it_stopped(
    server: PaperServer, options: FetchOptions
) -> None:
    server.papers = many(2000)
    options = replace(options, max_results=2000, tries=1)
    server.troubles += [None] * 6 + [BUSY]
    failure_of("arxiv-search:all:moth", options)
    assert len(server.asked) == 7
    assert len(titles(got("arxiv-search:all:moth", options))) == 2000
    assert [int(asked.parameters["start"]) for asked in server.asked[7:]] == list(
        range(600, 2000, 100)
    )


def test_a_reply_is_used_for_a_day(
    server: PaperServer, options: FetchOptions, clock: Clock
) -> None:
    got("doi:10.5555/moth.1", options)
    clock.now += 24 * 3600 - 1
    assert titles(got("doi:10.5555/moth.1", options)) == ["lanterns"]
    assert len(server.asked) == 1
    clock.now += 1
    assert titles(got("doi:10.5555/moth.1", options)) == ["lanterns"]
    assert len(server.asked) == 2


def test_replies_older_than_a_day_are_removed(options: FetchOptions, clock: Clock) -> None:
    got("doi:10.5555/moth.1", options)
    (options.folder / "killed.draft").touch()
    clock.now += 24 * 3600
    os.utime(options.folder / "killed.draft", (NOON, NOON))
    got("pmid:101", options)
    assert len([*options.folder.glob("*.reply"), *options.folder.glob("*.draft")]) == 1


def test_a_reply_is_kept_for_others_too_whoever_asks(
    server: PaperServer, options: FetchOptions
) -> None:
    got("doi:10.5555/moth.1", options)
    got("doi:10.5555/moth.1", replace(options, contact="ada@example.org"))
    assert len(server.asked) == 1


def test_another_address_is_another_reply(server: PaperServer, options: FetchOptions) -> None:
    got("pmid:101", options)
    got(
        "pmid:101", replace(options, pubmed_url=server.pubmed_url.replace("127.0.0.1", "localhost"))
    )
    assert len(server.asked) == 2


def test_a_folder_that_cannot_be_written_is_stated(options: FetchOptions, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "fetched"
    assert failure_of("pmid:101", replace(options, folder=folder)) == (
        f"Replies are kept in {folder}, which cannot be used (Not a directory). "
        "Make it writable, or set QUOTH_CACHE to another folder."
    )


def test_a_reply_that_could_not_be_written_whole_is_not_kept(
    server: PaperServer, options: FetchOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert "(No space left on device)" in failure_of("pmid:101", options)
    assert not list(options.folder.glob("*.reply"))
    assert titles(got("pmid:101", options)) == ["mould"]
    assert len(server.asked) == 2


# politeness ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "least"),
    [
        (["arxiv:2505.00001", "arxiv-search:all:moth", "arxiv:hep-th/9901001"], 3.0),
        (["doi:10.5555/moth.1,10.5555/none", "doi:10.5555/(gear)/a?b#4%"], 1.0),
        (["pmid:101", "pmid:102", "pmid:103"], 0.333),
    ],
)
def test_requests_keep_their_distance_also_from_one_name_to_the_next(
    names: list[str], least: float, server: PaperServer, options: FetchOptions
) -> None:
    for name in names:
        got(name, options)
    assert pauses(server) == [least, least]


def test_time_that_passed_anyway_is_not_waited_for_again(
    server: PaperServer, options: FetchOptions, clock: Clock
) -> None:
    got("arxiv:2505.00001", options)
    clock.now += 2
    got("arxiv:hep-th/9901001", options)
    assert clock.slept == [1.0]
    clock.now += 60
    got("arxiv:2505.00001v2", options)
    assert clock.slept == [1.0]


def test_a_clock_that_was_put_back_does_not_make_anybody_wait(
    options: FetchOptions, clock: Clock
) -> None:
    got("arxiv:2505.00001", options)
    clock.now -= 3600
    got("arxiv:hep-th/9901001", options)
    assert clock.slept == [3.0]


def test_services_do_not_wait_for_each_other(options: FetchOptions, clock: Clock) -> None:
    for name in ("arxiv:2505.00001", "doi:10.5555/moth.1", "pmid:101"):
        got(name, options)
    assert clock.slept == []


def test_two_at_once_take_turns(server: PaperServer, options: FetchOptions) -> None:
    server.clock = time.time
    options = replace(options, sleep=time.sleep, clock=time.time)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(got, ("pmid:101", "pmid:102"), (options, options)))
    assert [titles(items) for items in both] == [["mould"], ["bread"]]
    (pause,) = pauses(server)
    assert pause >= 0.333


def test_requests_say_what_asks_and_nobody_s_address_unless_it_is_set(
    server: PaperServer, options: FetchOptions
) -> None:
    got("doi:10.5555/moth.1", options)
    got("pmid:101", options)
    assert [asked.headers["user-agent"] for asked in server.asked] == [AGENT] * 2
    assert server.asked[0].parameters == {}


def test_a_contact_is_shown_as_each_service_wants_it(
    server: PaperServer, options: FetchOptions
) -> None:
    options = replace(options, contact="ada+q@example.org")
    for name in ("arxiv:2505.00001", "doi:10.5555/moth.1", "pmid:101"):
        got(name, options)
    agent = f"{AGENT} (mailto:ada+q@example.org)"
    assert [asked.headers["user-agent"] for asked in server.asked] == [agent] * 3
    personal = [
        {name: asked.parameters.get(name) for name in ("mailto", "tool", "email")}
        for asked in server.asked
    ]
    assert personal == [
        {"mailto": None, "tool": None, "email": None},
        {"mailto": "ada+q@example.org", "tool": None, "email": None},
        {"mailto": None, "tool": "quoth", "email": "ada+q@example.org"},
    ]


# busy services and broken connections ------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_service_is_asked_again(
    status: int, server: PaperServer, options: FetchOptions
) -> None:
    server.troubles += [Trouble(status=status), Trouble(status=status)]
    assert titles(got("pmid:101", options)) == ["mould"]
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [200, 400])
def test_an_empty_reply_is_asked_for_again(
    status: int, server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(Trouble(status=status, body=b"\n"))
    assert titles(got("arxiv:2505.00001", options)) == ["moths"]
    assert len(server.asked) == 2


def test_a_service_whose_replies_stay_empty_is_stated(
    server: PaperServer, options: FetchOptions
) -> None:
    server.troubles += [Trouble(body=b"")] * 5
    assert failure_of("doi:10.5555/moth.1", options) == (
        f"{server.host} was asked for doi:10.5555/moth.1 and sent an empty reply (tried 5 times). "
        "Later, do the same again; it goes on where it stopped."
    )


def test_pauses_between_tries_double_with_some_jitter(
    server: PaperServer, options: FetchOptions
) -> None:
    server.troubles += [BUSY] * 4
    got("pmid:101", options)
    waited = pauses(server)
    assert len(waited) == 4
    for pause, least in zip(waited, (1, 2, 4, 8), strict=True):
        assert least <= pause <= least + 1
    assert waited != [1, 2, 4, 8]


def test_a_pause_that_is_asked_for_in_seconds_is_kept(
    server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(Trouble(status=429, headers={"Retry-After": "45"}))
    got("doi:10.5555/moth.1", options)
    assert pauses(server) == [45.0]


def test_a_pause_that_is_asked_for_by_date_is_kept(
    server: PaperServer, options: FetchOptions
) -> None:
    date = "Mon, 05 Jan 2026 12:01:30 GMT"
    server.troubles.append(Trouble(status=503, headers={"Retry-After": date}))
    got("doi:10.5555/moth.1", options)
    assert pauses(server) == [90.0]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None), ("7", 7.0), (" 7 ", 7.0), ("-7", None), ("1.5", None), ("soon", None),
        ("", None), ("٧", None), ("9" * 10, None), ("Mon, 05 Jan 2026 11:00:00 GMT", 0.0),
        ("Mon, 05 Jan 2026 12:00:10 GMT", 10.0), ("Mon, 99 Jan 2026 12:00:10 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, NOON) == seconds


def test_a_pause_that_is_too_long_is_stated_and_not_waited_for(
    server: PaperServer, options: FetchOptions, clock: Clock
) -> None:
    server.troubles.append(
        Trouble(status=429, headers={"Retry-After": "3600"}, body=b"Rate exceeded.")
    )
    assert failure_of("arxiv:2505.00001", options) == (
        f"{server.host} was asked for arxiv:2505.00001 and answered 429 Too Many Requests "
        "('Rate exceeded.'); it asks to wait 3,600 s, and at most 120 were to be waited. "
        "After that time, do the same again; it goes on where it stopped."
    )
    assert clock.slept == []


def test_a_service_that_stays_busy_is_stated(server: PaperServer, options: FetchOptions) -> None:
    server.troubles += [BUSY] * 5
    assert failure_of("doi:10.5555/moth.1", options) == (
        f"{server.host} was asked for doi:10.5555/moth.1 and answered 503 Service Unavailable "
        "('Service Unavailable') (tried 5 times). "
        "Later, do the same again; it goes on where it stopped."
    )
    assert len(server.asked) == 5


def test_a_connection_cut_in_the_middle_is_tried_again(
    server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(Trouble(cut=700))
    assert titles(got("pmid:101", options)) == ["mould"]
    assert len(server.asked) == 2


@pytest.mark.parametrize("name", ["arxiv:2505.00001", "doi:10.5555/moth.1", "pmid:101"])
def test_a_reply_cut_short_that_told_no_length_is_known_by_its_end(
    name: str, server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(Trouble(cut=420, untold=True))
    assert len(titles(got(name, options))) == 1
    assert len(server.asked) == 2


def test_json_cut_short_behind_an_inner_object_is_known_too(
    server: PaperServer, options: FetchOptions
) -> None:
    body = b'{"status": "ok", "message": {"author": [{"family": "Reed"}'
    server.troubles.append(Trouble(body=body, untold=True))
    assert titles(got("doi:10.5555/moth.1", options)) == ["lanterns"]
    assert len(server.asked) == 2


def test_json_nested_too_deep_is_rejected(server: PaperServer, options: FetchOptions) -> None:
    body = b'{"message":' * 100_000 + b"1" + b"}" * 100_000
    server.troubles.append(Trouble(body=body))
    (item,) = got("doi:10.5555/moth.1", options)
    assert isinstance(item, RejectedRecord)


def test_a_connection_that_is_always_cut_is_stated(
    server: PaperServer, options: FetchOptions
) -> None:
    server.troubles += [Trouble(cut=420, untold=True)] * 5
    assert failure_of("arxiv:2505.00001", options) == (
        f"{server.host} was asked for arxiv:2505.00001 and sent only the beginning of an Atom feed "
        "(tried 5 times). Later, do the same again; it goes on where it stopped."
    )


def test_a_slow_reply_is_given_up_and_tried_again(
    server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(Trouble(delay=2.0))
    assert titles(got("pmid:101", replace(options, timeout=0.2))) == ["mould"]
    assert len(server.asked) == 2


def test_a_service_that_never_answers_is_stated(server: PaperServer, options: FetchOptions) -> None:
    server.troubles += [Trouble(delay=2.0)] * 2
    assert failure_of("pmid:101", replace(options, timeout=0.1, tries=2)) == (
        f"{server.host} was asked for pmid:101 and did not answer in time (tried 2 times). "
        "Later, do the same again; it goes on where it stopped."
    )


def test_a_reply_that_takes_too_long_as_a_whole_is_given_up(
    server: PaperServer, options: FetchOptions, clock: Clock
) -> None:
    times = iter(range(0, 100_000, 200))

    def hurried() -> float:
        return NOON + next(times)

    options = replace(options, clock=hurried, tries=1, longest_reply=100)
    assert failure_of("pmid:101", options) == (
        f"{server.host} was asked for pmid:101 and had not sent its whole reply after 100 s "
        "(tried once). Later, do the same again; it goes on where it stopped."
    )


def test_a_service_that_is_not_there_is_stated(options: FetchOptions, clock: Clock) -> None:
    with PaperServer(clock.time) as gone:
        host, address = gone.host, gone.crossref_url
    assert failure_of("doi:10.5555/moth.1", replace(options, crossref_url=address, tries=2)) == (
        f"{host} was asked for doi:10.5555/moth.1 and could not be reached "
        f"([Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}) (tried 2 times). "
        "Later, do the same again; it goes on where it stopped."
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    server: PaperServer, options: FetchOptions, tmp_path: Path
) -> None:
    files = (tmp_path / "certificate.pem", tmp_path / "key.pem")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    make += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext"]
    make += ["subjectAltName=IP:127.0.0.1", "-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run(make, check=True, capture_output=True)
    server.speak_tls(*files)
    address = server.pubmed_url.replace("http:", "https:")
    told = failure_of("pmid:101", replace(options, pubmed_url=address, tries=1))
    assert "could not be reached ([SSL: CERTIFICATE_VERIFY_FAILED]" in told
    assert server.asked == []


# proxies, certificates and addresses --------------------------------------------------------------


def test_a_proxy_of_the_environment_is_asked_instead(
    server: PaperServer, options: FetchOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{server.host}")
    options = replace(options, arxiv_url="http://papers.invalid/api/query")
    assert titles(got("arxiv:2505.00001", options)) == ["moths"]
    assert server.asked[0].headers["host"] == "papers.invalid"


@pytest.mark.parametrize("address", ["gopher://ada:secret@localhost:70", "http://[::1"])
def test_a_proxy_that_is_none_is_stated_without_its_password(
    address: str, options: FetchOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", address)
    assert failure_of("pmid:101", options) == (
        "The proxy of the environment (ALL_PROXY, HTTP_PROXY or HTTPS_PROXY) cannot be used; "
        "expected an address with http://, https:// or socks5://. Correct it, or unset it."
    )


def test_a_proxy_that_needs_another_package_is_stated(
    options: FetchOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://localhost:1080")
    assert failure_of("pmid:101", options) == (
        "The proxy of the environment (ALL_PROXY, for instance) speaks SOCKS, which needs "
        "another package: pip install 'httpx[socks]', or unset it."
    )


def test_certificates_that_are_not_there_are_stated(
    options: FetchOptions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    _trusted.cache_clear()
    assert failure_of("pmid:101", options) == (
        "The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read "
        f"({os.strerror(errno.ENOENT)}). Correct it, or unset it."
    )


def test_an_address_whose_host_cannot_be_one_is_stated(options: FetchOptions) -> None:
    options = replace(options, pubmed_url="http://xn--a..invalid/entrez")
    assert failure_of("pmid:101", options) == (
        "xn--a..invalid was asked for pmid:101 and has, or redirected to, an address that cannot "
        "be used. Check that xn--a..invalid is PubMed's address and that no proxy answers for "
        "it; then do the same again; it goes on where it stopped."
    )


# replies that are none -------------------------------------------------------------------------


def checks(server: PaperServer, name: str) -> str:
    return (
        f"Check that {server.host} is {name}'s address and that no proxy answers for it; "
        "then do the same again; it goes on where it stopped."
    )


@pytest.mark.parametrize(
    ("name", "service", "form"),
    [
        ("arxiv:2505.00001", "arXiv", "an Atom feed"),
        ("doi:10.5555/moth.1", "Crossref", "a work in JSON"),
        ("pmid:101", "PubMed", "PubMed's XML"),
    ],
)
def test_a_web_page_with_status_200_is_stated_and_not_kept(
    name: str, service: str, form: str, server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(Trouble(body=PAGE))
    assert failure_of(name, options) == (
        f"{server.host} was asked for {name} and answered with a web page (HTML) instead of {form} "
        f"('Log in Wi-Fi of the harbour'). {checks(server, service)}"
    )
    assert len(titles(got(name, options))) == 1


def test_json_that_is_no_work_is_stated_and_not_kept(
    server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(Trouble(body=b'{"notice": "Closed for repairs"}'))
    assert failure_of("doi:10.5555/moth.1", options) == (
        f"{server.host} was asked for doi:10.5555/moth.1 and answered with something else instead "
        f'of a work in JSON (\'{{"notice": "Closed for repairs"}}\'). {checks(server, "Crossref")}'
    )
    assert titles(got("doi:10.5555/moth.1", options)) == ["lanterns"]


def test_a_refusal_is_stated_at_once(server: PaperServer, options: FetchOptions) -> None:
    server.troubles.append(Trouble(status=403, body=b"\x1b[31mForbidden\x00 for \xff you" * 20))
    assert failure_of("pmid:101", options) == (
        f"{server.host} was asked for pmid:101 and answered 403 Forbidden "
        "('\ufffd[31mForbidden\ufffd for \ufffd you\ufffd[31mForbidden\ufffd for \ufffd "
        "you\ufffd[31mForbidden\ufffd for \ufffd you\ufffd[31…'). "
        f"{checks(server, 'PubMed')}"
    )
    assert len(server.asked) == 1


def test_a_page_of_404_where_the_service_should_be_is_no_unknown_doi(
    server: PaperServer, options: FetchOptions
) -> None:
    address = f"http://{server.host}/elsewhere"
    assert failure_of("doi:10.5555/moth.1", replace(options, crossref_url=address)) == (
        f"{server.host} was asked for doi:10.5555/moth.1 and answered 404 Not Found "
        f"('No such page'). {checks(server, 'Crossref')}"
    )


def test_xml_that_declares_entities_is_stated_and_not_kept(
    server: PaperServer, options: FetchOptions
) -> None:
    bomb = b"<!DOCTYPE feed [<!ENTITY a 'aaaa'>]><feed>&a;</feed>"
    server.troubles.append(Trouble(body=bomb))
    assert failure_of("arxiv:2505.00001", options).startswith(
        f"{server.host} was asked for arxiv:2505.00001 and sent what cannot be read ("
    )
    assert titles(got("arxiv:2505.00001", options)) == ["moths"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_reply_that_is_too_large_is_stated(
    packed: bool, server: PaperServer, options: FetchOptions
) -> None:
    body = b"<feed>" + b" " * 3_000_000 + b"</feed>"
    headers = {"Content-Encoding": "gzip"} if packed else {}
    server.troubles.append(Trouble(body=gzip.compress(body) if packed else body, headers=headers))
    assert failure_of("arxiv:2505.00001", replace(options, max_bytes=1_000_000)) == (
        f"{server.host} was asked for arxiv:2505.00001 and sent more than 1,000,000 bytes. "
        f"{checks(server, 'arXiv')}"
    )


def test_a_packed_reply_is_unpacked(server: PaperServer, options: FetchOptions) -> None:
    body = server._answer_pubmed(["102"])[2]
    server.troubles.append(Trouble(body=gzip.compress(body), headers={"Content-Encoding": "gzip"}))
    assert titles(got("pmid:102", options)) == ["bread"]
    assert server.asked[0].headers["accept-encoding"] == "gzip"


def test_a_packing_that_was_not_asked_for_is_stated(
    server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(Trouble(body=b"?", headers={"Content-Encoding": "br"}))
    assert failure_of("pmid:101", options) == (
        f"{server.host} was asked for pmid:101 and packed its reply in a way that was not asked "
        f"for ('br'). {checks(server, 'PubMed')}"
    )


def redirect(target: str) -> Trouble:
    return Trouble(status=302, headers={"Location": target})


def test_few_redirects_are_followed_as_slowly_as_other_requests(
    server: PaperServer, options: FetchOptions
) -> None:
    server.troubles += [redirect("/api/query?id_list=2505.00001&start=0&max_results=1")] * 3
    assert titles(got("arxiv:2505.00001", options)) == ["moths"]
    assert pauses(server) == [3, 3, 3]


def test_a_redirect_loop_is_stated(server: PaperServer, options: FetchOptions) -> None:
    server.troubles += [redirect("/again")] * 9
    assert failure_of("pmid:101", options) == (
        f"{server.host} was asked for pmid:101 and redirected more than 3 times. "
        f"{checks(server, 'PubMed')}"
    )
    assert len(server.asked) == 4


def test_a_redirect_to_a_host_that_cannot_be_one_is_stated(
    server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(redirect("http://xn--a../"))
    assert failure_of("arxiv:2505.00001", options) == (
        f"{server.host} was asked for arxiv:2505.00001 and has, or redirected to, an address that "
        f"cannot be used. {checks(server, 'arXiv')}"
    )


@pytest.mark.parametrize("scheme", ["https", "ftp"])
def test_a_redirect_to_another_scheme_is_not_followed(
    scheme: str, server: PaperServer, options: FetchOptions
) -> None:
    server.troubles.append(redirect(f"{scheme}://{server.host}/api/query"))
    assert failure_of("arxiv:2505.00001", options) == (
        f"{server.host} was asked for arxiv:2505.00001 and redirected from http to {scheme}, "
        f"which is not followed. {checks(server, 'arXiv')}"
    )
    assert len(server.asked) == 1


# through the command line ------------------------------------------------------------------------


def test_a_paper_is_added_through_the_command_line(
    server: PaperServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_ARXIV_URL", server.arxiv_url)
    monkeypatch.setenv("QUOTH_CACHE", str(tmp_path / "cache"))
    library = ("--library", str(tmp_path / "lib"))
    added = CliRunner().invoke(app, ["add", "arxiv:2505.00001", *library])
    assert added.exit_code == 0, added.output
    (paper,) = json.loads(CliRunner().invoke(app, ["list", *library, "--json"]).stdout)
    assert (paper["id"], paper["sources"]) == ("arxiv:2505.00001", ["arxiv:2505.00001"])


def test_a_failure_is_told_in_a_line_and_what_came_before_can_be_had_again(
    server: PaperServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_CROSSREF_URL", server.crossref_url)
    monkeypatch.setenv("QUOTH_CACHE", str(tmp_path / "cache"))
    server.troubles.append(Trouble(status=401, body=b"Who are you?"))
    arguments = ["add", "doi:10.5555/moth.1", "--library", str(tmp_path / "lib")]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 1
    assert f"{server.host} was asked for doi:10.5555/moth.1 and answered 401" in shown.stderr
    assert CliRunner().invoke(app, arguments).exit_code == 0


def test_naming_papers_loads_no_client() -> None:
    program = (
        "import sys; from vectorstore.fetching import is_name; is_name('doi:10.1/a');"
        "print([name for name in ('httpx', 'tenacity', 'ssl') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (told.stdout, told.stderr) == ("[]\n", "")

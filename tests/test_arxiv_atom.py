"""The Atom feed of arXiv's API."""

from __future__ import annotations

from pathlib import Path

from vectorstore.readers import Item, read
from vectorstore.records import Record, RejectedRecord

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<link href="http://arxiv.org/api/query?id_list=2401.00001" rel="self" type="application/atom+xml"/>
<title type="html">ArXiv Query</title><id>http://arxiv.org/api/x</id>
<opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1</opensearch:totalResults>
{entries}</feed>
"""
ENTRY = """<entry><id>http://arxiv.org/abs/2401.00001v3</id><updated>2025-02-01T00:00:00Z</updated>
<published>2024-01-02T00:00:00Z</published><title>Moths at lamps:
  a $\\beta$ count</title><summary>  Moths fly at
night &amp; rest by day. </summary>
<author><name>Ada Quill</name><arxiv:affiliation xmlns:arxiv="http://arxiv.org/schemas/atom">Hill
</arxiv:affiliation></author><author><name>Bo Réed</name></author>
<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.5555/Moth.1</arxiv:doi>
<arxiv:journal_ref xmlns:arxiv="http://arxiv.org/schemas/atom">Ann. Lamps 3 (2024)
</arxiv:journal_ref>
<link href="http://arxiv.org/abs/2401.00001v3" rel="alternate" type="text/html"/>
<arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="q-bio.PE"/>
<category term="q-bio.PE" scheme="http://arxiv.org/schemas/atom"/>
<category term="cs.CV" scheme="http://arxiv.org/schemas/atom"/></entry>
"""
ERROR = """<entry><id>http://arxiv.org/api/errors#incorrect_id_format_for_1</id><title>Error</title>
<summary>incorrect id format for 1</summary></entry>"""


def items(folder: Path, *entries: str) -> list[Item]:
    path = folder / "feed.xml"
    path.write_text(FEED.format(entries="".join(entries)), encoding="utf-8")
    return list(read(path))


def test_an_entry_is_read_whole(tmp_path: Path) -> None:
    assert items(tmp_path, ENTRY) == [
        Record(
            id="doi:10.5555/moth.1",
            title=r"Moths at lamps: a $\beta$ count",
            abstract="Moths fly at night & rest by day.",
            authors=("Ada Quill", "Bo Réed"),
            year=2024,
            venue="Ann. Lamps 3 (2024)",
            url="http://arxiv.org/abs/2401.00001v3",
            doi="10.5555/moth.1",
            arxiv_id="2401.00001",
            keywords=("q-bio.PE", "cs.CV"),
            sources=("feed.xml",),
        )
    ]


def test_an_error_is_told_in_arxivs_words(tmp_path: Path) -> None:
    reason = "arXiv answered: incorrect id format for 1"
    assert items(tmp_path, ERROR) == [RejectedRecord("feed.xml", "record 1", reason)]


def test_a_feed_of_nothing_is_told(tmp_path: Path) -> None:
    reason = "is a feed without any entry"
    assert items(tmp_path) == [RejectedRecord("feed.xml", "whole file", reason)]

"""The MCP tools, asked by the official client over standard input and output."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

import rag
from rag import Library
from ui.mcp_server import make_server

FIRST = "What F1 score does LanternNet reach?"


def call(server: Any, name: str, **arguments: Any) -> Any:
    async def once() -> Any:
        async with Client(server) as client:
            return await client.call_tool(name, arguments)

    return asyncio.run(once())


def test_client_finds_both_tools_of_the_command(library_folder: Path) -> None:
    root = Path(rag.__file__).parent.parent
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "rag.cli", "mcp", "--library", str(library_folder)],
        cwd=root,
        env=dict(os.environ),
    )

    async def use() -> tuple[set[str], Any]:
        async with Client(server) as client:
            listed = await client.list_tools()
            return {tool.name for tool in listed.tools}, await client.call_tool(
                "ask", {"question": FIRST}
            )

    names, answered = asyncio.run(use())
    assert names == {"ask", "search"}
    assert "91.4%" in answered.structured_content["text"]


def test_answer_is_that_of_the_library(small_library: Library) -> None:
    answered = call(make_server(small_library), "ask", question=FIRST, where=["year>=2020"])
    expected = small_library.ask(FIRST, ["year>=2020"]).to_json()
    assert not answered.is_error
    for name in ("text", "citations", "sentences", "abstained"):
        assert answered.structured_content[name] == expected[name]


def test_search_gives_hits(small_library: Library) -> None:
    found = call(make_server(small_library), "search", text="moths", top_k=1)
    assert [hit["title"] for hit in found.structured_content["hits"]] == [
        "LanternNet: counting moths by night"
    ]


def test_what_cannot_be_asked_is_told_in_words(small_library: Library) -> None:
    for arguments in ({"question": " "}, {"question": FIRST, "where": ["colour=red"]}):
        refused = call(make_server(small_library), "ask", **arguments)
        assert refused.is_error
        assert "expected" in refused.content[0].text

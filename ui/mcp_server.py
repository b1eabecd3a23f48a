"""A library as tools of the Model Context Protocol, `ask` and `search`: `quoth mcp`."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from rag import Library, QuothError
from rag.cli.rendering import hit_values

INSTRUCTIONS = (
    "Answers questions from a library of paper abstracts. Every sentence of an answer was checked "
    "against the places that it cites. Where 'abstained' is true the abstracts do not say it, and "
    "'nearest' is not an answer."
)
Where = Annotated[
    list[str] | None,
    Field(description="Which papers: year>=2024, group=NAME, source=FILE, title=WORDS; all hold."),
]
Question = Annotated[str, Field(description="In plain words, complete in itself.")]
Text = Annotated[str, Field(description="Words, or a sentence.")]
TopK = Annotated[int | None, Field(ge=1, le=100, description="Papers, at most.")]


def make_server(library: Library) -> MCPServer:
    """A server of the two tools; `run()` speaks over standard input and output."""
    server = MCPServer("quoth", instructions=INSTRUCTIONS)

    async def ask(question: Question, where: Where = None) -> dict[str, Any]:
        """Answer a question from the abstracts, with quotes, or abstain."""
        try:
            answer = await run_in_threadpool(library.ask, question, where)
        except QuothError as error:
            raise ToolError(str(error)) from error
        return answer.to_json()

    async def search(text: Text, top_k: TopK = None, where: Where = None) -> dict[str, Any]:
        """Find the papers that a text is about, each with the passage that matched best."""
        try:
            hits = await run_in_threadpool(library.search, text, top_k, where)
        except QuothError as error:
            raise ToolError(str(error)) from error
        return {"hits": [hit_values(hit) for hit in hits]}

    server.add_tool(ask, structured_output=True)
    server.add_tool(search, structured_output=True)
    return server

"""`/api`: questions, searches and papers as JSON; `ui.completions` has the form of OpenAI."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from rag import Library, QuestionError, QuothError
from rag.cli.rendering import hit_values
from ui.events import EventResponse, JsonReply, answer_events, failure
from ui.guard import error_body
from ui.manual import manual_html

MAX_PAGE = 500
Where = str | list[str] | None
_WHERE = Field(
    default=None,
    description="Which papers: year>=2024, group=NAME, source=FILE, title=WORDS; all must hold.",
    max_length=4000,
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskBody(_Body):
    """A question."""

    question: str = Field(description="In plain words.", examples=["What is UCGM?"])
    where: Where = _WHERE
    stream: bool = Field(default=False, description="Send events, a sentence each.")


class SearchBody(_Body):
    """What to search for."""

    text: str = Field(description="Words, or a sentence.", examples=["backdoor attacks"])
    where: Where = _WHERE
    top_k: int | None = Field(default=None, ge=1, le=100, description="Papers, at most.")


class Records(NamedTuple):
    """A page of papers."""

    total: int
    offset: int
    records: list[dict[str, Any]]


def api_router(library: Library) -> APIRouter:
    """The routes of `/api`."""
    router = APIRouter(prefix="/api")

    @router.post("/ask", summary="Answer a question, or abstain")
    async def ask(body: AskBody) -> Response:
        """The answer as `quoth ask --json` gives it. With `stream`: server-sent events.

        Each `sentence` comes as soon as it has been checked, with the places that it cites; then
        comes `answer`, the whole, which alone counts; or `error`.
        """
        if body.stream:
            stream = await run_in_threadpool(library.stream, body.question, body.where)
            return EventResponse(answer_events(stream))
        answer = await run_in_threadpool(library.ask, body.question, body.where)
        return JsonReply(answer.to_json())

    @router.post("/search", summary="Find the papers that a text is about")
    async def search(body: SearchBody) -> Response:
        """The papers under `hits`, best first, each with the passage that matched best."""
        hits = await run_in_threadpool(library.search, body.text, body.top_k, body.where)
        return JsonReply({"hits": [hit_values(hit) for hit in hits]})

    @router.get("/records", summary="List the papers")
    async def records(
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    ) -> Response:
        """A page of the papers under `records`, and how many there are under `total`."""
        page = await run_in_threadpool(_page_of, library, offset, limit)
        return JsonReply(page._asdict())

    return router


def add_manual(app: FastAPI) -> None:
    """Describes all routes at `/api`, for people, and at `/api/openapi.json`, for programs."""

    @app.get("/api", include_in_schema=False)
    async def manual() -> Response:
        return HTMLResponse(manual_html(app.openapi()))


def add_failures(app: FastAPI) -> None:
    """Makes every failure JSON, in the words of Quoth."""
    app.add_exception_handler(QuestionError, _refused)
    app.add_exception_handler(QuothError, _failed)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _stated)
    app.add_exception_handler(Exception, _failed)


def _page_of(library: Library, offset: int, limit: int) -> Records:
    found = islice(library.records(), offset, offset + limit)
    return Records(len(library), offset, [record.to_json() for record in found])


async def _refused(_: Request, error: Exception) -> Response:
    return JsonReply(error_body("question", str(error)), 400)


async def _failed(_: Request, error: Exception) -> Response:
    return JsonReply(failure(error), 500)


async def _unreadable(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = "; ".join(_problem(one) for one in error.errors()[:5])
    return JsonReply(error_body("request", f"{told}. The manual is at /api"), 400)


def _problem(one: dict[str, Any]) -> str:
    """Where in a request something is wrong, and what."""
    if one["type"] == "json_invalid":
        return f"The body is not JSON ({one.get('ctx', {}).get('error', 'unreadable')})"
    place = ".".join(str(part) for part in one["loc"] if part not in ("body", "query"))
    return f"{place or 'body'}: {one['msg']}"


async def _stated(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JsonReply(error_body("http", str(error.detail)), error.status_code, error.headers)

"""A Gradio page on the server: found at `/`, behind the same guards, its events no API."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import httpx
import pytest
from api_server import served

from rag import Library
from ui.passwords import Passwords, make_line


@pytest.fixture(scope="module")
def address(small_library: Library) -> Iterator[str]:
    with gr.Blocks(analytics_enabled=False) as page:
        text = gr.Textbox(value="moths")
        text.submit(lambda said: said, text, text, api_visibility="private")
    page.queue(api_open=False)
    with served(small_library, page) as found:
        yield found


def test_page_and_api_stand_side_by_side(address: str) -> None:
    assert "gradio" in httpx.get(f"{address}/").text
    assert httpx.get(f"{address}/config").json()["analytics_enabled"] is False
    assert httpx.get(f"{address}/v1/models").status_code == 200
    assert httpx.get(f"{address}/api").text.startswith("<!doctype html>")


def test_page_answers_to_names_of_its_own_only(address: str) -> None:
    assert httpx.get(f"{address}/", headers={"host": "evil.example"}).status_code == 421
    elsewhere = {"origin": "https://evil.example"}
    assert httpx.post(f"{address}/gradio_api/queue/join", headers=elsewhere).status_code == 403


def test_browsers_are_told_to_fetch_nothing_from_elsewhere(address: str) -> None:
    for path in ("/", "/api", "/api/records"):
        policy = httpx.get(address + path).headers["content-security-policy"]
        assert policy.startswith("default-src 'self' ")
        assert "http" not in policy
        assert "*" not in policy


def test_events_of_the_page_are_no_api(address: str) -> None:
    told = httpx.get(f"{address}/gradio_api/info").json()
    assert told == {"named_endpoints": {}, "unnamed_endpoints": {}}


def test_password_guards_the_page_too(small_library: Library) -> None:
    with gr.Blocks(analytics_enabled=False) as page:
        gr.Textbox()
    name, entry = "ada", make_line("ada", "x").encode()
    with served(small_library, page, passwords=Passwords.parse(entry)) as address:
        for path in ("/", "/config", "/gradio_api/info", "/assets/index.js"):
            assert httpx.get(address + path).status_code == 401
        assert httpx.get(f"{address}/", auth=(name, "x")).status_code == 200

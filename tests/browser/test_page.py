"""The page in a real Chromium: what a reader sees, and what must never happen to them."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

import pytest

from rag.config import Settings
from rag.library import Library
from vectorstore.records import Record

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if not os.environ.get("CI") and CHROMIUM is None:
    pytest.skip("no Chromium is installed", allow_module_level=True)

from gradio import Blocks
from llm_server import Reply, ScriptedServer
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ui.app import build_page
from ui.look import presentation

pytestmark = pytest.mark.slow

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
MOTHS = "How much faster than manual sorting is LanternNet?"
QUOTE = (
    r"LanternNet reaches an F1 score of 91.4% on 12 species and runs $3.5\times$ faster than "
    "manual sorting."
)
HOSTILE = {
    "title": "Zibeline <img src=x onerror='window.hurt=1'> looms",
    "abstract": "Zibeline looms weave 40 metres a day. <script>window.hurt=1</script> Zibeline "
    "looms were painted ![red](http://evil.example/red.png) by <img src=x "
    "onerror='window.hurt=1'> apprentices at 12 mills. Their ${window.hurt=1} {{window.hurt=1}} "
    "shafts turn 90 times a minute.",
    "url": "javascript:window.hurt=1",
    "year": 2022,
    "group": "<b onmouseover=window.hurt=1>Looms</b>",
}


@pytest.fixture(scope="module")
def library(library_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The four papers and a hostile one, to be changed as the tests like."""
    folder = tmp_path_factory.mktemp("own") / "library"
    shutil.copytree(library_folder, folder)
    hostile = folder.parent / "hostile.jsonl"
    hostile.write_text(json.dumps(HOSTILE) + "\n", encoding="utf-8")
    with Library.open(folder, Settings()) as own:
        own.add(hostile)
        yield own


@pytest.fixture(scope="module")
def blocks(library: Library) -> Blocks:
    return build_page(library)


@pytest.fixture(scope="module")
def address(blocks: Blocks) -> Iterator[str]:
    _, url, _ = blocks.launch(prevent_thread_lock=True, quiet=True, share=False, **presentation())
    yield url
    blocks.close(verbose=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Page:
    return opened(context, address)


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".starter").first).to_be_visible(timeout=20_000)
    return page


def ask(page: Page, question: str) -> None:
    page.get_by_label("Question", exact=True).fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("#current .question")).to_have_text(question)
    expect(page.locator("#current .facts")).to_be_visible()
    expect(page.locator("body:not([data-asking])")).to_be_attached()


def open_library(page: Page) -> None:
    page.get_by_role("tab", name="Library").click()
    expect(page.locator("#papers .papers")).to_be_visible()


def test_answer_is_read_and_its_citation_leads_to_the_marked_words(
    page: Page, library: Library
) -> None:
    ask(page, MOTHS)
    marks = page.locator("#current .sentence .mark")
    expect(marks.first).to_be_visible()
    place = [marks.first.get_attribute(f"data-{name}") for name in ("record", "start", "end")]
    record = library.get(str(place[0]))
    assert isinstance(record, Record)
    quote = record.abstract[int(str(place[1])) : int(str(place[2]))]
    assert quote == QUOTE
    marks.first.hover()
    expect(page.locator("#quote-card")).to_contain_text("3.5× faster")
    marks.first.click()
    shown = page.locator("#evidence mark")
    expect(shown).to_be_in_viewport()
    assert shown.text_content() == quote
    assert page.locator("#announcer").inner_text().count("LanternNet reaches") == 1


def test_abstention_looks_like_one(page: Page) -> None:
    ask(page, "What is the boiling point of tungsten?")
    expect(page.locator("#current .abstention")).to_be_visible()
    expect(page.locator("#current .mark")).to_have_count(0)
    expect(page.locator("#current .nearest")).to_contain_text("not an answer")


def test_follow_up_is_made_complete_and_a_reload_keeps_both(page: Page) -> None:
    ask(page, MOTHS)
    ask(page, "And on how many species was it tested?")
    expect(page.locator("#current .understood")).to_contain_text("LanternNet")
    page.reload()
    expect(page.locator("#past .turn")).to_have_count(2)
    expect(page.locator("#kept-list li")).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    page.locator("#kept-list .title").click()
    expect(page.locator("#past .turn")).to_have_count(2)


def test_conversations_are_found_renamed_and_deleted(page: Page) -> None:
    ask(page, MOTHS)
    page.once("dialog", lambda dialog: dialog.accept("<b>Moths</b>"))
    page.get_by_role("button", name=re.compile("^Rename")).click()
    expect(page.locator("#kept-list .title")).to_have_text("<b>Moths</b>")
    page.get_by_label("Search conversations").fill("nowhere")
    expect(page.locator("#kept-list li")).to_have_count(0)
    page.get_by_label("Search conversations").fill("lanternnet")
    expect(page.locator("#kept-list li")).to_have_count(1)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=re.compile("^Delete")).click()
    expect(page.locator("#kept-list li")).to_have_count(0)
    expect(page.locator(".turn")).to_have_count(0)


def test_two_browsers_see_their_own_only(page: Page, browser: Browser, address: str) -> None:
    ask(page, MOTHS)
    other = browser.new_context()
    second = opened(other, address)
    expect(second.locator(".turn")).to_have_count(0)
    expect(second.locator("#kept-list li")).to_have_count(0)
    other.close()


def test_hostile_abstract_does_not_run(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    ask(page, "How many metres do zibeline looms weave a day?")
    page.locator("#current .mark").first.click()
    expect(page.locator("#evidence .record h2")).to_contain_text("<img src=x")
    expect(page.locator("#evidence .abstract")).to_contain_text(
        "![red](http://evil.example/red.png)"
    )
    expect(page.locator("#evidence .abstract")).to_contain_text(
        "${window.hurt=1} {{window.hurt=1}}"
    )
    open_library(page)
    ask(page, "What about <img src=x onerror='window.hurt=1'>?")
    assert page.evaluate("window.hurt") is None
    assert page.locator("#frame img").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    assert not [url for url in asked if "evil" in url or url.endswith("/x")]


def test_no_request_leaves_the_machine(context: BrowserContext, address: str) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = opened(context, address)
    ask(page, MOTHS)
    page.locator("#current .mark").first.click()
    expect(page.locator("#evidence mark")).to_be_visible()
    assert len(asked) > 10
    assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    refused: list[tuple[str, str | None]] = []
    context.on("requestfailed", lambda request: refused.append((request.url, request.failure)))
    outside = "Object.assign(new Image(), {src: 'http://192.0.2.1/x.png', onerror: end})"
    page.evaluate(f"new Promise(end => {outside}).then(() => null)")
    # the page may break off a request of its own at any time
    assert [why for url, why in refused if not url.startswith(address)] == ["csp"]


def test_filter_applies_shows_a_chip_and_is_taken_off(page: Page) -> None:
    open_library(page)
    page.get_by_text("Answer only from").click()
    page.get_by_label("Year from").fill("2100")
    page.keyboard.press("Tab")
    expect(page.locator(".chip")).to_contain_text("Year from 2100")
    ask(page, MOTHS)
    expect(page.locator("#current .abstention")).to_be_visible()
    page.locator(".chip").click()
    expect(page.locator(".chip")).to_have_count(0)
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator("#current .mark").first).to_be_visible()
    expect(page.locator(".turn")).to_have_count(1)


def test_file_is_added_asked_and_its_paper_removed(page: Page, tmp_path: Path) -> None:
    good, bad = tmp_path / "kelp.zip", tmp_path / "noise.jsonl"
    kelp = "@article{kelp, title = {Kelp clocks}, abstract = {Kelp clocks lose 7 seconds a year in "
    with ZipFile(good, "w") as archive:
        archive.writestr("mine/kelp.bib", kelp + "cold water.}}\n@book{tides, title = {Tides}}\n")
    bad.write_text("nothing of use\n", encoding="utf-8")
    open_library(page)
    page.get_by_text("Add papers").click()
    page.locator("#upload input[type=file]").set_input_files([good, bad])
    report = page.locator("#report .report")
    expect(report).to_contain_text("3 records read: 1 added, 1 without an abstract, 1 rejected.")
    expect(report).to_contain_text("noise.jsonl")
    expect(report).to_contain_text("kelp.zip/mine/kelp.bib")
    ask(page, "How many seconds a year do kelp clocks lose?")
    expect(page.locator("#current .sentence")).to_contain_text("7 seconds")
    page.locator("#current .mark").first.click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove from the library").click()
    expect(page.locator("#report")).to_contain_text("Removed.")
    ask(page, "How many seconds a year do kelp clocks lose in cold water?")
    expect(page.locator("#current .abstention")).to_be_visible()


def test_conversation_is_exported(page: Page) -> None:
    ask(page, MOTHS)
    for kind, held in (
        ("Markdown", MOTHS),
        ("JSON", '"format": "quoth conversation"'),
        ("BibTeX", "doi = {10.5555/moth.1}"),
        ("RIS", "DO  - 10.5555/moth.1"),
    ):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=kind, exact=True).click()
        assert held in Path(waiting.value.path()).read_text(encoding="utf-8")


def test_question_of_the_address_waits_in_the_box(context: BrowserContext, address: str) -> None:
    page = opened(context, address + "?q=How+loud+are+%3Cgears%3E%3F")
    expect(page.get_by_label("Question", exact=True)).to_have_value("How loud are <gears>?")
    expect(page.locator(".turn")).to_have_count(0)


def test_question_is_edited(page: Page) -> None:
    ask(page, MOTHS)
    page.get_by_role("button", name="Edit question").click()
    expect(page.get_by_label("Question", exact=True)).to_have_value(MOTHS)
    expect(page.locator(".turn")).to_have_count(0)


def test_keyboard_alone_asks_and_opens_the_evidence(page: Page) -> None:
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    page.keyboard.type(MOTHS)
    page.keyboard.press("Enter")
    mark = page.locator("#current .sentence .mark").first
    expect(page.locator("#current .facts")).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if mark.evaluate("mark => mark === document.activeElement"):
            break
    expect(page.locator("#quote-card")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#evidence mark")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#pane")).to_be_hidden()
    expect(mark).to_be_focused()


@pytest.mark.parametrize("width", [360, 2560])
def test_nothing_overflows_sideways(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 740})
    page = opened(context, address)
    ask(page, MOTHS)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('#talk').scrollWidth") <= width
    page.locator("#current .mark").first.click()
    expect(page.locator("#evidence mark")).to_be_in_viewport()
    assert page.evaluate("document.querySelector('#pane').getBoundingClientRect().right") <= width
    context.close()


def test_dark_is_dark(browser: Browser, address: str) -> None:
    context = browser.new_context(color_scheme="dark")
    page = opened(context, address)
    ask(page, MOTHS)
    lightness = """name => {
        const found = getComputedStyle(document.querySelector(name));
        return [found.backgroundColor, found.color].map(
            (colour) => colour.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0));
    }"""
    background, text = page.evaluate(lightness, "body")
    assert background < 150
    assert text > 550
    context.close()


@contextmanager
def launched(library: Library, port: int | None = None, **settings: object) -> Iterator[str]:
    """A page of its own over the same library, with other settings."""
    changed = library.settings.model_copy(update=settings)
    page = build_page(Library(library.store, changed))
    _, url, _ = page.launch(
        server_port=port, prevent_thread_lock=True, quiet=True, share=False, **presentation()
    )
    yield url
    page.close(verbose=False)


def test_failure_of_the_llm_is_told(
    context: BrowserContext, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with launched(library, llm="openai:tiny", llm_retries=0) as url:
        page = opened(context, url)
        ask(page, MOTHS)
        expect(page.locator("#current .notice")).to_contain_text("The LLM failed")
        expect(page.locator("#current .mark").first).to_be_visible()
        page.get_by_label("Written by tiny").uncheck()
        ask(page, "How many species does LanternNet count?")
        expect(page.locator("#current .notice")).to_have_count(0)


def test_question_is_stopped(
    context: BrowserContext, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(Reply("", delay=30)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        with launched(library, llm="openai:slow") as url:
            page = opened(context, url)
            page.get_by_label("Question", exact=True).fill(MOTHS)
            page.keyboard.press("Enter")
            expect(page.locator("#current .waiting")).to_be_visible()
            page.get_by_role("button", name="Stop").click()
            expect(page.locator("#current .stopped")).to_be_visible()
            expect(page.get_by_label("Question", exact=True)).to_have_value(MOTHS)
            page.get_by_label("Written by slow").uncheck()
            ask(page, MOTHS)
            expect(page.locator(".turn")).to_have_count(1)
            expect(page.locator("#current .mark").first).to_be_visible()


def test_full_line_is_told_and_the_question_is_not_lost(
    page: Page, blocks: Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(blocks._queue, "max_size", 0)
        page.get_by_label("Question", exact=True).fill(MOTHS)
        page.keyboard.press("Enter")
        expect(page.get_by_text("currently busy").first).to_be_visible()
    expect(page.get_by_label("Question", exact=True)).to_have_value(MOTHS)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#current .mark").first).to_be_visible()


def test_server_starts_anew_under_an_open_page(context: BrowserContext, library: Library) -> None:
    with launched(library) as url:
        page = opened(context, url)
        ask(page, MOTHS)
    with launched(library, port=int(url.rstrip("/").rpartition(":")[2])):
        ask(page, "And on how many species was it tested?")
        expect(page.locator("#current .understood")).to_contain_text("LanternNet")
        expect(page.locator(".turn")).to_have_count(2)

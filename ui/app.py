"""The page: Gradio components and what sets off what; the work is done elsewhere.

The browser keeps the conversations (`assets/page.js`): each event brings along the one that it is
about, so that the server holds nothing of anybody and may be started anew under an open page.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from rag import Library
from rag.library import MAX_QUESTION_CHARACTERS
from ui.asking import Asker, export, read_kept, take_back
from ui.library_panel import Shelf, conditions
from ui.records import chips_html
from ui.render import turns_html

MAX_WAITING = 40
"""Questions in line; the next is told that the line is full."""
AT_ONCE = 4
EXPORTS = {"md": "Markdown", "json": "JSON", "bib": "BibTeX", "ris": "RIS"}
ON_CLICK = "element.addEventListener('click', event => quoth.clicked(event, trigger))"


class _Talk(NamedTuple):
    """The components of the conversation."""

    past: gr.HTML
    current: gr.HTML
    starters: gr.HTML
    chips: gr.HTML
    question: gr.Textbox
    use_llm: gr.Checkbox
    ask: gr.Button
    stop: gr.Button
    retry: gr.Button
    edit: gr.Button
    kept: gr.Textbox
    asked: gr.Textbox


class _Side(NamedTuple):
    """The components of the side: kept conversations, and the library."""

    begin: gr.Button
    listed: gr.HTML
    exports: dict[str, gr.Button]
    file: gr.Textbox
    summary: gr.HTML
    search: gr.Textbox
    papers: gr.HTML
    filters: tuple[gr.Number, gr.Number, gr.Dropdown, gr.Dropdown]
    upload: gr.File
    report: gr.HTML


def build_page(library: Library, may_change: bool = True) -> gr.Blocks:
    """The page of a library, to be launched or mounted with `ui.look.presentation()`.

    Args:
        library: What is asked.
        may_change: Whether visitors may add and remove papers.
    """
    shelf, asker = Shelf(library, may_change), Asker(library)
    with gr.Blocks(
        title="Quoth", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
    ) as page:
        with gr.Row(elem_id="frame", equal_height=False):
            with gr.Column(elem_id="side", min_width=0):
                side = _build_side(shelf)
            with gr.Column(elem_id="talk", min_width=0):
                talk = _build_talk(library)
            with gr.Column(elem_id="pane", min_width=0):
                _html(_PANE_HEAD, elem_id="pane-head")
                evidence = _html(elem_id="evidence")
        _wire_asking(talk, side, asker)
        _wire_keeping(page, talk, side, library)
        _wire_library(page, talk, side, evidence, shelf)
    page.queue(max_size=MAX_WAITING, default_concurrency_limit=AT_ONCE, api_open=False)
    return page


_PANE_HEAD = (
    '<div class="pane-head"><h2>Evidence</h2>'
    '<button type="button" class="close" data-close>Close</button></div>'
)
_BRAND = (
    '<div class="brand"><h1>Quoth</h1><p>Ask your abstracts.</p>'
    '<button type="button" class="close" data-side>Close</button></div>'
)
_KEPT = (
    '<div class="kept"><label for="kept-search">Search conversations</label>'
    '<input id="kept-search" type="search" autocomplete="off" placeholder="Search">'
    '<ul id="kept-list"></ul><p class="empty">Kept in this browser only.</p></div>'
)
_TOP = (
    '<header class="top"><button type="button" data-side aria-label="Conversations and library">'
    "☰</button><strong>Quoth</strong></header>"
)
_WELCOME = (
    '<div class="welcome"><h2>What do your abstracts say?</h2>'
    "<p>Every sentence of an answer quotes its source and was checked against it. "
    "Where the abstracts do not say, you are told so.</p>"
    "</div>"
)
_READ_ONLY = (
    '<div class="read-only"><p>The bundled sample cannot be changed. Start a library of your own '
    "in a terminal, then open this page again:</p><pre>quoth add FILE\nquoth ui</pre></div>"
)


def _html(value: str = "", elem_id: str | None = None, on_load: str = ON_CLICK) -> gr.HTML:
    """HTML of our own, without Gradio's styles for prose."""
    return gr.HTML(value, elem_id=elem_id, js_on_load=on_load, apply_default_css=False)


def _build_talk(library: Library) -> _Talk:
    _html(_TOP, elem_id="top")
    with gr.Column(elem_id="turns", min_width=0):
        past = _html(elem_id="past")
        current = _html(elem_id="current")
        with gr.Column(elem_id="welcome", min_width=0):
            _html(_WELCOME)
            starters = _html(elem_id="starters")
        _html('<div id="announcer" role="log" aria-live="polite" class="unseen"></div>')
    with gr.Column(elem_id="composer", min_width=0):
        chips = _html(elem_id="chips")
        with gr.Row(elem_id="asking"):
            question = gr.Textbox(
                label="Question",
                placeholder="Ask a question about the abstracts",
                lines=1,
                max_lines=6,
                max_length=MAX_QUESTION_CHARACTERS,
                container=False,
                autofocus=True,
                elem_id="question",
                scale=1,
            )
            ask = gr.Button("Ask", variant="primary", elem_id="ask", scale=0, min_width=80)
            stop = gr.Button("Stop", elem_id="stop", scale=0, min_width=80)
        with gr.Row(elem_id="again"):
            retry = gr.Button("Ask again", size="sm", scale=0, min_width=0, elem_id="retry")
            edit = gr.Button("Edit question", size="sm", scale=0, min_width=0, elem_id="edit")
            use_llm = _llm_switch(library)
        kept = gr.Textbox(label="Kept", elem_id="kept", elem_classes="unmounted")
        asked = gr.Textbox(label="Asked", elem_id="asked", elem_classes="unmounted")
    return _Talk(
        past, current, starters, chips, question, use_llm, ask, stop, retry, edit, kept, asked
    )


def _llm_switch(library: Library) -> gr.Checkbox:
    llm = library.settings.model_dump()["llm"]
    name = str(llm).partition(":")[2] or str(llm)
    return gr.Checkbox(
        value=llm is not None,
        label=f"Written by {name}" if llm else "No LLM",
        visible=llm is not None,
        container=False,
        elem_id="use-llm",
        scale=0,
        min_width=0,
    )


def _build_side(shelf: Shelf) -> _Side:
    _html(_BRAND)
    with gr.Tabs(elem_id="tabs"):
        with gr.Tab("Conversations"):
            begin = gr.Button("New conversation", elem_id="begin", size="md")
            listed = _html(_KEPT, elem_id="kept-panel", on_load="quoth.list(element, trigger)")
            _html('<h3 class="label">Export this conversation</h3>')
            with gr.Row(elem_id="exports"):
                exports = {
                    kind: gr.Button(name, size="sm", min_width=60, elem_id=f"export-{kind}")
                    for kind, name in EXPORTS.items()
                }
            file = gr.Textbox(label="File", elem_id="file", elem_classes="unmounted")
        with gr.Tab("Library"):
            summary = _html(elem_id="summary")
            search = gr.Textbox(
                label="Search papers", placeholder="Words, then Enter", elem_id="search"
            )
            with gr.Accordion("Answer only from", open=False, elem_id="filters"):
                with gr.Row():
                    year_from = gr.Number(label="Year from", precision=0, minimum=0, maximum=9999)
                    year_to = gr.Number(label="to", precision=0, minimum=0, maximum=9999)
                group = gr.Dropdown(label="Group", choices=[], value=None)
                source = gr.Dropdown(label="File", choices=[], value=None)
            with gr.Accordion("Add papers", open=False, elem_id="adding"):
                upload = gr.File(
                    label="Files of abstracts",
                    file_count="multiple",
                    height=120,
                    visible=shelf.may_change,
                    elem_id="upload",
                )
                report = _html("" if shelf.may_change else _READ_ONLY, elem_id="report")
            papers = _html(elem_id="papers")
    filters = (year_from, year_to, group, source)
    return _Side(begin, listed, exports, file, summary, search, papers, filters, upload, report)


def _wire_asking(talk: _Talk, side: _Side, asker: Asker) -> None:
    """Asking, stopping, asking again, editing, and the questions to begin with."""

    def ask(
        question: str,
        kept: str,
        use_llm: bool,
        *filters: Any,  # noqa: ANN401 - of four kinds
    ) -> Iterator[dict[Any, Any]]:
        if not question.strip():
            yield {talk.asked: gr.skip()}
            return
        cleared: dict[Any, Any] = {talk.question: "", talk.asked: question.strip()}
        for shown in asker.ask(question, kept, conditions(*filters), use_llm):
            changes: dict[Any, Any] = {talk.current: shown.current}
            if cleared:
                changes |= {talk.past: shown.past}
            if shown.kept is not None:
                changes[talk.kept] = shown.kept
            yield cleared | changes
            cleared = {}

    def again(kept: str, asked: str) -> tuple[str, str, str, str]:
        taken = take_back(kept, asked)
        return taken.past, "", taken.kept, taken.question

    def choose(event: gr.EventData) -> str:
        return str(event._data.get("question", ""))

    answering: dict[str, Any] = {
        "fn": ask,
        "inputs": [talk.question, talk.kept, talk.use_llm, *side.filters],
        "outputs": [talk.past, talk.current, talk.kept, talk.question, talk.asked],
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    back: dict[str, Any] = {
        "fn": again,
        "inputs": [talk.kept, talk.asked],
        "outputs": [talk.past, talk.current, talk.kept, talk.question],
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    started = "(...given) => { quoth.started(); return given }"
    direct = gr.on([talk.question.submit, talk.ask.click], js=started, **answering)
    chosen = talk.starters.select(
        choose, outputs=talk.question, show_progress="hidden", api_visibility="private"
    ).then(js=started, **answering)
    repeated = talk.retry.click(**back).then(js=started, **answering)
    talk.edit.click(**back).then(fn=None, js="() => quoth.focus()")
    for event in (direct, chosen, repeated):
        event.then(fn=None, inputs=talk.kept, js="kept => quoth.ended(kept)")
    talk.stop.click(
        fn=None,
        inputs=talk.asked,
        outputs=talk.question,
        js="asked => quoth.stopped(asked)",
        cancels=[direct, chosen, repeated],
    )


def _wire_keeping(page: gr.Blocks, talk: _Talk, side: _Side, library: Library) -> None:
    """Conversations kept by the browser, and what is exported of them."""

    def reopen(kept: str) -> tuple[str, str, str]:
        return turns_html(read_kept(kept)), "", kept

    shown = [talk.past, talk.current, talk.kept]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    page.load(reopen, inputs=talk.kept, outputs=shown, js="() => quoth.current()", **quiet).then(
        fn=None, outputs=talk.question, js="() => quoth.linked()"
    )
    side.listed.select(
        reopen, inputs=talk.kept, outputs=shown, js="() => quoth.chosen()", **quiet
    ).then(fn=None, js="() => quoth.opened()")
    side.begin.click(fn=None, outputs=shown, js="() => quoth.begin()")
    for kind, button in side.exports.items():
        button.click(
            partial(export, library, kind), inputs=talk.kept, outputs=side.file, **quiet
        ).success(fn=None, inputs=side.file, js=f"text => quoth.download(text, '{kind}')")


def _wire_library(
    page: gr.Blocks, talk: _Talk, side: _Side, evidence: gr.HTML, shelf: Shelf
) -> None:
    """Places and papers shown, searched, filtered, added and removed."""

    def show(event: gr.EventData) -> str:
        given = event._data
        return shelf.show(
            str(given.get("record", "")), int(given.get("start", 0)), int(given.get("end", 0))
        )

    def refresh() -> tuple[Any, ...]:
        held = shelf.contents()
        return (
            held.summary,
            shelf.find(""),
            gr.update(choices=list(held.groups)),
            gr.update(choices=list(held.sources)),
            held.starters,
        )

    def narrow(*filters: Any) -> str:  # noqa: ANN401 - of four kinds
        return chips_html(conditions(*filters))

    def widen(event: gr.EventData, *filters: Any) -> list[Any]:  # noqa: ANN401
        names = ("year-from", "year-to", "group", "source")
        taken = event._data.get("chip")
        return [
            None if name == taken else value for name, value in zip(names, filters, strict=True)
        ]

    def add(paths: list[str] | None, progress: gr.Progress = gr.Progress()) -> tuple[str, None]:  # noqa: B008
        done = 0

        def tell(count: int) -> None:
            nonlocal done
            done += count
            progress((done, None), desc="Adding", unit="records")

        return shelf.add(paths or [], tell), None

    def remove(event: gr.EventData) -> tuple[str, str]:
        return shelf.remove(str(event._data.get("remove", ""))), ""

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    held = [side.summary, side.papers, side.filters[2], side.filters[3], talk.starters]
    for opener in (talk.past, talk.current, side.papers):
        opener.select(show, outputs=evidence, **quiet).then(fn=None, js="() => quoth.reveal()")
    page.load(refresh, outputs=held, **quiet)
    side.search.submit(shelf.find, inputs=side.search, outputs=side.papers, **quiet)
    for control in side.filters:
        control.change(narrow, inputs=list(side.filters), outputs=talk.chips, **quiet)
    talk.chips.select(widen, inputs=list(side.filters), outputs=list(side.filters), **quiet)
    if shelf.may_change:
        _wire_changes(side, evidence, add, remove, {"fn": refresh, "outputs": held, **quiet})


def _wire_changes(
    side: _Side,
    evidence: gr.HTML,
    add: Callable[..., Any],
    remove: Callable[..., Any],
    refresh: dict[str, Any],
) -> None:
    side.upload.upload(
        add,
        inputs=side.upload,
        outputs=[side.report, side.upload],
        api_visibility="private",
        concurrency_limit=1,
    ).then(**refresh)
    evidence.select(
        remove, outputs=[side.report, evidence], show_progress="hidden", api_visibility="private"
    ).then(**refresh).then(fn=None, js="() => quoth.close()")

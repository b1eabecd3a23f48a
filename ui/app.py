"""The page: Gradio components and what sets off what; the work is done elsewhere.

The browser keeps the conversations (`assets/page.js`): each event brings along the one that it is
about, so that the server holds nothing of anybody and may be started anew under an open page.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from rag import Library
from ui.asking import Asker, export, read_kept, take_back
from ui.layout import PANE_HEAD, Side, Talk, build_side, build_talk, own_html
from ui.library_panel import FILTERS, Shelf, conditions, described
from ui.records import chips_html
from ui.render import turns_html

MAX_WAITING = 40
"""Questions in line; the next is told that the line is full."""
AT_ONCE = 4
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build_page(library: Library, may_change: bool = True) -> gr.Blocks:
    """The page of a library, to be launched or mounted with `ui.look.presentation()`.

    Args:
        library: What is asked.
        may_change: Whether visitors may add and remove papers.
    """
    shelf, asker = Shelf(library, may_change), Asker(library)
    page: gr.Blocks
    with gr.Blocks(
        title="Quoth", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
    ) as page:
        with gr.Row(elem_id="frame", equal_height=False):
            with gr.Column(elem_id="side", min_width=0):
                side = build_side(shelf.may_change)
            with gr.Column(elem_id="talk", min_width=0):
                talk = build_talk(library)
            with gr.Column(elem_id="pane", min_width=0):
                own_html(PANE_HEAD, elem_id="pane-head")
                evidence = own_html(elem_id="evidence")
        _wire_asking(talk, side, asker)
        _wire_keeping(page, talk, side, library)
        _wire_library(page, talk, side, evidence, shelf)
    page.queue(max_size=MAX_WAITING, default_concurrency_limit=AT_ONCE, api_open=False)
    return page


def _wire_asking(talk: Talk, side: Side, asker: Asker) -> None:
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
        "concurrency_id": "ask",
        "concurrency_limit": AT_ONCE,
        # "once" would wait for the end of a question that was stopped; `page.js` holds back others.
        "trigger_mode": "multiple",
        **QUIET,
    }
    back: dict[str, Any] = {
        "fn": again,
        "inputs": [talk.kept, talk.asked],
        "outputs": [talk.past, talk.current, talk.kept, talk.question],
        **QUIET,
    }
    started = "(...given) => { quoth.started(); return given }"
    direct = gr.on([talk.question.submit, talk.ask.click], js=started, **answering)
    chosen = talk.starters.select(choose, outputs=talk.question, **QUIET).then(
        js=started, **answering
    )
    repeated = talk.retry.click(**back).then(js=started, **answering)
    talk.edit.click(**back).then(fn=None, js="() => quoth.focus()")
    for event in (direct, chosen, repeated):
        event.then(fn=None, inputs=talk.kept, js="kept => quoth.ended(kept)")
        event.failure(fn=None, js="() => quoth.ended('')")
    talk.stop.click(
        fn=None,
        inputs=talk.asked,
        outputs=talk.question,
        js="asked => quoth.stopped(asked)",
        cancels=[direct, chosen, repeated],
    )


def _wire_keeping(page: gr.Blocks, talk: Talk, side: Side, library: Library) -> None:
    """Conversations kept by the browser, and what is exported of them."""

    def reopen(kept: str) -> tuple[str, str, str]:
        return turns_html(read_kept(kept)), "", kept

    shown = [talk.past, talk.current, talk.kept]
    page.load(reopen, inputs=talk.kept, outputs=shown, js="() => quoth.current()", **QUIET).then(
        fn=None, outputs=talk.question, js="() => quoth.linked()"
    )
    side.listed.select(
        reopen, inputs=talk.kept, outputs=shown, js="() => quoth.chosen()", **QUIET
    ).then(fn=None, js="() => quoth.opened()")
    side.begin.click(fn=None, outputs=shown, js="() => quoth.begin()")
    for kind, button in side.exports.items():
        button.click(
            partial(export, library, kind), inputs=talk.kept, outputs=side.file, **QUIET
        ).success(fn=None, inputs=side.file, js=f"text => quoth.download(text, '{kind}')")


def _wire_library(page: gr.Blocks, talk: Talk, side: Side, evidence: gr.HTML, shelf: Shelf) -> None:
    """Places and papers shown, searched, added and removed."""

    def show(event: gr.EventData) -> str:
        return shelf.show(*_place(event._data))

    def refresh() -> tuple[Any, ...]:
        held = shelf.contents()
        return (
            held.summary,
            shelf.find(""),
            gr.update(choices=list(held.groups)),
            gr.update(choices=list(held.sources)),
            held.starters,
        )

    for opener in (talk.past, talk.current, side.papers):
        opener.select(show, outputs=evidence, **QUIET).then(fn=None, js="() => quoth.reveal()")
    side.search.submit(shelf.find, inputs=side.search, outputs=side.papers, **QUIET)
    refreshing: dict[str, Any] = {
        "fn": refresh,
        "outputs": [side.summary, side.papers, *side.filters[2:], talk.starters],
        **QUIET,
    }
    page.load(**refreshing)
    _wire_filters(talk, side)
    if shelf.may_change:
        _wire_changes(side, evidence, shelf, refreshing)


def _wire_filters(talk: Talk, side: Side) -> None:
    """Filters set in the panel, and taken off by their chips."""

    def narrow(*filters: str | None) -> str:
        return chips_html(described(*filters))

    def widen(event: gr.EventData, *filters: str | None) -> list[str | None]:
        taken = event._data.get("chip")
        paired = zip(FILTERS, filters, strict=True)
        left = [None if name == taken else value for name, value in paired]
        return [narrow(*left), *left]

    year_from, year_to, group, source = side.filters
    changes = [year_from.blur, year_from.submit, year_to.blur, year_to.submit]
    every = [year_from, year_to, group, source]
    gr.on(
        [*changes, group.change, source.change], narrow, inputs=every, outputs=talk.chips, **QUIET
    )
    talk.chips.select(widen, inputs=every, outputs=[talk.chips, *every], **QUIET)


def _wire_changes(side: Side, evidence: gr.HTML, shelf: Shelf, refreshing: dict[str, Any]) -> None:
    """Files added, papers removed."""

    def add(
        paths: list[str] | None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio knows that it is wanted
    ) -> tuple[str, None]:
        done = 0

        def tell(count: int) -> None:
            nonlocal done
            done += count
            progress((done, None), desc="Adding", unit="records")

        return shelf.add(paths or [], tell), None

    def remove(event: gr.EventData) -> tuple[str, str]:
        return shelf.remove(str(event._data.get("remove", ""))), ""

    side.upload.upload(
        add,
        inputs=side.upload,
        outputs=[side.report, side.upload],
        api_visibility="private",
        concurrency_limit=1,
    ).then(**refreshing)
    evidence.select(remove, outputs=[side.report, evidence], **QUIET).then(**refreshing).then(
        fn=None, js="() => quoth.close()"
    )


def _place(given: dict[str, Any]) -> tuple[str, int, int]:
    """What a click told of a place; from outside, hence read with care."""
    record_id, start, end = (given.get(name) for name in ("record", "start", "end"))
    if isinstance(start, int) and isinstance(end, int):
        return str(record_id), start, end
    return str(record_id), 0, 0

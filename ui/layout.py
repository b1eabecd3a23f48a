"""The components of the page, laid out; what sets off what stands in `app`."""

from __future__ import annotations

from typing import NamedTuple

import gradio as gr

from rag import Library
from rag.library import MAX_QUESTION_CHARACTERS

EXPORTS = {"md": "Markdown", "json": "JSON", "bib": "BibTeX", "ris": "RIS"}
ON_CLICK = "element.addEventListener('click', event => quoth.clicked(event, trigger))"


class Talk(NamedTuple):
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


class Side(NamedTuple):
    """The components of the side: kept conversations, and the library."""

    begin: gr.Button
    listed: gr.HTML
    exports: dict[str, gr.Button]
    file: gr.Textbox
    summary: gr.HTML
    search: gr.Textbox
    papers: gr.HTML
    filters: tuple[gr.Textbox, gr.Textbox, gr.Dropdown, gr.Dropdown]
    upload: gr.File
    report: gr.HTML


PANE_HEAD = (
    '<div class="pane-head"><h2>Evidence</h2>'
    '<button type="button" class="close" data-close>Close</button></div>'
)
BRAND = (
    '<div class="brand"><h1>Quoth</h1><p>Ask your abstracts.</p>'
    '<button type="button" class="close" data-side>Close</button></div>'
)
KEPT = (
    '<div class="kept"><label for="kept-search">Search conversations</label>'
    '<input id="kept-search" type="search" autocomplete="off">'
    '<ul id="kept-list"></ul><p class="empty">Kept in this browser only.</p></div>'
)
TOP = (
    '<header class="top"><button type="button" data-side aria-label="Conversations and library">'
    "☰</button><strong>Quoth</strong></header>"
)
WELCOME = (
    '<div class="welcome"><h2>What do your abstracts say?</h2>'
    "<p>Every sentence of an answer quotes its source and was checked against it. "
    "Where the abstracts do not say, you are told so.</p>"
    "</div>"
)
READ_ONLY = (
    '<div class="read-only"><p>The bundled sample cannot be changed. Start a library of your own '
    "in a terminal, then open this page again:</p><pre>quoth add FILE\nquoth ui</pre></div>"
)


def own_html(value: str = "", elem_id: str | None = None, on_load: str = ON_CLICK) -> gr.HTML:
    """HTML of our own, without Gradio's styles for prose."""
    return gr.HTML(value, elem_id=elem_id, js_on_load=on_load, apply_default_css=False)


def build_talk(library: Library) -> Talk:
    """The conversation, and where to ask."""
    own_html(TOP, elem_id="top")
    with gr.Column(elem_id="turns", min_width=0):
        past = own_html(elem_id="past")
        current = own_html(elem_id="current")
        with gr.Column(elem_id="welcome", min_width=0):
            own_html(WELCOME)
            starters = own_html(elem_id="starters")
        own_html('<div id="announcer" role="log" aria-live="polite" class="unseen"></div>')
    with gr.Column(elem_id="composer", min_width=0):
        chips = own_html(elem_id="chips")
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
    return Talk(
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


def build_side(may_change: bool) -> Side:
    """Kept conversations, and the library."""
    own_html(BRAND)
    with gr.Tabs(elem_id="tabs"):
        with gr.Tab("Conversations"):
            begin = gr.Button("New conversation", elem_id="begin", size="md")
            listed = own_html(KEPT, elem_id="kept-panel", on_load="quoth.list(element, trigger)")
            own_html('<h3 class="label">Export this conversation</h3>')
            with gr.Row(elem_id="exports"):
                exports = {
                    kind: gr.Button(name, size="sm", min_width=60, elem_id=f"export-{kind}")
                    for kind, name in EXPORTS.items()
                }
            file = gr.Textbox(label="File", elem_id="file", elem_classes="unmounted")
        with gr.Tab("Library"):
            summary = own_html(elem_id="summary")
            search = gr.Textbox(
                label="Search papers", placeholder="Words, then Enter", elem_id="search"
            )
            with gr.Accordion("Answer only from", open=False, elem_id="filters"):
                with gr.Row():
                    year_from = gr.Textbox(label="Year from", max_length=4, min_width=0)
                    year_to = gr.Textbox(label="Year to", max_length=4, min_width=0)
                group = gr.Dropdown(label="Group", choices=[], value=None)
                source = gr.Dropdown(label="File", choices=[], value=None)
            with gr.Accordion("Add papers", open=False, elem_id="adding"):
                upload = gr.File(
                    label="Files of abstracts",
                    file_count="multiple",
                    show_label=False,
                    height=140,
                    visible=may_change,
                    elem_id="upload",
                )
                report = own_html("" if may_change else READ_ONLY, elem_id="report")
            papers = own_html(elem_id="papers")
    filters = (year_from, year_to, group, source)
    return Side(begin, listed, exports, file, summary, search, papers, filters, upload, report)

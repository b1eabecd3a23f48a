"""The commands of `quoth`: arguments in, results out; the work is done by `Library`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rag.cli.console import (
    FAILED,
    MISUSED,
    keep_writable,
    stated_failures,
    tell,
    write_blocks,
    write_json,
    write_rows,
    write_table,
)
from rag.cli.gathering import add, duplicates, export, split, sync
from rag.cli.options import AsJson, LibraryPath, LLMName, Where
from vectorstore.fusion import Mode

LIST_COLUMNS = ("id", "year", "title", "groups", "sources")


class GuardedGroup(TyperGroup):
    """Commands whose failures are stated: a line or two on stderr, never a traceback."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as `invoke`
        """Reads the command line."""
        with stated_failures():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer does not export the type
        """Runs a command."""
        with stated_failures():
            return super().invoke(ctx)


app = typer.Typer(
    cls=GuardedGroup,
    help="Ask your abstracts. Every sentence of the answer quotes its source.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its boxes would end up in pipes too
)


def show_version(wanted: bool) -> None:
    """Writes the version and ends."""
    if wanted:
        from rag.cli.status import version_of

        write_rows([[f"quoth {version_of('quoth')}"]])
        raise typer.Exit


@app.callback(invoke_without_command=True)
def describe(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """Ask your abstracts. Every sentence of the answer quotes its source."""
    if context.invoked_subcommand is None:
        sys.stderr.write(context.get_help() + "\n")
        raise typer.Exit(MISUSED)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="In plain words.")] = None,
    questions: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.jsonl",
            help="Answer each line's `question` (- reads standard input), one JSON answer a line.",
        ),
    ] = None,
    where: Where = None,
    llm: LLMName = None,
    library: LibraryPath = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question, or say that the abstracts do not."""
    if (question is None) == (questions is None):
        raise typer.BadParameter("give either QUESTION or --questions FILE.jsonl")
    from vectorstore.minilm import load_ahead

    load_ahead()
    from rag.cli.libraries import opened_for_reading
    from rag.cli.questions import answer_questions
    from rag.cli.rendering import answer_blocks
    from vectorstore.filters import parse_filter

    conditions = parse_filter(where)
    with opened_for_reading(library, llm) as read:
        if questions is not None:
            if not answer_questions(read, questions, conditions):
                raise typer.Exit(FAILED)
            return
        answer = read.ask(question or "", conditions)
    if as_json:
        write_json(answer.to_json())
    else:
        write_blocks(answer_blocks(answer))


@app.command()
def chat(
    where: Where = None,
    llm: LLMName = None,
    library: LibraryPath = None,
    load: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Go on with a saved conversation.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the conversation there at the end.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask questions that follow from one another, a line each; piped lines too."""
    from vectorstore.minilm import load_ahead

    load_ahead()
    from rag.cli.chat import chat as converse
    from rag.cli.libraries import opened_for_reading
    from rag.transcript import load_turns
    from vectorstore.filters import parse_filter

    conditions = parse_filter(where)
    turns = load_turns(load) if load else []
    with opened_for_reading(library, llm) as read:
        conversation = read.conversation()
        conversation.resume(turns)
        clean = converse(conversation, conditions, as_json)
    if save:
        conversation.save(save)
    if not clean:
        raise typer.Exit(FAILED)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="Words, or a sentence.")],
    top_k: Annotated[int | None, typer.Option(min=1, help="Papers to show, at most.")] = None,
    where: Where = None,
    mode: Annotated[Mode, typer.Option(help="Which rankings count.")] = "hybrid",
    library: LibraryPath = None,
    as_json: AsJson = False,
) -> None:
    """Find the papers that a text is about."""
    from rag.cli.libraries import opened_for_reading
    from rag.cli.rendering import hit_blocks, hit_values

    with opened_for_reading(library) as read:
        hits = read.search(text, top_k, where, mode)
    if as_json:
        write_json([hit_values(hit) for hit in hits])
    else:
        write_blocks(hit_blocks(hits))


for command in (add, sync, duplicates, split, export):
    app.command()(command)


@app.command("list")
def list_papers(library: LibraryPath = None, as_json: AsJson = False) -> None:
    """List the papers: id, year, title, groups, sources (files)."""
    from rag.cli.libraries import opened_for_reading
    from rag.cli.rendering import list_row

    with opened_for_reading(library) as read:
        if as_json:
            write_json(
                [{name: getattr(paper, name) for name in LIST_COLUMNS} for paper in read.records()]
            )
        else:
            write_table(LIST_COLUMNS, (list_row(paper) for paper in read.records()))


@app.command()
def show(
    record_id: Annotated[str, typer.Argument(metavar="ID", help="As listed by `quoth list`.")],
    library: LibraryPath = None,
    as_json: AsJson = False,
) -> None:
    """Show one paper: its abstract, and what is known about it."""
    from rag.cli.libraries import missing, opened_for_reading
    from rag.cli.rendering import record_blocks
    from vectorstore.papers import names_of

    with opened_for_reading(library) as read:
        paper = read.paper(record_id)
        if paper is None:
            tell(missing(record_id, read))
            raise typer.Exit(FAILED)
    if as_json:
        write_json({**paper.record.to_json(), "identifiers": list(names_of(paper))})
    else:
        write_blocks(record_blocks(paper.record, names_of(paper)))


@app.command()
def remove(
    record_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As listed.")],
    library: LibraryPath = None,
    as_json: AsJson = False,
) -> None:
    """Take papers out of the library."""
    from rag.cli.libraries import missing, opened

    with opened(library, must_exist=True) as own:
        wanted = dict.fromkeys(record_ids)
        removed = own.remove(wanted, tell)
        absent = [item for item in wanted if item not in removed]
        messages = [missing(item, own) for item in absent]
    if as_json:
        write_json({"removed": removed, "missing": absent})
    else:
        write_rows([f"removed {item}"] for item in removed)
    tell("\n".join(messages))
    if absent:
        raise typer.Exit(FAILED)


@app.command()
def status(library: LibraryPath = None, as_json: AsJson = False) -> None:
    """Show what the library holds, and the settings."""
    from rag.cli.rendering import status_blocks
    from rag.cli.status import gather_status
    from rag.config import read_settings

    given = frozenset({"library"} if library else ())
    found = gather_status(read_settings(library=library), given)
    if as_json:
        write_json(found)
    else:
        write_blocks(status_blocks(found))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def evals(context: typer.Context) -> None:
    """Measure Quoth; the same as `python -m evals`."""
    # By name, since `rag` must not depend on `evals`, which is built upon it. In this process
    # (neither runpy nor a subprocess), so that failures are stated as everywhere in `quoth`.
    code = import_module("evals.cli").app(
        context.args, prog_name="quoth evals", standalone_mode=False
    )
    raise typer.Exit(code if isinstance(code, int) else 0)


def main() -> None:
    """Runs `quoth`."""
    keep_writable()
    app(prog_name="quoth")

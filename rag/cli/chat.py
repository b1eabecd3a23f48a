"""`quoth chat`: lines in, answers out, until the input ends; a slash begins an order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.answer import Answer
from rag.cli.console import tell, write_blocks, write_json
from rag.cli.rendering import answer_blocks
from rag.conversation import Conversation
from vectorstore.errors import QuothError
from vectorstore.filters import Filter

PROMPT = "> "
HELP = """/new        forget what was said
/save FILE  write the conversation to a file
/help       show this
/quit       end (so does Ctrl-D)"""


def chat(conversation: Conversation, where: Filter, as_json: bool) -> bool:
    """Answers the lines of standard input in one conversation.

    Returns:
        Whether each line could be answered; of the others, stderr has the reason.
    """
    clean = True
    try:
        for line in _lines():
            if not line:
                continue
            try:
                if line.startswith("/"):
                    if _obey(line, conversation):
                        break
                else:
                    answer = conversation.ask(line, where)
                    write_json(answer.to_json()) if as_json else _show(answer)
            except QuothError as error:
                clean = False
                tell(str(error))
    except KeyboardInterrupt:
        sys.stderr.write("\n")
    return clean or _is_typed()


def _lines() -> Iterator[str]:
    """The lines of standard input, typed at a prompt or piped; none where it is closed."""
    if sys.stdin is None:
        return
    if _is_typed():
        import readline  # noqa: F401 - gives `input` a history and the arrow keys

        tell("Ask, and ask on; /help shows the orders, Ctrl-D ends.")
        while True:
            try:
                yield input(PROMPT).strip()
            except EOFError:
                sys.stderr.write("\n")
                return
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", errors="replace").lstrip("\ufeff").strip()


def _is_typed() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _show(answer: Answer) -> None:
    """Writes an answer, above it the question as understood where that differs."""
    from rich.text import Text

    from rag.cli.console import Block, as_data

    if not _is_typed():
        write_blocks([Block(Text(f"{PROMPT}{as_data(answer.question)}", "bold"))])
    if answer.standalone_question != answer.question:
        understood = as_data(answer.standalone_question)
        write_blocks([Block(Text(f"Understood as: {understood}", "italic"))])
    write_blocks(answer_blocks(answer))
    write_blocks([Block(Text(""))])
    sys.stdout.flush()


def _obey(line: str, conversation: Conversation) -> bool:
    """Carries out an order; whether it is the last."""
    name, _, rest = line.partition(" ")
    if name in ("/quit", "/exit"):
        return True
    orders: dict[str, Callable[[], None]] = {
        "/new": lambda: _forget(conversation),
        "/save": lambda: _save(conversation, rest.strip()),
        "/help": lambda: tell(HELP),
    }
    if name not in orders:
        raise QuothError(f"There is no order {name}; /help shows those there are.")
    orders[name]()
    return False


def _forget(conversation: Conversation) -> None:
    conversation.clear()
    tell("A new conversation.")


def _save(conversation: Conversation, file: str) -> None:
    if not file:
        raise QuothError("/save needs the name of a file: /save FILE")
    path = Path(file).expanduser()
    conversation.save(path)
    tell(f"Saved {len(conversation.turns)} turns to {path}.")

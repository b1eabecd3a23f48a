r"""Prompts as files: `render("answer", question=..., passages=[Source(...)])` fills `answer.md`.

Whatever is filled in is data. Each text comes to stand on one line, without characters that
cannot be seen, and without anything that a model could take for one of our marks: a citation
(`[1]` becomes `(1)`), a fence or a chat template's token (`<|im_start|>` becomes `< |im_start|>`).
Passages and turns stand in fences that are named after a hash of the whole request, so that no
text in it can hold one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

__all__ = ["PromptError", "Source", "Turn", "neutralise", "render"]

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_OPENS_TAG = re.compile(r"<(?=[^\W\d_]|[/|｜!?<])")
_NAMED = r"(?:(?i:passage|source|abstract|ref(?:erence)?)s?[.:]? )?"
_NUMBER = r"\^?\d{1,4}(?: ?[-–—‑−] ?\^?\d{1,4})?"
_NUMBERS = rf"{_NAMED}{_NUMBER}(?: ?(?:[,;，、&]|and) ?{_NUMBER})*"
_BRACKETED = re.compile(rf"\\?[\[【［〔] ?({_NUMBERS}|/?[A-Z][A-Z_]*) ?\\?[\]】］〕]")
_NAMED_IN_PARENTHESES = re.compile(r"\( ?((?i:passage|source)s?[.:]? \d[^()]{0,40})\)")
_INVISIBLE = frozenset({"Cf", "Cs", "Co"})
_FENCE_DIGITS = 8


class PromptError(Exception):
    """A prompt that cannot be rendered; the message names the template and the variable."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as a model is shown it."""

    title: str
    year: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation, and what was answered."""

    question: str
    answer: str


Value = str | Sequence[Source] | Sequence[Turn]
_BLOCKS: dict[str, tuple[str, type[Source] | type[Turn]]] = {
    "passages": ("passage", Source),
    "history": ("turn", Turn),
}
"""Variables that are fenced lists, with the name of their fence and the type of their items."""


def render(name: str, **variables: Value) -> str:
    """The prompt `name`, filled in; every text in it neutralised.

    Args:
        name: `answer`, `condense` or `judge`.
        variables: Exactly those that the template names: `passages` takes `Source`s, numbered
            from 1 in their order, `history` takes `Turn`s, every other one a text.

    Raises:
        PromptError: A variable is missing, unknown or of another type, or there is no such prompt.
    """
    template = _load(name)
    expected = set(_PLACEHOLDER.findall(template))
    _check(name, expected, variables)
    blocks = {key: _lines(value) for key, value in variables.items() if not isinstance(value, str)}
    texts = {key: neutralise(value) for key, value in variables.items() if isinstance(value, str)}
    tag = _tag([*texts.values(), *(line for items in blocks.values() for line in items)])
    filled = texts | {key: _fence(_BLOCKS[key][0], tag, items) for key, items in blocks.items()}
    return _PLACEHOLDER.sub(lambda match: filled[match[1]], template).strip()


def neutralise(text: str) -> str:
    """A text as data: on one line, all of it visible, with nothing in it that looks like a mark."""
    visible = "".join(_visible(character) for character in text)
    line = _OPENS_TAG.sub("< ", " ".join(visible.split()))
    return _NAMED_IN_PARENTHESES.sub(r"\1", _BRACKETED.sub(r"(\1)", line))


def _visible(character: str) -> str:
    """The character, a space for one that controls or breaks lines, nothing for a hidden one."""
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category in _INVISIBLE or _is_selector(character) else character


def _is_selector(character: str) -> bool:
    """Whether it is a variation selector; runs of them can carry a hidden text."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


@lru_cache
def _load(name: str) -> str:
    try:
        return (files("prompts") / f"{name}.md").read_text(encoding="utf-8")
    except OSError:
        raise PromptError(f"There is no prompt {name!r}.") from None


def _check(name: str, expected: set[str], variables: dict[str, Value]) -> None:
    missing, extra = sorted(expected - set(variables)), sorted(set(variables) - expected)
    if missing:
        raise PromptError(f"The prompt {name!r} lacks a value for {', '.join(missing)}.")
    if extra:
        raise PromptError(f"The prompt {name!r} has no place for {', '.join(extra)}.")
    for key, value in variables.items():
        kind = _BLOCKS[key][1] if key in _BLOCKS else str
        fits = isinstance(value, str) if kind is str else _holds_only(value, kind)
        if not fits:
            several = "a text" if kind is str else f"a list of {kind.__name__}"
            raise PromptError(f"The prompt {name!r} takes {several} for {key}.")


def _holds_only(value: Value, kind: type) -> bool:
    return not isinstance(value, str) and all(isinstance(item, kind) for item in value)


def _lines(items: Sequence[Source] | Sequence[Turn]) -> list[str]:
    """The items of a block, each as its lines, neutralised."""
    return [_show(item) for item in items]


def _show(item: Source | Turn) -> str:
    if isinstance(item, Turn):
        return f"Asked: {neutralise(item.question)}\nAnswered: {neutralise(item.answer)}"
    title = neutralise(item.title) + (f" ({item.year})" if item.year is not None else "")
    return f"Title: {title}\nText: {neutralise(item.text)}"


def _tag(texts: Sequence[str]) -> str:
    """The first digits of a hash of all the texts that stand in none of them."""
    content = "\0".join(texts)
    for round_ in range(len(content) + 1):
        digest = hashlib.sha256(f"{round_}\0{content}".encode()).hexdigest()[:_FENCE_DIGITS]
        if digest not in content:
            break
    return digest


def _fence(name: str, tag: str, items: Sequence[str]) -> str:
    return "\n".join(
        f"<{name} {number} {tag}>\n{item}\n</{name} {number} {tag}>"
        for number, item in enumerate(items, start=1)
    )

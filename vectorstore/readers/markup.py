"""Abstracts that hold JATS or HTML markup, as plain text; pure."""

from __future__ import annotations

import html
import re

# Names of elements, so that `p < 0.05` and `a<b>c` are left alone.
_NAMES = (
    "p|sec|title|label|italic|bold|i|b|em|strong|sub|sup|sc|underline|list|list-item|ul|ol|li|br|"
    "break|div|span|abstract|inline-formula|disp-formula|tex-math|alternatives|math|mrow|mi|mn|mo|"
    "msub|msup|mtext|xref|ext-link|a|named-content|styled-content|h[1-6]"
)
_TAG = re.compile(
    rf"<(?P<end>/?)(?P<jats>jats:|mml:)?(?P<name>{_NAMES})(?:\s[^<>]{{0,500}})?/?>", re.IGNORECASE
)
_ESCAPED_TAG = re.compile(rf"&lt;/?(?:jats:|mml:)?(?:{_NAMES})(?:\s[^<>]{{0,500}})?/?&gt;", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_HEADING = re.compile(
    r"<(?P<tag>(?:jats:)?title|h[1-6])(?:\s[^<>]{0,500})?>\s*(?P<text>[^<>]{0,200}?)\s*</(?P=tag)>",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"p|sec|title|list|list-item|ul|ol|li|br|break|div|abstract|h[1-6]", re.I)
_MATHS_END = re.compile(r"</(?:mml:)?math>", re.IGNORECASE)
_SECOND_FORM = re.compile(r"</(?:jats:)?tex-math>\s*(?P<maths><(?:mml:)?math[\s>])", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[-+−–]?\d")
_POWER = re.compile(r"(?<=\d)<(?:jats:)?sup(?:\s[^<>]{0,100})?>\s*([-+−–]?\d)", re.IGNORECASE)
_LETTERS = frozenset("abi")
_ALONE = "abstract summary".split()


def plain_text(text: str) -> str:
    """The text of an abstract in JATS or HTML; as it is where it holds no such element.

    Headings stay, as `Background: ...`, but for the bare word Abstract.
    """
    marked = text if _is_marked(text) else _ESCAPED_TAG.sub(lambda tag: html.unescape(tag[0]), text)
    if not _is_marked(marked):
        return text
    ended = {tag["name"].lower() for tag in _TAG.finditer(marked) if tag["end"]}
    headed = _POWER.sub(r"^\1", _HEADING.sub(_heading, _take_first_forms(marked)))
    return " ".join(unescape(_TAG.sub(lambda tag: _without(tag, ended), headed)).split())


def is_power(before: str, raised: str) -> bool:
    """Whether text set high behind other text is a power: 10 with a high 6 is not 106."""
    return before[-1:].isdigit() and _NUMBER.match(raised) is not None


def _take_first_forms(text: str) -> str:
    """The text without MathML where the same formula stands before it as TeX (JATS: alternatives).

    Takes time in proportion to the length of the text, whatever it holds.
    """
    *parts, rest = _MATHS_END.split(text)
    kept = []
    for part in parts:
        *_, last = (None, *_SECOND_FORM.finditer(part))
        kept.append(part[: last.start("maths")] if last else f"{part}</math>")
    return "".join([*kept, rest])


def _is_marked(text: str) -> bool:
    """Whether it holds an element, and not just a letter between two signs: `a<b>c`."""
    return any(tag["end"] or tag["name"].lower() not in _LETTERS for tag in _TAG.finditer(text))


def _without(tag: re.Match[str], ended: set[str]) -> str:
    """What stands in place of a tag."""
    if tag["name"].lower() in _LETTERS and tag["name"].lower() not in ended:
        return tag[0]
    return " " if _BLOCK.fullmatch(tag["name"]) else ""


def _heading(match: re.Match[str]) -> str:
    text = match["text"].strip().rstrip(":.")
    return " " if text.lower() in _ALONE or not text else f" {text}: "


def unescape(text: str) -> str:
    """Entities as characters; twice, since some publishers escape them twice."""
    for _ in range(2):
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return text

"""Text for a BibTeX field: mathematics as it stands, the rest so that TeX sets it as it reads."""

from __future__ import annotations

import re
from itertools import accumulate

from vectorstore.readers.tex import part_maths, unwrap

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "--": "-{}-",
    "``": "`{}`",
    "''": "'{}'",
    "\x7f": "",
}
UNSAFE = re.compile(r"[\\{}$&#%_~^\x7f]|-(?=-)|`(?=`)|'(?=')")
IN_ADDRESS = re.compile(r"[{}\\\s^`<>\"\x7f]")


def encode(text: str) -> str:
    """The text, on one line for each paragraph; no line begins like an entry."""
    return "\n\n".join(map(_encode_line, unwrap(text).split("\n\n")))


def encode_address(text: str) -> str:
    """An address or identifier, what would end or change its field written in percent form."""
    return IN_ADDRESS.sub(lambda found: f"%{ord(found[0]):02X}", text)


def _encode_line(text: str) -> str:
    pieces = (
        piece if maths and is_balanced(piece) else UNSAFE.sub(_escape, piece)
        for maths, piece in part_maths(text)
    )
    line = "".join(pieces)
    return "{@}" + line[1:] if line.startswith("@") else line


def _escape(found: re.Match[str]) -> str:
    sign = found[0]
    return SPECIAL.get(sign, f"{sign}{{}}")


def is_balanced(text: str) -> bool:
    r"""Whether its braces are, both for programs that count `\{` and for those that do not."""
    every = re.findall(r"[{}]", text)
    bare = re.findall(r"(?<!\\)[{}]", text)
    return all(map(_nests, (every, bare)))


def _nests(braces: list[str]) -> bool:
    depths = list(accumulate((1 if brace == "{" else -1) for brace in braces))
    return not depths or (depths[-1] == 0 and min(depths) >= 0)

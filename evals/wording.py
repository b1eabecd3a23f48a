"""Whether a text states a fact, whatever the dress: case, width, white space, LaTeX."""

from __future__ import annotations

import re
import unicodedata

LATEX_STYLES = re.compile(r"\\(?:text|math|operatorname)[a-z]*\b")
DASHES = re.compile(r"[\u2010-\u2015\u2212]|--+")
REWRITES = (
    (re.compile(r"\\times\b|\u00d7"), " x "),
    (re.compile(r"\\,|\\;|~"), " "),
    (re.compile(r"[$\\{}]"), ""),
    (re.compile(r"[\u2018\u2019]"), "'"),
    (re.compile(r"[\u201c\u201d]"), '"'),
    (re.compile(r"(?<=\d)\s*x\b"), " x "),
    (re.compile(r"\s+%"), "%"),
)


def fold(text: str) -> str:
    """The text without what differs between exports of the same words.

    Case, width and white space are folded, LaTeX's signs and styles removed; a factor is `2 x`.
    """
    folded = LATEX_STYLES.sub("", unicodedata.normalize("NFKC", text))
    folded = DASHES.sub("-", folded).casefold()
    for pattern, replacement in REWRITES:
        folded = pattern.sub(replacement, folded)
    return " ".join(folded.split())


def states(text: str, fact: str) -> bool:
    """Whether the fact's words stand in the text.

    A number is only found whole: `4` stands neither in `40` nor in `4.5`, `1.4`, `4,000` or `4b`.
    """
    wanted = fold(fact)
    left = r"(?<!\w)(?<!\d[.,])" if wanted[:1].isdigit() else ""
    right = r"(?!\w)(?![.,]\d)" if wanted[-1:].isdigit() else ""
    return re.search(left + re.escape(wanted) + right, fold(text)) is not None

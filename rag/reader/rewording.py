"""Sentences of abstracts in slightly other words, which stay true; pure."""

from __future__ import annotations

import random
import re

_REWORDINGS = """
propose|introduce
proposes|introduces
show that|demonstrate that
shows|demonstrates
demonstrate|show
use|employ
uses|employs
using|with the help of
method|technique
methods|techniques
approach|method
approaches|methods
novel|new
achieves|attains
achieve|reach
important|crucial
large|big
many|numerous
several|a number of
however|yet
improve|enhance
improves|enhances
obtain|get
obtained|gained
requires|needs
require|need
problem|issue
problems|issues
in order to|to
such as|like
based on|that builds on
performance|results
investigate|study
framework|system
evaluate|assess
evaluated|assessed
significantly|considerably
recent|latest
recently|lately
existing|available
often|frequently
typically|usually
task|job
tasks|jobs
various|different
a variety of|diverse
due to|because of
because|since
allows|lets
enables|makes possible
we find|it is found
experiments|tests
extensive|comprehensive
develop|design
provides|offers
provide|offer
suffers from|struggles with
leads to|results in
utilize|make use of
challenging|difficult
focus on|concentrate on
aims to|seeks to
"""
_LEADING = re.compile(
    r"^(?:However|Moreover|Furthermore|In addition|Additionally|Specifically|In particular|Finally"
    r"|In this paper|In this work|To this end|Here|Recently|Also|Thus|Therefore|Besides|Then"
    r"|In this article|In this study|First|Second|As a result), "
)
_BRACKET = re.compile(r" \([^()]{1,60}\)")
_TRAILING = re.compile(
    r", (?:which|while|where|including|e\.g\.|such as|and thus|thereby) [^,]+\.$"
)
_SPELLED = {"2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven",
            "8": "eight", "9": "nine", "10": "ten"}  # fmt: skip


def reword(sentence: str, chance: random.Random) -> str:
    """The sentence in slightly other words, still true."""
    if chance.random() < 0.8:
        sentence = _capitalise(_LEADING.sub("", sentence))
    if chance.random() < 0.5:
        sentence = _BRACKET.sub("", sentence)
    if chance.random() < 0.4:
        sentence = _TRAILING.sub(".", sentence)
    if chance.random() < 0.7:
        sentence = re.sub(r"\bWe\b", "The authors", re.sub(r"\bwe\b", "the authors", sentence))
        sentence = re.sub(r"\b[Oo]ur\b", "their", sentence)
    if chance.random() < 0.5:
        sentence = _spell_numbers(sentence)
    rules = read_table(_REWORDINGS)
    chance.shuffle(rules)
    wanted = chance.choice((0, 1, 2, 3, 4))
    for before, after in rules:
        pattern = re.compile(rf"\b{re.escape(before)}\b")
        if wanted and pattern.search(sentence):
            sentence = pattern.sub(after, sentence, count=1)
            wanted -= 1
    return _capitalise(sentence)


def _spell_numbers(sentence: str) -> str:
    sentence = re.sub(r"(\d)%", r"\1 percent", sentence)
    return re.sub(
        r"(?<![\w.,-])(10|[2-9])(?= [a-z])", lambda match: _SPELLED[match.group()], sentence
    )


def read_table(text: str) -> list[tuple[str, str]]:
    """The two sides of every line `before|after`."""
    rows = (line.split("|") for line in text.strip().splitlines())
    return [(before, after) for before, after in rows]


def _capitalise(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]

"""Text without what differs between two exports of one paper; pure."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from zlib import crc32

from vectorstore.latex import readable

# Thai, Lao, Burmese, Khmer, kana and Chinese characters: written without spaces between words.
SPACELESS = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff"
)
WORD = re.compile(rf"[{SPACELESS}]|[^\W{SPACELESS}_]+")
# Splitting at these is nearly three times as fast as the pattern.
ASCII_BREAKS = {code: " " for code in range(128) if not chr(code).isalnum()}
TAG = re.compile(r"</?[a-z][\w:-]{0,20}(?:\s[^<>]{0,200})?/?>", re.IGNORECASE)
ACCENT = re.compile("[\u0300-\u036f]+")
SPELLED = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi",
    "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
LETTERS = str.maketrans(SPELLED)
BRITISH = (
    (re.compile(r"(?<=..)is(?=(?:e|ed|es|er|ers|ing|ation|ations|able)$)"), "iz"),
    (re.compile(r"(?<=..)ys(?=(?:e|ed|es|er|ers|ing)$)"), "yz"),
    (re.compile(r"(?<=[a-z]{2})our"), "or"),
    (re.compile(r"(?<=[a-z]{2})ll(?=(?:ed|ing|er|ers)$)"), "l"),
    (re.compile(r"(?<=[a-z][bt])re(?=s?$)"), "er"),
    (re.compile(r"(?<=[a-z]{2})ogue(?=s?$)"), "og"),
    (re.compile(r"[ao]e"), "e"),
    (re.compile(r"ph"), "f"),
)
_EMPTY = """
    a an the and or but if of in on at by to for from with as into over under between among through
    this that these those it its their our we they he she which who whose what when where how why
    than then thus hence so such both each all any more most other another some many several few
    also however moreover furthermore while whereas although though because since due via using
    use used uses can could may might must shall should will would is are was were be been being
    has have had do does did not only up out about across within during against toward towards per
    there here one two three first second new novel existing recent current various different
    multiple diverse real e g i ie eg etc al et s t vs

    abstract background introduction motivation objective objectives purpose aim aims goal goals
    method methods methodology design setting settings participants measurements main outcome
    outcomes measure measures finding findings result results discussion conclusion conclusions
    interpretation significance importance context summary materials material

    paper work article study studies research approach approaches model models technique techniques
    framework frameworks algorithm algorithms system systems data dataset datasets task tasks
    problem problems challenge challenges experiment experiments experimental evaluation analysis
    performance state art baseline baselines benchmark benchmarks code available github https http
    com org www propose proposes proposed present presents presented introduce introduces introduced
    introducing develop develops developed describe describes described investigate investigated
    investigates examine examined explore explored show shows showed shown demonstrate demonstrates
    demonstrated demonstrating find found achieve achieves achieved achieving outperform outperforms
    outperforming improve improves improved improving improvement improvements provide provides
    provided providing enable enables enabling address addresses addressing leverage leverages
    leveraging evaluate evaluated compare compared comparison based extensive comprehensive
    significant significantly effective effectively effectiveness efficient efficiency high higher
    low lower better best superior large small scale important key critical crucial
    often typically further additionally specifically including particular particularly
    well known information applications application process number level time world potential
    existing limited limitations remains remain future need needs works suggest suggests indicate
    indicates patients associated respectively total increased decreased group groups ci p n
    copyright rights reserved elsevier springer wiley ieee publisher published authors author ltd
"""
EMPTY_WORDS = frozenset(_EMPTY.split())
"""Words that say little about what a paper is about; those of abstracts are too common to tell
papers apart, and headings (BACKGROUND:) and notices are put in by databases."""


def fold(text: str) -> str:
    """Text without markup, entities, LaTeX, accents and case; Greek letters by their names."""
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = TAG.sub(" ", text)
    text = readable(text)
    if text.isascii():
        return text.lower()
    plain = ACCENT.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return plain.translate(LETTERS)


def split_words(text: str) -> list[str]:
    """The words of a text, folded; each character of a script without spaces is one."""
    return split_folded(fold(text))


def split_folded(text: str) -> list[str]:
    """The words of a text that is folded."""
    return text.translate(ASCII_BREAKS).split() if text.isascii() else WORD.findall(text)


@lru_cache(maxsize=65_536)
def american(word: str) -> str:
    """A word in a spelling that British and American share; not always a real word."""
    for pattern, instead in BRITISH:
        word = pattern.sub(instead, word)
    return word


@lru_cache(maxsize=65_536)
def word_code(word: str) -> int:
    """A number for a word, the same in every process; 0 for a word that says little."""
    return 0 if word in EMPTY_WORDS else crc32(american(word).encode()) or 1

"""Text -> index terms, one way for abstracts and questions alike; pure.

Words are case-folded and stemmed (Snowball English); function words are left out. A compound
such as `KV-cache` gives its parts; a number keeps its unit (`4.5x`), a name its plus sign.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import Stemmer

from vectorstore.latex import searchable

STOPWORDS = frozenset(
    "a about above after again against all am an and any are as at be because been before being"
    " below between both but by can could did do does doing down during each few for from further"
    " had has have having he her here hers him his how i if in into is it its itself just me more"
    " most my no nor not now of off on once only or other our ours out over own same she should so"
    " some such than that the their theirs them then there these they this those through to too"
    " under until up very was we were what when where which while who whom whose why will with"
    " would you your".split()
)

_WORD = re.compile(r"[^\W_]+(?:[-.'’/+][^\W_]+)*\+*")
_NUMBER = re.compile(r"[\d.]+\w?")
_JOINT = re.compile(r"[-./'’+]")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_stemmer = Stemmer.Stemmer("english")


def words(text: str) -> list[str]:
    """The words of a text, compounds whole, as written but for width."""
    return _WORD.findall(unicodedata.normalize("NFKC", searchable(text)))


def index_terms(text: str) -> list[str]:
    """The terms under which a text is found, in order, repetitions kept."""
    return [term for word in words(text) for term in word_terms(word)]


@lru_cache(maxsize=65536)
def word_terms(word: str) -> tuple[str, ...]:
    """The terms of one word: none for a function word, several for a compound."""
    folded = word.casefold()
    if folded in STOPWORDS:
        return ()
    if _WIDE.search(folded):
        return _bigrams(folded)
    if _NUMBER.fullmatch(folded):
        return (folded,)
    parts = [part for part in _JOINT.split(folded) if part and part not in STOPWORDS]
    stems = _stemmer.stemWords(parts)
    if folded.endswith("+") and parts and parts[-1].isalpha():
        stems[-1] += folded[len(folded.rstrip("+")) :]
    return tuple(stems)


def stem(word: str) -> str:
    """The stem of a single case-folded word."""
    return str(_stemmer.stemWord(word))


def _bigrams(word: str) -> tuple[str, ...]:
    """Pairs of neighbouring characters: scripts without spaces have no words to split at."""
    if len(word) == 1:
        return (word,)
    return tuple(word[place : place + 2] for place in range(len(word) - 1))

"""What a question asks for: its kind, its names, the thing in focus; by rules, pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from vectorstore.sentences import split_sentences
from vectorstore.terms import word_terms

Kind = Literal["definition", "which_papers", "comparison", "fact"]

WORD = re.compile(r"[^\W_]+(?:[-.'’/+][^\W_]+)*\+*")
ASKING = frozenset(
    "what which who whom whose when where why how much many do does did is are was were can could"
    " should would will may might has have had name list tell explain describe give us please"
    " about paper papers study studies work works article articles abstract abstracts author"
    " authors any kind type sort there stand stands mean means meaning short expand according"
    " reported report reports use used uses using compare compared versus vs difference differ"
    " differences between both".split()
)
"""Words that ask, or that speak of papers as such: they carry no content of their own."""

SEEKING = frozenset(
    "find deal deals dealing way talk talks explicitly look looks looking show shows give gives"
    " discuss discusses investigate investigates cover covers concern concerns involve involves"
    " mention mentions present presents propose proposes proposed introduce introduces focus"
    " focuses focused relate relates related topic topics subject subjects every some contain"
    " contains include includes employ employs apply applies address addresses consider considers"
    " promise promises make makes made new novel own approaches groups teams researchers surveys"
    " learn learns inside within without individual anything anyone"
    " examine examines explore explores number numbers figure figures result results research"
    " report reports reported describe describes".split()
)
"""Words by which a question for papers says that papers are about something."""

SELDOM_STATED = frozenset(
    term
    for name in (
        "optimizer optimiser GPU GPUs TPU epoch batch seed dropout decay licence license"
        " funding funded funder grant affiliation institution venue budget AUC AUROC PSNR SSIM BLEU"
        " ROUGE perplexity rate"
    ).split()
    for term in word_terms(name)
)
"""Terms of what papers report and abstracts seldom do."""

_QUANTITY = re.compile(
    r"\b(how (many|much|often|large|big|long|far|high|fast|old|few|small|well|strong)"
    r"|what (number|percentage|percent|fraction|share|proportion|rate|value|score|accuracy"
    r"|speedup|size|ratio|factor|gain|improvement)|by (how much|what)|number of|percentage"
    r"|(what|which) year)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\bhow many\b|\bwhat (number|percentage|percent|fraction|share) of\b|\bnumber of\b"
    r"|\bby what (factor|percentage)\b",
    re.IGNORECASE,
)
_YES_NO = re.compile(
    r"(do|does|did|is|are|was|were|can|could|has|have|had|will|must|should)\b", re.IGNORECASE
)
_DEFINITION = re.compile(
    r"stands? for|short for|acronym|abbreviat|full (name|form)|spelled out|spell out|\bmean\b"
    r"|\bexpand\b|\brefers? to\b|\bexpansion of|\bmeaning\b|\bdefine|\bdefinition of|letters",
    re.IGNORECASE,
)
_PAPERS = re.compile(
    r"^\s*(papers|studies|articles|abstracts|works)\b|\bpapers\b[^?]{0,40}\bplease\b"
    r"|(?<!from )\b(which|what) (paper|study|article|abstract|work)\b"
    r"|\b(which|what|list|name|find|show|give|tell|any|all|every|each)\b"
    r"(?: (?:of|the)){0,2}(?: (?!of\b|the\b)[\w-]+){0,2}?"
    r" (papers|(?<!case )studies|articles|abstracts|publications)\b(?! of the\b)"
    r"|\b(which|what|list|find|all|the|other|any) works\b(?! best| well| as)"
    r"|\b(is there|are there|every|each|any) (\w+ )?(paper|study|article|abstract|work)\b",
    re.IGNORECASE,
)
_RESEARCHERS = re.compile(
    r"^\s*(?:(?:which|what) (?:approaches|authors|groups|teams|researchers|surveys)|who)"
    r" (?!(?:is|are|was|were|do|does|did|has|have|can|could)\b)(?:\w+(?:ly)? )?"
    r"(?:look|stud|investigat|work|explor|examin|us|analy|address|deal|learn|buil|tackl|appl[yi]"
    r"|survey|review)\w*\b",
    re.IGNORECASE,
)
_COMPARISON = re.compile(
    r"\bcompar|\bversus\b|\bvs\b\.?|\bdiffer(s|ence|ences|ent)?\b|\bin common\b|\bcontrast\b"
    r"|\bsimilar|\bboth\b|\beach\b|\brespective|\band (how|what) (do|does|did|is|are)\b",
    re.IGNORECASE,
)
_FOCUS = re.compile(r"\b(?:which|what|how many|how much|name the|list the)\b", re.IGNORECASE)
_WHAT_IS = re.compile(r"(?:what(?:'s| is| are)(?: an?| the)?\s+)?([\w+-]{2,})\s*\??", re.IGNORECASE)
_NAME = re.compile(r"\b[A-Za-z][\w+-]*[\w+]")
_POSSESSIVE = re.compile(r"(?<=\w)['’][sS]$")
_CONTRACTION = re.compile(r"\w+n['’]t|\w+['’](m|re|ve|ll|d)", re.IGNORECASE)
_PLURAL_ACRONYM = re.compile(r"[A-Z][A-Z\d]+s")
_BRITISH = re.compile(r"(?<=[a-z]{3})is(?=(e|ed|es|er|ers|ing|ation|ations)$)")
_TWO_CAPITALS = re.compile(r"[A-Z][\w-]*[A-Z]")


_LATIN = str.maketrans(
    dict(
        zip(
            "αβγδεζηθικλμνξοπρστυφχψω",
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi"
            " rho sigma tau upsilon phi chi psi omega".split(),
            strict=True,
        )
    )
    | dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, with the terms that it is matched by."""

    text: str
    start: int
    terms: tuple[str, ...]

    @property
    def squashed(self) -> str:
        """Letters, digits and plus signs alone, lower-cased: `KV-cache` as `kvcache`."""
        return squash(self.text)


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    Attributes:
        text: As asked.
        kind: What form its answer has.
        words: Its words that carry content.
        names: Those that name something: capitals within, digits, or a capital mid-sentence.
        focus: Those right after `which`, `what` or `how many`: the thing asked for.
        quantity: Whether it asks for a number.
        counts: Whether nothing but a number, in digits or words, could answer it.
        counted: The words right after `how many`: what is counted.
        attributes: Terms of things that it asks about and abstracts seldom state.
        yes_no: Whether it asks for yes or no.
        acronyms: Those whose meaning it asks for.
        openings: The asking words that it holds (why, how, who, when, where, which, what).
    """

    text: str
    kind: Kind
    words: tuple[Word, ...]
    names: tuple[Word, ...]
    focus: tuple[Word, ...]
    quantity: bool
    counts: bool
    counted: tuple[Word, ...]
    attributes: frozenset[str]
    yes_no: bool
    acronyms: tuple[str, ...]
    openings: frozenset[str]


def analyse(text: str) -> Question:
    """Takes a question apart; of several sentences, the last that asks."""
    text = asking_sentence(text)
    words = split_words(text)
    content = tuple(word for word in words if word.terms and word.text.casefold() not in ASKING)
    names = tuple(word for word in content if is_name(word.text, first=word is words[0]))
    return Question(
        text=text,
        kind=_kind(text, names),
        words=content,
        names=names,
        focus=_focus(text, content, names),
        quantity=bool(_QUANTITY.search(text)),
        counts=bool(_COUNT.search(text)),
        counted=_counted(text),
        attributes=frozenset(term for word in words for term in word.terms) & SELDOM_STATED,
        yes_no=bool(_YES_NO.match(text.strip())),
        acronyms=_acronyms(text),
        openings=frozenset(word.text.casefold() for word in words)
        & {"why", "how", "who", "when", "where", "which", "what"},
    )


def _counted(text: str) -> tuple[Word, ...]:
    """The two content words at most that follow `how many`."""
    match = re.search(r"\bhow many\b", text, re.IGNORECASE)
    following = split_words(text[match.end() :])[:2] if match else []
    return tuple(word for word in following if word.terms)


def asking_sentence(text: str) -> str:
    """The last of a text's sentences that asks and that names something, else all of the text.

    What stands around such a sentence (orders, greetings, background) is not what is asked.
    """
    sentences = [text[span.start : span.end] for span in split_sentences(text)]
    asking = [item for item in sentences if item.endswith("?") and _names_something(item)]
    return asking[-1] if len(sentences) > 1 and asking else text


def _names_something(sentence: str) -> bool:
    words = split_words(sentence)
    return any(is_name(word.text, first=False) for word in words[1:])


def split_words(text: str) -> list[Word]:
    """The words of a text, compounds whole."""
    return [_to_word(match.group(), match.start()) for match in WORD.finditer(text)]


def _to_word(text: str, start: int) -> Word:
    """A word without its possessive s; contractions of function words carry no terms."""
    bare = _POSSESSIVE.sub("", text)
    if _CONTRACTION.fullmatch(bare):
        return Word(bare, start, ())
    singular = bare[:-1] if _PLURAL_ACRONYM.fullmatch(bare) else bare
    return Word(bare, start, word_terms(_BRITISH.sub("iz", singular)))


@lru_cache(maxsize=65536)
def is_name(word: str, first: bool) -> bool:
    """Whether a word looks like the name of something rather than a word of the language."""
    if re.search(r"\d", word) and re.search(r"[A-Za-z]", word):
        return True
    return bool(re.search(r"[a-z][A-Z]|[A-Z].*[A-Z]", word)) or (word[0].isupper() and not first)


@lru_cache(maxsize=65536)
def squash(text: str) -> str:
    """Latin letters, digits and plus signs alone, lower-cased; `TNF-α` as `tnfalpha`."""
    return re.sub(r"[^a-z0-9+]", "", text.casefold().translate(_LATIN))


def _kind(text: str, names: tuple[Word, ...]) -> Kind:
    if _acronyms(text):
        return "definition"
    if _PAPERS.search(text) or (not names and _RESEARCHERS.match(text)):
        return "which_papers"
    return "comparison" if _COMPARISON.search(text) else "fact"


def _focus(text: str, content: tuple[Word, ...], names: tuple[Word, ...]) -> tuple[Word, ...]:
    match = _FOCUS.search(text)
    if not match:
        return ()
    by_start = {word.start: word for word in content}
    named = {word.start for word in names}
    focus: list[Word] = []
    for word in WORD.finditer(text, match.end()):
        known = by_start.get(word.start())
        if known is None:
            if focus:
                break
        elif known.start not in named:
            focus.append(known)
        if len(focus) == 3:
            break
    return tuple(focus)


def _acronyms(text: str) -> tuple[str, ...]:
    """The acronyms whose meaning is asked for."""
    found = [match.group() for match in _NAME.finditer(text)]
    acronyms = tuple(dict.fromkeys(name for name in found if _TWO_CAPITALS.search(name)))
    plain = _WHAT_IS.fullmatch(text.strip())
    if plain and plain.group(1) in acronyms:
        return (plain.group(1),)
    return acronyms if _DEFINITION.search(text) else ()

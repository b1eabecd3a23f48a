"""What a turn of a conversation spoke of: its subject, and the things it listed; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.question import ASKING, analyse, is_name, split_words
from vectorstore.terms import word_terms

AUXILIARY = (
    r"(?:do|does|did|is|are|was|were|can|could|has|have|had|will|would|should|may|might|must)"
)
AUXILIARIES = frozenset(AUXILIARY.strip("(?:)").split("|"))
PREPOSITIONS = frozenset(
    "on in over with without against than at by for from of about under to across within after"
    " before during between through via using beyond per like".split()
)
FUNCTION_WORDS = (
    AUXILIARIES
    | PREPOSITIONS
    | frozenset(
        "a an the and or but not no that which who what when where why how if because while as so"
        " then there it its they their them this these those be been being also only still more"
        " less most other such".split()
    )
)
VERBS = frozenset(
    "achieve achieves add adds address addresses affect apply avoid behave behaves bring brings"
    " build cause claim claims combine compare compares contain contains contribute cost cover"
    " covers create deal define depend depends differ differs do does find follow follows gain"
    " generalize generate get give gives guarantee handle have help hold identify imply implies"
    " improve improves include increase introduce introduces keep learn make makes matter mean"
    " means measure merge merges need needs outperform perform performs predict prevent produce"
    " propose proposes prove reach reaches reduce reduces refer release releases rely report"
    " reports represent require requires run runs say says scale scales score scores show shows"
    " solve solves speed stand stands suggest support supports surpass take target train trained"
    " tested treat use used uses work works write writes wrote written evaluated"
    " measured proposed based reached reported compared".split()
)
ASPECTS = frozenset(
    term
    for word in (
        "accuracy advantage advantages aim algorithm answer application applications approach"
        " architecture assumption author authors available baseline baselines benchmark benchmarks"
        " better big code conclusion contribution contributions cost data dataset datasets detail"
        " details disadvantage drawback drawbacks evaluated evaluation evidence example experiment"
        " experiments fast faster finding findings framework gain gains goal idea improvement"
        " improvements large latency limit limitation limitations limits main memory method methods"
        " metric metrics model models name number open operate overhead parameter parameters"
        " performance problem proposed public published reported result results score scores size"
        " slow source speed speedup speedups strength strengths task tasks technique tested title"
        " trained training weakness weaknesses worse year exact exactly key dollars effect"
    ).split()
    for term in word_terms(word)
)
"""Terms of what any paper has: a question for nothing else is a question about the last paper."""

_BEFORE_SETTING = frozenset("on over with without against than by under at".split())
_METRIC_NOUN = re.compile(r"\s+(?:score|benchmark|dataset|metric|value|loss)s?\b", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,|,?\s*\b(?:and|or|vs\.?|versus|with|to)\b)\s*(?:the\s+)?", re.IGNORECASE)
_TITLE_WORDS, _PHRASE_WORDS = 12, 4


@dataclass(frozen=True, slots=True)
class Past:
    """A turn as far as later questions can refer to it.

    Attributes:
        question: Complete in itself.
        papers: Titles of the papers that its answer cites, in order, each once.
        known: Titles and quotes of what was cited or came nearest.
    """

    question: str
    papers: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a question, with where it stands."""

    text: str
    start: int
    end: int


def find_subject(past: Sequence[Past]) -> str | None:
    """What was last spoken of: a name of the question, else a cited paper, else its noun."""
    for turn in reversed(past):
        several = list_things(turn)
        names = find_names(turn.question)
        if several:
            return several[0]
        subject = _main_name(turn, names)
        if subject:
            return _extended(turn, subject)
        if turn.papers:
            return short_title(turn.papers[0])
        phrase = _noun_phrase(turn.question)
        if phrase:
            return phrase
    return None


def find_things(past: Sequence[Past], least: int = 2) -> tuple[str, ...]:
    """The things last listed, where there were at least so many."""
    for turn in reversed(past):
        several = list_things(turn)
        if len(several) >= least:
            return several
    return ()


def list_things(turn: Past) -> tuple[str, ...]:
    """Several things that a turn spoke of side by side: names of the question, or papers."""
    asked = analyse(turn.question)
    names = find_names(turn.question)
    run = [names[0]] if names else []
    for name in names[1:]:
        if not _AND.fullmatch(turn.question[run[-1].end : name.start]):
            if len(run) > 1:
                break
            run = []
        run.append(name)
    if len(run) > 1 and (asked.kind == "comparison" or _is_first_name(turn, run[0], names)):
        return tuple(name.text for name in run)
    if asked.kind == "comparison" and len(names) > 1:
        return tuple(name.text for name in names)
    if asked.kind == "which_papers" and len(turn.papers) > 1:
        return tuple(short_title(title) for title in turn.papers)
    return ()


def find_names(question: str) -> list[Name]:
    """The names of a question; neighbouring ones, and the number behind one, are one name."""
    found: list[Name] = []
    words = split_words(question)
    for place, word in enumerate(words):
        end = word.start + len(word.text)
        beside = found and question[found[-1].end : word.start] == " "
        named = is_name(word.text, first=place == 0) and word.text.casefold() not in ASKING
        if beside and (named or word.text.isdecimal()):
            found[-1] = Name(question[found[-1].start : end], found[-1].start, end)
        elif named and word.text != "I":
            found.append(Name(word.text, word.start, end))
    return found


def short_title(title: str) -> str:
    """The name that a title begins with, or the title in quotation marks, its end cut off."""
    lead = re.split(r":\s|\s[–—]\s", title, maxsplit=1)[0]
    lead = " ".join(re.sub(r"[?!“”\"]|\([^()]*\)", " ", lead).split()).rstrip(".")
    words = lead.split()[:_TITLE_WORDS]
    return " ".join(words) if len(words) <= _PHRASE_WORDS else f"“{' '.join(words)}”"


def take_phrase(text: str, limit: int = _PHRASE_WORDS) -> str:
    """The words at the head of a text that can be one noun phrase."""
    kept: list[str] = []
    for word in text.split():
        bare = word.strip("?,.;:!\"'")
        if not bare or bare.casefold() in FUNCTION_WORDS or (kept and bare.casefold() in VERBS):
            break
        kept.append(bare)
        if len(kept) == limit or bare != word:
            break
    return " ".join(kept)


def _main_name(turn: Past, names: Sequence[Name]) -> Name | None:
    """The name that a question is about rather than measured by or compared on."""
    if not names:
        return None
    return max(names, key=lambda name: (_weight(turn, name), -name.start))


def _weight(turn: Past, name: Name) -> int:
    question = turn.question
    before = question[: name.start].casefold().split()
    weight = 0
    if _is_titled(name.text, turn.known):
        weight += 4
    if before and before[-1] in _BEFORE_SETTING:
        weight -= 3
    if before and (before[-1] in AUXILIARIES or before[-1] == "of"):
        weight += 2
    if _METRIC_NOUN.match(question, name.end):
        weight -= 3
    if not AUXILIARIES & set(before) and before:
        weight -= 1
    return weight


def _is_first_name(turn: Past, first: Name, names: Sequence[Name]) -> bool:
    main = _main_name(turn, names)
    return main is not None and main.start >= first.start and _weight(turn, first) >= 0


def _is_titled(name: str, known: Sequence[str]) -> bool:
    """Whether one of the texts opens with the name, as titles of papers on systems do."""
    wanted = re.sub(r"\W", "", name).casefold()
    for text in known:
        words = text.split()
        head = re.sub(r"\W", "", words[0]).casefold() if words else ""
        if len(head) > 1 and (wanted.startswith(head) or head.startswith(wanted)):
            return True
    return False


def _extended(turn: Past, name: Name) -> str:
    """A name with the nouns that follow it and belong to it: `KV cache compression`."""
    rest = turn.question[name.end :]
    if not rest.startswith(" ") or _METRIC_NOUN.match(rest):
        return name.text
    known = " ".join(turn.known).casefold()
    words: list[str] = []
    for word in take_phrase(rest, _PHRASE_WORDS - 1).split():
        phrase = " ".join([name.text, *words, word])
        if word.casefold() in VERBS or (turn.papers and phrase.casefold() not in known):
            break
        words.append(word)
    return " ".join([name.text, *words])


def _noun_phrase(question: str) -> str | None:
    """The noun that a question without names is about."""
    match = re.search(rf"\b{AUXILIARY}\s+(?:an?\s+|the\s+)?", question, re.IGNORECASE)
    if not match:
        return None
    phrase = take_phrase(question[match.end() :])
    behind = re.match(rf"\s*{re.escape(phrase)}\s+of\s+(?:an?\s+|the\s+)?", question[match.end() :])
    if phrase and behind:
        phrase = take_phrase(question[match.end() + behind.end() :]) or phrase
    return phrase or None

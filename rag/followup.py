"""A follow-up -> a question complete in itself, by rules; pure.

Words that stand for something (`it`, `that paper`, `the second one`, `these two`) give way to what
was last spoken of; what is cut short (`And on ImageNet?`, `Why?`) is filled from the question
before (`rag.fragments`). A question that needs neither is left as it is, to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.fragments import fill_fragment, strip_connective
from rag.question import ASKING, Word, analyse, is_name, split_words
from rag.referents import (
    ASPECTS,
    AUXILIARIES,
    PREPOSITIONS,
    VERBS,
    Past,
    find_names,
    find_subject,
    find_things,
    take_phrase,
)

MAX_WORDS = 60
"""A longer question stands by itself."""
MAX_CHARACTERS = 4000

_GENERIC = (
    r"(?:papers?|stud(?:y|ies)|works?|articles?|surveys?|reviews?|methods?|approach(?:es)?"
    r"|frameworks?|models?|systems?|techniques?|algorithms?|attacks?|tools?|ones?|tasks?"
    r"|datasets?|benchmarks?|strateg(?:y|ies))"
)
_ORDINALS = {
    "first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3,
    "4th": 3, "fifth": 4, "5th": 4, "latter": -1, "last": -1, "other": -2,
}  # fmt: skip
_ORDINAL = re.compile(
    rf"\b(?:the|that|this)\s+({'|'.join(_ORDINALS)})(?:\s+{_GENERIC}\b|(?=\s*[?.,!;:]|\s*$"
    rf"|\s+(?:{'|'.join(sorted(AUXILIARIES | PREPOSITIONS | VERBS))}|and|or|not)\b))",
    re.IGNORECASE,
)
_PAIR = re.compile(
    rf"\b(?:(?:these|those|the|both|all)\s+(?:two|three|four|five)|both(?:\s+of)?\s+(?:them|these)"
    rf"|(?:these|those|both)(?=\s+{_GENERIC}))(?:\s+{_GENERIC})?(?!\s+of\b)",
    re.IGNORECASE,
)
_DEMONSTRATIVE = re.compile(
    rf"\b(?:(?:this|that|these|those)\s+{_GENERIC}|the\s+{_GENERIC})\b"
    r"(?!\s+(?:of|that|which|who|for|about|on|in|with|to)\b)",
    re.IGNORECASE,
)
_AUTHORS = re.compile(r"\bthe\s+authors\b(?!\s+of\b)", re.IGNORECASE)
_POINTED = re.compile(r"\b(?:this|these|those)\s+(?=[a-z]{3,})", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:it['’]s(?=\s)|its|itself|it|their|theirs|they|them|those|these|this|that)\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\bit\s+(?:possible|true|known|necessary|likely|clear|easy|hard|difficult|worth|safe|feasible"
    r"|important|useful|common|better|best|fair|correct|seems?|turns|rains?|takes?\b.*\bto)\b"
    r"|\b(?:does|did|would|will)\s+it\s+take\b",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(
    r"[,;.!?]|\b(?:and|but|when|if|because|while|after|before|which|since|so|once|how|who|what)\b",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"\b(?:which|what|any|all)\s+(?:papers|articles|studies|works|abstracts|models|methods)\b",
    re.IGNORECASE,
)
_BEFORE_POINTER = AUXILIARIES | PREPOSITIONS | frozenset("why how and or but wrote".split())


def complete_question(question: str, past: Sequence[Past]) -> str:
    """The question made complete by what was spoken of before; the same where it is complete.

    Args:
        question: As asked.
        past: The turns before, the latest last, their questions complete.
    """
    subject = find_subject(past)
    if not past or len(question.split()) > MAX_WORDS:
        return question
    bare, connected = strip_connective(question)
    pointed = _point_to_proposition(bare, past[-1].question)
    resolved = resolve_references(pointed, past, subject)
    filled = fill_fragment(resolved, connected, past, subject)
    if filled is None and resolved == bare and subject and _lacks_subject(bare):
        filled = f"{bare.rstrip(' ?.!')} in {subject}?"
    if filled is None:
        filled = resolved if resolved != bare else question
    return filled if filled and len(filled) <= MAX_CHARACTERS else question


def resolve_references(text: str, past: Sequence[Past], subject: str | None) -> str:
    """The text with each word that stands for something replaced by what it stands for."""
    text = _ORDINAL.sub(lambda match: _nth(match, past), text)
    things = find_things(past[-1:]) or find_things(past)
    if things:
        text = _PAIR.sub(lambda _: _joined(things), text)
    if subject is None:
        return text
    if not _names(text):
        text = _AUTHORS.sub(f"the authors of {subject}", text)
        text = _DEMONSTRATIVE.sub(lambda match: _unless_listed(match, subject), text)
        text = _resolve_pointed(text, subject)
    return _resolve_pronouns(text, subject, find_things(past[-1:]))


def _nth(match: re.Match[str], past: Sequence[Past]) -> str:
    place = _ORDINALS[match[1].casefold()]
    if place == -2:
        pair, spoken = find_things(past), find_subject(past)
        others = [thing for thing in pair if thing != spoken]
        return others[0] if len(pair) == 2 and others else match[0]
    things = find_things(past, max(place + 1, 2))
    return things[place] if things else match[0]


def _unless_listed(match: re.Match[str], subject: str) -> str:
    """The subject, but where papers as such are meant: `the papers`, `the models`."""
    word = match[0].casefold()
    return match[0] if word.startswith("the ") and word.endswith("s") else subject


def _resolve_pointed(text: str, subject: str) -> str:
    """`this speedup` -> `the speedup of RetroInfer`."""
    match = _POINTED.search(text)
    phrase = take_phrase(text[match.end() :], 2) if match else ""
    if not match or not phrase or phrase.split()[0].casefold() in VERBS:
        return text
    end = match.end() + len(phrase)
    return f"{text[: match.start()]}the {phrase} of {subject}{text[end:]}"


def _resolve_pronouns(text: str, subject: str, things: Sequence[str]) -> str:
    """Replaces pronouns from left to right; one whose antecedent stands before it stays."""
    done, rest = "", text
    while match := _PRONOUN.search(rest):
        done += rest[: match.start()]
        pronoun, after = match[0].casefold(), rest[match.end() :]
        put: str | None = None
        if _refers_back(pronoun, done, after, match[0] + after):
            plural = pronoun in {"they", "them", "their", "these", "those"} and things
            put = _joined(things) if plural else subject
        if put is None:
            done += match[0]
        elif pronoun in {"its", "their"} and (phrase := take_phrase(after.lstrip(), 3)):
            done += f"the {phrase} of {put}"
            after = after.lstrip()[len(phrase) :]
        else:
            done += f"{put} is" if pronoun in {"it's", "it’s"} else put
        rest = after
    return done + rest


def _refers_back(pronoun: str, before: str, after: str, here: str) -> bool:
    """Whether a pronoun stands for something that was spoken of in an earlier turn."""
    words = before.casefold().split()
    if pronoun in {"this", "that", "these", "those", "theirs"}:
        following = after.split()[:1]
        ends = not following or after[:1] in "?.,!" or following[0].casefold() in _BEFORE_POINTER
        adjective = bool(words) and words[-1] in AUXILIARIES and pronoun not in {"these", "those"}
        return bool(words) and words[-1] in _BEFORE_POINTER and (ends or adjective)
    if pronoun == "itself" or _EXPLETIVE.match(here) or _EXPLETIVE.search(before[-6:] + here[:9]):
        return False
    return not _has_antecedent(pronoun, before)


def _has_antecedent(pronoun: str, before: str) -> bool:
    """Whether the words before a pronoun, in its own question, name what it stands for."""
    words = before.casefold().split()
    auxiliaries = [place for place, word in enumerate(words) if word in AUXILIARIES]
    own = " ".join(before.split()[auxiliaries[0] + 1 :]) if auxiliaries else before
    named = [word for word in split_words(own) if _is_content(word)]
    if pronoun in {"its", "their"}:
        listing = _LISTS.search(before)
        return bool(named and (auxiliaries or _names(own)) or listing and not auxiliaries)
    return bool(named) and bool(_BOUNDARY.search(own, named[0].start))


def _is_content(word: Word) -> bool:
    """Whether a word can name what is spoken of."""
    plain = word.text.casefold() in ASKING | VERBS or _is_aspect(word.terms)
    return bool(word.terms) and (is_name(word.text, first=False) or not plain)


def _point_to_proposition(text: str, previous: str) -> str:
    """`Who proved that?` after `Does S imply T?` -> `Who proved that S imply T?`."""
    match = re.search(r"\b([a-z]+)\s+(?:that|this)\s*\?$", text, re.IGNORECASE)
    claim = re.match(r"(?:does|do|did|can|could|will)\s+(.+?)\s*\?$", previous, re.IGNORECASE)
    if not match or not claim or match[1].casefold() in AUXILIARIES | PREPOSITIONS:
        return text
    return f"{text[: match.end(1)]} that {claim[1]}?"


def _lacks_subject(text: str) -> bool:
    """Whether a question asks for nothing but what any paper has: `Which datasets were used?`."""
    asked = analyse(text)
    if (
        _LISTS.search(text)
        or asked.kind == "which_papers"
        or _names(text)
        or re.search(r"\bof\s+(?!the\b)\w", text)
    ):
        return False
    if not re.search(r"\?\s*$", text) and not asked.openings:
        return False
    content = [word for word in asked.words if word.text.casefold() not in VERBS]
    return all(_is_aspect(word.terms) for word in content)


def _is_aspect(terms: Sequence[str]) -> bool:
    return all(term in ASPECTS or term.isdecimal() for term in terms)


def _names(text: str) -> bool:
    return bool(find_names(text)) or any(
        is_name(word.text, first=True) for word in split_words(text)[:1]
    )


def _joined(things: Sequence[str]) -> str:
    if len(things) < 3:
        return " and ".join(things)
    return ", ".join(things[:-1]) + " and " + things[-1]

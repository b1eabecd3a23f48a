"""A question cut short -> the question before, with the part put in that was asked anew; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.question import split_words
from rag.referents import (
    AUXILIARIES,
    AUXILIARY,
    PREPOSITIONS,
    VERBS,
    Past,
    find_names,
    find_subject,
    find_things,
)

_CONNECTIVE = re.compile(
    r"(?:(?:ok(?:ay)?|thanks|thank you|hm+|well|then|now|so|and|but|or|also|plus)\b[\s,.!:]*)+",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:what|how)\s+about\b\s*|(?:the\s+)?same\s+(?:question\s+)?for\b\s*", re.IGNORECASE
)
_BARE = re.compile(r"(why|how|when|where|since when|how so|how come|why not|why is that|why so"
                   r"|why is this|for what reason)", re.IGNORECASE)  # fmt: skip
_WH = re.compile(
    r"(?:(?:in|on|by|at|to|for|with|of|from)\s+)?(?:what|which|how|whose)\b", re.IGNORECASE
)
_WH_PHRASE = re.compile(rf"(?P<wh>.*?)\b(?P<rest>{AUXILIARY}\s.+)", re.IGNORECASE)
_PREPOSITION = "|".join(sorted(PREPOSITIONS))
_LONGEST = 12


def strip_connective(question: str) -> tuple[str, bool]:
    """The question without `And`, `But`, `OK, so` before it, and whether there was any."""
    text = question.strip()
    match = _CONNECTIVE.match(text)
    rest = text[match.end() :] if match else text
    return (rest, True) if match and rest else (text, False)


def fill_fragment(
    text: str, connected: bool, past: Sequence[Past], subject: str | None
) -> str | None:
    """The whole question that a fragment stands for; None where the text is no fragment.

    Args:
        text: Without connectives; what refers back already replaced.
        connected: Whether it began with one.
        past: The turns before.
        subject: What was last spoken of.
    """
    previous = past[-1].question
    part = text.strip().rstrip("?.! ")
    if _BARE.fullmatch(part):
        return _ask_anew(part, previous, subject)
    about = _ABOUT.match(part)
    part = part[about.end() :] if about else part
    words = [word.text.casefold() for word in split_words(part)]
    if not words or len(words) > _LONGEST or AUXILIARIES & set(words):
        return None
    if _WH.match(part):
        return _exchange_asked(part, previous, subject) if not VERBS & set(words[1:]) else None
    if words[0] in PREPOSITIONS:
        return _exchange_setting(part, words[0], previous)
    if not (about or connected or (len(words) <= 2 and text.endswith("?"))):
        return None
    return _exchange_thing(part, past, subject)


def _ask_anew(part: str, previous: str, subject: str | None) -> str:
    """`Why?` after `Does S do T?` or `What does S do?` -> `Why does S do?`."""
    asking = part.split()[-1 if part.casefold() == "since when" else 0].capitalize()
    asking = "Why" if part.casefold() in ("how come", "for what reason") else asking
    negated = part.casefold() == "why not"
    match = _WH_PHRASE.match(previous.strip())
    if not match:
        return f"{asking}, for {subject}: {previous}" if subject else f"{asking}: {previous}"
    rest = match["rest"][0].lower() + match["rest"][1:]
    degree = re.match(r"how\s+(?:much\s+|many\s+)?(\w+)\s*$", match["wh"], re.IGNORECASE)
    added = " ".join(
        word for word in ("not" if negated else "", degree[1] if degree else "") if word
    )
    if added and subject:
        rest = rest.replace(subject, f"{subject} {added}", 1)
    return f"{asking} {rest}"


def _exchange_asked(part: str, previous: str, subject: str | None) -> str | None:
    """`And how many images?` after `How many masks does S hold?` -> `How many images does ...`."""
    match = _WH_PHRASE.match(previous.strip())
    asked = part[0].upper() + part[1:]
    if match and (not match["wh"].strip() or _WH.match(match["wh"])):
        rest = match["rest"]
        return f"{asked} {rest[0].lower()}{rest[1:]}"
    return f"{asked} in {subject}?" if subject else None


def _exchange_setting(part: str, preposition: str, previous: str) -> str:
    """`On B?` after `How good is S on A?` -> `How good is S on B?`; added where nothing fits."""
    bare = previous.rstrip("?.! ")
    places = [
        match
        for match in re.finditer(
            rf"\b(?P<p>{_PREPOSITION})\s+(?P<what>(?:(?!\b(?:{_PREPOSITION}|{AUXILIARY})\s).)+)",
            bare,
        )
        if len(match["what"].split()) <= _LONGEST
    ]
    same = [match for match in places if match["p"] == preposition]
    unit = _last_terms(part)
    alike = [match for match in places if unit and _last_terms(match["what"]) == unit]
    chosen = (same or alike)[-1:]
    if not chosen:
        return f"{bare} {part}?"
    old = chosen[0]
    end = old.end() if old["what"] == old["what"].rstrip() else old.end() - 1
    return f"{bare[: old.start()]}{part}{bare[end:]}?"


def _last_terms(phrase: str) -> tuple[str, ...]:
    """The terms of its last word: of `40 steps`, those of `steps`."""
    words = split_words(phrase)
    return words[-1].terms if words else ()


def _exchange_thing(part: str, past: Sequence[Past], subject: str | None) -> str:
    """`And B?`: the previous question about another system, setting or property."""
    previous = past[-1].question
    asked = f"{part}?"
    names = find_names(f"x {asked}")
    if subject and subject in part:
        return f"What {_be(part)} {part}?"
    article = re.match(r"(?:the|an?|its|their)\s+", part, re.IGNORECASE)
    noun = part[article.end() :] if article else part
    if names and (names[0].text == noun or noun.startswith(names[0].text)):
        return _exchange_name(noun, past, previous) or f"What about {noun}?"
    if not subject:
        return f"What about {part}?"
    exchanged = _exchange_object(noun, previous, subject)
    return exchanged or f"What {_be(noun)} the {noun} of {subject}?"


def _exchange_name(name: str, past: Sequence[Past], previous: str) -> str | None:
    """Puts a name in the place of the most alike one, else of the subject."""
    names = find_names(previous)
    if not names or len(find_things(past[-1:])) > 1:
        return None
    subject = find_subject(past[-1:]) or ""
    main = next((item for item in names if subject.startswith(item.text)), names[-1])
    old = max(names, key=lambda item: (_shared(item.text, name), item == main))
    end = (
        old.start + len(subject)
        if old == main and previous.startswith(subject, old.start)
        else old.end
    )
    return previous[: old.start] + name + previous[end:]


def _shared(one: str, other: str) -> int:
    """How many parts of three letters or more two names share: `Tiny-ImageNet`, `ImageNet-1K`."""

    def parts(name: str) -> set[str]:
        return {part.casefold() for part in re.split(r"[\W\d_]+", name) if len(part) > 2}

    return len(parts(one) & parts(other))


def _exchange_object(noun: str, previous: str, subject: str) -> str | None:
    """`And latency?` after `Does S reduce memory?` -> `Does S reduce latency?`."""
    match = re.match(
        rf"(?P<head>{AUXILIARY}\s.*{re.escape(subject)}\s+\w+\s+)[\w-]+\s*\?",
        previous,
        re.IGNORECASE,
    )
    return (
        f"{match['head']}{noun}?"
        if match and not find_names(previous[match.end("head") - 2 :])
        else None
    )


def _be(phrase: str) -> str:
    head = re.split(r"\s+(?:of|in|on|for|with)\s+", phrase, maxsplit=1)[0]
    return "are" if re.search(r"[^s]s$", head) else "is"

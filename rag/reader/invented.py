"""Pairs invented from abstracts: sentences reworded, changed in one point, or taken out; pure.

A sentence, reworded, is supported by its own abstract. Changed in one point (a number, a name, a
comparison, a negation, a hedge) it is contradicted. With the abstract from which the sentence was
taken out, it is neither. These pairs are learned fast; by themselves they do not carry over to
claims that people wrote, which is what the public sets are for.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rag.checking.lexicon import NEGATORS
from rag.reader.examples import VERDICTS, Example
from vectorstore.sentences import split_sentences

LEAST_WORDS, MOST_WORDS = 6, 45
LEAST_SENTENCES = 3
WHOLE_SHARE = 0.3
"""How often a sentence is read with its whole abstract, not with a few sentences of it."""
SUPPORT, CONTRADICT, NEUTRAL = range(len(VERDICTS))

_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])")
_NAME = re.compile(r"\b(?:[A-Z][a-z]*[A-Z]\w*|[A-Z]{2,}[\w-]*|[A-Za-z]+-?\d+[\w-]*)\b")
_WORD = re.compile(r"[A-Za-z][a-z]+")
_CLAUSE = re.compile(
    r", (?:which|where|while|thereby|thus|making|allowing|leading)\b[^.;]*(?=[.]?$)"
)
_BRACKETS = re.compile(r" \([^()]*\)")
_OPENER = re.compile(
    r"^(?:however|moreover|furthermore|in addition|additionally|finally|specifically|in particular|"
    r"in this (?:paper|work|study|article)|here|notably|importantly|to this end|as a result|"
    r"therefore|thus|consequently),? ",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|has|have|does|do|did)\b(?! not)"
)
_NOT = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|has|have|does|do|did) not\b|\bcannot\b"
)
_REPORT = re.compile(r"\bwe (?:show|find|demonstrate|observe|prove|report) that ", re.IGNORECASE)

_SAME = """
propose/introduce/present use/employ/utilize show/demonstrate method/approach/technique
significant/considerable significantly/considerably/substantially improve/enhance large/big
obtain/get achieve/attain/reach require/need various/diverse/several investigate/study/examine
framework/system important/crucial/key recent/latest recently/lately typically/usually
evaluate/assess/test numerous/many task/job issue/problem novel/new existing/present
performance/results robust/reliable allows/lets/permits reduces/lowers/cuts increases/raises
accurate/precise fast/quick demonstrates/shows provides/gives provide/give called/named
dataset/corpus utilizes/uses/employs approximately/about/roughly furthermore/moreover
however/nevertheless/yet therefore/hence/thus
"""
_OTHER = """
increase/decrease increases/decreases increased/decreased increasing/decreasing reduce/increase
reduces/increases reduced/increased improve/worsen improves/worsens improved/worsened
improving/worsening higher/lower larger/smaller more/less better/worse faster/slower
stronger/weaker greater/smaller outperforms/underperforms outperform/underperform
superior/inferior positive/negative before/after with/without first/last always/never
all/some most/few efficient/inefficient effective/ineffective possible/impossible
similar/different same/different supervised/unsupervised linear/nonlinear simple/complex
easy/difficult strong/weak high/low large/small long/short early/late global/local
static/dynamic dense/sparse upper/lower maximum/minimum accelerates/slows prevents/causes
enables/prevents promotes/inhibits inhibits/promotes cheap/expensive robust/fragile
sufficient/insufficient significant/insignificant necessary/unnecessary stable/unstable
known/unknown rarely/often often/rarely majority/minority least/most best/worst inside/outside
above/below exceeds/undershoots gain/loss success/failure succeeds/fails benefits/harms
safe/unsafe open/closed explicit/implicit direct/indirect active/inactive rich/poor near/far
"""


def _table(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group in text.split():
        words = group.split("/")
        for word in words:
            found.setdefault(word, []).extend(other for other in words if other != word)
    return found


_SYNONYMS = _table(_SAME)
_OPPOSITES = _table(_OTHER)

Edit = Callable[[str, str, str, random.Random], "str | None"]
"""(sentence, its abstract, another abstract, chance) -> the sentence changed in one point."""


def invent(abstracts: Sequence[str], seed: int = 0, each: int = 2) -> Iterator[Example]:
    """Pairs made of abstracts, always the same for a seed.

    Args:
        abstracts: Texts of some sentences each.
        seed: Of what is left to chance.
        each: Sentences that are taken of an abstract; each makes three pairs.
    """
    chance = random.Random(seed)
    for number, abstract in enumerate(abstracts):
        sentences = [abstract[span.start : span.end] for span in split_sentences(abstract)]
        other = abstracts[(number + 11) % len(abstracts)]
        fit = [
            place for place, sentence in enumerate(sentences)
            if LEAST_WORDS <= len(sentence.split()) <= MOST_WORDS
        ]  # fmt: skip
        if len(sentences) < LEAST_SENTENCES:
            continue
        for place in chance.sample(fit, min(each, len(fit))):
            sentence = sentences[place]
            around = _around(len(sentences), place, chance)
            passage = " ".join(sentences[item] for item in around)
            rest = " ".join(sentences[item] for item in around if item != place)
            yield _claim(reword(sentence, chance), passage, SUPPORT)
            changed = change(reword(sentence, chance), abstract, other, chance)
            if changed:
                yield _claim(changed, passage, CONTRADICT)
            yield _claim(reword(sentence, chance), rest, NEUTRAL)


def _claim(claim: str, passage: str, label: int) -> Example:
    return Example("verdict", "invented", claim, passage, label)


def _around(count: int, place: int, chance: random.Random) -> range:
    """A run of sentences with one of them in it: mostly short, now and then all there are."""
    size = count if chance.random() < WHOLE_SHARE else chance.randint(2, 5)
    first = max(0, min(place - chance.randrange(size), count - size))
    return range(first, min(count, first + size))


def reword(sentence: str, chance: random.Random) -> str:
    """The sentence in slightly other words, or shorter; still true."""
    if chance.random() < 0.5:
        sentence = _OPENER.sub("", sentence)
    if chance.random() < 0.5:
        sentence = _REPORT.sub("", sentence)
    if chance.random() < 0.3:
        sentence = _BRACKETS.sub("", sentence)
    if chance.random() < 0.3:
        sentence = _CLAUSE.sub("", sentence)
    share = chance.choice((0.0, 0.4, 0.8))

    def exchange(match: re.Match[str]) -> str:
        word = match.group()
        others = _SYNONYMS.get(word.lower())
        if not others or chance.random() > share:
            return word
        return _as(word, chance.choice(others))

    sentence = _WORD.sub(exchange, sentence)
    return sentence[:1].upper() + sentence[1:]


def change(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    """The sentence changed in one point, so that it is false; None where nothing can be."""
    edits = list(EDITS)
    chance.shuffle(edits)
    for edit in edits:
        changed = edit(sentence, own, other, chance)
        if changed and changed != sentence:
            return changed
    return None


def _change_number(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return None
    match = chance.choice(found)
    elsewhere = [m.group() for m in _NUMBER.finditer(own) if m.group() not in sentence]
    if elsewhere and chance.random() < 0.4:
        return _put(sentence, match, chance.choice(elsewhere))
    plain = match.group().replace(",", "")
    places = len(plain.partition(".")[2])
    value = float(plain) * chance.choice((0.1, 0.5, 0.8, 0.9, 1.1, 1.2, 1.5, 2, 10))
    made = f"{value:.{places}f}" if places else str(max(1, round(value)))
    return None if made == plain else _put(sentence, match, made)


def _change_name(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    found = list(_NAME.finditer(sentence))
    if not found:
        return None
    match = chance.choice(found)
    inside = sorted({m.group() for m in _NAME.finditer(own)} - set(sentence.split()))
    outside = sorted({m.group() for m in _NAME.finditer(other)} - {*own.split()})
    names = inside if inside and chance.random() < 0.6 else outside
    return _put(sentence, match, chance.choice(names)) if names else None


def _exchange_names(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    found = list(_NAME.finditer(sentence))
    pairs = [(a, b) for a in found for b in found if a.end() < b.start() and a.group() != b.group()]
    if not pairs:
        return None
    first, second = chance.choice(pairs)
    between = sentence[first.end() : second.start()]
    if re.fullmatch(r"[\s,]*(?:and|or|,)?[\s,]*", between):
        return None  # `A and B` is `B and A`
    return (
        sentence[: first.start()] + second.group() + between + first.group()
        + sentence[second.end() :]
    )  # fmt: skip


def _turn(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    found = [m for m in _WORD.finditer(sentence) if m.group().lower() in _OPPOSITES]
    if not found:
        return None
    match = chance.choice(found)
    return _put(
        sentence, match, _as(match.group(), chance.choice(_OPPOSITES[match.group().lower()]))
    )


def _negate(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    negated = list(_NOT.finditer(sentence))
    if negated:
        match = chance.choice(negated)
        return _put(sentence, match, match.group(1) or "can")
    if not NEGATORS.isdisjoint(sentence.lower().split()):
        return None
    found = list(_AUXILIARY.finditer(sentence))
    if not found:
        return None
    match = chance.choice(found)
    return _put(sentence, match, "cannot" if match.group() == "can" else f"{match.group()} not")


def _firm_up(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    """A hedge taken away: what may be so is said to be so."""
    for hedge, firm in (
        ("may be", "is"), ("might be", "is"), ("could be", "is"), ("may not", "does not"),
        ("suggest that", "prove that"), ("suggests that", "proves that"), ("possibly ", ""),
        ("potentially ", ""), ("likely ", ""), ("appears to be", "is"), ("seems to be", "is"),
    ):  # fmt: skip
        if hedge in sentence:
            return sentence.replace(hedge, firm, 1)
    return None


def _exchange_word(sentence: str, own: str, other: str, chance: random.Random) -> str | None:
    """A word for another of its kind: the noun after the same article elsewhere."""
    found = list(re.finditer(r"\b(?:the|a|of|for|in) ([a-z]{5,})\b", sentence))
    theirs = [
        match[1]
        for match in re.finditer(r"\b(?:the|a|of|for|in) ([a-z]{5,})\b", other)
        if match[1] not in own
    ]
    if not found or not theirs:
        return None
    match = chance.choice(found)
    return sentence[: match.start(1)] + chance.choice(theirs) + sentence[match.end(1) :]


EDITS: tuple[Edit, ...] = (
    _change_number, _change_name, _exchange_names, _turn, _turn, _negate, _firm_up, _exchange_word,
)  # fmt: skip


def _put(sentence: str, match: re.Match[Any], text: str) -> str:
    return sentence[: match.start()] + text + sentence[match.end() :]


def _as(model: str, word: str) -> str:
    return word.capitalize() if model[:1].isupper() else word

"""Questions invented from abstracts, with the answer there, and with it taken out; pure.

Each kind asks for something that a pattern finds. Where the sentence that holds it is taken out of
the abstract, or where the question is put to an abstract that has nothing of the kind, there is no
answer: a near miss.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rag.reader.examples import Example
from vectorstore.sentences import split_sentences

SOURCE = "invented_questions"

_NAME = r"[A-Z][a-z]*[A-Z]\w*|[A-Z]{2,}[\w-]*"
_NAMED = re.compile(rf"\b(?:propose|introduce|present|develop|describe|call(?:ed)?) ({_NAME})\b")
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_COUNTED = re.compile(
    rf"(?<![\w.$-])({_NUMBER}) ((?:[a-z]+(?:-[a-z]+)? ){{0,2}}(?:[a-z]{{3,}}s|people|data))\b"
)
_GLOSS = re.compile(rf"\b({_NAME}),? (?:is )?((?:an?|the) [a-z][^,.;:()]{{12,90}})")
_SHORT = re.compile(r"\b((?:[A-Z]?[a-z]+[- ]){1,4}[A-Za-z][a-z]+) \(([A-Z][A-Za-z]*[A-Z])s?\)")


class Asked(NamedTuple):
    """A question with the answer that a sentence gives."""

    question: str
    answer: str


class _Kind(NamedTuple):
    """Something that abstracts may state: what it is called, and how it looks."""

    questions: tuple[str, ...]
    pattern: re.Pattern[str]


def _kind(pattern: str, *questions: str) -> _Kind:
    return _Kind(questions, re.compile(pattern))


KINDS = (
    _kind(
        rf"{_NUMBER}(?: ?[BMK]| million| billion) (?:trainable )?param\w*",
        "How many parameters does {it} have?", "How large is {it}?",
    ),
    _kind(
        rf"\b{_NUMBER} (?:patients|participants|subjects|volunteers|respondents|children|adults)",
        "How many participants were there?", "How large was the sample?",
        "How many people took part?",
    ),
    _kind(
        rf"{_NUMBER} ?(?:%|percent)(?= (?:of )?accuracy)|accuracy of {_NUMBER} ?(?:%|percent)",
        "Which accuracy does {it} reach?", "How accurate is {it}?",
    ),
    _kind(
        rf"{_NUMBER}(?:x|X|×| ?times)(?= (?:faster|speed|acceler|quicker))|speed-?up of {_NUMBER}",
        "How much faster is {it}?", "Which speedup does {it} reach?",
    ),
    _kind(
        rf"{_NUMBER} ?(?:GB|MB|TB|gigabytes|megabytes)",
        "How much memory does {it} need?",
    ),
    _kind(
        r"\b(?:A100|H100|V100|T4|RTX ?\d{4}|TPUs?|GPUs?)\b",
        "On which hardware was {it} run?", "Which GPU was used?",
    ),
    _kind(
        r"\b(?:Adam|AdamW|SGD|RMSProp|Adagrad|L-BFGS|Lion)\b",
        "Which optimizer does {it} use?", "How was {it} optimized?",
    ),
    _kind(
        r"https?://[^\s)]+|\b(?:code|source code) is (?:publicly )?available[^.]*",
        "Where is the code?", "Is the code available?",
    ),
    _kind(
        r"\b(?:English|German|French|Chinese|Arabic|Hindi|Spanish|Japanese|Russian|Turkish)\b",
        "Which language is studied?", "For which languages was {it} tested?",
    ),
    _kind(
        r"\b(?:ImageNet|CIFAR-?10+|MNIST|COCO|SQuAD|GLUE|SuperGLUE|KITTI|Cityscapes|WMT\d*|GSM8K|"
        r"LibriSpeech|Penn Treebank|WikiText(?:-\d+)?|MovieLens|PubMed|ShapeNet|ADE20K|VQA)\b",
        "On which dataset was {it} evaluated?", "Which benchmark is used?",
    ),
    _kind(
        rf"{_NUMBER} (?:days|weeks|months|years|hours|minutes)",
        "How long did it take?", "Over which time was this studied?",
    ),
)  # fmt: skip


def invent_questions(abstracts: Sequence[str], seed: int = 0) -> Iterator[Example]:
    """Questions about abstracts, always the same for a seed; some of them without an answer."""
    chance = random.Random(seed)
    latest: dict[_Kind, str] = {}
    for number, abstract in enumerate(abstracts):
        sentences = [abstract[span.start : span.end] for span in split_sentences(abstract)]
        named = _NAMED.search(abstract)
        name = named[1] if named else None
        found = [
            (place, asked)
            for place, sentence in enumerate(sentences)
            for asked in asked_of(sentence, name, chance)
        ]
        for place, asked in chance.sample(found, min(2, len(found))):
            yield _example(asked.question, " ".join(sentences), asked.answer)
            rest = " ".join(sentence for item, sentence in enumerate(sentences) if item != place)
            if asked.answer not in rest:
                yield _example(asked.question, rest)._replace(document=" ".join(sentences))
        missing = [kind for kind in KINDS if not kind.pattern.search(abstract)]
        for kind in chance.sample(missing, 1 + (number % 2)):
            yield _example(_ask(kind, name, chance), " ".join(sentences))
        for kind in KINDS:
            if kind not in missing:
                other = latest.get(kind, "")
                question = _ask(kind, name, chance, of_it=1.0)
                if name and name in question and other and name not in other:
                    yield _example(question, other)  # which states it, but of something else
                latest[kind] = " ".join(sentences)


def asked_of(sentence: str, name: str | None, chance: random.Random) -> Iterator[Asked]:
    """The questions that a sentence answers."""
    for kind in KINDS:
        match = kind.pattern.search(sentence)
        if match:
            yield Asked(_ask(kind, name, chance), match.group())
    for match in _COUNTED.finditer(sentence):
        question = chance.choice(
            ("How many {} are there?", "How many {} are reported?", "How many {}?")
        )
        yield Asked(question.format(match[2]), match[1])
    match = _GLOSS.search(sentence)
    if match:
        yield Asked(f"What is {match[1]}?", match[2].strip())
    match = _SHORT.search(sentence)
    long = match and _spelled_out(match[2], match[1])
    if match and long:
        yield Asked(f"What does {match[2]} stand for?", long)


def _spelled_out(short: str, words: str) -> str | None:
    """The last words, if an acronym is made of their first letters."""
    starts = [item.start() for item in re.finditer(r"(?<![A-Za-z])[A-Za-z]", words)]
    tail = words[starts[-len(short)] :] if len(starts) >= len(short) else ""
    initials = "".join(word[0] for word in re.split(r"[- ]", tail) if word)
    return tail if initials.casefold() == short.casefold() else None


def _ask(kind: _Kind, name: str | None, chance: random.Random, of_it: float = 0.7) -> str:
    """A question of a kind, by the name of what it is about in so many cases."""
    plain = chance.choice(("the method", "the model", "it"))
    it = name if name and chance.random() < of_it else plain
    return chance.choice(kind.questions).format(it=it)


def _example(question: str, passage: str, answer: str | None = None) -> Example:
    answers = (answer,) if answer else ()
    return Example("answer", SOURCE, question, passage, int(bool(answer)), answers)

"""Pairs invented from abstracts: sentences reworded, changed in one point, or taken out; pure.

A sentence, reworded, is supported by its own abstract. Changed in one point (`rag.reader.edits`, or
a hedge) it is contradicted. With the abstract from which the sentence was taken out, it is neither.
These pairs are learned fast; by themselves they do not carry over to claims that people wrote,
which is what the public sets are for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from rag.reader.edits import EDITS, Edit
from rag.reader.examples import VERDICTS, Example
from rag.reader.rewording import reword
from vectorstore.sentences import split_sentences

LEAST_WORDS, MOST_WORDS = 6, 45
LEAST_SENTENCES = 3
WHOLE_SHARE = 0.3
"""How often a sentence is read with its whole abstract, not with a few sentences of it."""
SUPPORT, CONTRADICT, NEUTRAL = range(len(VERDICTS))


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
            yield _claim(reword(sentence, chance), passage, SUPPORT, abstract)
            changed = change(reword(sentence, chance), abstract, other, chance)
            if changed:
                yield _claim(changed, passage, CONTRADICT, abstract)
            yield _claim(reword(sentence, chance), rest, NEUTRAL, abstract)


def _claim(claim: str, passage: str, label: int, abstract: str) -> Example:
    return Example("verdict", "invented", claim, passage, label, document=abstract)


def _around(count: int, place: int, chance: random.Random) -> range:
    """A run of sentences with one of them in it: mostly short, now and then all there are."""
    size = count if chance.random() < WHOLE_SHARE else chance.randint(2, 5)
    first = max(0, min(place - chance.randrange(size), count - size))
    return range(first, min(count, first + size))


def change(
    sentence: str, own: str, other: str, chance: random.Random, edits: Sequence[Edit] | None = None
) -> str | None:
    """The sentence changed in one point, so that it is false; None where nothing can be.

    Args:
        sentence: A true one.
        own: The abstract that it is about.
        other: Another one, for names and nouns.
        chance: Picks the point.
        edits: What may be changed; by default all of `CHANGES`.
    """
    order = list(CHANGES if edits is None else edits)
    chance.shuffle(order)
    for edit in order:
        changed = edit(sentence, own, other, chance)
        if changed and changed != sentence:
            return changed
    return None


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


CHANGES: tuple[Edit, ...] = (
    *(EDITS[name][0] for name in (
        "number", "numbers exchanged", "name", "names exchanged", "direction", "negation", "noun",
    )),
    _firm_up,
)  # fmt: skip
"""Not those that add a clause, or take another sentence: they do not contradict."""

"""What happens to a paper's record on its way through databases and versions; pure, seeded."""

from __future__ import annotations

import html
import random
import re
import unicodedata

from rag.reader.rewording import read_table, reword
from vectorstore.latex import readable
from vectorstore.sentences import split_sentences

_BRITISH = """
behavior|behaviour
color|colour
neighbor|neighbour
labeled|labelled
labeling|labelling
modeling|modelling
modeled|modelled
center|centre
fiber|fibre
tumor|tumour
optimiz|optimis
generaliz|generalis
analyz|analys
characteriz|characteris
minimiz|minimis
maximiz|maximis
regulariz|regularis
utiliz|utilis
summariz|summaris
realiz|realis
catalog|catalogue
signaling|signalling
"""
HEADINGS = ("BACKGROUND: ", "METHODS: ", "RESULTS: ", "CONCLUSIONS: ")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORD = re.compile(r"[A-Za-z]{4,}")
GIVEN = tuple(
    """Anna Bruno Chiara David Elena Frédéric Grażyna Hiroshi Ingrid José Katarína Lars
Mei Nikolai Olga Peter Quirin Rosa Søren Thị Ulrich Víctor Wei Xiaoming Yuki Zoë""".split()
)
FAMILY = tuple(
    """Abara Bergström Castillo Dvořák Eriksen Fournier García Huang Ibrahim Jansen
Kowalski Lindqvist Müller Nakamura Oliveira Petrov Quiroga Rossi Silva Tanaka Ueda Varga Wang
Xu Yılmaz Zhang Øverland Smith Jones Martin Novák Schäfer Kim Nguyen Haddad Costa Moreau""".split()
)


def make_typos(text: str, rate: float, chance: random.Random) -> str:
    """One slip in each word of four letters or more with this probability; never in a number."""

    def slip(match: re.Match[str]) -> str:
        word = match.group()
        if chance.random() >= rate:
            return word
        place = chance.randrange(1, len(word) - 1)
        kept, letter, rest = word[:place], word[place], word[place + 1 :]
        return kept + chance.choice(
            (rest, letter * 2 + rest, chance.choice(LETTERS) + rest, rest[0] + letter + rest[1:])
        )

    return WORD.sub(slip, text)


def cut_off(text: str, characters: int) -> str:
    """The text as databases cut it off."""
    return text if len(text) <= characters else text[:characters].rstrip() + "..."


def revise(text: str, share: float, chance: random.Random) -> str:
    """Published wording: so many of the sentences reworded, LaTeX and markup written out."""
    changed = (reword(one, chance) if chance.random() < share else one for one in _split(text))
    revised = readable(" ".join(changed))
    return spell_british(revised) if chance.random() < 0.5 else revised


def _split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


def add_headings(text: str) -> str:
    """The abstract in four parts, with headings."""
    sentences = _split(text)
    step = max(len(sentences) // len(HEADINGS), 1)
    for place, heading in zip(range(0, len(sentences), step), HEADINGS, strict=False):
        sentences[place] = heading + sentences[place]
    return " ".join(sentences)


def add_sentence(text: str, other: str, chance: random.Random) -> str:
    """The abstract with a sentence of another one put in."""
    sentences = _split(text)
    sentences.insert(chance.randrange(len(sentences) + 1), chance.choice(_split(other)))
    return " ".join(sentences)


def mix(text: str, other: str, chance: random.Random) -> str:
    """Half of the sentences of each, in order."""
    kept, taken = _split(text), _split(other)
    halves = [
        [sentences[place] for place in sorted(chance.sample(range(size), (size + 1) // 2))]
        for sentences, size in ((kept, len(kept)), (taken, len(taken)))
    ]
    return " ".join(halves[0] + halves[1])


def spell_british(text: str) -> str:
    """American words in British spelling."""
    for american, british in read_table(_BRITISH):
        text = text.replace(american, british).replace(american.title(), british.title())
    return text


def export(text: str, chance: random.Random) -> str:
    """The text as one export or another writes it: entities, white space, LaTeX as it was."""
    style = chance.randrange(4)
    if style == 0:
        return html.escape(text)
    return readable(text) if style == 1 else text if style == 2 else text.replace(" ", "  ")


def retitle(title: str, chance: random.Random) -> str:
    """The title as another database writes it: in capitals, with a full stop, entities, hyphens."""
    title = readable(title)
    style = chance.randrange(5)
    if style == 0:
        return title.upper()
    if style == 1:
        return html.escape(title) + "."
    if style == 2:
        return title.replace("-", " ")
    return spell_british(title) if style == 3 else title


def change_title(title: str, chance: random.Random) -> str:
    """A title in slightly other words: reworded, without its subtitle, or with a slip."""
    style = chance.randrange(3)
    if style == 0 and ": " in title:
        before, after = title.split(": ", 1)
        return before if len(before) > len(after) else after
    changed = reword(title, chance) if style == 1 else title
    return changed if changed != title else make_typos(title, 0.3, chance)


def change_numbers(text: str, chance: random.Random) -> str:
    """The text with other numbers."""
    return re.sub(r"\d+", lambda match: str(int(match.group()[:9]) + chance.randint(1, 9)), text)


def invent_authors(chance: random.Random) -> tuple[str, ...]:
    """One to eight names, `Given I. Family`."""
    return tuple(_invent_name(chance) for _ in range(chance.randint(1, 8)))


def _invent_name(chance: random.Random) -> str:
    middle = f" {chance.choice(LETTERS).upper()}." if chance.random() < 0.4 else ""
    return f"{chance.choice(GIVEN)}{middle} {chance.choice(FAMILY)}"


def write_authors(authors: tuple[str, ...], chance: random.Random) -> tuple[str, ...]:
    """The same authors as another database writes them."""
    style = chance.randrange(6)
    if style == 0 and len(authors) > 3:
        return (*authors[:3], "et al.")
    return tuple(_write_name(name, style) for name in authors)


def _write_name(name: str, style: int) -> str:
    *given, family = name.split(" ")
    initials = [part[0] for part in given]
    if style == 1:
        return f"{family}, {' '.join(given)}"
    if style == 2:
        return f"{' '.join(f'{initial}.' for initial in initials)} {family}"
    if style == 3:
        return f"{family} {''.join(initials)}"
    if style == 4:
        decomposed = unicodedata.normalize("NFKD", name)
        return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return name

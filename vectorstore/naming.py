"""A short title for an abstract that came without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from vectorstore.latex import readable

MAX_CHARACTERS_READ = 20_000
MAX_TITLE_CHARACTERS = 120
FIRST_WORDS = 12
MARKS = " .!?;:,"
WORDS_BEHIND_NAME = 8
MAX_NAME_CHARACTERS = 30
MAX_NAMES = 50
CLAUSE_CHARACTERS = 400
MAX_WORDS_BEFORE_ACRONYM = 14

# "we propose", "this paper introduces": what follows is the authors' own.
VERBS = (
    r"(?:propose|introduce|present|develop|design|devise|describe|release|build|create|contribute|"
    r"offer|construct|establish|unveil|publish)"
)
CUE = re.compile(
    rf"\bwe(?:\s\w+){{0,3}}?\s{VERBS}\b"
    rf"|\b(?:paper|work|article|study|report)(?:\s\w+){{0,2}}?\s{VERBS}e?s\b"
    r"|\bour\s(?:\w+\s){0,3}?(?:method|model|framework|system|approach|implementation|dataset),"
    r"|\b(?P<naming>called|named|dubbed|termed|coined|namely)\b",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"[.!?;](?=\s|$)")
ARTICLE = re.compile(r"\s*(?:(?:the|a|an|our|new|novel|and|as)\s)*", re.IGNORECASE)
NAME = re.compile(r"[\"“'‘]?([A-Za-z][\w+-]*(?:\.\d\w*)?\+*)")
# A word in capitals is a name only where no noun follows: "GPU kernels" is none.
NAME_ENDS = re.compile(
    r"[\"”'’]?\s?(?:[,:;(.–—]|$|(?:to|for|that|which|as|and|with|by|in|is|where|on|of)\b)"
)
APPOSITION = re.compile(r"[\"”'’]?,\s((?:an?|the)\s[^.;:–—]+)")
PARENTHESES = re.compile(r"\(([A-Za-z][\w+.-]*)")
_COMMON = """
    AI API ASR AUC BERT CNN CPU CT CV DL DNA DNN EEG EM FID GAN GNN GPU HPC IoT KV LLM LM LSTM MHA
    ML MLLM MLP MoE MRI NLP NMT OOD PDE QA RAG RL RNA RNN SFT SGD SOTA SVM TPU UI US VAE VLM ViT
    COVID-19 PyTorch TensorFlow GitHub ImageNet
"""
COMMON = frozenset(_COMMON.split())
_STRANGERS = "for in to on with that which from by via using under towards into"
STRANGERS = frozenset(_STRANGERS.split())


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that an abstract gives to its own work, and what it says about it."""

    text: str
    meaning: str = ""


def derive_title(abstract: str) -> str:
    """A title of about a dozen words: the system that the abstract names, else its first words.

    The name is that of what the authors propose, preferably one that recurs; behind it stands
    what it is short for, or what it is said to be, or else how the abstract starts.
    """
    start = abstract[:MAX_CHARACTERS_READ]
    text = " ".join(readable(start).split()).lstrip(MARKS) or start.strip()
    name = _find_name(text)
    if not name:
        return _shorten(_first_sentence(text), FIRST_WORDS) or text[:MAX_TITLE_CHARACTERS]
    meaning = name.meaning or _first_sentence(text)
    return f"{name.text}: {_shorten(meaning, WORDS_BEHIND_NAME)}"


def _find_name(text: str) -> _Name | None:
    """The first name that the text uses again, else its first name."""
    names = list(islice(_find_names(text), MAX_NAMES))
    again = (name for name in names if _count(name.text, text) > 1)
    return next(again, names[0] if names else None)


def _count(name: str, text: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", text))


def _find_names(text: str) -> Iterator[_Name]:
    """Names of the authors' own work, in order of appearance."""
    for cue in CUE.finditer(text):
        limit = min(len(text), cue.end() + CLAUSE_CHARACTERS)
        end = SENTENCE_END.search(text, cue.end(), limit)
        rest = text[cue.end() : end.start() if end else limit]
        found = _find_direct(rest) or (None if cue["naming"] else _find_acronym(rest))
        if found and cue["naming"] and not found.meaning:
            before = text[max(0, cue.start() - CLAUSE_CHARACTERS) : cue.start()]
            found = _Name(found.text, _find_meaning(found.text, before.rstrip(" ,").split()))
        if found:
            yield found


def _find_direct(rest: str) -> _Name | None:
    """The name that stands right behind the cue, as in `we propose NAME, a fast index`."""
    start = ARTICLE.match(rest)
    match = NAME.match(rest, start.end() if start else 0)
    if not match:
        return None
    name, behind = _clean(match.group(1)), rest[match.end() :]
    said = APPOSITION.match(behind)
    plain = name.istitle() and name.isalpha() and bool(said)
    capitals = not any(letter.islower() for letter in name)
    if plain or (_is_name(name) and (not capitals or NAME_ENDS.match(behind))):
        return _Name(name, said.group(1) if said else "")
    return None


def _find_acronym(rest: str) -> _Name | None:
    """The acronym of what is proposed, as in `we propose Fast Vector Index (FVI)`."""
    match = PARENTHESES.search(rest)
    if not match:
        return None
    name, words = _clean(match.group(1)), rest[: match.start()].split()
    meaning = _find_meaning(name, words)
    before = words[: len(words) - len(meaning.split())]
    own = not STRANGERS.intersection(before) and len(words) <= MAX_WORDS_BEFORE_ACRONYM
    return _Name(name, meaning) if meaning and own and _is_name(name) else None


def _find_meaning(name: str, words: list[str]) -> str:
    """The fewest words at the end whose initials spell an acronym; empty where none do."""
    letters = [letter.lower() for letter in name if letter.isupper()]
    for start in range(len(words) - 2, max(-1, len(words) - MAX_WORDS_BEFORE_ACRONYM), -1):
        initials = (part[0].lower() for word in words[start:] for part in word.split("-") if part)
        starts = words[start][0].lower() == name[0].lower()
        if starts and all(letter in initials for letter in letters):  # In this order.
            return " ".join(words[start:])
    return ""


def _clean(name: str) -> str:
    return name.rstrip("-.")


def _is_name(name: str) -> bool:
    """Whether a word is written like the name of a system: `CoOpt`, `ETT`, `UniRES++`."""
    capitals = sum(letter.isupper() for letter in name)
    inner = any(letter.isupper() for letter in name[1:])
    numbered = name[:1].isupper() and any(letter.isdigit() for letter in name)
    word = "-" in name and all(part.istitle() or part.islower() for part in name.split("-") if part)
    common = name in COMMON or name.removesuffix("s") in COMMON
    fits = 2 <= len(name) <= MAX_NAME_CHARACTERS and capitals > 0
    return fits and (inner or numbered) and not common and not word


def _first_sentence(text: str) -> str:
    """The first sentence, without its end."""
    end = SENTENCE_END.search(text)
    return text[: end.start()] if end else text


def _shorten(text: str, words: int) -> str:
    """The first words, with an ellipsis where there are more."""
    given = text.split()
    short = " ".join(given[:words])[:MAX_TITLE_CHARACTERS].rstrip(" ,:;(–—-")
    return short if short == " ".join(given) else f"{short}…"

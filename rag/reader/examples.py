"""What the reader learns from: public sets and invented pairs, told apart by source and task."""

from __future__ import annotations

import gzip
import hashlib
import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rag.reader.encoding import MOST_READ, Pair, choose, pair
from vectorstore.latex import searchable
from vectorstore.minilm import load_tokenizer
from vectorstore.rows import batches
from vectorstore.sentences import split_sentences

Task = Literal["verdict", "answer", "relevance"]
VERDICTS = ("support", "contradict", "neutral")
LEFT_OUT = ("citation_integrity_support", "drop_nli", "semantic_fragments")
"""Sets of one label only, of clumsy grammar, or of templates about nothing."""
LICENCES = {
    "breaking_nli": "CC BY-SA 4.0",
    "cad_snli": "Apache-2.0",
    "check_covid": "MIT",
    "conj_nli": "MIT",
    "covid_qa_derived_unanswerable": "Apache-2.0",
    "covid_qa_windows": "Apache-2.0",
    "entailment_tree_nli": "MIT",
    "evidence_inference_v2": "MIT",
    "fever_symmetric": "CC BY-SA 3.0",
    "feverous_dev": "MIT; text of Wikipedia, CC BY-SA 3.0",
    "fool_me_twice": "Apache-2.0; text of Wikipedia, CC BY-SA 3.0",
    "invented": "CC0: metadata of arXiv",
    "invented_freely": "CC0: metadata of arXiv",
    "invented_questions": "CC0: metadata of arXiv",
    "medquad_ranking": "CC BY 4.0",
    "mnli_llmsknow": "MIT; texts of MNLI under their own terms",
    "negation_nli": "MIT",
    "qasa_unanswerable": "MIT",
    "semi_auto_nli_wiki": "CC BY-SA 3.0",
    "squad_v1_dev": "CC BY-SA 4.0",
    "squad_v2_dev": "CC BY-SA 4.0",
    "wice": "ODC-BY; text of Wikipedia and Common Crawl",
    "written": "Apache-2.0, ours; abstracts CC0 (arXiv) and ODC-By 1.0 (SciFact)",
    "written_plain": "Apache-2.0, ours; abstracts CC0 (arXiv) and ODC-By 1.0 (SciFact)",
    "written_plain_whole": "Apache-2.0, ours; abstracts CC0 (arXiv) and ODC-By 1.0 (SciFact)",
    "written_questions": "Apache-2.0, ours; abstracts CC0 (arXiv) and ODC-By 1.0 (SciFact)",
    "written_turned": "Apache-2.0, ours; abstracts CC0 (arXiv)",
    "written_twins": "Apache-2.0, ours; abstracts CC0 (arXiv)",
    "written_twins_whole": "Apache-2.0, ours; abstracts CC0 (arXiv)",
    "written_unsaid": "Apache-2.0, ours; abstracts CC0 (arXiv) and ODC-By 1.0 (SciFact)",
    "written_varied": "Apache-2.0, ours; abstracts CC0 (arXiv)",
    "written_varied_whole": "Apache-2.0, ours; abstracts CC0 (arXiv)",
    "written_whole": "Apache-2.0, ours; abstracts CC0 (arXiv) and ODC-By 1.0 (SciFact)",
}
"""By source."""
NAMES = ("claims.jsonl.gz", "qa.jsonl.gz", "ranking.jsonl.gz")
ENCODED_AT_ONCE = 256
SHORT, SHORT_SHARE = 96, 0.8
"""Tokens of most pairs, at most, and how many those are: shorter pairs are learned from faster."""
PLAIN_SHARE = 0.5
"""Pairs that are learned from without the marks of words that return: these alone can mislead."""
HELD_OUT = 0.05
"""Share of the documents of each source that is looked at, not learned from."""


class Example(NamedTuple):
    """A text with a passage, and what is to be said of them.

    Attributes:
        task: What is asked.
        source: The set that it comes from.
        asked: A claim, a question or a query.
        passage: What it is read with.
        label: Place in `VERDICTS`; or 1 for answerable or relevant, else 0.
        answers: The answers to a question, as the passage has them.
        document: Where the passage is only a part, the whole: all of it is learned from, or none.
    """

    task: Task
    source: str
    asked: str
    passage: str
    label: int
    answers: tuple[str, ...] = ()
    document: str = ""


class Item(NamedTuple):
    """An example as the network takes it.

    Attributes:
        task: What is asked.
        source: The set that it comes from.
        pair: The two texts.
        label: As in `Example`.
        start: The first token of the answer, of the whole pair; -1 without one.
        end: The last one.
        held_out: Whether it is looked at, not learned from.
    """

    task: Task
    source: str
    pair: Pair
    label: int
    start: int
    end: int
    held_out: bool


def read_public(folder: Path) -> Iterator[Example]:
    """The claims, questions and rankings of a folder.

    Args:
        folder: Holds the files of these `NAMES`.
    """
    claims, questions, rankings = (folder / name for name in NAMES)
    for item in _lines(claims):
        if item["source"] not in LEFT_OUT:
            label = VERDICTS.index(item["label"])
            yield Example("verdict", item["source"], item["claim"], item["document"], label)
    for item in _lines(questions):
        answers = tuple(item["answers"])
        yield Example(
            "answer",
            item["source"],
            item["question"],
            item["document"],
            int(bool(answers)),
            answers,
        )
    for item in _lines(rankings):
        for label, name in ((1, "positive"), (0, "negative")):
            if item[name]:  # some queries have no negative
                yield Example("relevance", item["source"], item["query"], item[name], label)


def encode(examples: Iterable[Example]) -> Iterator[Item]:
    """Examples as the network takes them; those whose answer cannot be found are left out."""
    tokenizer = load_tokenizer()
    for batch in batches(examples, ENCODED_AT_ONCE):
        split = [[searchable(item) for item in sentences_of(example)] for example in batch]
        texts = [
            text
            for example, own in zip(batch, split, strict=True)
            for text in (searchable(example.asked), *own)
        ]
        found = iter(tokenizer.encode_batch(texts, add_special_tokens=False))
        for example, own in zip(batch, split, strict=True):
            asked = next(found).ids
            item = _item(example, asked, own, [next(found) for _ in own])
            if item is not None:
                yield item


def sentences_of(example: Example) -> list[str]:
    """The sentences of the passage."""
    spans = split_sentences(example.passage)
    return [example.passage[span.start : span.end] for span in spans]


def _item(
    example: Example, asked: list[int], sentences: Sequence[str], encoded: Sequence[Any]
) -> Item | None:
    home = _home(example, sentences)
    if not asked or not encoded or (example.answers and home is None):
        return None
    most = SHORT if _drawn(example.passage, 4) < SHORT_SHARE else MOST_READ
    taken = choose(asked, [item.ids for item in encoded], home, most)
    made = pair(asked, [token for place in taken for token in encoded[place].ids])
    start = end = -1
    if home is not None:
        where = _tokens_of(example, sentences[home], encoded[home].offsets)
        before = sum(len(encoded[place].ids) for place in taken if place < home)
        start, end = (made.passage + before + token for token in where)
        if end >= len(made.ids) - 1:
            return None
    held_out = is_held_out(example.document or example.passage)
    plain = not held_out and _drawn(example.asked + example.passage, 8) < PLAIN_SHARE
    marks = [mark % 2 for mark in made.marks] if plain else made.marks
    kept = Pair(array("H", made.ids), array("B", marks), made.passage)
    return Item(example.task, example.source, kept, example.label, start, end, held_out)


def _home(example: Example, sentences: Sequence[str]) -> int | None:
    """The sentence with the answer, if one sentence holds all of it."""
    for answer in example.answers:
        for place, sentence in enumerate(sentences):
            if answer in sentence:
                return place
    return None


def _tokens_of(
    example: Example, sentence: str, offsets: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """The first and the last token of the answer in a sentence."""
    answer = next(item for item in example.answers if item in sentence)
    start = sentence.index(answer)
    inside = [
        place
        for place, (left, right) in enumerate(offsets)
        if right > start and left < start + len(answer)
    ]
    return inside[0], inside[-1]


def is_held_out(passage: str) -> bool:
    """Whether what is asked of a passage is looked at, not learned from."""
    return _drawn(passage, 0) < HELD_OUT


def _drawn(passage: str, place: int) -> float:
    """A number from 0 to 1, always the same for a passage; another for each place."""
    digest = hashlib.sha256(passage[:200].encode()).digest()
    return int.from_bytes(digest[place : place + 4], "big") / 2**32


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)

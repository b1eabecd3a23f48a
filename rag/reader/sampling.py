"""In what order pairs are learned from: by source, and in batches of like lengths."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from rag.reader.examples import VERDICTS, Item

BATCH_TOKENS = 3072
"""Tokens of a batch, padding included."""
MOST_PAIRS = 64
BLOCK = 64
"""Batches' worth of examples that are sorted by length together."""
SHARES = {
    "invented": 0.5, "invented_freely": 1.3, "invented_questions": 0.4, "squad_v2_dev": 0.8,
    "squad_v1_dev": 0.2, "medquad_ranking": 0.1, "check_covid": 2.5, "evidence_inference_v2": 1.5,
    "fool_me_twice": 2.0, "fever_symmetric": 1.5, "wice": 2.5, "conj_nli": 0.4,
    "semi_auto_nli_wiki": 0.9, "mnli_llmsknow": 2.5, "cad_snli": 1.2, "covid_qa_windows": 0.7,
    "covid_qa_derived_unanswerable": 0.7, "written": 10.0, "written_whole": 4.0,
    "written_plain": 14.0, "written_plain_whole": 6.0, "written_twins": 12.0,
    "written_twins_whole": 4.0, "written_varied": 20.0, "written_varied_whole": 7.0,
    "written_unsaid": 6.0, "written_turned": 6.0, "written_questions": 8.0,
}  # fmt: skip
"""How often a source is seen, against the root of its size; 1 where none is named.

More of what people wrote, less of what was made automatically, and many claims to a question:
claims are what the rules are worst at. Where what was written for the reader is learned from, in a
last stage, it is by far the most of all.
"""


def draw_batches(items: Sequence[Item], seed: int, seen: int) -> Iterator[list[Item]]:
    """Batches without end, the same for a seed; those of what was seen before are passed over."""
    chance = random.Random(seed)
    passed = 0
    stream = _stream(items, chance)
    while True:
        block = [next(stream) for _ in range(BLOCK * 32)]
        block.sort(key=lambda item: len(item.pair.ids))
        batches = _cut(block)
        chance.shuffle(batches)
        for batch in batches:
            passed += len(batch)
            if passed > seen:
                yield batch


def _cut(items: Sequence[Item]) -> list[list[Item]]:
    batches: list[list[Item]] = [[]]
    for item in items:
        batch = batches[-1]
        if (
            batch
            and (len(batch) + 1) * len(item.pair.ids) > BATCH_TOKENS
            or len(batch) == MOST_PAIRS
        ):
            batches.append(batch := [])
        batch.append(item)
    return batches


def _stream(items: Sequence[Item], chance: random.Random) -> Iterator[Item]:
    """Pairs of all sources, by their shares; each source over and over, shuffled."""
    sources: dict[str, list[Item]] = {}
    for item in items:
        sources.setdefault(item.source, []).append(item)
    names = sorted(sources)
    shares = [SHARES.get(name, 1.0) * len(sources[name]) ** 0.5 for name in names]
    running = {name: _over(level(sources[name], chance), chance) for name in names}
    while True:
        for name in chance.choices(names, shares, k=1000):
            yield next(running[name])


def level(items: list[Item], chance: random.Random) -> list[Item]:
    """One source's pairs with as many supports as contradictions, the rarer ones repeated.

    Else a claim is told to be contradicted by where it comes from, not by what its passage says.
    """
    own = [
        [item for item in items if (item.task, item.label) == ("verdict", label)]
        for label in map(VERDICTS.index, ("support", "contradict"))
    ]
    rarer, other = sorted(own, key=len)
    return items + chance.choices(rarer, k=len(other) - len(rarer)) if rarer else items


def _over(items: list[Item], chance: random.Random) -> Iterator[Item]:
    while True:
        order = list(items)
        chance.shuffle(order)
        yield from order

"""Fits the network for meaning (rag/checking/meaning.npz); needs the extra `train`."""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.bench.progress import tracked
from rag.checking.meaning import Network, Reading, Words
from rag.trees import Matrix

EPOCHS = 3
BATCH = 64
RATE, DECAY, SMOOTHING, DROPOUT = 1.5e-3, 0.01, 0.05, 0.2
WIDTH, ASKED, STATES, MARKS = 64, 32, 384, 10
LABELS = ("support", "contradict", "neutral")
_BLOCK = 40
_NOWHERE = -1e4


def fit_network(
    readings: Sequence[Reading], labels: Sequence[str], weights: Matrix, epochs: int = EPOCHS
) -> Network:
    """A network that tells the labels of claims apart by their words' states.

    Args:
        readings: Claims with their evidence.
        labels: Of each, one of `LABELS`.
        weights: How much each counts.
        epochs: How often each is seen.
    """
    torch = _torch()
    torch.manual_seed(0)
    chance = random.Random(0)
    network = _build()
    truth = torch.tensor([LABELS.index(label) for label in labels])
    counted = torch.tensor(weights, dtype=torch.float32)
    plan = [batch for _ in range(epochs) for batch in _batches(readings, chance)]
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, total_steps=len(plan) + 1, pct_start=0.1
    )
    for batch in tracked("Fitting the network", plan):
        odds = network(*_pad([readings[item] for item in batch]))
        losses = torch.nn.functional.cross_entropy(
            odds, truth[batch], reduction="none", label_smoothing=SMOOTHING
        )
        loss = (losses * counted[batch]).sum() / counted[batch].sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    found = {name: value.numpy() for name, value in network.state_dict().items()}
    return Network({**found, "scale": np.array(np.sqrt(ASKED), np.float32)})


def save_network(network: Network, path: Path) -> None:
    """Writes the weights in half precision, the same bytes for the same weights."""
    arrays: Any = {name: value.astype(np.float16) for name, value in network.weights.items()}
    np.savez(path, **arrays)


def _torch() -> Any:  # noqa: ANN401 - optional, so untyped
    return importlib.import_module("torch")


def _batches(readings: Sequence[Reading], chance: random.Random) -> Iterator[list[int]]:
    """Batches of texts of like length, in random order."""
    order = list(range(len(readings)))
    chance.shuffle(order)
    batches = []
    for start in range(0, len(order), BATCH * _BLOCK):
        block = order[start : start + BATCH * _BLOCK]
        block.sort(key=lambda item: len(readings[item].evidence.states))
        batches += [block[place : place + BATCH] for place in range(0, len(block), BATCH)]
    chance.shuffle(batches)
    yield from batches


def _pad(readings: Sequence[Reading]) -> list[Any]:
    """States, marks and masks of claims, then of evidence, filled up to the same length."""
    torch = _torch()
    tensors = []
    for texts in ([item.claim for item in readings], [item.evidence for item in readings]):
        shape = (len(texts), max(len(text.states) for text in texts))
        states = np.zeros((*shape, STATES), np.float32)
        marks, mask = np.zeros((*shape, MARKS), np.float32), np.zeros(shape, bool)
        for row, text in enumerate(texts):
            length = len(text.states)
            states[row, :length], marks[row, :length], mask[row, :length] = (*text, True)
        tensors += [torch.from_numpy(values) for values in (states, marks, mask)]
    return tensors


def _build() -> Any:  # noqa: ANN401 - torch is optional, and untyped here
    """The module whose weights `Network` evaluates, by the same names."""
    torch = _torch()
    nn = torch.nn

    class Module(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.project = nn.Linear(STATES, WIDTH)
            self.ask = nn.Linear(WIDTH + MARKS, ASKED)
            self.key = nn.Linear(WIDTH + MARKS, ASKED)
            self.compare = nn.Linear(4 * (WIDTH + MARKS) + 1, WIDTH)
            self.refine = nn.Linear(WIDTH, WIDTH)
            self.sum = nn.Linear(4 * WIDTH, WIDTH)
            self.decide = nn.Linear(WIDTH, len(LABELS))
            self.cosine = nn.Parameter(torch.tensor(8.0))
            self.drop = nn.Dropout(DROPOUT)

        def forward(self, *given: Any) -> Any:  # noqa: ANN401
            first, first_marks, here, second, second_marks, there = given
            alike = first @ second.transpose(1, 2)
            mine = torch.cat([self.drop(self.project(first)), first_marks], -1)
            theirs = torch.cat([self.drop(self.project(second)), second_marks], -1)
            scores = self.ask(mine) @ self.key(theirs).transpose(1, 2) / ASKED**0.5
            scores = scores + self.cosine * alike
            pooled = [
                self.pool(mine, theirs, scores, alike, here, there),
                self.pool(theirs, mine, scores.transpose(1, 2), alike.transpose(1, 2), there, here),
            ]
            return self.decide(self.drop(torch.relu(self.sum(self.drop(torch.cat(pooled, -1))))))

        def pool(self, words: Any, others: Any, *given: Any) -> Any:  # noqa: ANN401
            scores, alike, here, there = given
            hidden = ~there[:, None, :]
            met = scores.masked_fill(hidden, _NOWHERE).softmax(-1) @ others
            nearest = alike.masked_fill(hidden, -1).amax(-1, keepdim=True)
            pairs = torch.cat([words, met, words - met, words * met, nearest], -1)
            compared = torch.relu(self.refine(self.drop(torch.relu(self.compare(pairs)))))
            compared = compared * here[..., None]
            mean = compared.sum(1) / here.sum(1, keepdim=True)
            return torch.cat([mean, compared.amax(1)], -1)

    return Module()


def halved(reading: Reading) -> Reading:
    """The same in half precision, to hold many."""
    return reading._replace(claim=_halve(reading.claim), evidence=_halve(reading.evidence))


def _halve(text: Words) -> Words:
    return text._replace(states=text.states.astype(np.float16))

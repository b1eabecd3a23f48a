"""Trains the reader: `python -m rag.reader.train --data DIR --out DIR`.

Needs the extra `train`. A run that was broken off goes on from its last checkpoint in `--out`;
what is told of each source is measured on documents that are never learned from.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from rag.reader.curve import draw_curve
from rag.reader.examples import LICENCES, NAMES, Item, encode, read_public
from rag.reader.free import invent_freely
from rag.reader.graph import export
from rag.reader.invented import invent
from rag.reader.model import HASH_FILE, MODEL_FILE
from rag.reader.network import VERDICTS, build, fill, tensors, torch
from rag.reader.papers import (
    ABSTRACTS,
    MORE_ABSTRACTS,
    PUBLIC,
    as_texts,
    read_papers,
    spared_papers,
)
from rag.reader.questions import invent_questions
from rag.reader.sampling import draw_batches
from rag.reader.turned import read_turned
from rag.reader.unsaid import read_unsaid
from rag.reader.weights import WEIGHTS_FILE, pack, unpack
from rag.reader.written import (
    QUESTIONS_FILE,
    SORTS,
    read_written,
    read_written_questions,
    written_papers,
)

RATE, WARM_UP, DECAY, SMOOTHING = 1.2e-4, 0.15, 0.01, 0.05
SECONDS_PER_CHECKPOINT = 600
CHECKPOINT, LOG = "checkpoint.pt", "log.jsonl"
LOOKED_AT = 50
"""Pairs of each source that are looked at; more would take a minute each time."""


def train(
    items: Sequence[Item],
    out: Path,
    visits: int,
    seed: int = 0,
    minutes: float | None = None,
    rate: float = RATE,
    pretrained: bool = True,
    learned_before: Mapping[str, Any] | None = None,
) -> None:
    """Trains until so many pairs were visited, from the checkpoint where there is one.

    Args:
        items: All pairs; those held out are looked at.
        out: Where checkpoint and log lie.
        visits: Pairs to visit in all; the learning rate falls to zero towards it.
        seed: Of everything that is left to chance.
        minutes: After which it stops, with a checkpoint.
        rate: The highest learning rate.
        pretrained: Whether the encoder begins with the published weights.
        learned_before: Weights to learn on from, as `rag.reader.weights.unpack` gives them.
    """
    library = torch()
    library.manual_seed(seed)
    learned = [item for item in items if not item.held_out]
    looked_at = _looked_at(items, seed)
    network = build(pretrained)
    if learned_before is not None:
        fill(network, learned_before)
    wanted = [value for value in network.parameters() if value.requires_grad]
    optimizer = library.optim.AdamW(wanted, lr=rate, weight_decay=DECAY, betas=(0.9, 0.98))
    seen = step = 0
    kept = out / CHECKPOINT
    if kept.exists():
        told = library.load(kept)
        network.load_state_dict(told["network"])
        optimizer.load_state_dict(told["optimizer"])
        seen, step = told["seen"], told["step"]
        library.manual_seed(seed + step)
    begun = saved = time.monotonic()
    running: list[float] = []
    network.train()
    for batch in draw_batches(learned, seed, seen):
        for group in optimizer.param_groups:
            warm = min(1.0, (seen + len(batch)) / (WARM_UP * visits))
            group["lr"] = rate * warm * max(0.02, 1 - seen / visits)
        with halved(library):
            loss = loss_of(network, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        library.nn.utils.clip_grad_norm_(wanted, 1.0)
        optimizer.step()
        running.append(float(loss.detach()))
        seen, step = seen + len(batch), step + 1
        now = time.monotonic()
        done = seen >= visits or (minutes is not None and now - begun > 60 * minutes)
        if done or now - saved > SECONDS_PER_CHECKPOINT:
            told = {"seen": seen, "step": step, "seconds": now - begun}
            told |= {"loss": float(np.mean(running)), "held_out": look(network, looked_at)}
            with (out / LOG).open("a", encoding="utf-8") as log:
                log.write(json.dumps(told) + "\n")
            state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
            draft = out / "checkpoint.new"
            library.save({**state, "seen": seen, "step": step}, draft)
            draft.replace(kept)
            saved, running = time.monotonic(), []
        if done:
            return


def halved(library: Any) -> Any:  # noqa: ANN401
    """Products of bfloat16 where the processor has them; where it has not they are much slower."""
    has_them = library.cpu._is_avx512_bf16_supported()  # noqa: SLF001 - not told elsewhere
    return library.autocast("cpu", dtype=library.bfloat16, enabled=has_them)


def loss_of(network: Any, batch: Sequence[Item]) -> Any:  # noqa: ANN401
    """The loss of pairs of any tasks, each by the heads that it is for."""
    functional = torch().nn.functional
    whole, edges = network(*tensors([item.pair for item in batch]))
    whole, edges = whole.float(), edges.float()
    parts = []
    for task in ("verdict", "answer", "relevance"):
        rows = [row for row, item in enumerate(batch) if item.task == task]
        if not rows:
            continue
        truth = torch().tensor([batch[row].label for row in rows])
        if task == "verdict":
            odds = whole[rows, :VERDICTS]
            lost = functional.cross_entropy(odds, truth, label_smoothing=SMOOTHING, reduction="sum")
        else:
            odds = whole[rows, VERDICTS + (task == "relevance")]
            lost = functional.binary_cross_entropy_with_logits(odds, truth.float(), reduction="sum")
        parts.append(lost)
    held = [row for row, item in enumerate(batch) if item.start >= 0]
    if held:
        for side, name in enumerate(("start", "end")):
            places = torch().tensor([getattr(batch[row], name) for row in held])
            parts.append(
                0.5 * functional.cross_entropy(edges[held, :, side], places, reduction="sum")
            )
    return sum(parts) / len(batch)


def look(network: Any, looked_at: dict[str, list[Item]]) -> dict[str, float]:  # noqa: ANN401
    """Of each source, the mean over its labels of the share that is told right."""
    network.eval()
    found = {}
    for source, items in looked_at.items():
        told: list[tuple[int, int]] = []
        for start in range(0, len(items), 32):
            part = items[start : start + 32]
            with torch().inference_mode(), halved(torch()):
                whole, _ = network(*tensors([item.pair for item in part]))
            for item, odds in zip(part, whole.float().numpy(), strict=True):
                place = VERDICTS + (item.task == "relevance")
                guess = odds[:VERDICTS].argmax() if item.task == "verdict" else odds[place] > 0
                told.append((item.label, int(guess)))
        labels = sorted({label for label, _ in told})
        shares = [
            np.mean([guess == label for own, guess in told if own == label]) for label in labels
        ]
        found[source] = float(np.mean(shares))
    network.train()
    return found


def _looked_at(items: Sequence[Item], seed: int) -> dict[str, list[Item]]:
    chance = random.Random(seed)
    found: dict[str, list[Item]] = {}
    for item in items:
        if item.held_out:
            found.setdefault(f"{item.source}/{item.task}", []).append(item)
    return {
        name: sorted(
            chance.sample(own, min(LOOKED_AT, len(own))), key=lambda item: len(item.pair.ids)
        )
        for name, own in found.items()
    }


def manifest(files: Sequence[Path], items: Sequence[Item]) -> dict[str, Any]:
    """What was learned from: files with their hashes; pairs by source and label; licences."""
    counts: dict[str, dict[str, int]] = {}
    for item in items:
        own = counts.setdefault(f"{item.source}/{item.task}", {})
        key = f"{'held out' if item.held_out else 'learned'}, label {item.label}"
        own[key] = own.get(key, 0) + 1
    hashes = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    licences = {name: LICENCES[name] for name in sorted({item.source for item in items})}
    return {"files": hashes, "pairs": counts, "licences": licences}


def write_model(out: Path) -> None:
    """The last checkpoint as an ONNX file with its hash, and as weights to learn on from."""
    network = torch().load(out / CHECKPOINT)["network"]
    state = {name: value.float().numpy() for name, value in network.items()}
    model = export(state)
    (out / WEIGHTS_FILE).write_bytes(pack(state))
    (out / MODEL_FILE).write_bytes(model)
    (out / HASH_FILE).write_text(hashlib.sha256(model).hexdigest() + "\n", "ascii")


def main(
    data: Annotated[Path, typer.Option(help=f"Holds {PUBLIC}/*.jsonl.gz and {ABSTRACTS}.")],
    out: Annotated[Path, typer.Option(help="Folder for the model and all about its making.")],
    visits: Annotated[int, typer.Option(help="Pairs to visit in all.")] = 150_000,
    minutes: Annotated[float | None, typer.Option(help="Stop after so many.")] = None,
    invented: Annotated[int, typer.Option(help="Abstracts to invent pairs from.")] = 6_000,
    free: Annotated[int, typer.Option(help="Further ones, for freely worded pairs.")] = 6_000,
    rate: Annotated[float, typer.Option(help="The highest learning rate.")] = RATE,
    learned_before: Annotated[
        Path | None,
        typer.Option(help=f"A {WEIGHTS_FILE} to learn on from.", exists=True, dir_okay=False),
    ] = None,
    spare: Annotated[
        list[Path] | None,
        typer.Option(
            help="Questions whose papers are not learned from.", exists=True, dir_okay=False
        ),
    ] = None,
    written: Annotated[
        bool,
        typer.Option(
            "--written",
            help=f"A short last stage: learn most from what was written for the "
            f"reader. Needs {MORE_ABSTRACTS}, too.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Of all that is left to chance.")] = 0,
) -> None:
    """Train a reader, and write it into a folder of its own."""
    files = [*(data / PUBLIC / name for name in NAMES), data / ABSTRACTS]
    if written:
        files += [data / MORE_ABSTRACTS, *chain.from_iterable(SORTS.values()), QUESTIONS_FILE]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise typer.BadParameter(f"not found: {', '.join(missing)} (docs/reader.md lists them)")
    try:
        before = None if learned_before is None else unpack(learned_before.read_bytes())
    except ValueError as error:
        raise typer.BadParameter(f"{learned_before}: {error}") from error
    torch()
    out.mkdir(parents=True, exist_ok=True)
    papers = read_papers(data / ABSTRACTS, invented + free, spared_papers(spare or ()))
    texts = as_texts(papers[:invented])
    made = [*invent(texts, seed), *invent_questions(texts, seed)]
    made += invent_freely(papers[invented:], seed)
    if written:
        named = written_papers(data)
        made += [*read_written(named), *read_unsaid(named, seed), *read_turned(named, seed)]
        made += read_written_questions(named)
    items = list(encode([*read_public(data / PUBLIC), *made]))
    (out / "manifest.json").write_text(json.dumps(manifest(files, items), indent=1), "utf-8")
    train(items, out, visits, seed, minutes, rate, learned_before=before)
    draw_curve(out / LOG, out / "curve.png")
    write_model(out)


if __name__ == "__main__":
    typer.run(main)

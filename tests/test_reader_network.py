from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.reader.encoding import pair
from rag.reader.examples import Example, Item, encode
from rag.reader.graph import export
from rag.reader.invented import invent
from rag.reader.model import CrossEncoder
from rag.reader.weights import WEIGHTS_FILE, WORDS, pack, unpack

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("transformers", reason="the extra `train` is not installed")

ABSTRACTS = [
    f"We present TOOL{number}, a sampler. TOOL{number} needs {number + 3} steps to converge. "
    f"It is faster than BASE{number} in all {number + 5} tests. The code is public."
    for number in range(12)
]


@pytest.fixture(scope="module")
def items() -> list[Item]:
    questions = [
        Example("answer", "asked", "How many steps?", text, 1, (text.split(" steps")[0][-2:],))
        for text in ABSTRACTS
    ]
    ranked = [Example("relevance", "ranked", "sampler", text, 1) for text in ABSTRACTS]
    return list(encode([*invent(ABSTRACTS), *questions, *ranked]))


@pytest.fixture(scope="module")
def network() -> Any:
    from rag.reader.network import build

    torch.manual_seed(0)
    made = build(pretrained=False)
    return made.eval()


def state_of(network: Any) -> dict[str, Any]:
    return {name: value.float().numpy() for name, value in network.state_dict().items()}


def test_exported_graph_says_what_the_network_says(network: Any, items: list[Item]) -> None:
    from rag.reader.network import tensors

    pairs = [item.pair for item in items[:6]]
    with torch.inference_mode():
        whole, edges = network(*tensors(pairs))
    plain = CrossEncoder(export(state_of(network), steps=None))
    odds, found = plain._run(pairs)
    assert np.allclose(odds, whole.numpy(), atol=0.02)
    for row, item in enumerate(pairs):
        inside = slice(item.passage, len(item.ids))
        assert np.allclose(found[row, inside], edges[row, inside].numpy(), atol=0.02)
        assert (found[row, len(item.ids) :] < -1000).all()
    rounded, _ = CrossEncoder(export(state_of(network)))._run(pairs)
    assert np.allclose(rounded, whole.numpy(), atol=0.3)


def test_a_network_is_had_again_from_its_packed_weights(network: Any) -> None:
    from rag.reader.network import build, fill

    packed = pack(state_of(network))
    assert packed == pack(state_of(network))
    assert len(packed) < 13_000_000
    again = build(pretrained=False)
    words = again.encoder.embeddings.word_embeddings.weight
    words.data.copy_(network.encoder.embeddings.word_embeddings.weight.data)
    fill(again, unpack(packed))
    assert export(state_of(again)) == export(state_of(network))


def test_weights_of_something_else_are_refused(network: Any) -> None:
    from rag.reader.network import fill

    with pytest.raises(ValueError, match="no weights.npz"):
        unpack(b"PK and no more")
    with pytest.raises(RuntimeError, match="wide.weight"):
        fill(network, {"wide.weight": np.zeros((2, 2), np.float32)})
    with pytest.raises(RuntimeError, match="narrow"):
        fill(network, {"narrow": np.zeros(2, np.float32)})


def test_training_learns_on_from_packed_weights(
    network: Any, tmp_path: Path, items: list[Item]
) -> None:
    from rag.reader import train

    before = state_of(network)
    train.train(
        items, tmp_path, visits=1, rate=0.0, pretrained=False, learned_before=unpack(pack(before))
    )  # at no rate nothing changes
    train.write_model(tmp_path)
    after = unpack((tmp_path / WEIGHTS_FILE).read_bytes())
    assert set(after) == set(before) - {WORDS}
    assert all(np.allclose(after[name], before[name], atol=0.01) for name in after)


def test_pairs_read_together_are_read_as_alone(network: Any, items: list[Item]) -> None:
    encoder = CrossEncoder(export(state_of(network)))
    pairs = [item.pair for item in items[:5]]
    together, _ = encoder._run(pairs)
    alone = np.concatenate([encoder._run([item])[0] for item in pairs])
    assert np.array_equal(together, alone)


def test_texts_of_any_length_have_a_verdict_and_every_sentence_its_odds(network: Any) -> None:
    encoder = CrossEncoder(export(state_of(network)))
    long = [f"Sentence {number} says that {number} of the cats slept." for number in range(90)]
    verdict = encoder.judge("77 of the cats slept.", long)
    assert abs(sum(np.exp(verdict)) - 1) < 1e-6
    assert encoder.judge("77 of the cats slept.", long) == verdict
    found = encoder.find("How many cats slept?", [long, ["None."]])
    assert [len(item.sentences) for item in found] == [90, 1]
    assert all(value <= 0 for item in found for value in item.sentences)
    assert encoder.find("", [[""]])[0].sentences == (-30.0,)


def test_training_goes_on_from_its_checkpoint(tmp_path: Path, items: list[Item]) -> None:
    from rag.reader import train

    train.train(items, tmp_path, visits=8, pretrained=False)
    first = torch.load(tmp_path / "checkpoint.pt")
    train.train(items, tmp_path, visits=first["seen"] + 8, pretrained=False)
    second = torch.load(tmp_path / "checkpoint.pt")
    assert second["seen"] > first["seen"]
    assert second["step"] > first["step"]
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [entry["seen"] for entry in log] == [first["seen"], second["seen"]]
    assert all(np.isfinite(entry["loss"]) for entry in log)


def test_batches_after_a_break_are_those_that_would_have_come(items: list[Item]) -> None:
    from rag.reader.sampling import draw_batches

    whole = draw_batches(items, seed=0, seen=0)
    first = [next(whole) for _ in range(5)]
    later = draw_batches(items, seed=0, seen=sum(len(batch) for batch in first[:3]))
    assert next(later) == first[3]
    assert next(later) == first[4]


def test_claims_of_a_source_are_as_often_supported_as_contradicted(items: list[Item]) -> None:
    from rag.reader.sampling import level

    own = [[item for item in items if item[0] == "verdict" and item.label == n] for n in range(3)]
    few = own[0] + own[1][:3] + own[2]
    levelled = Counter(item.label for item in level(few, random.Random(0)))
    assert levelled == {0: len(own[0]), 1: len(own[0]), 2: len(own[2])}
    one_sided = own[0] + own[2]
    for kept in (one_sided, [item for item in items if item.task == "answer"]):
        assert level(kept, random.Random(0)) == kept


def test_a_pair_learns_by_every_head(network: Any, items: list[Item]) -> None:
    from rag.reader.train import loss_of

    network.zero_grad()
    by_task = {item.task: item for item in items}
    assert set(by_task) == {"verdict", "answer", "relevance"}
    loss_of(network, list(by_task.values())).backward()
    for layer in (network.whole, network.edges, network.wide):
        assert layer.weight.grad.abs().sum() > 0


def test_what_is_dropped_is_the_same_of_all_tokens_and_nothing_once_trained() -> None:
    from rag.reader.network import DROPPED, WIDTH, build

    dropped = build(pretrained=False).encoder.encoder.layer[0].output.dropout
    ones = torch.ones(2, 7, WIDTH)
    found = dropped(ones).detach().numpy()
    assert (found == found[:, :1]).all()
    assert 0 < (found == 0).mean() < 2 * DROPPED
    assert (found[0] != found[1]).any()
    assert (dropped.eval()(ones) == ones).all()


def test_pair_without_words_is_read(network: Any) -> None:
    encoder = CrossEncoder(export(state_of(network)))
    odds, _ = encoder._run([pair([], [])])
    assert np.isfinite(odds).all()


def test_trained_model_is_written_with_its_hash(tmp_path: Path, items: list[Item]) -> None:
    from rag.reader import model, train

    train.train(items, tmp_path, visits=8, pretrained=False)
    train.write_model(tmp_path)
    written = (tmp_path / model.MODEL_FILE).read_bytes()
    assert hashlib.sha256(written).hexdigest() == (tmp_path / model.HASH_FILE).read_text().strip()
    assert len(written) < 25e6
    assert CrossEncoder(written).find("How many steps?", [["It takes 3 steps."]])


def test_learning_curve_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra `bench` is not installed")
    from rag.reader.curve import draw_curve

    entries = [
        {"seen": seen, "held_out": {"a/verdict": 0.3 * seen, "b/answer": 0.5}} for seen in (1, 2)
    ]
    log, picture = tmp_path / "log.jsonl", tmp_path / "curve.png"
    log.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    draw_curve(log, picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_manifest_names_every_source_with_its_licence(tmp_path: Path, items: list[Item]) -> None:
    from rag.reader.train import manifest

    file = tmp_path / "claims.jsonl.gz"
    file.write_bytes(b"claims")
    known = [item for item in items if item.source == "invented"]
    told = manifest([file], known)
    assert told["files"] == {"claims.jsonl.gz": hashlib.sha256(b"claims").hexdigest()}
    assert told["licences"] == {"invented": "CC0: metadata of arXiv"}
    assert sum(count for own in told["pairs"].values() for count in own.values()) == len(known)

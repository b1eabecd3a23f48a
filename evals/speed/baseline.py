"""The stock LlamaIndex pipeline over Chroma, with the same model: what a few lines would give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from pydantic import PrivateAttr

from evals.errors import EvalError
from evals.speed.variants import CORES, Run, Shape, onnxruntime_published
from vectorstore.embedding import MiniLMEmbedding
from vectorstore.minilm import MODEL_WINDOW, load_tokenizer
from vectorstore.records import Record


class StockEmbedding(MiniLMEmbedding):
    """The published model by onnxruntime, in LlamaIndex's own batches; texts are cut off."""

    embed_batch_size: int = 10
    _run: Run = PrivateAttr()

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - pydantic's own
        """Loads the model."""
        super().__init__(**values)
        self._run = onnxruntime_published(Shape(self.embed_batch_size, CORES))

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        encoded = load_tokenizer().encode_batch(texts, add_special_tokens=False)
        vectors = self._run([item.ids[:MODEL_WINDOW] for item in encoded])
        return [list(map(float, row)) for row in np.asarray(vectors)]


def ingest_stock(
    folder: Path,
    records: Sequence[Record],
    model: BaseEmbedding,
    connect: Any,  # noqa: ANN401
) -> None:
    """Records to a Chroma collection by `VectorStoreIndex.from_documents`.

    Args:
        folder: Where to.
        records: One document each: title and abstract.
        model: Embeds.
        connect: Opens a Chroma client on a path.

    Raises:
        EvalError: LlamaIndex's own Chroma package is not installed.
    """
    try:
        from llama_index.vector_stores.chroma import ChromaVectorStore
    except ImportError as error:
        raise EvalError(
            "The stock pipeline needs llama-index-vector-stores-chroma. "
            "Do: pip install 'quoth[bench]'"
        ) from error
    client = connect(str(folder))
    store = ChromaVectorStore(chroma_collection=client.get_or_create_collection("stock"))
    documents = [
        Document(text=f"{item.title}. {item.abstract}", id_=item.id, metadata={"year": item.year})
        for item in records
    ]
    VectorStoreIndex.from_documents(
        documents,
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=model,
    )
    client.close()

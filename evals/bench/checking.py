"""The checker as the benches use it: with the default embedding model, or by words alone."""

from __future__ import annotations

from collections.abc import Sequence

from evals.bench.pairs import Check
from rag.checking import Finding, Memory, check_claim
from vectorstore import minilm


def checker(words_only: bool) -> Check:
    """Checks a claim against texts."""
    read = None if words_only else Memory(minilm.read)

    def check(claim: str, passages: Sequence[str]) -> Finding:
        return check_claim(claim, passages, read=read)

    check("Moths fly.", ["Some moths fly at night."])  # loads the models before the clock runs
    return check

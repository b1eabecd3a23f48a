"""Telling that two records are the same paper: keys by which they meet, rules that compare them."""

from __future__ import annotations

from vectorstore.matching.identifiers import archive_of
from vectorstore.matching.lookup import VERSION, keys
from vectorstore.matching.rules import Match, compare

__all__ = ["VERSION", "Match", "archive_of", "compare", "keys"]

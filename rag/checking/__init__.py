"""Checks a sentence against the passages that it cites; pure, without an LLM."""

from rag.checking.check import THRESHOLD, Finding, Kind, check_claim
from rag.checking.meaning import Leaning, Memory, Reader
from rag.checking.model import Judge
from rag.checking.quotations import Repair, check_quotations, repair_quotation
from rag.checking.support import Support, find_support

__all__ = [
    "THRESHOLD",
    "Finding",
    "Judge",
    "Kind",
    "Leaning",
    "Memory",
    "Reader",
    "Repair",
    "Support",
    "check_claim",
    "check_quotations",
    "find_support",
    "repair_quotation",
]

"""Titles for abstracts that came without one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.naming import derive_title


@pytest.mark.parametrize(
    ("abstract", "title"),
    [
        (
            "Bees dance. To this end, we propose HiveNet, a compact, portable map of dances for "
            "robots in fields. HiveNet works.",
            "HiveNet: a compact, portable map of dances for robots…",
        ),
        (
            "We introduce BeeLens3, the first open camera for hives. BeeLens3-7B sees well.",
            "BeeLens3: the first open camera for hives",
        ),
        (
            "Bees err. We present Careful Bee Counting (CBC), which counts. CBC counts bees.",
            "CBC: Careful Bee Counting",
        ),
        (
            "We propose the External Large Hive Model (ExHM) framework for bees. ExHM helps.",
            "ExHM: External Large Hive Model",
        ),
        (
            "At this level, we introduce a new method, honey transport probability entropy (HTPE) "
            "for hives.",
            "HTPE: honey transport probability entropy",
        ),
        (
            "Our implementation, the Joint Hive Trainer and Sampler (JHTS-{A,B}), is fast. "
            "JHTS-A trains.",
            "JHTS: Joint Hive Trainer and Sampler",
        ),
        (
            "We propose a Wing-based Hidden Bee Attack, called WHBA. It stings. WHBA wins.",
            "WHBA: Wing-based Hidden Bee Attack",
        ),
        (
            r"Bees are tired in winter and sleep a lot. We propose a method named \textbf{ZipBee1} "
            "that rests.",
            "ZipBee1: Bees are tired in winter and sleep a…",
        ),
        (
            "We introduce UniBEE++, a unified model of all bees. UniBEE++ wins.",
            "UniBEE++: a unified model of all bees",
        ),
        (
            "In this work we present Apis, a language for bees. Apis is small.",
            "Apis: a language for bees",
        ),
    ],
)
def test_the_system_gives_the_title(abstract: str, title: str) -> None:
    assert derive_title(abstract) == title


def test_a_name_that_recurs_is_preferred() -> None:
    abstract = "We propose OnceOnly, a step. We introduce TwiceBee, a bee. TwiceBee flies."
    assert derive_title(abstract) == "TwiceBee: a bee"


@pytest.mark.parametrize(
    ("abstract", "title"),
    [
        (
            "Hive-field shared flying (HFSF) has emerged as a pivotal way of life in wet and cold "
            "springs. In this survey, we study it.",
            "Hive-field shared flying (HFSF) has emerged as a pivotal way of life…",
        ),
        (
            "We propose a method for large bee models (LBMs). LBMs are large.",
            "We propose a method for large bee models (LBMs)",
        ),
        ("We design GPU kernels for bees. They hum.", "We design GPU kernels for bees"),
        (
            r"Nectar (\texttt{NC} \texttt{flow}) drops by 40\%.",
            "Nectar (NC flow) drops by 40%",
        ),
        ("Bees", "Bees"),
        (r"\left", r"\left"),
        ("b" * 500, "b" * 120 + "…"),
    ],
)
def test_the_first_words_give_the_title_where_no_system_is_named(abstract: str, title: str) -> None:
    assert derive_title(abstract) == title


@given(st.text(min_size=1))
def test_no_abstract_fails_and_no_title_is_long(abstract: str) -> None:
    assert len(derive_title(abstract)) <= 160


@pytest.mark.parametrize(
    ("abstract", "title"),
    [(". Moths fly. They rest.", "Moths fly"), ("! Moths fly", "Moths fly"), ("( — a", "( — a")],
)
def test_a_title_is_never_empty(abstract: str, title: str) -> None:
    assert derive_title(abstract) == title

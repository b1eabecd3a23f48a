"""Stand-in until the measured one is merged."""

from __future__ import annotations

from dataclasses import dataclass

from vectorstore.records import Record


@dataclass(frozen=True, slots=True)
class Match:
    rule: str
    detail: str


def keys(record: Record) -> tuple[str, ...]:
    return record.identities


def compare(left: Record, right: Record) -> Match | None:
    shared = set(left.identities) & set(right.identities)
    for item in left.identities:
        if item in shared:
            scheme = item.split(":")[0]
            return Match(
                "abstract" if scheme == "text" else scheme, f"same {scheme.upper()} {item[4:]}"
            )
    return None

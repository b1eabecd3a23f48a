"""Numbers in a text: what they are worth, in what unit, and with what bound; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag.checking.units import UNITS

_WORDS = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
} | {word: 10.0 * tens for tens, word in enumerate(
    "thirty forty fifty sixty seventy eighty ninety".split(), 3
)} | {"dozen": 12.0, "hundred": 100.0}  # fmt: skip
_MULTIPLES = {
    "twice": 2.0, "thrice": 3.0, "doubles": 2.0, "doubled": 2.0, "doubling": 2.0,
    "triples": 3.0, "tripled": 3.0, "tripling": 3.0, "halves": 0.5, "halved": 0.5,
    "halving": 0.5, "twofold": 2.0, "threefold": 3.0, "fourfold": 4.0, "fivefold": 5.0,
    "sixfold": 6.0, "tenfold": 10.0,
}  # fmt: skip
_MAGNITUDES = {
    "K": 1e3, "k": 1e3, "thousand": 1e3, "M": 1e6, "million": 1e6, "mn": 1e6, "B": 1e9, "bn": 1e9,
    "billion": 1e9, "T": 1e12, "trillion": 1e12, "hundred": 1e2,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>[-+±]?)(?P<money>[$€£]?)"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,]*\d)|\d+(?:\.\d+)?|\.\d+)"
    r"(?:(?P<scale>x10)?\^(?P<power>[-+]?\d{1,2})(?!\w))?"
    r"|(?<![^\W_])(?P<word>[A-Za-z]{3,9})(?![^\W_])"
)
_SUFFIX = re.compile(r"(?P<gap>[ -]?)(?P<letters>%|[A-Za-zμµ]+)(?P<glued>[\w+])?")
_BOUNDS = (
    ("least", re.compile(r"\b(at least|(?<!no )more than|over|above|exceeding|greater than"
                         r"|no (less|fewer) than)\s*$", re.I)),
    ("most", re.compile(r"\b(up to|at most|less than|fewer than|below|under|(no|not) more than)"
                        r"\s*$", re.I)),
    ("about", re.compile(r"(\b(about|approximately|around|roughly|nearly|almost|circa)|[~≈])\s*$",
                         re.I)),
)  # fmt: skip
_RATIO = re.compile(
    r"\b(factor|(odds|risk|rate|hazards?) ratio|relative risk|a?OR|RR|a?HR|IRR)\b"
    r"\s*(\(\w+\))?\s*(of|was|is|[=:,(])?\s*(about|approximately|around|roughly|nearly|almost)?\s*$"
)
_PARTS = {
    name: float(whole)
    for whole, name in enumerate("third quarter fifth sixth seventh eighth ninth tenth".split(), 3)
}
_SHARE = re.compile(
    r"(?<![\w.,-])(?P<part>[1-9]|one|two|three|four|five|six|seven|eight|nine)"
    r"(?:\s(?:out of|in|in every)\s(?P<whole>\d{1,3}|two|three|four|five|six|seven|eight|nine|ten"
    r"|twenty|hundred)(?!\s(?:hundred|thousand|million))(?![\w%]|[.,]\d)"
    r"|[\s-](?P<name>third|quarter|fifth|sixth|seventh|eighth|ninth|tenth)s?(?![\w-]))",
    re.I,
)
_ROLE = re.compile(r"\b(from|to|into)\s+(?:[A-Za-z-]{1,12}\s+){0,3}$", re.I)
_BEFORE = 30
_YEARS = (1500, 2100)
_JOIN = re.compile(r"\s*(-|–|,|to|and|or|, and|, or)\s*")
_RANGE = re.compile(r"\s*(-|–|to)\s*")
_BETWEEN = re.compile(r"\bbetween\s*$", re.I)
_CONFIDENCE = re.compile(r"\s*(CI|confidence|credible)\b")
_FAR = 50
_SINGLE = frozenset("shmgVW")
_ORDINALS = frozenset({"st", "nd", "rd", "th"})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it stands in a text.

    Attributes:
        text: As written, with its unit where that is known.
        start: Where it begins.
        end: Where it ends.
        value: What it is worth, magnitudes multiplied in.
        unit: `%`, `times`, `ratio`, a unit of measure, or empty for a bare number.
        bound: `least`, `most`, `about`, or empty.
        role: `from` or `to` where it is an end of a change, or empty.
        spelled: Whether it is a word.
        share: Whether it is a part of a whole in words, as `one in four`; then in `%`.
    """

    text: str
    start: int
    end: int
    value: float
    unit: str = ""
    bound: str = ""
    role: str = ""
    spelled: bool = False
    share: bool = False

    @property
    def is_year(self) -> bool:
        """Whether it reads as a year."""
        return not self.unit and self.text.isdigit() and _YEARS[0] <= self.value <= _YEARS[1]


def read_quantities(text: str) -> list[Quantity]:
    """The numbers of a text in searchable form, in order; those inside names are left out.

    `32.2M` is worth 32.2 million; `4.5X`, `4.5 times` and `4.5-fold` are the same; of `2-6%` both
    ends are percentages.
    """
    found: list[Quantity] = []
    shares = {match.start(): match for match in _SHARE.finditer(text)}
    for match in _NUMBER.finditer(text):
        if found and match.start() < found[-1].end:
            continue
        if match.start() in shares and (share := _read_share(shares[match.start()])) is not None:
            found.append(_with_surroundings(text, share))
            continue
        quantity = _read_word(text, match) if match["word"] else _read_digits(text, match)
        if quantity is not None:
            found.append(_with_surroundings(text, quantity))
    return _share_units(text, found)


def is_number_word(folded: str) -> bool:
    """Whether a word, case-folded, spells a number."""
    return folded in _WORDS or folded in _MULTIPLES


def _read_share(match: re.Match[str]) -> Quantity | None:
    """A part of a whole, such as `one in four` and `two thirds`, as a percentage."""
    part = _count(match["part"])
    whole = _PARTS[match["name"].casefold()] if match["name"] else _count(match["whole"])
    if not part < whole:
        return None
    return Quantity(
        match.group(), match.start(), match.end(), 100 * part / whole, "%", spelled=True, share=True
    )


def _count(text: str) -> float:
    return _WORDS[text.casefold()] if text.isalpha() else float(text)


def _read_word(text: str, match: re.Match[str]) -> Quantity | None:
    word = match["word"].casefold()
    start, end = match.span()
    if word in _MULTIPLES:
        return Quantity(text[start:end], start, end, _MULTIPLES[word], "times", spelled=True)
    if word not in _WORDS:
        return None
    value, unit = _WORDS[word], ""
    suffix = _SUFFIX.match(text, end)
    letters = suffix["letters"].casefold() if suffix else ""
    if suffix and suffix["gap"]:
        if 20 <= value < 100 and 0 < _WORDS.get(letters, 0) < 10:
            value, end = value + _WORDS[letters], suffix.end("letters")
        elif letters in _MAGNITUDES and len(letters) > 2:
            value, end = value * _MAGNITUDES[letters], suffix.end("letters")
        elif suffix["letters"] in UNITS and len(letters) > 1:
            unit, end = UNITS[suffix["letters"]], suffix.end("letters")
    return Quantity(text[start:end], start, end, value, unit, spelled=True)


def _read_digits(text: str, match: re.Match[str]) -> Quantity | None:
    value = float(match["digits"].replace(",", "")[:40])
    if match["power"]:
        power = 10.0 ** int(match["power"])
        value = value * power if match["scale"] else _raise(value, int(match["power"]))
    end, start = match.end(), match.start()
    if match["sign"] == "-":
        start += 1
    if _is_in_name(text, start):
        return None
    unit = UNITS.get(match["money"], "")
    suffix = _SUFFIX.match(text, end)
    if suffix and suffix["letters"] in _MAGNITUDES and _may_scale(suffix):
        value, end = value * _MAGNITUDES[suffix["letters"]], suffix.end("letters")
        suffix = _SUFFIX.match(text, end)
    if suffix and suffix[0] == "s" and value % 10 == 0:
        return None
    if suffix and _may_measure(suffix):
        unit, end = unit or UNITS[suffix["letters"]], suffix.end("letters")
    elif suffix and _is_name_end(suffix):
        return None
    return Quantity(text[start:end], start, end, value, unit)


def _raise(value: float, power: int) -> float:
    return float(value**power) if 0 < value <= 1000 else value


def _may_scale(suffix: re.Match[str]) -> bool:
    """Whether letters multiply: `5M` and `5 million`, not `5 M`."""
    return not suffix["glued"] and (not suffix["gap"] or len(suffix["letters"]) > 2)


def _may_measure(suffix: re.Match[str]) -> bool:
    """Whether letters are a unit: `5ms`, `5 ms`, `5-bit`, `5 times`, `5 s`, not `5 x`."""
    letters = suffix["letters"]
    apart = letters == "%" or len(letters) > 1 or letters in _SINGLE
    return letters in UNITS and not suffix["glued"] and (not suffix["gap"] or apart)


def _is_name_end(suffix: re.Match[str]) -> bool:
    """Whether letters make the number part of a name: `6G`, `2.5-VL`."""
    letters = suffix["letters"]
    if not suffix["gap"]:
        return letters not in _ORDINALS
    return suffix["gap"] == "-" and letters.isupper()


def _is_in_name(text: str, start: int) -> bool:
    """Whether a number goes on from a word: `GPT-4`, `Qwen2/2.5`."""
    return start >= 2 and text[start - 1] in "-/+@" and text[start - 2].isalnum() and not (
        text[start - 2].isdigit() and not _word_before(text, start - 2)
    )  # fmt: skip


def _word_before(text: str, place: int) -> bool:
    """Whether the run of letters and digits that ends at `place` begins with a letter."""
    run = re.search(r"[^\W_]{1,30}$", text[max(0, place - 29) : place + 1])
    return bool(run) and not run.group()[0].isdigit()  # type: ignore[union-attr]


def _with_surroundings(text: str, quantity: Quantity) -> Quantity:
    before = text[max(0, quantity.start - _BEFORE) : quantity.start]
    bound = next((name for name, pattern in _BOUNDS if pattern.search(before)), "")
    role = None if bound == "most" else _ROLE.search(before)
    named = {"from": "from", "to": "to", "into": "to"}[role[1].casefold()] if role else ""
    unit = "ratio" if not quantity.unit and _RATIO.search(before) else quantity.unit
    return replace(quantity, bound=bound, role=named, unit=unit)


def _share_units(text: str, found: list[Quantity]) -> list[Quantity]:
    """Gives the bare numbers of a list or range the unit of the one after them.

    A percentage of confidence says nothing of the number before it, nor does `75%` of a `0.75`.
    """
    for place in range(len(found) - 2, -1, -1):
        here, after = found[place], found[place + 1]
        between = text[here.end : after.start][:8]
        confidence = _CONFIDENCE.match(text, after.end)
        comparable = not confidence and after.value <= _FAR * here.value
        listed = after.unit == "%" and comparable and _JOIN.fullmatch(between)
        between_both = between.strip() == "and" and _BETWEEN.search(text[: here.start][-_BEFORE:])
        joined = _RANGE.fullmatch(between) or listed or between_both
        alike = here.spelled == after.spelled or not here.spelled
        if joined and alike and not here.unit and after.unit:
            found[place] = replace(here, unit=after.unit)
    return found

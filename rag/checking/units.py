"""Units of measure: how they are spelled, and what they are worth in each other; pure."""

from __future__ import annotations

_SPELLINGS = """
%: percent percents percentage pct
times: x X fold folds
point: points
ms: millisecond milliseconds msec
s: sec second seconds secs
min: mins minute minutes
h: hr hrs hour hours
day: days
week: weeks
month: months
year: years yr yrs
bit: bits
byte: bytes
gb: GB gigabyte gigabytes
mb: MB megabyte megabytes
tb: TB terabyte terabytes
kb: KB kB
hz: Hz
khz: kHz
mhz: MHz
ghz: GHz
nm:
um: μm µm
mm: millimeter millimeters millimetre millimetres
cm: centimeter centimeters centimetre centimetres
km: kilometer kilometers kilometre kilometres
m: metre metres meter meters
mg: milligram milligrams
kg: kilogram kilograms
g: gram grams
ug: μg µg
ml: mL
l: liter litre liters litres
db: dB
w: W watt watts
kw: kW
v: V volt volts
mv: mV
ev: eV
kev: keV
mev: MeV
gev: GeV
tev: TeV
dollar: $ dollars USD
euro: € euros EUR
pound: £ pounds
"""
UNITS = {
    word: line.split(":")[0]
    for line in _SPELLINGS.strip().splitlines()
    for word in (line.split(":")[0], *line.split(":")[1].split())
}
"""Unit by spelling."""

_WORTH = {
    "time": {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "day": 86_400.0, "week": 604_800.0,
             "month": 2_629_800.0, "year": 31_557_600.0},
    "length": {"nm": 1e-9, "um": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3},
    "mass": {"ug": 1e-6, "mg": 1e-3, "g": 1.0, "kg": 1e3},
    "volume": {"ml": 1e-3, "l": 1.0},
    "memory": {"byte": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12},
    "frequency": {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
    "power": {"w": 1.0, "kw": 1e3},
    "voltage": {"mv": 1e-3, "v": 1.0},
    "energy": {"ev": 1.0, "kev": 1e3, "mev": 1e6, "gev": 1e9, "tev": 1e12},
}  # fmt: skip
_KINDS = {unit: (kind, worth) for kind, units in _WORTH.items() for unit, worth in units.items()}


def convert(value: float, unit: str) -> tuple[str, float] | None:
    """What is measured, and how much in the first unit of its kind; None of other units."""
    if unit not in _KINDS:
        return None
    kind, worth = _KINDS[unit]
    return kind, value * worth

"""Words and sentences for invented papers; every one of them is ours."""

from __future__ import annotations

import re
from random import Random

_THINGS = """
    moth wings|tidal pools|sourdough crusts|brass gears|church bells|kite strings|lichen colonies
    canal locks|paper boats|snail shells|oak galls|wool felts|clay kilns|reed flutes|ice skates
    beehive frames|harbour cranes|bicycle chains|pocket watches|hedgerow birds|salt marshes
    ferry timetables|apple grafts|chalk streams|lantern slides|spinning tops|rope bridges
    windmill sails|mushroom spores|glass marbles|Ærø ferries|Łódź looms|crème caramel crusts
"""
THINGS = [name.strip() for line in _THINGS.strip().split("\n") for name in line.split("|")]
QUALITIES = """
    stiffness colour drift warmth noise wear length balance friction spread age brightness
    moisture rhythm tension weight timing porosity shade pitch
""".split()
METHODS = [
    "a weighted ledger of daily counts",
    "paired weighings at dawn and dusk",
    "slow photography from a fixed mast",
    "a naïve threshold on the daily mean",
    "Kötter's folding test",
    "blind sorting by three observers",
    "a low-cost ångström-scale caliper",
    "interviews with keepers & makers",
    "repeated sieving through finer meshes",
    "a sparse graph of neighbouring sites",
]
PLACES = [
    "Ærøskøbing", "the Łeba dunes", "Cádiz", "an abandoned mill", "Reykjavík", "the Tōkaidō road",
    "two walled gardens", "Besançon", "the upper harbour", "São Tomé", "nine village schools",
]  # fmt: skip
VENUES = [
    "Journal of Moths", "Annals of Bread & Baking", "Tides and Gears", "Zeitschrift für Glocken",
    "Revue française des écluses", "Letters on Kites", "Proceedings of the Workshop on Small Boats",
    "Boletín de Relojería", "The Lichen Review", "Acta Ludorum: Spinning and Skating",
]  # fmt: skip
KEYWORDS = [
    "moths", "tides", "bread", "field study", "wear", "low-cost sensing", "crafts", "acoustics",
    "long series", "citizen counts", "écluses", "hand tools", "winter", "public domain data",
]  # fmt: skip
GIVEN = [
    "Anna", "Bo", "Chloé", "Dmitri", "Eszter", "Fátima", "Grażyna", "Hiro", "Ínes", "Jan Maarten",
    "Kwame", "Lærke", "Mei-Ling", "Nuño", "Océane", "Priya", "R. J.", "Søren", "Tomáš", "Zoë",
]  # fmt: skip
FAMILIES = [
    "Müller", "Sørensen", "Nguyễn", "O'Leary", "van den Berg", "García Márquez", "Kowalski",
    "Łukasiewicz", "Andersson", "Okafor", "Tanaka", "D'Angelo", "Smith-Jones", "Šimková", "Weiß",
    "Ångman", "Çelik", "Erdős", "Lefèvre", "Brown",
]  # fmt: skip
GROUPS = ["Moth Survey Consortium", "Institute for Bread and Tides", "The Écluse Group"]

SENTENCES = [
    "We study the {quality} of {thing} near {place}.",
    "Little is known about how {thing} change in {quality} over {count} seasons.",
    "Using {method}, we followed {count} specimens for {count} days.",
    "The {quality} of {thing} rose by {share}% (n = {count}), while their {quality} stayed level.",
    "Contrary to folklore, {thing} lose {share}% of their {quality} when they are kept indoors.",
    "We compare {method} with {method}, and both agree to within {share} per cent.",
    "In {place}, {thing} were “borrowed” more often than bought – a habit of {count} years.",
    "An effect remains for $k_{{\\max}} < {count}$ and vanishes beyond.",
    "We model the {quality} as $q \\propto t^{{1/2}}$, following {method}.",
    "Keepers & makers in {place} confirmed {count} of {count} findings.",
    "Costs stay below €{count}, or about ${count} a year.",
    "Temperatures of {count} °C ± {share} K did not change the result (p < 0.0{share}).",
    "Data, code and drawings are shared at https://data.example/set_{count}#read-me.",
    "These results suggest that {thing} deserve the care that {thing} already receive.",
    "Names such as {quality}_{count}.csv, kept in ~/{quality}, follow the older scheme of {place}.",
]
MATHS = re.compile(r"\$(?:k_\{\\max\} < \d+|q \\propto t\^\{1/2\}|_2)\$")
"""The formulas in sentences and titles: a sum in dollars is none."""
LABELS = ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS")


def write_sentence(random: Random) -> str:
    """One sentence about one thing or another."""
    pattern = random.choice(SENTENCES)
    while "{" in pattern.replace("{{", ""):
        start = pattern.replace("{{", "((").index("{")
        end = pattern.index("}", start)
        word = _choose(pattern[start + 1 : end], random)
        pattern = pattern[:start] + word + pattern[end + 1 :]
    return pattern.replace("{{", "{").replace("}}", "}")


def write_text(random: Random, sentences: int, number: int) -> str:
    """Sentences, of which the first names the number, so that no two texts are the same."""
    opening = f"Survey {number:05d} is about {random.choice(THINGS)}."
    return " ".join([opening, *(write_sentence(random) for _ in range(sentences - 1))])


def write_title(random: Random, number: int) -> str:
    """A title that no other number has."""
    thing, other = random.sample(THINGS, 2)
    patterns = [
        f"On the {random.choice(QUALITIES)} of {thing}: survey {number:05d}",
        f"{thing.capitalize()} & {other}, revisited ({number:05d})",
        f"Do {thing} outlast {other}? Report {number:05d} from {random.choice(PLACES)}",
        f"Über {thing}: “{random.choice(QUALITIES)}” and H$_2$O in survey {number:05d}",
    ]
    return random.choice(patterns)


def _choose(kind: str, random: Random) -> str:
    if kind == "count":
        return str(random.randint(2, 4000))
    if kind == "share":
        return str(random.randint(1, 9))
    choices = {"thing": THINGS, "quality": QUALITIES, "method": METHODS, "place": PLACES}
    return random.choice(choices[kind])

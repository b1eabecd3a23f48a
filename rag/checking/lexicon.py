"""The words that turn a sentence: negations, hedges, scopes; and plain synonyms."""

from __future__ import annotations

from functools import lru_cache

from vectorstore.terms import stem

_SYNONYMS = """
use employ utilize utilise apply leverage adopt exploit usage
show demonstrate reveal illustrate exhibit prove evidence display
propose introduce present develop devise
study investigate examine explore analyze analyse
find discover observe identify detect
get obtain achieve attain reach yield score
author researcher team writer
method approach technique algorithm procedure
paper article work study
big large huge
image picture photo photograph
begin start commence
people person individual human
child kid children
car automobile vehicle
doctor physician clinician
drug medication medicine
cancer tumor tumour carcinoma
heart cardiac
kidney renal
liver hepatic
lung pulmonary
brain cerebral
mouse mice murine
death mortality
woman women
man men
need require demand necessitate
make create produce generate build construct
remain stay persist
allow enable permit let
help assist aid facilitate
important crucial essential vital key critical pivotal
new novel
fast quick rapid
purpose aim goal objective
problem issue challenge difficulty
task job
evaluate assess measure
comprise consist include contain encompass
about approximately roughly around circa
twice double
purchase buy bought
company firm business
film movie
released available public publicly open-source
cost expense overhead price
accuracy accurate accurately precise precision
main primary principal chief
quickly rapidly swiftly fast
guide guideline
part component module portion
combine integrate merge unify
affect influence impact effect
cause lead result trigger
link associate correlate relate relation association connection correlation
select choose pick
remove eliminate discard
sort kind type category class
reason cause
whole entire complete full
hard difficult challenging
easy simple straightforward
keep preserve retain maintain
change alter modify shift
limit restrict constrain
dataset data corpus
phase stage step
speedup acceleration accelerate speed
concept notion idea
earlier previous prior past existing
conventional traditional classical standard
suggest propose recommend imply indicate
"""

NEGATORS = frozenset(
    "not no never nor neither none without cannot unable fail fails failed failing lack lacks"
    " lacked lacking absence absent failure hardly barely nothing nobody nowhere incapable non"
    " isn't aren't wasn't weren't don't doesn't didn't won't wouldn't can't couldn't shouldn't"
    " hasn't haven't hadn't mustn't devoid avoid avoids avoided avoiding miss misses missed"
    " exclude excludes excluded cant dont doesnt didnt isnt arent bypass bypasses bypassed"
    " bypassing obviate obviates obviating ineligible".split()
)
"""Words that negate what follows them in their clause."""

NEGATING_PAIRS = frozenset({("rather", "than"), ("instead", "of"), ("other", "than")})
NEEDLESS = frozenset(
    "eliminate eliminates eliminated eliminating remove removes removed removing".split()
)
"""Words that negate what follows a need: `eliminates the need for labels`."""
NEEDS = frozenset("need needs necessity requirement".split())
EXEMPT_PAIRS = frozenset(
    {("not", "only"), ("not", "just"), ("not", "merely"), ("no", "doubt"), ("nothing", "but")}
)

OBJECT_VERBS = frozenset(
    map(
        stem,
        "need require demand necessitate use involve take contain include cause incur show find"
        " produce offer give provide yield make add introduce leave see observe assume exhibit"
        " report detect impose pose bring employ rely".split(),
    )
)
"""Verbs that a `no` before their object negates as `not` would."""

PASSED_OVER = frozenset(
    "result significant differ difference appear seem evidence statistical observed detected seen"
    " associated".split()
)
"""Words that hand a negation on to what follows: in `no significant improvement`, to the last."""

HEDGES = frozenset(
    "may might could possibly potentially potential perhaps probably probable likely unlikely"
    " suggest suggests suggested suggesting appear appears appeared seem seems seemed seemingly"
    " hypothesize hypothesise hypothesized hypothesis speculate conjecture presumably tentative"
    " tentatively preliminary arguably plausible plausibly would possible expected believe believed"
    " hope hopes hoped aim aims intend intends seek seeks indication tend tends".split()
)
"""Words by which an abstract commits itself to less than a fact."""

SOFTENERS = frozenset(
    "sometimes often usually generally typically mostly mainly largely partly partially some many"
    " occasionally frequently commonly almost nearly most several certain primarily".split()
)
"""Words that leave room for exceptions."""

SCOPES = frozenset(
    "all every always never only first entirely completely universally guarantee guarantees"
    " guaranteed prove proves proven any none sole solely exclusively invariably everywhere"
    " everyone must perfectly unique uniquely whole entire totally best largest".split()
)
"""Words that widen a claim, or close it against exceptions."""

GENERIC = frozenset(
    "paper papers study studies work works article articles author authors abstract researcher"
    " researchers show shows shown showing demonstrate demonstrates demonstrated propose proposes"
    " proposed present presents presented introduce introduces introduced report reports reported"
    " describe describes described according result results finding findings find finds found"
    " method methods approach approaches use uses used using based new novel called named also"
    " however thus furthermore moreover specifically additionally experiment experiments state"
    " states stated note notes namely one make makes made give gives given provide provides"
    " provided achieve achieves achieved several various via respectively well per say says"
    " said mention mentions therefore hence let us get gets got way ways thing things".split()
)
"""Words of reporting, which a sentence may add without claiming more."""


def _read_synonyms() -> dict[str, frozenset[int]]:
    table: dict[str, frozenset[int]] = {}
    for number, line in enumerate(_SYNONYMS.strip().splitlines()):
        for word in line.split():
            key = stem(word)
            table[key] = table.get(key, frozenset()) | {number}
    return table


_GROUPS = _read_synonyms()
PREFIXES = ("non", "un", "in", "im", "ir", "il", "dis")
_LEAST_BASE = 5
_NOTHING: frozenset[int] = frozenset()


def groups(stemmed: str) -> frozenset[int]:
    """Numbers of the groups of synonyms that a stem belongs to."""
    return _GROUPS.get(stemmed, _NOTHING)


@lru_cache(maxsize=65536)
def without_prefix(folded: str) -> str | None:
    """The stem of a word without its negating prefix: of `ineffective`, that of `effective`."""
    for prefix in PREFIXES:
        if folded.startswith(prefix) and len(folded) - len(prefix) >= _LEAST_BASE:
            return stem(folded[len(prefix) :])
    return None

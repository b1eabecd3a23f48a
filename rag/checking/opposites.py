"""Pairs of opposites, and the side on which a word stands in each."""

from __future__ import annotations

from typing import NamedTuple

from vectorstore.terms import stem

_OPPOSITES = """
amount: increase raise rise rose risen grow grew grown elevate enlarge augment boost expand
 upregulate more higher high greater great larger large big bigger increment amplify escalate climb
 surge intensify heighten heightened potentiate abundant wider broader longer deeper / decrease
 reduce reduction lower low decline drop fall fell fallen diminish fewer few less lesser smaller
 small tiny downregulate attenuate lessen shrink shrank curtail suppress inhibit depress dwindle
 cut minimize lowering narrower shorter shallower alleviate abate scarce
quality: better improve outperform superior surpass exceed beat enhance excel outstrip outdo
 good best improvement ameliorate upgrade win won / worse worsen underperform inferior degrade
 deteriorate impair bad worst poor poorer damage harm deterioration degradation lag weaken lose lost
 aggravate exacerbate
help: promote facilitate encourage enable allow permit induce stimulate trigger activate activation
 cause lead drive mediate contribute foster help assist aid support ease / prevent hinder impede
 discourage block inhibit obstruct prohibit forbid hamper disable deactivate repress restrain avoid
 protect
speed: fast faster quick rapid accelerate speedup swift speed quickly rapidly hasten expedite
 fastest / slow slower decelerate sluggish slowly gradual gradually slowdown slowest delay
presence: present presence contain include exhibit possess has have with feature / absent absence
 exclude lack omit devoid free
sign: positive positively / negative negatively
activity: active / inactive passive passively
retain: retain preserve maintain keep conserve sustain / remove eliminate discard delete lose lost
 destroy abolish
add: add attach insert append gain acquire / subtract detach withdraw
ease: easy easier easily simple simpler straightforward trivial effortless / difficult hard harder
 challenging complex complicated tough hardly
cost: cheap cheaper inexpensive affordable / expensive costly costlier
strength: strong stronger strongly robust robustness / weak weaker weakly fragile brittle
length: long lengthy / short brief
width: wide broad / narrow
depth: deep / shallow
density: dense densely / sparse sparsely
frequency: frequent frequently often common commonly usual usually widespread prevalent / rare
 rarely seldom infrequent uncommon unusual scarcely
always: always invariably constantly / never sometimes occasionally
order: before prior earlier early previous previously preceding precede pre / after afterwards later
 late subsequent subsequently following post succeed
rank: first initial initially / last final finally second third
place: above over upper / below under lower beneath
quantity: all every each entire whole both / none neither
majority: most majority mostly mainly largely / minority least
extreme: maximum maximal maximize max / minimum minimal minimize min
success: success successful successfully succeed / failure fail unsuccessful failed
known: known familiar well-known / unknown unfamiliar novel unexplored underexplored
openness: open public publicly / closed proprietary private secret
inside: internal inner inside within internally / external outer outside beyond externally
local: local locally / global globally
static: static fixed constant frozen stationary / dynamic dynamically varying variable trainable
 trained learnable tuned finetuned
likeness: same similar similarly identical equal equally alike comparable / different differ
 differently distinct unequal dissimilar
relation: correlate dependent depend associated associate / independent independently unrelated
agreement: agree accept confirm validate consistent corroborate prove / disagree reject refute
 contradict inconsistent disprove deny
safety: safe safely harmless beneficial benign / dangerous unsafe harmful toxic detrimental
 malicious malignant poisoned
health: healthy / diseased ill sick
sensitivity: sensitive susceptible susceptibility vulnerable sensitivity / resistant resistance
 immune insensitive
agonist: agonist / antagonist
sex: male man men boy boys / female woman women girl girls
age: young younger youth / old older elderly aged
use: overuse overestimate overfit / underuse underestimate underfit
begin: begin start open launch onset / end stop close cease terminate halt
life: live alive survive survival living / die dead death mortality died
time: day / night
side: left / right
vertical: up upward upwards / down downward downwards
supervision: supervised / unsupervised
cleanness: clean / dirty noisy
reach: near close nearby / far distant remote
power: efficient efficiently / inefficient wasteful
precision: coarse coarse-grained / fine fine-grained
possible: possible able can capable feasible / impossible unable incapable infeasible cannot
full: full complete completely fully / empty partial partially incomplete
heat: hot warm heat warming / cold cool cooling
direct: direct directly / indirect indirectly
linear: linear / nonlinear
online: online / offline
importance: important essential crucial vital critical necessary required / unimportant negligible
 optional unnecessary redundant
uniform: homogeneous uniform / heterogeneous diverse
focus: general generic / specific particular specialized
explicit: explicit explicitly / implicit implicitly
wealth: rich richer / impoverished
dominance: dominant / recessive
acute: acute / chronic
innate: innate / adaptive
macro: macroscopic macro / microscopic micro
single: single individual sole / multiple several many numerous
extent: extensive extensively major substantial considerable drastic massive vast profound strongly
 greatly heavily / minimal minor slight slightly marginal marginally modest negligible little
exactness: precise exact exactly precisely accurate accurately / approximate rough roughly imprecise
 inaccurate
flow: input / output
coding: encoder / decoder
origin: source / target
retrieval: precision / recall
stream: upstream / downstream
course: forward forwards / backward backwards
truth: true correct correctly right / false incorrect incorrectly wrong
teaching: teacher / student
settlement: urban / rural
outlook: prospective / retrospective
reality: real natural genuine real-world / synthetic artificial simulated fake
grounds: theoretical theoretically / empirical empirically experimental
measure: qualitative / quantitative
values: discrete / continuous
chance: deterministic / stochastic random probabilistic
succession: sequential sequentially serial / parallel parallelized concurrently
control: centralized centralised / decentralized decentralised distributed
grade: mild / severe serious
trade: buy bought purchase / sell sold
result: profit / loss
feeling: love like happy glad / hate dislike sad upset
lead: ahead / behind
timing: morning / evening afternoon
arrival: arrive / depart leave
pole: north northern / south southern
meridian: east eastern / west western
season: summer / winter
respect: systolic / diastolic
opinion: optimistic confident / pessimistic doubtful uncertain
training: pretrained pre-trained / untrained
access: available accessible / unavailable inaccessible
joint: joint jointly together collaboratively / separate separately apart alone
manual: manual manually / automatic automatically automated
"""


class Polarity(NamedTuple):
    """The pair of opposites that a word belongs to, and its side: 1 or -1."""

    family: str
    side: int


def polarities(stemmed: str) -> tuple[Polarity, ...]:
    """The pairs of opposites that a stem belongs to."""
    return _POLARITIES.get(stemmed, ())


def _read_opposites() -> dict[str, tuple[Polarity, ...]]:
    table: dict[str, tuple[Polarity, ...]] = {}
    for entry in _entries(_OPPOSITES):
        family, _, words = entry.partition(":")
        for side, part in zip((1, -1), words.split("/"), strict=True):
            for word in part.split():
                key = stem(word)
                found = Polarity(family, side)
                if found not in table.get(key, ()):
                    table[key] = (*table.get(key, ()), found)
    return table


def _entries(text: str) -> list[str]:
    """The entries of a table; a line that begins with a space goes on with the one before."""
    return text.strip().replace("\n ", " ").splitlines()


_POLARITIES = _read_opposites()

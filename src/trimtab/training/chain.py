"""How long a chain of updates may grow, and what it must show on the way: pure rules over recorded links and losses.

An update is cheap because it sees few rows, and each one can lose a little that no update brings back. So a chain is
raced: every k-th time against a fit from scratch, on rows that neither has seen, and it goes on only on evidence that
it keeps up. Where there is too little evidence it is cut too: a fit from scratch costs seconds, a slow loss goes unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trimtab.declare.policy import Retrain
from trimtab.stats import Bootstrap, Interval, UnitTotals
from trimtab.training.manners.manner import Refusal

Next = Literal["scratch", "continue", "race"]


@dataclass(frozen=True)
class Chain:
    """Where a version comes from: its parent's name, the manner, and how many updates since a fit from scratch.

    >>> Chain().continued("v1", "leaf_refit").continued("v2", "leaf_refit")
    Chain(parent='v2', manner='leaf_refit', length=2)
    """

    parent: str | None = None
    manner: str = "scratch"
    length: int = 0

    def continued(self, parent: str, manner: str) -> Chain:
        """The chain of a child of the version `parent`, whose chain this is."""
        return Chain(parent, manner, self.length + 1)


@dataclass(frozen=True)
class ChainRules:
    """At most so many updates in a row, a race at every k-th, and the share of the loss that a chain may lose by.

    Raises ValueError unless lengths are at least 1 and the margin is above 0.
    """

    at_most: int = 8
    race_every: int = 4
    margin: float = 0.01

    def __post_init__(self) -> None:
        if self.at_most < 1 or self.race_every < 1 or not self.margin > 0:
            raise ValueError(f"lengths are at least 1 and the margin is above 0; got {self}")


def chain_rules(retrain: Retrain) -> ChainRules:
    """The rules that a declaration sets; where it races, every update is raced.

    >>> chain_rules(Retrain(manner="race", longest_chain=3))
    ChainRules(at_most=3, race_every=1, margin=0.01)
    """
    every = 1 if retrain.manner == "race" else retrain.race_every
    return ChainRules(at_most=retrain.longest_chain, race_every=every)


@dataclass(frozen=True)
class Plan:
    """What the next training does, and why."""

    what: Next
    reason: str


def plan_update(chain: Chain, rules: ChainRules, refusal: Refusal | None = None) -> Plan:
    """Whether the child of a version is fitted from scratch, continued, or raced first.

    >>> plan_update(Chain("v3", "leaf_refit", 3), ChainRules()).what
    'race'
    """
    after = chain.length + 1
    if refusal is not None:
        return Plan("scratch", str(refusal))
    if after > rules.at_most:
        return Plan("scratch", f"{chain.length} updates in a row, at most {rules.at_most}")
    if after % rules.race_every == 0:
        return Plan("race", f"update {after} of a chain is raced against a fit from scratch")
    return Plan("continue", f"update {after} of at most {rules.at_most}")


@dataclass(frozen=True)
class RaceResult:
    """Whether the chain keeps up, the share of the scratch fit's loss that it saves (below 0: loses), and CPU seconds.

    Both were trained on what was known before the rows that they are compared on.
    """

    keeps_up: bool
    skill: Interval
    reason: str
    continued_cpu_seconds: float
    scratch_cpu_seconds: float

    @property
    def saved_cpu_seconds(self) -> float:
        """What one update saves."""
        return self.scratch_cpu_seconds - self.continued_cpu_seconds

    @property
    def saves(self) -> str:
        """What continuing saves, in words.

        >>> RaceResult(True, Interval(0.0), "", 0.05, 1.2).saves
        'an update costs 0.05 s of CPU, a fit from scratch 1.20 s: 1.15 s less, 24 times cheaper'
        """
        text = (
            f"an update costs {self.continued_cpu_seconds:.2f} s of CPU, "
            f"a fit from scratch {self.scratch_cpu_seconds:.2f} s"
        )
        if self.saved_cpu_seconds <= 0 or self.continued_cpu_seconds <= 0:
            return f"{text}: nothing is saved" if self.saved_cpu_seconds <= 0 else text
        ratio = self.scratch_cpu_seconds / self.continued_cpu_seconds
        return f"{text}: {self.saved_cpu_seconds:.2f} s less, {ratio:.2g} times cheaper"


def judge_race(
    continued: UnitTotals,
    scratch: UnitTotals,
    rules: ChainRules,
    *,
    seed: int,
    cpu_seconds: tuple[float, float],
) -> RaceResult:
    """Judge the losses of both, by day, on the same rows that neither has seen; CPU seconds are of both in that order.

    The chain keeps up when the whole 95 % interval of its relative loss lies within the margin: being better on
    average is not enough, and fewer than ten days are no evidence. Totals of earlier races of the same recipe may be
    merged in (`UnitTotals.merge`): what is judged is the manner, and evidence about it adds up.
    """
    skill = Bootstrap(seed=seed).skill(continued, scratch)
    keeps_up = skill.above(-rules.margin)
    return RaceResult(keeps_up, skill, _told(skill, rules, keeps_up=keeps_up), *cpu_seconds)


def _told(skill: Interval, rules: ChainRules, *, keeps_up: bool) -> str:
    if not skill.known:
        return f"no evidence that the chain keeps up ({skill.reason}): it is cut"
    seen = f"relative to the fit from scratch {-skill.estimate:+.1%} loss [{-skill.high:+.1%}, {-skill.low:+.1%}]"
    if keeps_up:
        return f"{seen}, within {rules.margin:.1%}: the chain goes on"
    lost = "it loses" if skill.below(-rules.margin) else "it may lose more"
    return f"{seen}, margin {rules.margin:.1%}: {lost}, so the chain is cut"

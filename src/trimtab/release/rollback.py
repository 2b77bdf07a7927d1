"""After a promotion the old champion goes on in shadow, and the promotion is undone when labels show that it harms.

The evidence starts at the promotion and is never cut to a recent window: a sliding window begins its error budget anew
every day, and switches equal models back and forth. Small harm is found slowly and calmly, large harm in days; what
breaks at once has its own door. Later promotions open watches of their own, each with its share of the year's budget.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from trimtab.finding import Finding, Severity
from trimtab.stats import UnitTotals
from trimtab.stats.sequence import paired_bounds
from trimtab.units import Duration, days

Outcome = Literal["worse", "waiting", "kept"]

HARD_FACTOR, HARD_FAILURES = 5.0, 20
"""The hard limit: five times the usual share of failures, and at least twenty of them, in five minutes."""

MOST_SWITCHES, SWITCHES_WITHIN = 2, days(30)
"""Automatic rollbacks allowed in so long; the next one freezes the system and calls a person."""

WATCHES = 5
"""How many versions watch at most: a promotion opens one more watch after a fifth of its length, six days of thirty."""

REST = days(14)
"""How long a recipe that was rolled back may not come again."""


@dataclass(frozen=True)
class ReversePlan:
    """How the old champion watches the new one: alpha, for how long, and where the bounds are tightest, times 4."""

    alpha: float = 0.05
    watch_after: Duration = field(default_factory=lambda: days(30))
    planned_units: float = 30


@dataclass(frozen=True)
class ReverseVerdict:
    """Whether the promoted version is worse than the one it replaced."""

    verdict: Outcome
    finding: Finding


def judge_reverse(totals: UnitTotals, plan: ReversePlan, *, promoted: int, now: int) -> ReverseVerdict:
    """Return the verdict at `now`, from totals by unit of new - old, of requests since the promotion.

    worse: surely above 0, one-sided. kept: not by the end of the watch, and then the old one may go.

    >>> worse = UnitTotals(np.arange(20), np.tile([0.8, 1.2], 10), np.ones(20))
    >>> judge_reverse(worse, ReversePlan(), promoted=0, now=1).verdict
    'worse'
    """
    bounds = paired_bounds(totals, alpha=plan.alpha, planned_units=plan.planned_units)
    over = Duration(now - promoted) >= plan.watch_after
    worse = bool(bounds.enough and bounds.lower > 0)
    verdict: Outcome = "worse" if worse else "kept" if over else "waiting"
    what = {
        "worse": "the promoted version is worse than the one it replaced",
        "waiting": "the promoted version is not surely worse so far",
        "kept": "the promoted version was not surely worse while it was watched",
    }[verdict]
    return ReverseVerdict(
        verdict,
        Finding(
            what,
            Severity.ACT if worse else Severity.OK if bounds.enough else Severity.NOT_RUN,
            since=promoted,
            estimate=float(bounds.estimate),
            interval=(float(bounds.lower), float(bounds.upper)) if np.isfinite(bounds.lower) else None,
            cause=None if bounds.enough else f"{bounds.units} mature units since the promotion",
            action="roll back" if worse else None,
            evidence=(
                ("units", bounds.units),
                ("alpha", plan.alpha),
                ("log e", float(bounds.log_e)),
            ),
        ),
    )


def hard_limit(failures: int, requests: int, usual_failures: int, usual_requests: int) -> bool:
    """True when the last five minutes fail five times as often as usual, with at least twenty failures.

    No alpha is spent on it: it is a limit, not a test. One failure is added to the usual ones, so that a system that
    never failed before needs more than chance.

    >>> hard_limit(40, 1000, 70, 10_000), hard_limit(19, 20, 0, 10_000)
    (True, False)
    """
    if failures < HARD_FAILURES:
        return False
    return failures / requests >= HARD_FACTOR * (usual_failures + 1) / (usual_requests + 1)


def may_switch(switches: tuple[int, ...], now: int) -> bool:
    """True when one more automatic rollback is allowed, given when the earlier ones were, epoch microseconds.

    >>> may_switch((), 0), may_switch((0, 5), 10)
    (True, False)
    """
    recent = [at for at in switches if Duration(now - at) < SWITCHES_WITHIN]
    return len(recent) < MOST_SWITCHES

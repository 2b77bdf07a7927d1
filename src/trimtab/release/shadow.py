"""The candidate scores the champion's requests beside it, unseen, and labels judge both on the same rows.

Only whole cohorts count: requests so old that nearly all of their labels have come. Labels that come fast are not like
those that come late, and a cohort half labelled would answer for the fast ones only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from trimtab.errors import DataError
from trimtab.finding import Finding, Severity
from trimtab.release.slices import judged_together
from trimtab.stats import UnitTotals, unit_totals
from trimtab.stats.sequence import LEAST_UNITS, PASSING, Bounds, Verdict, paired_bounds
from trimtab.units import Duration, days


@dataclass(frozen=True)
class ShadowPlan:
    """What is decided before the first look: alpha, the margin in units of the loss, and when patience ends.

    least_units: mature units before any verdict, never below 14. planned_units: where the bounds are tightest, times
    4. slice_alpha is shared by all slices of enough rows, which may only forbid.
    """

    alpha: float = 0.05
    margin: float = 0.0
    deadline: Duration = field(default_factory=lambda: days(60))
    least_units: int = LEAST_UNITS
    planned_units: float = 56
    slice_alpha: float = 0.05


@dataclass(frozen=True, eq=False)
class ShadowVerdict:
    """What the labels say of a candidate so far, the bounds behind it, and the slices that are surely worse."""

    verdict: Verdict
    finding: Finding
    bounds: Bounds
    harmed: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """True when a promotion may rest on it; waiting is not a pass."""
        return self.verdict in PASSING


def matured_before(now: int, label_delay: Duration) -> int:
    """Return the instant before which requests form mature cohorts: `now` less the delay of 95 % of labels.

    >>> matured_before(days(10).microseconds, days(2)) == days(8).microseconds
    True
    """
    return now - label_delay.microseconds


def shadow_totals(
    candidate: ArrayLike, champion: ArrayLike, unit: ArrayLike, requested_at: ArrayLike, before: int
) -> UnitTotals:
    """Collapse the paired losses (n,) of requests before an instant to totals of candidate - champion by unit.

    Raises DataError when one of these rows has no loss from both: leave censored rows out, and count them.

    >>> shadow_totals([0.2, 0.9, 0.1], [0.1, 0.1, 0.1], [1, 1, 2], [10, 20, 30], before=30).sums
    array([0.9])
    """
    ripe = np.asarray(requested_at) < before
    difference = (np.asarray(candidate, np.float64) - np.asarray(champion, np.float64))[ripe]
    if np.isnan(difference).any():
        raise DataError(
            "a comparison needs both losses of each mature row",
            found=f"{int(np.isnan(difference).sum())} of {difference.size} rows without",
            do="leave rows without a label or score out, and count them",
        )
    return unit_totals(difference, np.asarray(unit)[ripe])


def judge_shadow(
    totals: UnitTotals,
    plan: ShadowPlan,
    *,
    since: int,
    now: int,
    slices: Mapping[str, UnitTotals] | None = None,
    feedback: str = "none",
) -> ShadowVerdict:
    """Return the verdict at `now` on a shadow that began at `since`, from totals of candidate - champion.

    Any number of looks share one alpha. A slice that is surely worse forbids; none can help. When what is served
    changes the label (`feedback` other than 'none'), a shadow cannot be judged and waits until its deadline.

    >>> better = UnitTotals(np.arange(20), np.tile([-1.2, -0.8], 10), np.ones(20))
    >>> judge_shadow(better, ShadowPlan(), since=0, now=1).verdict
    'better'
    """
    bounds = paired_bounds(totals, alpha=plan.alpha, planned_units=plan.planned_units)
    verdict = bounds.verdict(plan.margin)
    harmed = harmed_slices(slices or {}, plan.slice_alpha, plan.planned_units)
    if feedback != "none" or (verdict in PASSING and bounds.units < plan.least_units):
        verdict = "continue"
    elif harmed:
        verdict = "worse"
    if verdict == "continue" and Duration(now - since) >= plan.deadline:
        verdict = "undecided"
    finding = _finding(verdict, bounds, plan, since, harmed, feedback)
    return ShadowVerdict(verdict, finding, bounds, harmed)


def harmed_slices(slices: Mapping[str, UnitTotals], alpha: float, planned_units: float) -> tuple[str, ...]:
    """Return the slices where the candidate is surely worse, each tested at alpha / the number of large ones.

    >>> worse = UnitTotals(np.arange(20), np.tile([16.0, 24], 10), np.full(20, 20.0))
    >>> harmed_slices({"EV": worse}, 0.05, 56)
    ('EV',)
    """
    large, part = judged_together(slices, alpha)
    found = {name: paired_bounds(t, alpha=part, planned_units=planned_units) for name, t in large.items()}
    return tuple(name for name, bounds in found.items() if bounds.enough and bounds.lower > 0)


_SEVERITY: Mapping[Verdict, Severity] = {
    "continue": Severity.NOT_RUN,
    "undecided": Severity.WATCH,
    "worse": Severity.ACT,
}


def _finding(
    verdict: Verdict,
    bounds: Bounds,
    plan: ShadowPlan,
    since: int,
    harmed: tuple[str, ...],
    feedback: str,
) -> Finding:
    said = {
        "continue": "it is not yet known whether the candidate is as good as the champion",
        "undecided": "the deadline came before labels could tell; the champion stays",
        "worse": "the candidate is worse than the champion",
    }
    where = f" in {', '.join(harmed)}" if harmed else ""
    return Finding(
        said.get(verdict, f"the candidate is {verdict} by mature labels") + where,
        _SEVERITY.get(verdict, Severity.OK),
        since=since,
        estimate=float(bounds.estimate),
        interval=(float(bounds.low), float(bounds.high)) if np.isfinite(bounds.low) else None,
        cause=_why_waiting(bounds, plan, feedback) if verdict in {"continue", "undecided"} else None,
        evidence=(
            ("units", bounds.units),
            ("margin", plan.margin),
            ("alpha", plan.alpha),
            ("one-sided upper bound", float(bounds.upper)),
            ("log e", float(bounds.log_e)),
        ),
    )


def _why_waiting(bounds: Bounds, plan: ShadowPlan, feedback: str) -> str:
    if feedback != "none":
        return "what is served changes the label, so only a randomised comparison can judge it"
    if bounds.units < plan.least_units:
        return f"{bounds.units} of {plan.least_units} mature units"
    if not bounds.enough:
        return f"{bounds.units} mature units that resemble their neighbours"
    return f"after {bounds.units} units the bounds still hold both"

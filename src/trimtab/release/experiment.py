"""A/B: two versions answer different units for as long as it takes, planned beforehand and looked at every day."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

import numpy as np

from trimtab.finding import Finding, Severity
from trimtab.release.canary import judge_split
from trimtab.stats import UnitTotals, unit_residuals
from trimtab.stats.planning import sequential_units_per_arm, units_per_arm
from trimtab.stats.sequence import Verdict, unpaired_bounds
from trimtab.units import Duration, days


@dataclass(frozen=True)
class ExperimentPlan:
    """How many units and days an experiment needs, looked at once at the end, and when looked at daily.

    margin: the difference of losses that still counts as not worse. share: of units in the candidate's arm.
    """

    alpha: float
    margin: float
    one_look_units_per_arm: int
    units_per_arm: int
    days: int
    share: float = 0.5
    deadline: Duration = field(default_factory=lambda: days(60))


@dataclass(frozen=True)
class ExperimentVerdict:
    """What the experiment says so far: of the split first, then of the loss."""

    verdict: Verdict
    findings: tuple[Finding, ...]


def plan_experiment(
    standard_deviation: float,
    effect: float,
    units_per_day: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    margin: float = 0.0,
) -> ExperimentPlan:
    """Return the plan that finds an effect with this power, for two equal arms and so many new units a day.

    Raises ValueError unless deviation, effect and units a day are above 0.

    >>> plan_experiment(1.0, 0.1, units_per_day=500).days
    11
    """
    if units_per_day <= 0:
        raise ValueError(f"units a day are above 0; got {units_per_day:g}")
    once = units_per_arm(standard_deviation, effect, alpha=alpha, power=power)
    needed = sequential_units_per_arm(standard_deviation, effect, alpha=alpha, power=power)
    length = ceil(2 * needed / units_per_day)
    return ExperimentPlan(alpha, margin, once, needed, length, deadline=days(length))


def judge_experiment(
    candidate: UnitTotals,
    champion: UnitTotals,
    plan: ExperimentPlan,
    *,
    assigned: tuple[int, int],
    since: int,
    now: int,
) -> ExperimentVerdict:
    """Return the verdict from each arm's losses by unit (sums (u,)) and the units assigned to (candidate, champion).

    A split that is not as planned stops all verdicts.

    >>> arm = UnitTotals(np.arange(100), np.arange(100) % 5 * 1.0, np.ones(100))
    >>> plan = plan_experiment(1.0, 0.1, units_per_day=500)
    >>> judge_experiment(arm, arm, plan, assigned=(100, 100), since=0, now=1).verdict
    'continue'
    """
    split = judge_split(
        dict(zip(("candidate", "champion"), assigned, strict=True)), (plan.share, 1 - plan.share)
    )
    if split.severity is Severity.ACT:
        return ExperimentVerdict("continue", (split,))
    bounds = unpaired_bounds(
        candidate, champion, alpha=plan.alpha, planned_units=2 * plan.one_look_units_per_arm
    )
    verdict = bounds.verdict(plan.margin)
    if verdict == "continue" and Duration(now - since) >= plan.deadline:
        verdict = "undecided"
    severity = {"continue": Severity.NOT_RUN, "undecided": Severity.WATCH, "worse": Severity.ACT}
    finding = Finding(
        f"candidate against champion: {verdict}",
        severity.get(verdict, Severity.OK),
        since=since,
        estimate=float(bounds.estimate),
        interval=(float(bounds.low), float(bounds.high)),
        cause=f"{bounds.units} of {2 * plan.units_per_arm} units" if verdict == "continue" else None,
        evidence=(("units", bounds.units), ("margin", plan.margin), ("alpha", plan.alpha)),
    )
    return ExperimentVerdict(verdict, (split, finding))


def adjusted(candidate: UnitTotals, champion: UnitTotals) -> tuple[UnitTotals, UnitTotals]:
    """Return each arm's losses (u,) less what a covariate explains; totals have sums (u, 2): loss, covariate.

    The covariate has to be known of both arms alike, such as the champion's score of the row, which is computed for
    every request. One slope for both arms, so that their difference keeps its meaning. Source: Deng et al. 2013
    (CUPED).

    >>> arm = UnitTotals(np.arange(4), np.array([[1.0, 1], [2, 2], [3, 3], [4, 4]]), np.ones(4))
    >>> adjusted(arm, arm)[0].sums
    array([2.5, 2.5, 2.5, 2.5])
    """
    arms = (candidate, champion)
    residuals = np.concatenate([unit_residuals(arm) * arm.counts.mean() for arm in arms])
    power = float(residuals[:, 1] @ residuals[:, 1])
    slope = float(residuals[:, 0] @ residuals[:, 1]) / power if power > 0 else 0.0
    counted = sum(float(arm.counts.sum()) for arm in arms)
    mean = sum(float(arm.sums[:, 1].sum()) for arm in arms) / counted
    first, second = (
        UnitTotals(arm.unit, arm.sums[:, 0] - slope * (arm.sums[:, 1] - mean * arm.counts), arm.counts)
        for arm in arms
    )
    return first, second

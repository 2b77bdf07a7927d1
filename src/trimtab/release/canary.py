"""A small share of units is answered by the candidate, and guards watch what can break without any label.

Guards share one alpha. Each may look after every request: given that a unit fails, it is one of the canary's with the
canary's share of units, however often the world fails, and that is exact for whole numbers. The split of units comes
first: where it is wrong, no other comparison means anything. No traffic is waiting, never a pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import log
from typing import Literal

from trimtab.finding import Finding, Severity
from trimtab.stats import UnitTotals
from trimtab.stats.proportion import falls_too_often, log_e_counts, quantile_bounds
from trimtab.stats.sequence import unpaired_bounds
from trimtab.units import Duration, days, milliseconds

Answer = Literal["advance", "waiting", "hold", "stop", "undecided"]

SPLIT_EVIDENCE = 1000.0
"""The evidence at which units are not split as planned: wrong in one of a thousand releases."""

GUARDS = 5
"""Failures, invalid outputs, slow answers, the 95 % quantile of latency, and the loss by labels."""


@dataclass(frozen=True, eq=False)
class ArmCounts:
    """What one arm met in a stage. Units count once, however often they fail.

    units: distinct units; failed, invalid, slow: how many of them had at least one such answer. latency (k,): answers
    in each bucket of the plan's edges. scores, losses: totals by unit, None where there are none.
    """

    units: int = 0
    requests: int = 0
    failed: int = 0
    invalid: int = 0
    slow: int = 0
    latency: tuple[int, ...] = ()
    scores: UnitTotals | None = None
    losses: UnitTotals | None = None


@dataclass(frozen=True)
class CanaryPlan:
    """One stage: its share of units, what it has to see before the next one, and the alpha of its guards.

    latency_edges: upper ends of the buckets of latency, microseconds, ascending. slack: by how much the candidate's
    95 % quantile may surely be longer.
    """

    share: float
    alpha: float = 0.05
    exposures: int = 1000
    duration: Duration = field(default_factory=lambda: days(1))
    deadline: Duration = field(default_factory=lambda: days(14))
    latency_edges: tuple[float, ...] = ()
    slack: Duration = field(default_factory=lambda: milliseconds(5))
    planned_units: float = 20_000


@dataclass(frozen=True)
class CanaryVerdict:
    """What to do with the stage, and one finding for each guard."""

    verdict: Answer
    findings: tuple[Finding, ...]


def judge_canary(
    canary: ArmCounts, control: ArmCounts, plan: CanaryPlan, *, since: int, now: int
) -> CanaryVerdict:
    """Return the verdict at `now` on a stage that began at `since`.

    stop: a guard has evidence of harm. hold: the split is wrong, or scores differ: a person should look. advance:
    enough exposures and a full day without alarm. undecided: neither by the deadline.

    >>> judge_canary(ArmCounts(), ArmCounts(), CanaryPlan(0.05), since=0, now=1).verdict
    'waiting'
    """
    split = judge_split({"canary": canary.units, "control": control.units}, (plan.share, 1 - plan.share))
    if split.severity is Severity.ACT:
        guards: tuple[Finding, ...] = ()
    else:
        guards = tuple(_guards(canary, control, plan))
    verdict = _verdict(split, guards, enough=_enough(canary, control, plan, Duration(now - since)))
    if verdict in {"waiting", "hold"} and Duration(now - since) >= plan.deadline:
        verdict = "undecided"
    return CanaryVerdict(verdict, (split, *guards, *_waiting(verdict, canary, plan, Duration(now - since))))


def judge_split(units: dict[str, int], shares: tuple[float, ...]) -> Finding:
    """Return whether units are split as planned: ACT with the arm that is farthest off, at evidence of 1,000.

    >>> judge_split({"canary": 700, "control": 9300}, (0.05, 0.95)).severity
    <Severity.ACT: 'ACT'>
    """
    counts, total = tuple(units.values()), sum(units.values())
    evidence = log_e_counts(counts, shares)
    if evidence < log(SPLIT_EVIDENCE):
        severity = Severity.OK if total else Severity.NOT_RUN
        cause = None if total else "no unit has come yet"
        return Finding("units are split as planned", severity, cause=cause, evidence=(("log e", evidence),))
    off = {
        name: count / (share * total) - 1 for (name, count), share in zip(units.items(), shares, strict=True)
    }
    # of two arms that are as far off, the one that lost units
    arm = max(off, key=lambda name: (round(abs(off[name]), 6), -off[name]))
    return Finding(
        f"units are not split as planned: {arm} has {units[arm]:,} of {total:,}, {off[arm]:+.1%}",
        Severity.ACT,
        estimate=off[arm],
        action="find out where units get lost before comparing anything",
        evidence=(("log e", evidence),),
    )


def _guards(canary: ArmCounts, control: ArmCounts, plan: CanaryPlan) -> Iterator[Finding]:
    for name in ("failed", "invalid", "slow"):
        yield _share_guard(name, getattr(canary, name), getattr(control, name), plan)
    if canary.latency and control.latency:
        yield _latency_guard(canary, control, plan)
    if canary.losses is not None and control.losses is not None:
        yield _loss_guard(canary.losses, control.losses, plan)
    if canary.scores is not None and control.scores is not None:
        yield _score_guard(canary.scores, control.scores, plan)


def _share_guard(name: str, canary: int, control: int, plan: CanaryPlan) -> Finding:
    alarm = falls_too_often(canary, canary + control, plan.share, plan.alpha / GUARDS)
    words = {"failed": "failures", "invalid": "invalid outputs", "slow": "slow answers"}[name]
    return Finding(
        f"the candidate has more {words}" if alarm else f"no more {words} than the champion",
        Severity.ACT if alarm else Severity.OK,
        estimate=canary / (canary + control) if canary + control else None,
        action="take the candidate out" if alarm else None,
        evidence=(("units of the canary", canary), ("units of the control", control), ("share", plan.share)),
    )


def _latency_guard(canary: ArmCounts, control: ArmCounts, plan: CanaryPlan) -> Finding:
    # each arm's bounds may be wrong by half of the guard's alpha
    part = plan.alpha / GUARDS / 2
    ours = quantile_bounds(plan.latency_edges, canary.latency, 0.95, part)
    theirs = quantile_bounds(plan.latency_edges, control.latency, 0.95, part)
    alarm = ours[0] > theirs[1] + plan.slack.microseconds
    return Finding(
        "the candidate is slower" if alarm else "not surely slower than the champion",
        Severity.ACT if alarm else Severity.OK,
        interval=ours,
        action="choose a smaller model, or one with a faster engine" if alarm else None,
        evidence=(("p95 of the control at most, microseconds", theirs[1]),),
    )


def _loss_guard(canary: UnitTotals, control: UnitTotals, plan: CanaryPlan) -> Finding:
    bounds = unpaired_bounds(canary, control, alpha=plan.alpha / GUARDS, planned_units=plan.planned_units)
    alarm = bool(bounds.enough and bounds.lower > 0)
    return Finding(
        "the candidate is worse by labels" if alarm else "not surely worse by labels",
        Severity.ACT if alarm else Severity.OK,
        estimate=float(bounds.estimate),
        interval=(float(bounds.low), float(bounds.high)),
        evidence=(("units", bounds.units),),
    )


def _score_guard(canary: UnitTotals, control: UnitTotals, plan: CanaryPlan) -> Finding:
    bounds = unpaired_bounds(canary, control, alpha=plan.alpha / GUARDS, planned_units=plan.planned_units)
    differs = bool(bounds.enough and (bounds.low > 0 or bounds.high < 0))
    return Finding(
        "the candidate's mean score differs from the champion's" if differs else "mean scores agree",
        Severity.WATCH if differs else Severity.OK,
        estimate=float(bounds.estimate),
        interval=(float(bounds.low), float(bounds.high)),
        action="a better model may score differently: look at the shadow's labels, then approve or stop it"
        if differs
        else None,
    )


def _enough(canary: ArmCounts, control: ArmCounts, plan: CanaryPlan, passed: Duration) -> bool:
    return canary.requests >= plan.exposures and control.requests > 0 and passed >= plan.duration


def _verdict(split: Finding, guards: tuple[Finding, ...], *, enough: bool) -> Answer:
    if split.severity is Severity.ACT:
        return "hold"
    severities = {finding.severity for finding in guards}
    if Severity.ACT in severities:
        return "stop"
    if Severity.WATCH in severities:
        return "hold"
    return "advance" if enough and split.severity is Severity.OK else "waiting"


def _waiting(verdict: Answer, canary: ArmCounts, plan: CanaryPlan, passed: Duration) -> tuple[Finding, ...]:
    if verdict not in {"waiting", "undecided"}:
        return ()
    return (
        Finding(
            "the stage has not seen enough",
            Severity.NOT_RUN if verdict == "waiting" else Severity.WATCH,
            cause=f"{canary.requests:,} of {plan.exposures:,} answers, {passed} of {plan.duration}",
        ),
    )

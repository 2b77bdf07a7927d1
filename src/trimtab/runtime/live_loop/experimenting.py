"""A/B on record: what a split of units needs before it can tell, and what the one that was made says so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trimtab.declare.releasing import Release
from trimtab.finding import Finding, Severity
from trimtab.release.experiment import ExperimentPlan, judge_experiment, plan_experiment
from trimtab.report import Document, FindingsList, Section
from trimtab.report.shown import Shown
from trimtab.runtime.history import ROW_NUMBER, identity
from trimtab.runtime.live_loop.arms import Arms, Split, arms_of, latest_split
from trimtab.runtime.live_loop.canarying import answers_since
from trimtab.runtime.live_loop.cohorts import row_of
from trimtab.runtime.live_loop.past import Floats, Past, Rows
from trimtab.stats import UnitTotals, unit_residuals, unit_totals
from trimtab.units import days

LOOKED_BACK = days(28)
"""From which answers the plan takes how much losses vary and how many units come."""
LEAST_PLANNED = 30
"""Units below which nothing is planned from them."""


@dataclass(frozen=True)
class Usual:
    """What units usually lose: totals by unit over so many days, and of whose answers that is told."""

    totals: UnitTotals
    over_days: float
    of: str


@dataclass(frozen=True)
class Experiment(Shown):
    """The plan of a split and its verdict so far; `split` is None where no answer was ever given in one."""

    system: str
    split: Split | None
    plan: ExperimentPlan | None
    verdict: str
    findings: tuple[Finding, ...]

    @property
    def sentence(self) -> str:
        """Where the experiment stands."""
        if self.plan is None:
            return "no experiment can be planned yet"
        if self.split is None:
            return f"an experiment would take {self.plan.days:,} days"
        return f"{self.split.version} for {self.split.share:.0%} of units: {self.verdict}"

    def to_json(self) -> dict[str, Any]:
        """The experiment as plain JSON values."""
        plan = None if self.plan is None else {**vars(self.plan), "deadline": str(self.plan.deadline)}
        return {
            "system": self.system,
            "split": None if self.split is None else vars(self.split),
            "plan": plan,
            "verdict": self.verdict,
            "findings": [finding.to_json() for finding in self.findings],
        }

    def document(self) -> Document:
        """The experiment as a page."""
        worst = max((finding.severity for finding in self.findings), default=Severity.INFO)
        section = Section("What it needs, and what it says", (FindingsList(self.findings),))
        return Document(f"Experiment of {self.system}", self.sentence, severity=worst, sections=(section,))

    def __str__(self) -> str:
        return "\n".join((self.sentence, *(str(finding) for finding in self.findings)))


def experiment(past: Past, *, effect: float | None = None, alpha: float = 0.05) -> Experiment:
    """Plan a split that finds a difference of `effect` in loss, and judge the one on record, as of the past's instant.

    effect: in units of the loss; without one, the margin of the release. One look every day is paid for.
    """
    name = past.means.system.name
    usual = _usual(past)
    if usual is None:
        lacking = f"fewer than {LEAST_PLANNED} units with mature labels in {LOOKED_BACK}"
        cause = Finding("an experiment can be planned", Severity.NOT_RUN, cause=lacking)
        return Experiment(name, None, None, "continue", (cause,))
    plan = _plan(past, usual, effect, alpha)
    split = latest_split(past.means.ledger)
    if split is None:
        return Experiment(name, None, plan, "continue", (_needs(plan, usual),))
    longest = max(_release(past).deadline, plan.deadline)
    arms = arms_of(past, split, past.now - longest.microseconds)
    verdict, findings = _judged(arms, replace(plan, share=split.share), past.now)
    return Experiment(name, split, plan, verdict, (_needs(plan, usual), *findings))


def _release(past: Past) -> Release:
    return past.means.system.release


def _plan(past: Past, usual: Usual, effect: float | None, alpha: float) -> ExperimentPlan:
    totals = usual.totals
    level = float(totals.sums.sum() / totals.counts.sum())
    margin = _release(past).margin * level
    deviation = max(float(unit_residuals(totals).std(ddof=1)), 1e-12)
    rate = totals.counts.size / usual.over_days
    return plan_experiment(deviation, margin if effect is None else effect, rate, alpha=alpha, margin=margin)


def _needs(plan: ExperimentPlan, usual: Usual) -> Finding:
    rate = usual.totals.counts.size / usual.over_days
    return Finding(
        f"{plan.units_per_arm:,} units an arm, {plan.days:,} days at {rate:,.0f} new units a day, looked at daily",
        Severity.INFO,
        cause=f"from what {usual.of} lost",
        evidence=(
            ("units an arm with one look at the end", plan.one_look_units_per_arm),
            ("alpha", plan.alpha),
            ("margin", plan.margin),
        ),
    )


def _judged(arms: Arms, plan: ExperimentPlan, now: int) -> tuple[str, tuple[Finding, ...]]:
    if len(arms.losses) < len(arms.assigned) or arms.since is None:
        cause = "an arm has no mature label yet"
        return "continue", (Finding("candidate against champion", Severity.NOT_RUN, cause=cause),)
    canary, control = arms.losses["canary"], arms.losses["control"]
    found = judge_experiment(canary, control, plan, assigned=arms.assigned, since=arms.since, now=now)
    return found.verdict, found.findings


def _usual(past: Past) -> Usual | None:
    """What was lost of late: by the champion's answers, or before there are any by the best constant answer."""
    since = past.now - LOOKED_BACK.microseconds
    rows, units, scores = _answered(past, since)
    of = "answers"
    if len(set(units)) < LEAST_PLANNED:
        of = "a constant answer would have"
        rows, units = _asked(past, since)
    if len(set(units)) < LEAST_PLANNED:
        return None
    losses = past.losses(rows, scores) if of == "answers" else past.constant(rows)
    length = float(np.ptp(past.at[rows])) / days(1).microseconds
    return Usual(unit_totals(losses, np.array(units)), max(length, 1.0), of)


def _answered(past: Past, since: int) -> tuple[Rows, list[str], Floats]:
    """The rows that were answered with the usual version, the unit of each, and its score."""
    subject = past.means.system.request.source.subject
    rows, scores, units = [], [], []
    for _, logged in answers_since(past.means.ledger, since):
        row = row_of(past, logged)
        if row is not None and (logged.arm is None or logged.arm.name == "control"):
            rows.append(row)
            scores.append(logged.score)
            units.append(str(logged.request.get(subject) if subject else row))
    return np.array(rows, np.int64), units, np.array(scores)


def _asked(past: Past, since: int) -> tuple[Rows, list[str]]:
    """The mature rows of late, and the unit of each."""
    rows = past.mature(since, past.now)
    subject = past.means.system.request.source.subject
    table = past.history.requests.table
    if subject and subject in table.column_names and identity(past.means.system) != (ROW_NUMBER,):
        return rows, [str(value) for value in table[subject].take(rows).to_pylist()]
    return rows, [str(row) for row in rows]

"""Is ML right here? One of four answers, with the numbers that led to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from trimtab.evaluation.assess_ladder import Ladder, Step
from trimtab.evaluation.assess_value import Worth
from trimtab.finding import Finding, Severity
from trimtab.stats import Interval

WORTH_WAITING = 4.0
"""Labels are worth collecting up to so many times the days that judged; beyond that the rule serves meanwhile."""


class Answer(Enum):
    """What to do: use a rule, collect labels, build the named rung, or find out more."""

    RULE = "rule first"
    COLLECT = "collect labels first"
    GO = "go"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True)
class Verdict:
    """The answer, the rung to start with, why, and what to do about it."""

    answer: Answer
    rung: str | None
    finding: Finding

    @property
    def sentence(self) -> str:
        """The verdict as one sentence."""
        return self.finding.what


@dataclass(frozen=True)
class Evidence:
    """What the verdict rests on: the ladder, its worth, the gain of the last doubling, and how the labels came about.

    `doubling` is the loss with all rows less that with every other day; `days` judged; `labelled` is the share of
    matured requests with an answer; `feedback` is what the system declares.
    """

    ladder: Ladder
    worth: Worth | None
    doubling: Interval | None
    days: int
    rows: int
    labelled: float
    feedback: str


def judge(evidence: Evidence) -> Verdict:
    """The verdict: what the data cannot tell comes first, then whether any model is surely better than the best rule."""
    if evidence.feedback == "causal":
        return _unknown(
            "acting on the answer changes it, so the past cannot say what a model is worth",
            "run an experiment: act on a random share of requests and compare",
        )
    if evidence.labelled < 0.5:
        return _unknown(
            f"only {evidence.labelled:.0%} of requests ever get an answer, and nothing says that the rest are like them",
            "label a random sample of the silent ones, or declare silence= if it is an answer",
        )
    if evidence.ladder.best is None:
        return _unknown("no model could be fitted", "see why on the ladder, and run trimtab check")
    if evidence.ladder.chosen is None:
        return _no_better(evidence, evidence.ladder.step(evidence.ladder.best))
    return _better(evidence, evidence.ladder.step(evidence.ladder.chosen))


def _better(evidence: Evidence, step: Step) -> Verdict:
    rule, paid = evidence.ladder.rule, evidence.worth
    seen = f"{evidence.rows:,} requests of {evidence.days} days"
    gain = _gain(step.to_rule)
    if paid is not None and paid.yearly.below(0.0):
        what = (
            f"Rule first: {step.name} predicts better than {rule}, by {gain}, but does not earn its keep: "
            f"{paid.yearly} a year"
        )
        return _verdict(
            Answer.RULE, rule, what, Severity.WATCH, step, f"deploy {rule}; come back at more volume"
        )
    what = f"Go, start with {step.name}: its loss is lower than that of the best rule ({rule}) by {gain}, on {seen}"
    unsure = paid is not None and not paid.yearly.above(0.0)
    if unsure:
        what += "; in money it is not yet sure"
    action = f"trimtab replay, with {step.name} as the learner and {rule} as its baseline"
    return _verdict(Answer.GO, step.name, what, Severity.INFO if unsure else Severity.OK, step, action)


def _no_better(evidence: Evidence, best: Step) -> Verdict:
    rule, gap = evidence.ladder.rule, best.to_rule
    if not gap.known:
        return _collect(f"{evidence.days} days of answers give no interval", 10 - evidence.days, best)
    more = days_to_tell(gap, evidence.days)
    growing = evidence.doubling is not None and evidence.doubling.below(0.0)
    if gap.estimate < 0 and more <= WORTH_WAITING * evidence.days:
        return _collect(
            f"{best.name} looks better than {rule}, by {_gain(gap)}, but {evidence.days} days cannot tell it",
            more,
            best,
        )
    if growing and not gap.above(0.0):
        return _collect(
            f"no model is surely better than {rule} yet, and the last doubling of the data still helped",
            evidence.days,
            best,
        )
    what = (
        f"Rule first: no model is surely better than the best rule ({rule}); "
        f"{best.name} differs from it by {gap} in loss, on {evidence.rows:,} requests of {evidence.days} days"
    )
    action = f"deploy {rule} as tt.Rule and watch it like a model; look for features that tell more"
    return _verdict(Answer.RULE, rule, what, Severity.WATCH, best, action)


def days_to_tell(gap: Interval, days: int) -> float:
    """How many more days would confirm a gap of the size seen, if it is true: intervals shrink with the root of days.

    >>> days_to_tell(Interval(-0.01, -0.03, 0.01), 30)
    90.0
    """
    half = (gap.high - gap.low) / 2
    if gap.estimate == 0 or math.isnan(half):
        return math.inf
    return float(round(days * max(0.0, (half / abs(gap.estimate)) ** 2 - 1), 1))


def _gain(gap: Interval) -> str:
    return str(gap.transformed(lambda value: -value))


def _collect(why: str, more: float, best: Step) -> Verdict:
    days = max(1, math.ceil(more))
    what = f"Collect labels first: {why}"
    action = f"collect about {days} more days of answers, then assess again; meanwhile use the rule"
    return _verdict(Answer.COLLECT, None, what, Severity.WATCH, best, action)


def _unknown(why: str, would_tell: str) -> Verdict:
    finding = Finding(f"Cannot tell from this data: {why}", Severity.NOT_RUN, cause=why, action=would_tell)
    return Verdict(Answer.UNKNOWN, None, finding)


def too_little(found: str, needed: str) -> Verdict:
    """The verdict where rows cannot be held out at all."""
    what = f"Collect labels first: {found} cannot carry a comparison"
    return Verdict(Answer.COLLECT, None, Finding(what, Severity.WATCH, action=needed))


def _verdict(  # the parts of one sentence
    answer: Answer, rung: str | None, what: str, severity: Severity, step: Step, action: str
) -> Verdict:
    gap = step.to_rule
    bounds = (gap.low, gap.high) if gap.known else None
    finding = Finding(what, severity, estimate=gap.estimate, interval=bounds, action=action)
    return Verdict(answer, rung, finding)

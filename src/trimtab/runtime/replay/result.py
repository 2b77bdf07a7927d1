"""What a replay found, as frozen values that print, serialise and draw themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.declare.policy import Policy
from trimtab.evaluation.policies import PolicyScore, Verdict
from trimtab.finding import Finding
from trimtab.metrics import Task
from trimtab.report import Document
from trimtab.report.shown import Shown
from trimtab.runtime.loop import Decision
from trimtab.runtime.replay.learned import Continued
from trimtab.runtime.replay.releases import Releases
from trimtab.runtime.replay.watched import WatchedPolicy
from trimtab.stats import Interval


@dataclass(frozen=True)
class Moving:
    """Around one day (days since 1970): the mean loss of five weeks, and its gap to never retraining, paired."""

    day: int
    loss: float
    gap: Interval


@dataclass(frozen=True)
class PolicyResult:
    """One policy: its scores, ranking, and money (None without stakes). Money counts outcomes and fits.

    releases: what came of its releases; None where whatever could be trained was promoted. learned: what continuing
    versions was worth; None where it continues none.
    """

    policy: Policy
    score: PolicyScore
    auc: Interval | None
    skill: Interval
    money: float | None
    moving: tuple[Moving, ...]
    retrained_at: tuple[int, ...]
    refused: tuple[Decision, ...]
    releases: Releases | None = None
    learned: Continued | None = None

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.policy.name


@dataclass(frozen=True)
class Point:
    """One point of a curve: x in its own unit, the loss, and the loss less that of the curve's first point."""

    x: float
    loss: Interval
    extra: Interval
    rows: float


@dataclass(frozen=True)
class Rung:
    """One rung of the ladder of inputs."""

    inputs: str
    columns: int
    loss: Interval
    auc: Interval | None


@dataclass(frozen=True)
class BatchCost:
    """What predicting every `hours` in batch would have cost against online: extra loss, and requests not yet known."""

    hours: int
    loss: Interval
    extra: Interval
    unknown_share: float
    money: float | None


@dataclass(frozen=True)
class Replay(Shown):
    """The outcome of a replay; `print` it, `to_json()` it, or see it in a notebook."""

    system: str
    metric: str
    loss: str
    task: Task
    currency: str | None
    start: int
    stop: int
    rows: int
    unscored: Mapping[str, int]
    policies: tuple[PolicyResult, ...]
    verdict: Verdict
    sentence: str
    freshness: tuple[Point, ...]
    volume: tuple[Point, ...]
    ladder: tuple[Rung, ...]
    baselines: tuple[Rung, ...]
    batch: tuple[BatchCost, ...]
    arrival: tuple[tuple[float, float], ...]
    decisions: tuple[Decision, ...]
    findings: tuple[Finding, ...]
    seconds: float
    cpu_seconds: float
    command: str
    watched: tuple[WatchedPolicy, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        from trimtab.runtime.replay.watch_page import watched_json  # noqa: PLC0415

        return {
            "system": self.system,
            "metric": self.metric,
            "loss": self.loss,
            "rows": self.rows,
            "unscored": dict(self.unscored),
            "policies": [_policy(each, self.loss) for each in self.policies],
            "recommended": self.verdict.recommended,
            "best": self.verdict.best,
            "reason": self.verdict.reason,
            "sentence": self.sentence,
            "freshness": [_point(each, "days_old") for each in self.freshness],
            "volume": [_point(each, "days_of_data") for each in self.volume],
            "ladder": [_rung(each, self.loss) for each in self.ladder],
            "baselines": [_rung(each, self.loss) for each in self.baselines],
            "batch": [
                {
                    "hours": each.hours,
                    "loss": each.loss.estimate,
                    "extra": each.extra.estimate,
                    "extra_interval": _ends(each.extra),
                    "unknown_share": each.unknown_share,
                    "money": each.money,
                }
                for each in self.batch
            ],
            "findings": [finding.to_json() for finding in self.findings],
            "watched": [watched_json(each) for each in self.watched],
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
        }

    def document(self) -> Document:
        """The outcome as a page."""
        from trimtab.runtime.replay.page import page  # noqa: PLC0415  # pages are drawn when something is shown

        return page(self)


def _ends(interval: Interval) -> list[float | None]:
    return [interval.low, interval.high] if interval.known else [None, None]


def _policy(each: PolicyResult, metric: str) -> dict[str, Any]:
    score = each.score
    return {
        "name": each.name,
        "policy": str(each.policy.retrain),
        metric: score.loss.estimate,
        f"{metric}_interval": _ends(score.loss),
        "auc": None if each.auc is None else each.auc.estimate,
        "auc_interval": None if each.auc is None else _ends(each.auc),
        "skill": each.skill.estimate,
        "to_never": score.to_never.estimate,
        "to_never_interval": _ends(score.to_never),
        "to_best": score.to_best.estimate,
        "to_best_interval": _ends(score.to_best),
        "harmful_months": list(score.harmful_months),
        "months": {month.name: month.loss.estimate for month in score.months},
        "fits": score.spent.fits,
        "trainings": score.spent.trainings,
        "training_rows": score.spent.rows,
        "cpu_seconds": score.spent.cpu_seconds,
        "money": each.money,
        "releases": None if each.releases is None else each.releases.to_json(),
        "learned": None if each.learned is None else each.learned.to_json(),
    }


def _rung(each: Rung, metric: str) -> dict[str, Any]:
    return {
        "inputs": each.inputs,
        "columns": each.columns,
        "auc": None if each.auc is None else each.auc.estimate,
        metric: each.loss.estimate,
        f"{metric}_interval": _ends(each.loss),
    }


def _point(each: Point, x: str) -> dict[str, Any]:
    return {
        x: each.x,
        "loss": each.loss.estimate,
        "interval": _ends(each.loss),
        "extra": each.extra.estimate,
        "extra_interval": _ends(each.extra),
        "rows": each.rows,
    }


def canonical(value: Mapping[str, Any]) -> str:
    """JSON with sorted keys, for comparing two runs byte by byte."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))

"""What continuing versions was worth to a policy: updates, races, CPU seconds, and the loss against learning from scratch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.stats import Interval


@dataclass(frozen=True)
class RunRace:
    """A race at an instant, for a version: the share of the loss that continuing costs, and the CPU seconds of both."""

    at: int
    version: str
    costs: Interval
    continued: bool
    continued_cpu_seconds: float
    scratch_cpu_seconds: float


@dataclass(frozen=True)
class Continued:
    """How one policy learned. Fits after the common first one; CPU seconds of all of them, with races.

    extra: the loss of a request less that of the same policy from scratch. failed: updates that were made from scratch
    since the learner could not continue.
    """

    policy: str
    compared_with: str
    updates: int
    from_scratch: int
    failed: int
    races: tuple[RunRace, ...]
    cpu_seconds: float
    scratch_cpu_seconds: float
    extra: Interval
    metric: str

    @property
    def saved_cpu_seconds(self) -> float:
        """CPU seconds less than from scratch; below 0 where races cost more than updates saved."""
        return self.scratch_cpu_seconds - self.cpu_seconds

    @property
    def sentence(self) -> str:
        """What it saved and what it lost, in words."""
        trainings, won = self.updates + self.from_scratch, sum(race.continued for race in self.races)
        races = f", {won} of {len(self.races)} races won" if self.races else ", never raced"
        saved = self.saved_cpu_seconds
        cpu = (
            f"saved {saved:,.1f} of {self.scratch_cpu_seconds:,.1f}"
            if saved >= 0
            else f"cost {-saved:,.1f} more"
        )
        tail = "" if saved >= 0 else f" than the {self.scratch_cpu_seconds:,.1f}"
        lost = f"{self.extra.estimate:+.4f}"
        lost += f" [{self.extra.low:+.4f}, {self.extra.high:+.4f}]" if self.extra.known else ""
        return (
            f"Policy {self.policy} continued a version at {self.updates} of {trainings} trainings{races}. Against "
            f"training from scratch each time it {cpu}{tail} CPU seconds, races included; "
            f"{self.metric.replace('_', ' ')} a request {lost}."
        )

    def to_json(self) -> dict[str, Any]:
        """All figures as plain JSON values."""
        return {
            "compared_with": self.compared_with,
            "updates": self.updates,
            "from_scratch": self.from_scratch,
            "failed": self.failed,
            "races": [_race_json(race) for race in self.races],
            "cpu_seconds": self.cpu_seconds,
            "scratch_cpu_seconds": self.scratch_cpu_seconds,
            "extra": _number(self.extra.estimate),
            "extra_interval": _ends(self.extra),
        }


def _race_json(race: RunRace) -> Mapping[str, Any]:
    return {
        "at": race.at,
        "version": race.version,
        "costs": _number(race.costs.estimate),
        "costs_interval": _ends(race.costs),
        "continued": race.continued,
        "continued_cpu_seconds": race.continued_cpu_seconds,
        "scratch_cpu_seconds": race.scratch_cpu_seconds,
    }


def _ends(interval: Interval) -> list[float | None]:
    return [interval.low, interval.high] if interval.known else [None, None]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None

"""When to retrain, on which window of the past, and how a candidate earns traffic."""

from __future__ import annotations

from dataclasses import dataclass, field

from trimtab.declare.measured import (
    on_challenger,
    on_drift,
    on_estimated_drop,
    on_regret,
    on_skill_drop,
    on_volume,
)
from trimtab.declare.releasing import Release
from trimtab.declare.triggers import (
    AllOf,
    AnyOf,
    Every,
    Never,
    OnIncident,
    Trigger,
    at_least,
    every,
    never,
    on_incident,
)
from trimtab.declare.watch import Watch
from trimtab.declare.windows import (
    Window,
    expanding,
    recency_weighted,
    recent_and_reservoir,
    seasonal_union,
    sliding,
)
from trimtab.units import Duration, days

__all__ = [
    "AllOf",
    "AnyOf",
    "Every",
    "Never",
    "OnIncident",
    "Policy",
    "Release",
    "Retrain",
    "Trigger",
    "Watch",
    "Window",
    "at_least",
    "every",
    "expanding",
    "never",
    "on_challenger",
    "on_drift",
    "on_estimated_drop",
    "on_incident",
    "on_regret",
    "on_skill_drop",
    "on_volume",
    "recency_weighted",
    "recent_and_reservoir",
    "seasonal_union",
    "sliding",
]


@dataclass(frozen=True)
class Retrain:
    """When to train again and on which window; `warm_up` is the history before the first model."""

    when: Trigger = field(default_factory=lambda: every(days(7)))
    window: Window = field(default_factory=expanding)
    warm_up: Duration | None = None

    def __str__(self) -> str:
        return f"{self.when}, on {self.window}"


@dataclass(frozen=True)
class Policy:
    """A named way to keep a model fresh, for comparison in a replay.

    >>> print(Policy("monthly", Retrain(every(days(30)))))
    monthly: every 30 days, on everything
    """

    name: str
    retrain: Retrain

    def __str__(self) -> str:
        return f"{self.name}: {self.retrain}"

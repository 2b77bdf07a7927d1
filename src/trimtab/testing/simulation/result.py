"""What a simulation returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from trimtab.ports import Event
from trimtab.runtime.loop import State


@dataclass(frozen=True)
class Counts:
    """What happened in so many simulated years.

    harmful_promotions: of promotions that nobody asked for, those to a version that was truly worse on that day by at
    least the margin. false_rollbacks: automatic ones from a version that was truly not worse. days_on_a_bad_model: days
    on which the version that was replaced would have lost less by at least the margin. calls: a person was asked.
    """

    trainings: int = 0
    failed_trainings: int = 0
    refused: int = 0
    promotions: int = 0
    harmful_promotions: int = 0
    rollbacks: int = 0
    false_rollbacks: int = 0
    pages: int = 0
    false_pages: int = 0
    calls: int = 0
    days_on_a_bad_model: int = 0
    days_without_a_champion: int = 0
    frozen_days: int = 0
    crashes: int = 0

    def __add__(self, other: Counts) -> Counts:
        mine, theirs = asdict(self), asdict(other)
        return Counts(**{name: mine[name] + theirs[name] for name in mine})


@dataclass(frozen=True, eq=False)
class Simulated:
    """A simulated stretch of a system's life in which no law was broken.

    journal: what was heard. decisions: what was decided, with numbers. invariants: how often each law was looked at.
    stopped: how many broken candidates of each kind ended at each step, (kind, step). state: the loop's last one.
    """

    seed: int
    years: float
    counts: Counts
    journal: tuple[Event, ...]
    decisions: tuple[Event, ...]
    invariants: Mapping[str, int]
    state: State
    stopped: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The counts and laws as plain JSON values."""
        return {
            "seed": self.seed,
            "years": self.years,
            **asdict(self.counts),
            "invariants": dict(self.invariants),
            "stopped": {f"{kind}: {step}": count for (kind, step), count in self.stopped.items()},
        }

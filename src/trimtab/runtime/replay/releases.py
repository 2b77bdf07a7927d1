"""What came of one policy's releases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from trimtab.release.events import Decision
from trimtab.runtime.replay.timeline import AT_GATE
from trimtab.stats import Interval
from trimtab.units import days

SAID = (
    "refuse",
    "stop",
    "supersede",
    "promote",
    "roll back",
    "freeze",
    "call",
    "hold",
    "ask",
    "keep",
    AT_GATE,
)
"""The decisions that a report tells; others are in the record."""


@dataclass(frozen=True)
class Promotion:
    """From `at` on `version` answered instead of `replaced`; `extra` is what it lost more a request in the four weeks after.

    harmful: surely more, and by more than the declared margin. rolled_back_at: when it was taken out again.
    """

    at: int
    version: str
    replaced: str
    extra: Interval
    harmful: bool
    rolled_back_at: int | None = None


@dataclass(frozen=True)
class Releases:
    """How one policy's candidates fared: promotions, what was refused and why, rollbacks, and the decisions in order.

    rehearsals: fits that only a gate read. not_measured: what was taken as passed.
    """

    policy: str
    candidates: int
    promotions: tuple[Promotion, ...]
    refused: tuple[Decision, ...]
    rolled_back: tuple[Decision, ...]
    rehearsals: int
    decisions: tuple[Decision, ...] = field(repr=False)
    not_measured: str = ""

    @property
    def harmful(self) -> int:
        """How many promotions were surely harmful."""
        return sum(each.harmful for each in self.promotions)

    @property
    def days_on_bad_model(self) -> float:
        """How many days versions served that were rolled back in the end."""
        ended = [(each.at, each.rolled_back_at) for each in self.promotions]
        return sum((end - at) / days(1).microseconds for at, end in ended if end is not None)

    def to_json(self) -> dict[str, Any]:
        """All figures as plain JSON values."""
        return {
            "policy": self.policy,
            "candidates": self.candidates,
            "promoted": len(self.promotions),
            "refused": [_decision(each) for each in self.refused],
            "rolled_back": [_decision(each) for each in self.rolled_back],
            "harmful": self.harmful,
            "days_on_bad_model": self.days_on_bad_model,
            "rehearsals": self.rehearsals,
            "not_measured": self.not_measured,
            "promotions": [
                {
                    "at": each.at,
                    "version": each.version,
                    "replaced": each.replaced,
                    "extra": each.extra.estimate if each.extra.known else None,
                    "extra_interval": [each.extra.low, each.extra.high] if each.extra.known else [None, None],
                    "harmful": each.harmful,
                    "rolled_back_at": each.rolled_back_at,
                }
                for each in self.promotions
            ],
        }


def _decision(each: Decision) -> dict[str, Any]:
    return {"at": each.at, "version": each.subject, "reason": each.reason, "numbers": dict(each.numbers)}

"""What became of the scores that unseen versions were to give: counts that add up over looks, processes and restarts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.serving.buckets import p99_microseconds

LATE_BOUNDS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds; the upper ends of the buckets of how late a score came."""


@dataclass(frozen=True)
class ShadowScores:
    """Scores that were offered, that were dropped, and that failed; buckets count how late those on record came.

    A score is late by the time from its answer to its record, None of it for one that was dropped. Failed ones are on
    record, too: they say that the version could not score the row.
    """

    offered: int = 0
    dropped: int = 0
    failed: int = 0
    buckets: tuple[int, ...] = (0,) * (len(LATE_BOUNDS) + 1)

    def __add__(self, other: ShadowScores) -> ShadowScores:
        return self._with(other, 1)

    def __sub__(self, other: ShadowScores) -> ShadowScores:
        return self._with(other, -1)

    @property
    def on_record(self) -> int:
        """How many were put on record."""
        return sum(self.buckets)

    @property
    def p99_microseconds(self) -> float | None:
        """How late 99 of 100 were at most; None where none is on record.

        >>> ShadowScores(100, buckets=(100, 0, 0, 0, 0, 0, 0, 0, 0)).p99_microseconds
        495000.0
        """
        return p99_microseconds(self.buckets, LATE_BOUNDS)

    def to_json(self) -> dict[str, Any]:
        """The counts as plain JSON values."""
        return {
            "offered": self.offered,
            "dropped": self.dropped,
            "failed": self.failed,
            "buckets": list(self.buckets),
        }

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> ShadowScores:
        """The counts that `to_json` wrote."""
        return cls(content["offered"], content["dropped"], content["failed"], tuple(content["buckets"]))

    def _with(self, other: ShadowScores, sign: int) -> ShadowScores:
        pairs = zip(self.buckets, other.buckets, strict=True)
        return ShadowScores(
            self.offered + sign * other.offered,
            self.dropped + sign * other.dropped,
            self.failed + sign * other.failed,
            tuple(one + sign * two for one, two in pairs),
        )

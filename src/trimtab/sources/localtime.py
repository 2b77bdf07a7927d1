"""Naive local times to UTC, on the pinned time-zone table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.days import DAY, offsets_at


@dataclass(frozen=True)
class LocalTimes:
    """UTC microseconds, and how many local times were repeated (autumn) or skipped (spring) by a clock change."""

    utc: NDArray[np.int64]
    repeated: int
    skipped: int


def local_to_utc(local: NDArray[np.int64], zone: str) -> LocalTimes:
    """The UTC instants of naive local times in microseconds.

    A time that the clocks showed twice is taken as the first; one they skipped is shifted forward. Both are counted
    because only the source can say better, by carrying an offset.
    """
    early = local - offsets_at(local - DAY, zone)
    late = local - offsets_at(local + DAY, zone)
    early_holds = early + offsets_at(early, zone) == local
    late_holds = late + offsets_at(late, zone) == local
    utc = np.where(early_holds | ~late_holds, early, late)
    return LocalTimes(
        utc,
        repeated=int(np.sum(early_holds & late_holds & (early != late))),
        skipped=int(np.sum(~early_holds & ~late_holds)),
    )

"""When each label could first be used: the tick at which its row was mature, and its value as known then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trimtab.labels.history import LabelHistory


@dataclass(frozen=True, eq=False)
class Maturing:
    """For each of n rows: the position of the first tick at which it was mature, and its label as known then.

    `tick` (n,) is the number of ticks for rows that never are; their `label` (n,) is NaN. Later revisions of a label
    do not count: what was once scored stays scored.
    """

    tick: NDArray[np.int64]
    label: NDArray[np.float64]

    def mature_by(self, position: int) -> int:
        """How many rows were mature at the tick of a position."""
        return int(self._counts[: position + 1].sum())

    @cached_property
    def _counts(self) -> NDArray[np.int64]:
        """How many rows matured at each tick."""
        return np.bincount(self.tick).astype(np.int64)


def maturing(history: LabelHistory, ticks: Sequence[int]) -> Maturing:
    """The first tick at which each row was mature, for all rows in one pass; ticks are ascending."""
    ends = np.asarray(ticks, np.int64)
    never = np.iinfo(np.int64).max
    ready = history.matures_at.astype(np.int64, copy=True)
    if np.isnan(history.silence):
        first = np.full(len(history), never)
        first[history.row[::-1]] = history.known[::-1] + 1
        ready = np.maximum(ready, first)
    tick = np.searchsorted(ends, ready).astype(np.int64)
    usable = tick < len(ends)
    label = np.where(usable, history.silence, np.nan)
    looked_at = np.r_[ends, np.iinfo(np.int64).min][tick]
    seen = history.known < looked_at[history.row]
    label[history.row[seen]] = history.value[seen]
    return Maturing(tick, label)

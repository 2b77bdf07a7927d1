"""Performance by day, as it was known at an instant; one shape for live systems and for replays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trimtab.stats.bootstrap import Bootstrap
from trimtab.stats.interval import Interval

DAY = 86_400_000_000
WINDOW, STEP = 28, 7
"""Days of one trailing mean, and from one to the next."""
MATURE = 0.95
"""The share of a day's requests with a label from which on the day counts as complete."""
DRAWS, SEED = 500, 0

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Days:
    """Totals of each day (d,): start in epoch microseconds; requests, and those with a label; sums of losses.

    reference: the loss of what the model is compared with on the labelled rows, NaN where nothing is. estimated: the
    loss that is expected of the requests, over estimated_rows of them. `metric` says what a loss is, in words.
    """

    start: Integers
    requests: Floats
    labelled: Floats
    loss: Floats
    reference: Floats
    estimated: Floats
    estimated_rows: Floats
    metric: str
    compared: str = ""

    def __len__(self) -> int:
        return len(self.start)

    @property
    def mature_until(self) -> int | None:
        """The end of the last day whose labels are complete; None where none is."""
        complete = np.flatnonzero(self.labelled >= MATURE * np.maximum(self.requests, 1))
        return int(self.start[complete[-1]]) + DAY if len(complete) else None


@dataclass(frozen=True)
class Trailing:
    """One trailing mean: the end of its days, the mean with its interval, and over how many rows."""

    at: int
    mean: Interval
    rows: int


def trailing(start: Integers, total: Floats, rows: Floats) -> tuple[Trailing, ...]:
    """The mean loss over trailing days, every week up to the last day; days carry the uncertainty.

    start, total, rows (d,). Days without rows are left out.
    """
    kept = (rows > 0) & ~np.isnan(total)
    start, total, rows = start[kept], total[kept], rows[kept]
    # from the first day on, so that a later look finds most of them made already
    ends = dict.fromkeys((*range(STEP, len(start) + 1, STEP), *([len(start)] if len(start) else [])))
    found = []
    for end in ends:
        part = slice(max(end - WINDOW, 0), end)
        mean = _mean(total[part].tobytes(), rows[part].astype(np.float64).tobytes())
        found.append(Trailing(int(start[end - 1]) + DAY, mean, int(rows[part].sum())))
    return tuple(found)


@lru_cache(maxsize=8192)
def _mean(total: bytes, rows: bytes) -> Interval:
    """The mean of a row from totals of days (d,), as bytes so that it is made once."""
    return Bootstrap(SEED, 7, DRAWS).ratio(np.frombuffer(total), np.frombuffer(rows))

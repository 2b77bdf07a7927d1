"""Which rows judge a candidate: the newest matured ones, asked after everything that it knew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.days import day_numbers
from trimtab.errors import DataError
from trimtab.labels.history import as_known
from trimtab.retrain.windows import Selection, select, selection
from trimtab.runtime.history import History

MOST_ROWS = 100_000
HELD_OUT = 0.3
"""The newest part of the matured rows that judges where no stored version has left any unseen."""

FEWEST_ROWS, FEWEST_DAYS = 200, 10

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """Positions of the requests learned from and of those that judge, and the instant between them.

    as_of: what was known then was learned; label (n,) is each request's label as known now, and `then` as known at
    as_of. A row is in neither when its label came in between: that is the purge.
    """

    as_of: int
    chosen: Selection
    learned: Rows
    judged: Rows
    label: NDArray[np.float64]
    then: NDArray[np.float64]
    day: NDArray[np.int64]

    @property
    def days(self) -> int:
        """The days that judge."""
        return len(np.unique(self.day[self.judged]))


def split_at(history: History, as_of: int, now: int, most: int = MOST_ROWS) -> Split:
    """What was known at `as_of` learns; the newest rows asked from then on whose labels have matured by `now` judge."""
    at, labels = history.requests.at, history.labels.history
    before, after = as_known(labels, as_of), as_known(labels, now)
    chosen = selection(history.system.retrain.window, as_of)
    judged = np.flatnonzero(after.mature & (at >= as_of))[-most:]
    day = day_numbers(at, history.system.zone)
    learned = select(chosen, at, before.mature)
    return Split(as_of, chosen, learned, judged, after.value, before.value, day)


def enough(split: Split) -> bool:
    """Whether the judging rows can carry a verdict at all."""
    return len(split.judged) >= FEWEST_ROWS and split.days >= FEWEST_DAYS


def rehearsed(history: History, now: int, most: int = MOST_ROWS) -> Split:
    """The newest rows held out, at most 30 % of the matured ones, from the beginning of a day on.

    Raises DataError when too little has matured for that.
    """
    at = history.requests.at
    mature = np.flatnonzero(as_known(history.labels.history, now).mature)
    held = min(most, int(HELD_OUT * len(mature)))
    if held:
        day = day_numbers(at, history.system.zone)
        first = int(day[mature[len(mature) - held]])
        from_then = mature[day[mature] > first]
        start = from_then if len(from_then) else mature[len(mature) - held :]
        split = split_at(history, int(at[start[0]]), now, most)
        if enough(split) and len(split.learned):
            return split
    raise DataError(
        "too little has matured to hold rows out",
        found=f"{len(mature):,} requests with a final label",
        do=f"wait until the newest 30 % of them are {FEWEST_ROWS} rows on {FEWEST_DAYS} days",
    )

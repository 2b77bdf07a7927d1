"""The part of history that a replay scores, and the instants at which the loop looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.days import DAY, midnights
from trimtab.errors import DataError
from trimtab.units import Duration, days

WARM_UP = days(30)
"""History before the first model, where the system declares none."""


@dataclass(frozen=True)
class Span:
    """Rows [start, stop) of the request table, in order of time."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Period:
    """The scored rows, and every tick of the loop: the start, then each local midnight."""

    rows: Span
    ticks: tuple[int, ...]


def choose_period(
    at: NDArray[np.int64], zone: str, *, start: int | None, stop: int | None, warm_up: Duration | None
) -> Period:
    """The period asked for, in epoch microseconds; without a start, the first midnight after the warm-up.

    Raises DataError when it holds no request.
    """
    if start is None:
        after = int(at[0]) + (warm_up or WARM_UP).microseconds
        start = int(midnights(after, after + 2 * DAY, zone)[0])
    stop = int(at[-1]) + 1 if stop is None else stop
    rows = Span(int(np.searchsorted(at, start)), int(np.searchsorted(at, stop)))
    if rows.start >= rows.stop:
        raise DataError(
            "no request lies in the period to replay",
            found=f"requests from {date(at[0])} to {date(at[-1])}; asked from {date(start)} to {date(stop)}",
            do="choose --from and --to inside the history, leaving some of it before --from to train on",
        )
    later = midnights(start + 1, int(at[rows.stop - 1]) + 1, zone)
    return Period(rows, (start, *(int(tick) for tick in later)))


def date(microseconds: float) -> str:
    """The UTC date of an instant.

    >>> date(0)
    '1970-01-01'
    """
    return str(np.datetime64(int(microseconds), "us").astype("datetime64[D]"))

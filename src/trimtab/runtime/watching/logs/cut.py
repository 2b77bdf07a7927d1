"""A log in two parts: the accepted period, and windows to watch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trimtab.errors import DataError
from trimtab.monitoring.budget import Budget
from trimtab.monitoring.counts import Integers
from trimtab.monitoring.observed import Observed
from trimtab.runtime.watching.log import Log
from trimtab.stats.dispersion import MINIMUM_WINDOWS


@dataclass(frozen=True, eq=False)
class Cut:
    """A log that is cut into an accepted period and windows.

    bounds (w + 1,) of the windows, of which the first `windows` hold requests and the others only wait for labels;
    starts (w,): when each began in the world, epoch microseconds, None without times. window and accepted in words.
    """

    reference: Observed
    watched: Observed
    bounds: Integers
    windows: int
    starts: Integers | None
    budget: Budget
    matures_after: int
    unit: str
    window: str
    accepted: str
    remarks: tuple[str, ...] = ()

    def number(self, at: int) -> int:
        """The number of the window at an instant of the monitors, 0 for the first."""
        place = int(np.searchsorted(self.bounds, at, side="right")) - 1
        return max(min(place, len(self.bounds) - 2), 0)

    def moment(self, at: int) -> int | None:
        """When the window at an instant of the monitors began in the world."""
        return None if self.starts is None else int(self.starts[self.number(at)])


def asked_end(log: Log) -> int | None:
    """The instant at which the accepted period is asked to end."""
    return None if log.wish.reference_until is None else log.wish.reference_until(log.zone)


def default_start(windows: int) -> int:
    """How many of the windows are accepted where nothing else is said: a quarter, but enough to learn from.

    >>> default_start(100), default_start(24), default_start(6)
    (25, 10, 3)
    """
    return max(-(-windows // 4), min(MINIMUM_WINDOWS, windows // 2))


def check_enough(accepted: int, watched: int, what: str, shorter: str) -> None:
    """Raise DataError unless enough windows are accepted, and one is there to watch."""
    if accepted < MINIMUM_WINDOWS or watched < 1:
        raise DataError(
            f"too few {what}",
            found=f"{accepted} accepted and {max(watched, 0)} to watch",
            do=f"accept at least {MINIMUM_WINDOWS} and leave some to watch: {shorter}, or another --reference-until",
        )


def day(at: int) -> str:
    """An instant in words, UTC: the day, and the minute where it is not midnight."""
    return str(np.datetime64(at, "us").astype("datetime64[m]")).removesuffix("T00:00").replace("T", " ")

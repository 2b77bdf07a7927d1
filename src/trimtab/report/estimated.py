"""From an interval to a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trimtab.report.table import Estimate

if TYPE_CHECKING:
    from trimtab.stats import Interval


def estimated(interval: Interval) -> Estimate | float:
    """An interval as a cell; the bare number where there are no bounds.

    >>> from trimtab.stats import Interval
    >>> estimated(Interval(0.45, 0.44, 0.46)), estimated(Interval(0.45))
    (Estimate(value=0.45, low=0.44, high=0.46), 0.45)
    """
    if not interval.known:
        return interval.estimate
    return Estimate(interval.estimate, interval.low, interval.high)

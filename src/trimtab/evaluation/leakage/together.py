"""L8: a column that lifts an otherwise ordinary model to near perfection."""

from __future__ import annotations

import math

from trimtab.finding import Finding, Severity
from trimtab.stats import Interval

JUMP = 0.5
"""A column may not close more than this part of what was missing to perfection."""

NEAR_PERFECTION = 0.9
"""Below this score a column that does much is what a good column looks like."""


def too_good_together(
    name: str, with_it: float, without: Interval | float, *, what: str = "ROC-AUC"
) -> Finding:
    """WATCH when a column lifts the score to 0.9 or more, by over half of the gap that was left without it.

    >>> too_good_together("arr_time", 0.998, 0.753).severity
    <Severity.WATCH: 'WATCH'>
    >>> too_good_together("wind", 0.76, 0.753).severity
    <Severity.OK: 'OK'>
    """
    before = without.estimate if isinstance(without, Interval) else without
    closed = (with_it - before) / (1 - before) if before < 1 else 0.0
    told = f"{name} lifts the {what} from {before:.3f} to {with_it:.3f}"
    if math.isnan(closed):
        return Finding("no column was taken away", Severity.NOT_RUN, cause=f"there is no {what} here")
    if closed <= JUMP or with_it < NEAR_PERFECTION:
        return Finding(f"no unexplained jump: {told}", Severity.OK, estimate=closed)
    return Finding(
        f"too good together: {told}",
        Severity.WATCH,
        estimate=closed,
        cause="a leak, or the one column that the problem is about",
        action=f"explain {name}, or drop it",
    )

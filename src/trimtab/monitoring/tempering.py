"""How much the evidence of rows is tempered: told from the live windows themselves, once there are enough.

The rows of a reference often come in small windows. What rows of one window share hardly shows in them and weighs
much in the larger windows of live traffic, so the bound that they leave is wide and evidence slow. Live windows show
it at their own size, and how much of an hour's trouble is still there hours later. The bound of a window may depend
on what came before it, never on the window itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.monitoring.budget import Monitor
from trimtab.monitoring.gauge import Gauge
from trimtab.monitoring.summary import OutcomeSummary
from trimtab.monitoring.watching import Watching
from trimtab.stats.detector import Detector
from trimtab.stats.successive import FEWEST_WINDOWS, successive_dispersion

EVERY = 12
"""Windows after which dispersion is told anew."""

LEAST_HELD_BACK, MOST_HELD_BACK = 24, 48
"""The latest windows, which do not count: harm that is about to be found must not temper its own evidence."""

LATEST = 336
"""Windows that count at most: two weeks of hours."""

SUSPECTED = 8.0
"""The evidence of one start against a monitor from which on nothing is told anew for it, until that is gone."""


def tempered(watching: Watching, gauges: Mapping[str, Gauge], outcomes: Sequence[OutcomeSummary]) -> Watching:
    """Return the state with the dispersion of monitors of rows told from matured windows, in order of time.

    A monitor with too few windows, with one value a window, or under suspicion keeps what it has; so do all while a
    page is open.
    """
    if watching.open is not None:
        return watching
    counted = outcomes[: len(outcomes) - held_back(len(outcomes))][-LATEST:]
    suspicion = suspected(watching.detector, watching.shares)
    monitors = tuple(
        each if doubt else _tempered(each, gauges.get(each.name), counted)
        for each, doubt in zip(watching.monitors, suspicion, strict=True)
    )
    return replace(watching, monitors=monitors)


def held_back(windows: int) -> int:
    """Return how many of so many matured windows do not count: a third of them, from 24 to 48.

    >>> held_back(60), held_back(100), held_back(400)
    (24, 33, 48)
    """
    return min(max(windows // 3, LEAST_HELD_BACK), MOST_HELD_BACK)


def suspected(detector: Detector, shares: ArrayLike) -> NDArray[np.bool_]:
    """Return which monitors (..., k) are under suspicion: a single start has gathered evidence of more than 8.

    Not the sum over starts counts, which grows by itself where evidence is much tempered. shares (k,) are weights.
    """
    grown = detector.log_largest.max(axis=-1) - np.log(np.asarray(shares, np.float64))
    return np.asarray(grown > np.log(SUSPECTED))


def _tempered(monitor: Monitor, gauge: Gauge | None, outcomes: Sequence[OutcomeSummary]) -> Monitor:
    if gauge is None or monitor.unit != "row":
        return monitor
    held = [(each, part) for each in outcomes if (part := each.parts.get(monitor.name)) and part.rows]
    if len(held) < FEWEST_WINDOWS:
        return monitor
    starts, offsets = (
        np.array(found) for found in zip(*((each.start, each.offset) for each, _ in held), strict=True)
    )
    sums, squares, counts = np.array([(part.total, part.square, part.rows) for _, part in held], np.float64).T
    try:
        dispersion = successive_dispersion(sums, squares, counts, gauge.expected_losses(starts, offsets))
    except ValueError:  # no row lost anything but what all lost
        return monitor
    return replace(monitor, dispersion=dispersion)

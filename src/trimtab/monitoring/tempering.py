"""How much the evidence of rows is tempered: told from the live windows themselves, once there are enough.

The rows of a reference often come in small windows. What rows of one window share hardly shows in them and weighs
much in the larger windows of live traffic, so the bound that they leave is wide and evidence slow. Live windows show
it at their own size. The bound of a window may depend on what came before it, never on the window itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from trimtab.monitoring.budget import Monitor, total_log_evidence
from trimtab.monitoring.gauge import Gauge
from trimtab.monitoring.summary import OutcomeSummary
from trimtab.monitoring.watching import Watching
from trimtab.stats.successive import FEWEST_WINDOWS, successive_dispersion

EVERY = 12
"""Windows after which dispersion is told anew."""

HELD_BACK = 24
"""The latest windows, which do not count: harm that is about to be found must not temper its own evidence."""

LATEST = 336
"""Windows that count at most: two weeks of hours."""

SUSPECTED = 20.0
"""Evidence in all from which on nothing is told anew, until it is gone or a page has come and ended."""


def tempered(watching: Watching, gauges: Mapping[str, Gauge], outcomes: Sequence[OutcomeSummary]) -> Watching:
    """Return the state with the dispersion of monitors of rows told from matured windows, in order of time.

    A monitor with too few windows, or with one value a window, keeps what it has; so do all while harm is suspected.
    """
    if watching.open is not None or float(total_log_evidence(watching.detector)) > np.log(SUSPECTED):
        return watching
    counted = outcomes[-HELD_BACK - LATEST : -HELD_BACK]
    monitors = tuple(_tempered(each, gauges.get(each.name), counted) for each in watching.monitors)
    return replace(watching, monitors=monitors)


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

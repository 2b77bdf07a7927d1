"""Labels that come late, never, twice, or otherwise than at first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.labels.history import LabelHistory
from trimtab.testing.simulation.chance import DAY
from trimtab.testing.simulation.faults import Faults, World

Spans = tuple[tuple[int, int], ...]
"""Stretches of days [first, last)."""


def label_history(
    generator: np.random.Generator,
    at: NDArray[np.int64],
    values: NDArray[np.float64],
    world: World,
    faults: Faults,
    silent: Spans,
) -> LabelHistory:
    """The versions of the labels (n,) of requests at instants (n,), with the time each became known.

    While their source is silent no label comes: all of these come on the day it speaks again.
    """
    size, wait = len(at), world.matures_after.microseconds
    delay = np.minimum(generator.exponential(0.3 * wait, size), 0.95 * wait).astype(np.int64)
    late = generator.random(size) < faults.late_labels
    delay[late] = (wait * generator.uniform(1.1, 4.0, int(late.sum()))).astype(np.int64)
    kept = generator.random(size) >= faults.lost_labels
    row = np.arange(size)
    known = _after_silence(at + delay, silent)
    again = kept & (generator.random(size) < faults.duplicated_labels)
    other = kept & (generator.random(size) < faults.revised_labels)
    rows = np.concatenate([row[kept], row[again], row[other]])
    times = np.concatenate(
        [
            known[kept],
            known[again] + generator.integers(1, 2 * wait, int(again.sum())),
            known[other] + generator.integers(1, 5 * wait, int(other.sum())),
        ]
    )
    said = np.concatenate([values[kept], values[again], values[other] + 0.5])
    order = np.lexsort((times, rows))
    return LabelHistory(rows[order], times[order], said[order], at + wait)


def _after_silence(known: NDArray[np.int64], silent: Spans) -> NDArray[np.int64]:
    for first, last in silent:
        known = np.where((known >= first * DAY) & (known < last * DAY), last * DAY, known)
    return known

"""How much mass each bin may gain before it counts as broken, learned from how far the reference's windows swing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.monitoring.counts import Binning, Bins, Floats, Integers, NumberBins
from trimtab.monitoring.same_phase import SamePhase

BIN_TOLERANCE = 0.25
"""How much mass one bin may gain beyond its phase."""

RUN = 8
RUN_TOLERANCE = 0.5
"""How much mass a run of 8 bins of a number may gain: a scale ten times smaller spreads over several."""

SWING = 2.0
"""The tolerance is at least so many times the largest gain of a window of the reference."""

CERTAIN = 4.5
"""Standard errors by which a reference window's gain must be sure to count as a swing: there are very many."""


@dataclass(frozen=True, eq=False)
class Tolerances:
    """What may gain mass and how much, (t,): the slots from start to just before stop, or all others of the column.

    column (t,) is the number of the column, outside (t,) whether the others are meant. least_minor (d,) is the smallest share of rows outside the commonest bin in any window of the reference.
    """

    start: Integers
    stop: Integers
    tolerance: Floats
    column: Integers
    outside: NDArray[np.bool_]
    least_minor: Floats

    def sums(self, shares: Floats) -> Floats:
        """The mass of each test: (..., s) to (..., t)."""
        return _sums(shares, self.start, self.stop, self.outside)


def fit_tolerances(reference: SamePhase) -> Tolerances:
    """The tolerances of every bin, of every run of 8 bins of a number with many, and of what is outside its range.

    A bin that the reference never filled may swing as far as the other bins of its column.
    """
    start, stop, outside = _places(reference.binning)
    column = np.searchsorted(reference.binning.starts, start, side="right") - 1
    rows = reference.window_phases.sum(axis=1).astype(np.float64)[:, None]
    shares = reference.windows / rows
    expected = _sums(reference.expected(reference.window_phases), start, stop, outside)
    gained = (_wilson_low(_sums(shares, start, stop, outside), rows) - expected).max(axis=0)
    swing = np.zeros(len(reference.binning.columns))
    np.maximum.at(swing, column, gained)
    floor = np.where((stop - start > 1) & ~outside, RUN_TOLERANCE, BIN_TOLERANCE)
    most_common = np.maximum.reduceat(shares, reference.binning.starts, axis=1)
    return Tolerances(
        start, stop, np.maximum(floor, SWING * swing[column]), column, outside, (1 - most_common).min(axis=0)
    )


def _places(binning: Binning) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Start and stop of every single slot, of every run, and of every number's range, which is to be left."""
    columns = list(zip(binning.starts.tolist(), binning.columns, strict=True))
    single = np.arange(binning.size)
    runs = np.array([first for offset, bins in columns for first in _run_starts(offset, bins)], np.int64)
    ranged = [(offset, bins.edges) for offset, bins in columns if isinstance(bins, NumberBins) and bins.edges]
    low = np.array([offset + 2 for offset, _ in ranged], np.int64)
    high = np.array([offset + 1 + len(edges) for offset, edges in ranged], np.int64)
    start, stop = np.concatenate([single, runs, low]), np.concatenate([single + 1, runs + RUN, high])
    return start, stop, np.arange(start.size) >= single.size + runs.size


def _run_starts(offset: int, bins: Bins) -> range:
    """Where runs of finite bins begin; none for a column with so few bins that a run is most of it."""
    if not isinstance(bins, NumberBins) or len(bins.edges) < 3 * RUN:
        return range(0)
    return range(offset + 1, offset + 1 + len(bins.edges) + 1 - RUN + 1)


def _sums(shares: Floats, start: Integers, stop: Integers, outside: NDArray[np.bool_]) -> Floats:
    running = np.concatenate([np.zeros((*shares.shape[:-1], 1)), np.cumsum(shares, axis=-1)], axis=-1)
    mass = running[..., stop] - running[..., start]
    return np.asarray(np.where(outside, 1 - mass, mass), np.float64)


def _wilson_low(share: Floats, rows: Floats) -> Floats:
    """The least true share that a share of so many rows leaves possible. Source: Wilson 1927."""
    square = CERTAIN**2 / rows
    half = np.sqrt(np.maximum(share * (1 - share), 0) * square + square**2 / 4)
    return np.asarray((share + square / 2 - half) / (1 + square), np.float64)

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
"""How much mass a run of 8 bins of a number may gain, for a scale ten times smaller spreads over several; and nulls,
where the reference has them: they mean that nothing happened, as when a storm closes an airport."""

SWING = 2.0
"""The tolerance is at least so many times the largest gain of a window of the reference."""

NATURAL = 0.01
"""The share of nulls from which on a column is known to have them by nature."""

CERTAIN = 4.5
"""Standard errors by which a reference window's gain must be sure to count as a swing: there are very many."""


@dataclass(frozen=True, eq=False)
class Tolerances:
    """What may gain mass and how much, (t,): the slots from start to just before stop, or all others of the column.

    column (t,) is the number of the column, outside (t,) whether the others are meant but for the nulls, counted at
    null (t,), faulty (t,) whether only a fault fills the slot: nulls, no numbers, words never seen. least_minor (d,)
    is the smallest share of rows outside the commonest bin in any window of the reference.
    """

    start: Integers
    stop: Integers
    tolerance: Floats
    column: Integers
    outside: NDArray[np.bool_]
    null: Integers
    faulty: NDArray[np.bool_]
    least_minor: Floats

    def sums(self, shares: Floats) -> Floats:
        """The mass of each test: (..., s) to (..., t)."""
        return _sums(shares, self.start, self.stop, self.null)


def fit_tolerances(reference: SamePhase) -> Tolerances:
    """The tolerances of every bin, of every run of 8 bins of a number with many, and of what is outside its range.

    A bin that the reference never filled may swing as far as the other bins of its column.
    """
    start, stop, outside = _places(reference.binning)
    null = _null_slots(reference.binning, start, outside)
    column = np.searchsorted(reference.binning.starts, start, side="right") - 1
    rows = reference.window_phases.sum(axis=1).astype(np.float64)[:, None]
    shares = reference.windows / rows
    expected = _sums(reference.expected(reference.window_phases), start, stop, null)
    gained = (_wilson_low(_sums(shares, start, stop, null), rows) - expected).max(axis=0)
    swing = np.zeros(len(reference.binning.columns))
    np.maximum.at(swing, column, gained)
    single = (stop - start == 1) & ~outside
    fault = np.isin(start, _fault_slots(reference.binning)) & single
    natural = fault & (reference.known[start] > NATURAL * reference.rows)
    floor = np.where(~single & ~outside | natural, RUN_TOLERANCE, BIN_TOLERANCE)
    most_common = np.maximum.reduceat(shares, reference.binning.starts, axis=1)
    return Tolerances(
        start,
        stop,
        # how far the other bins swing says nothing about what only a fault fills
        np.maximum(floor, SWING * np.where(fault & ~natural, gained, swing[column])),
        column,
        outside,
        null,
        fault & ~natural,
        (1 - most_common).min(axis=0),
    )


def _fault_slots(binning: Binning) -> Integers:
    """The slots of nulls, of no numbers, and of words never seen."""
    found = list[int]()
    for offset, bins in zip(binning.starts.tolist(), binning.columns, strict=True):
        first = [offset] if isinstance(bins, NumberBins) else []
        found += [*first, offset + bins.slots - 2, offset + bins.slots - 1]
    return np.array(found, np.int64)


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


def _null_slots(binning: Binning, start: Integers, outside: NDArray[np.bool_]) -> Integers:
    """For what is meant by the others of its column, (t,): where its nulls are counted, which are not meant; else -1."""
    column = np.searchsorted(binning.starts, start, side="right") - 1
    last = np.append(binning.starts[1:], binning.size) - 1
    return np.where(outside, last[column], -1)


def _sums(shares: Floats, start: Integers, stop: Integers, null: Integers) -> Floats:
    running = np.concatenate([np.zeros((*shares.shape[:-1], 1)), np.cumsum(shares, axis=-1)], axis=-1)
    mass = running[..., stop] - running[..., start]
    return np.asarray(np.where(null >= 0, 1 - mass - shares[..., null], mass), np.float64)


def _wilson_low(share: Floats, rows: Floats) -> Floats:
    """The least true share that a share of so many rows leaves possible. Source: Wilson 1927."""
    square = CERTAIN**2 / rows
    half = np.sqrt(np.maximum(share * (1 - share), 0) * square + square**2 / 4)
    return np.asarray((share + square / 2 - half) / (1 + square), np.float64)

"""What moved since the reference, at the same hours of the week, ranked by what it does to the loss or score.

The size of a move says little: a column that the model does not use may move by any amount. So columns are
ranked by the sum over bins of the change in share times the reference's mean loss in the bin. The label and the
prediction drift as any column does: count them beside the features.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trimtab.errors import DataError
from trimtab.monitoring.counts import Counts, Floats, NumberBins
from trimtab.monitoring.same_phase import SamePhase, by_slot, column_sums
from trimtab.stats.interval import Interval

SHOWN = 3
"""How many of the most moved bins a drift names."""

SCARCE = 20
"""A bin with fewer reference rows says nothing about the loss there."""


@dataclass(frozen=True)
class Move:
    """One bin's share of the rows: expected by the reference, and found."""

    bin: str
    expected: float
    found: float


@dataclass(frozen=True)
class ColumnDrift:
    """How far one column moved and what that does, by the reference's loss and score in its bins.

    total_variation is the mass that moved, in [0, 1]; psi the population stability index; wasserstein the mean
    distance that values moved, in the column's unit, None for text. loss_effect and score_effect are the change
    of the mean that the moves of this column alone would bring. uncharted is the mass that moved to where the
    reference has next to no rows, so that its effect is unknown.
    """

    column: str
    rows: int
    total_variation: Interval
    psi: float
    wasserstein: float | None
    loss_effect: Interval
    score_effect: Interval
    uncharted: float
    moves: tuple[Move, ...]

    @property
    def effect(self) -> Interval:
        """The effect on the loss, or on the score where no loss is known."""
        return self.loss_effect if math.isfinite(self.loss_effect.estimate) else self.score_effect


def drifts(
    reference: SamePhase, windows: Sequence[Counts], *, level: float = 0.95
) -> tuple[ColumnDrift, ...]:
    """The drift of every column over windows, the largest effect first; DataError without rows.

    Rows of one window resemble each other as much as those of the reference's windows did, and the intervals
    say so.
    """
    total = functools.reduce(Counts.merge, windows, reference.binning.nothing())
    if not total.rows:
        raise DataError(
            "no rows to compare with the reference", found=0, do="wait for rows; no data is no pass"
        )
    found, expected = total.slots / total.rows, reference.expected(total.phases)
    behind = (reference.effective_rows(tuple(windows)), reference.reference_rows(total.phases))
    variation = _total_variation(reference, found, expected, behind, level)
    loss = _effects(reference, reference.loss, found, expected, behind, level)
    score = _effects(reference, reference.score, found, expected, behind, level)
    psi, uncharted = _psi(reference, total, expected), _uncharted(reference, found, expected)
    columns = [
        ColumnDrift(
            bins.name,
            total.rows,
            variation[place],
            float(psi[place]),
            _wasserstein(bins, found[part], expected[part], total, place)
            if isinstance(bins, NumberBins)
            else None,
            loss[place],
            score[place],
            float(uncharted[place]),
            _moves(bins.labels(), found[part], expected[part]),
        )
        for place, bins in enumerate(reference.binning.columns)
        for part in [reference.binning.parts(place)]
    ]
    return tuple(sorted(columns, key=_rank))


def _rank(drift: ColumnDrift) -> tuple[float, float]:
    """Known effects first by size; without any, by the mass that moved."""
    effect = drift.effect.estimate
    return (-abs(effect) if math.isfinite(effect) else 0.0, -drift.total_variation.estimate)


def _total_variation(
    reference: SamePhase, found: Floats, expected: Floats, behind: tuple[Floats, Floats], level: float
) -> list[Interval]:
    """Half the sum of absolute differences, with bounds that hold at any number of rows.

    Chance alone moves some mass, at most `noise` on average; around its mean the distance strays by no more
    than McDiarmid's inequality allows. So the truth lies between found - noise - stray and found + stray.
    """
    binning = reference.binning
    distance = column_sums(binning, np.abs(found - expected)) / 2
    rows, reference_rows = (np.maximum(each, 1.0) for each in behind)
    variance = found * (1 - found) / by_slot(binning, rows)
    variance += expected * (1 - expected) / by_slot(binning, reference_rows)
    noise = column_sums(binning, np.sqrt(variance)) / 2
    stray = np.sqrt(np.log(2 / (1 - level)) / 2 * (1 / rows + 1 / reference_rows))
    low, high = np.maximum(distance - noise - stray, 0), np.minimum(distance + stray, 1)
    method = "McDiarmid bounds"
    return [
        Interval(float(d), float(min(a, d)), float(max(b, d)), level, "share of rows", method)
        for d, a, b in zip(distance, low, high, strict=True)
    ]


def _effects(  # one argument each for what is weighed and by what
    reference: SamePhase,
    means: Floats | None,
    found: Floats,
    expected: Floats,
    behind: tuple[Floats, Floats],
    level: float,
) -> list[Interval]:
    """The change of each column's mean of a per-bin quantity, with normal bounds."""
    from scipy.special import ndtri  # noqa: PLC0415 - a third of a second that most commands never need

    binning = reference.binning
    if means is None or np.isnan(means).all():
        return [Interval(math.nan, reason="no losses or scores were given") for _ in binning.columns]
    effect = column_sums(binning, (found - expected) * means)
    variance = np.zeros(len(binning.columns))
    for shares, rows in zip((found, expected), behind, strict=True):
        spread = column_sums(binning, shares * means**2) - column_sums(binning, shares * means) ** 2
        variance += np.maximum(spread, 0) / np.maximum(rows, 1)
    half = float(ndtri((1 + level) / 2)) * np.sqrt(variance)
    return [
        Interval(float(e), float(e - h), float(e + h), level, method="clustered by window")
        for e, h in zip(effect, half, strict=True)
    ]


def _psi(reference: SamePhase, total: Counts, expected: Floats) -> Floats:
    """The population stability index of each column, (d,), half a row added to each bin of both sides."""
    binning = reference.binning
    slots = by_slot(binning, np.array([float(column.slots) for column in binning.columns]))
    new = (total.slots + 0.5) / (total.rows + slots / 2)
    old = (expected * reference.rows + 0.5) / (reference.rows + slots / 2)
    return column_sums(binning, (new - old) * np.log(new / old))


def _uncharted(reference: SamePhase, found: Floats, expected: Floats) -> Floats:
    """The mass that moved to bins with next to no reference rows, (d,)."""
    gained = np.maximum(found - expected, 0)
    return column_sums(reference.binning, np.where(reference.known < SCARCE, gained, 0))


def _wasserstein(bins: NumberBins, found: Floats, expected: Floats, total: Counts, place: int) -> float:
    """The area between the two distribution functions of the finite numbers, straight within each bin.

    It is a little too large where tails are long, as the outer bins are wide.
    """
    low, high = float(total.low[place]), float(total.high[place])
    if not bins.edges or math.isnan(low):
        return math.nan
    inside = slice(1, len(bins.edges) + 2)
    points = np.array([min(low, bins.edges[0]), *bins.edges, max(high, bins.edges[-1])])
    gap = np.zeros(points.size)
    for sign, shares in ((1, found[inside]), (-1, expected[inside])):
        gap[1:] += sign * np.cumsum(shares) / max(shares.sum(), 1e-300)
    sizes = np.abs(gap)
    return float(np.sum(np.diff(points) * (sizes[1:] + sizes[:-1]) / 2))


def _moves(labels: tuple[str, ...], found: Floats, expected: Floats) -> tuple[Move, ...]:
    order = np.argsort(-np.abs(found - expected), kind="stable")[:SHOWN]
    return tuple(
        Move(labels[i], float(expected[i]), float(found[i])) for i in order if found[i] != expected[i]
    )

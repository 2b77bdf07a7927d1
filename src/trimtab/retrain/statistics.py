"""The numbers that triggers read, from paired totals of mature units: skill, a challenger's sequence, regret, drift.

Totals hold two losses of the same rows. They merge from tick to tick.
Where a number is unknown, the reason is returned in words.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np
from numpy.typing import NDArray

from trimtab.retrain.seen import Drift, Sequence, Skill
from trimtab.stats import UnitTotals
from trimtab.stats.sequence import paired_bounds

STRETCH = 7
"""Skill is compared between stretches of so many units: whole weeks, where units are days."""


def skill(totals: UnitTotals, fresh: int) -> Skill | str:
    """Skill over the newest units, and the best over as many consecutive ones since the champion began to serve.

    `totals` has sums (u, 2): the model's, the reference's. The newest units must all be at least `fresh`, the first
    unit after the last attempt, so that one drop leads to one attempt.

    >>> losses = np.array([[1.0, 2.0]] * 7 + [[1.5, 2.0]] * 7)
    >>> skill(UnitTotals(np.arange(14), losses, np.ones(14)), fresh=0)
    Skill(now=0.25, accepted=0.5, units=7)
    """
    newest = int(np.count_nonzero(totals.unit >= fresh))
    if newest < STRETCH:
        return f"{newest} mature units since the last attempt, of {STRETCH}"
    model, reference = (_moving_sums(column) for column in totals.sums.T)
    if not (reference > 0).all():
        return "the reference answer lost nothing in some week"
    found = 1 - model / reference
    return Skill(float(found[-1]), float(found.max()), STRETCH)


def _moving_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum over each stretch of consecutive units, each summed afresh: (u - STRETCH + 1,)."""
    windows = np.lib.stride_tricks.sliding_window_view(values, STRETCH)
    return np.asarray(windows.sum(axis=1), np.float64)


def challenger(totals: UnitTotals) -> Sequence | str:
    """How much more the champion loses a row than the challenger, with the bounds of its paired sequence of units.

    `totals` has sums (u, 2): the champion's, the challenger's, since the last attempt, which started the sequence.
    The bounds are one-sided and hold at all ticks together.

    >>> totals = UnitTotals(np.arange(20), np.tile([[2.0, 1.0], [1.5, 1.0]], (10, 1)), np.ones(20))
    >>> found = challenger(totals)
    >>> found.mean, found.low > 0, challenger(UnitTotals(np.arange(3), np.ones((3, 2)), np.ones(3)))
    (0.75, True, '3 mature units since the last attempt are too few for a verdict')
    """
    gain = UnitTotals(totals.unit, totals.sums[:, 0] - totals.sums[:, 1], totals.counts)
    bounds = paired_bounds(gain)
    if not bounds.enough:
        return f"{bounds.units} mature units since the last attempt are too few for a verdict"
    return Sequence(float(bounds.estimate), float(bounds.lower), float(bounds.upper), bounds.units)


def regret(totals: UnitTotals) -> float:
    """The money lost for want of a newer model: over units, what the champion lost more than the reference.

    `totals` has sums (u, 2) in money: the champion's, the reference's. A unit where the champion lost less counts
    nothing: rent once paid is not paid back.

    >>> regret(UnitTotals(np.arange(3), np.array([[5.0, 3.0], [1.0, 4.0], [2.0, 1.0]]), np.ones(3)))
    3.0
    """
    return float(np.maximum(totals.sums[:, 0] - totals.sums[:, 1], 0.0).sum())


def drift(quiet: Many[float], recent: Many[float]) -> Drift:
    """The ranks of the recent windows' drift among that of the model's own quiet windows, newest last.

    >>> drift([1.0, 2.0, 3.0], [0.5, 9.0]).ranks
    (0.0, 0.75)
    """
    below = np.searchsorted(np.sort(np.asarray(quiet, np.float64)), np.asarray(recent, np.float64))
    return Drift(tuple(float(count) / (len(quiet) + 1) for count in below), len(quiet))

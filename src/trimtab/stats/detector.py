"""When did harm begin? Shiryaev-Roberts sums of e-values over every possible start, mixed over the bets.

R(t) = sum over starts s <= t of the product of the e-values of windows s .. t. Each window adds one fresh start
and multiplies what is there: R(t) = (R(t - 1) + inflow) x e(t). If every e(t) has conditional mean at most 1, then
R(t) - (sum of inflows) is a supermartingale. With R >= c as the alarm and R = 0 after it, E[alarms] <= sum of
inflows / c, whatever depends on whatever. Source: Shin, Ramdas and Rinaldo 2024 (e-detectors).

Everything is in logarithms: a clear harm would overflow within a few windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.stats.betting import FRACTIONS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_LOG_BETS = float(np.log(FRACTIONS.size))


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """The sums of one or many monitors: all arrays are (..., bets), log values, -inf for none.

    log_sum: log R per bet. log_largest: the largest single term of R. start: where that term starts, as `at` given.

    >>> float(empty_detector().log_evidence)
    -inf
    """

    log_sum: Floats
    log_largest: Floats
    start: Integers

    @property
    def log_evidence(self) -> Floats:
        """The log of R, the mean over the bets, (...).

        >>> advance(empty_detector(), np.zeros(8), at=3).log_evidence.round(12)
        np.float64(0.0)
        """
        return np.asarray(np.logaddexp.reduce(self.log_sum, axis=-1) - _LOG_BETS)

    @property
    def since(self) -> Integers:
        """The start whose term carries most of the sum, (...): since when; 0 without evidence.

        >>> quiet = advance(empty_detector(), np.full(8, -1.0), at=3)
        >>> int(advance(quiet, np.full(8, 2.0), at=4).since)
        4
        """
        place = self.log_largest.argmax(axis=-1)[..., None]
        return np.asarray(np.take_along_axis(self.start, place, axis=-1)[..., 0])


def empty_detector(shape: tuple[int, ...] = ()) -> Detector:
    """Return the state before any window, of so many monitors.

    >>> empty_detector((4,)).log_sum.shape
    (4, 8)
    """
    full = (*shape, FRACTIONS.size)
    return Detector(np.full(full, -np.inf), np.full(full, -np.inf), np.zeros(full, np.int64))


def advance(state: Detector, log_e: Floats, *, at: int, log_inflow: Floats | float = 0.0) -> Detector:
    """Return the state after a window that began at `at`, with log e-values (..., bets).

    log_inflow (..., 1) is the log weight of a start in this window. A monitor without data gets -inf and log e 0:
    it stays what it was, which keeps the promise, as the sum of inflows only gets smaller.

    >>> state = advance(empty_detector(), np.full(8, np.log(2.0)), at=1)
    >>> float(np.exp(advance(state, np.full(8, np.log(3.0)), at=2).log_evidence).round(9))
    9.0
    """
    fresh = state.log_largest < log_inflow
    return Detector(
        np.logaddexp(state.log_sum, log_inflow) + log_e,
        np.maximum(state.log_largest, log_inflow) + log_e,
        np.where(fresh, at, state.start),
    )


def reset(state: Detector, where: ArrayLike = True) -> Detector:  # noqa: FBT002 - a mask, not a switch
    """Return the state with the monitors of a mask (...) emptied, all by default.

    >>> float(reset(advance(empty_detector(), np.ones(8), at=1)).log_evidence)
    -inf
    """
    mask = np.asarray(where)[..., None]
    return Detector(
        np.where(mask, -np.inf, state.log_sum),
        np.where(mask, -np.inf, state.log_largest),
        np.where(mask, 0, state.start),
    )

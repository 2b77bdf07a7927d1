"""What each feature adds to one score: Shapley values against a fixed background, exact or with a stated error.

The value of a set of features is the mean score of the background rows with these features taken from the explained
row (interventional Shapley values). All amounts together are the score less the mean score of the background, exactly,
whether they were enumerated or sampled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Score = Callable[[Floats], Floats]
"""One score (n,) for each of n rows (n, d)."""

ENUMERATED_AT_MOST = 8
"""Features up to which every subset is tried; more of them are sampled."""

PAIRS = 4
"""Orders that are drawn for each background row, each with its reverse."""

NUMBERS_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class Shapley:
    """The mean score of the background, what each feature (d,) adds to it, and the standard errors of the sampling."""

    base: float
    amounts: Floats
    errors: Floats

    @property
    def total(self) -> float:
        """The base and all amounts: the score that is explained."""
        return self.base + float(self.amounts.sum())


def shapley(score: Score, row: Floats, background: Floats, *, seed: int = 0) -> Shapley:
    """The Shapley values of one row (d,) against a background (m, d): enumerated for few features, else sampled.

    >>> found = shapley(lambda x: 2 * x[:, 0] + x[:, 1] * x[:, 2], np.ones(3), np.zeros((5, 3)))
    >>> found.amounts
    array([2. , 0.5, 0.5])
    """
    if len(row) <= ENUMERATED_AT_MOST:
        return enumerated(score, row, background)
    return sampled(score, row, background, seed=seed)


def enumerated(score: Score, row: Floats, background: Floats) -> Shapley:
    """Every subset of the features, each once: exact, and 2^d times as many scores as there are background rows."""
    width = len(row)
    value = np.array([_value(score, row, background, subset) for subset in range(2**width)])
    amounts = np.zeros(width)
    for feature in range(width):
        for subset in range(2**width):
            if not subset >> feature & 1:
                size = subset.bit_count()
                weight = math.factorial(size) * math.factorial(width - size - 1) / math.factorial(width)
                amounts[feature] += weight * (value[subset | 1 << feature] - value[subset])
    return Shapley(float(value[0]), amounts, np.zeros(width))


def _value(score: Score, row: Floats, background: Floats, subset: int) -> float:
    """The mean score of the background with a subset of the features, as bits, taken from the row."""
    taken = np.array([bool(subset >> place & 1) for place in range(len(row))])
    return float(score(np.where(taken, row, background)).mean())


def sampled(score: Score, row: Floats, background: Floats, *, pairs: int = PAIRS, seed: int = 0) -> Shapley:
    """Random orders in which the features of each background row turn into those of the row, and back again.

    Each order and its reverse are one draw. The standard errors say how much other draws would differ; the choice of
    the background is no part of them.
    """
    generator, width = np.random.default_rng(seed), len(row)
    orders = generator.permuted(np.tile(np.arange(width), (len(background), pairs, 1)), axis=2)
    size = max(1, NUMBERS_AT_ONCE // (2 * pairs * width * (width + 1)))
    draws = np.concatenate(
        [
            _draws(score, row, background[start : start + size], orders[start : start + size])
            for start in range(0, len(background), size)
        ]
    )
    spread = draws.var(axis=1, ddof=1) / pairs if pairs > 1 else np.full((len(background), width), np.nan)
    errors = np.sqrt(spread.sum(axis=0)) / len(background)
    return Shapley(float(score(background).mean()), draws.mean(axis=(0, 1)), errors)


def _draws(score: Score, row: Floats, background: Floats, orders: NDArray[np.int64]) -> Floats:
    """What each feature added, on the mean of an order and its reverse: (rows, pairs, d)."""
    rows, pairs, width = orders.shape
    both = np.stack([orders, orders[:, :, ::-1]])
    place = np.argsort(both, axis=3)
    turned = place[..., None, :] < np.arange(width + 1)[:, None]
    inputs = np.where(turned, row, background[None, :, None, None, :])
    scores = score(inputs.reshape(-1, width)).reshape(2, rows, pairs, width + 1)
    added = np.take_along_axis(np.diff(scores, axis=3), place, axis=3)
    return np.asarray(added.mean(axis=0), np.float64)

"""The ROC-AUC of clustered rows in thousands of draws, from one pass over the rows.

The area is a share of pairs. So count, once, the concordant pairs of positives of unit i and negatives of unit j:
a draw in which unit i occurs c(i) times has c' pairs c / (c' positives x c' negatives), and 2,000 draws are one
matrix product. Where units are too many for such a matrix, the rows are sorted once and reweighted by each draw.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.stats.bootstrap import Bootstrap, Statistic
from trimtab.stats.interval import Interval

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

MATRIX_UNITS = 1500
"""The most units whose pairs are kept as a matrix (18 MB)."""


@dataclass(frozen=True, eq=False)
class RankedRows:
    """The rows of both classes in order of score: unit and rank (tied scores share one) of each, in 0 .. n - 1.

    >>> rank_rows([1, 0, 1], [0.9, 0.5, 0.5], np.array([0, 0, 1])).positive_rank
    array([0, 1])
    """

    positive_unit: Integers
    positive_rank: Integers
    negative_unit: Integers
    negative_rank: Integers
    ranks: int

    def roc_auc(self, counts: Floats) -> Floats:
        """Return the area in each draw (b,) from how often it holds each unit (b, u); NaN for one class only.

        >>> rows = rank_rows([1, 0, 1], [0.9, 0.5, 0.5], np.array([0, 0, 1]))
        >>> rows.roc_auc(np.array([[1.0, 1.0], [1.0, 0.0]]))
        array([0.75, 1.  ])
        """
        return np.array([self._area(count) for count in counts])

    def _area(self, count: Floats) -> float:
        positive, negative = count[self.positive_unit], count[self.negative_unit]
        below = negatives_below(self.negative_rank, negative, self.ranks)[self.positive_rank]
        pairs = positive.sum() * negative.sum()
        return float(positive @ below / pairs) if pairs > 0 else float("nan")


@dataclass(frozen=True, eq=False)
class PairsByUnit:
    """Concordant pairs (u, u) of positives of one unit (row) with negatives of another (column), and both counts (u,).

    >>> pairs_by_unit(rank_rows([1, 0, 1], [0.9, 0.5, 0.5], np.array([0, 0, 1])), 2).concordant
    array([[1. , 0. ],
           [0.5, 0. ]])
    """

    concordant: Floats
    positives: Floats
    negatives: Floats

    def roc_auc(self, counts: Floats) -> Floats:
        """Return the area in each draw (b,) from how often it holds each unit (b, u); NaN for one class only.

        >>> pairs = pairs_by_unit(rank_rows([1, 0, 1], [0.9, 0.5, 0.5], np.array([0, 0, 1])), 2)
        >>> pairs.roc_auc(np.array([[1.0, 1.0], [1.0, 0.0]]))
        array([0.75, 1.  ])
        """
        concordant = np.einsum("bu,bu->b", counts @ self.concordant, counts)
        return np.asarray(concordant / ((counts @ self.positives) * (counts @ self.negatives)), np.float64)


def rank_rows(y: ArrayLike, score: ArrayLike, codes: Integers) -> RankedRows:
    """Return the ranked rows of y (0 or 1), score and unit codes, all (n,); ValueError for other y, NaN or lengths.

    >>> rank_rows([1, 0], [0.9, 0.5], np.array([0, 1])).ranks
    2
    """
    truth, scores = np.asarray(y, np.float64), np.asarray(score, np.float64)
    if truth.ndim != 1 or not truth.shape == scores.shape == codes.shape:
        raise ValueError(
            f"y, score and unit are one per row; got {truth.shape}, {scores.shape}, {codes.shape}"
        )
    if not np.isin(truth, (0, 1)).all() or np.isnan(scores).any():
        raise ValueError("a ranking needs y 0 or 1 and a score in every row")
    found, rank = np.unique(scores, return_inverse=True)
    order = np.argsort(rank, kind="stable")
    positive, negative = order[truth[order] == 1], order[truth[order] == 0]
    return RankedRows(codes[positive], rank[positive], codes[negative], rank[negative], found.size)


def pairs_by_unit(rows: RankedRows, unit_count: int) -> PairsByUnit:
    """Return the concordant pairs by unit of positive and of negative, ties counting half: time n x units.

    >>> pairs_by_unit(rank_rows([1, 0], [0.9, 0.5], np.array([0, 1])), 2).concordant
    array([[0., 1.],
           [0., 0.]])
    """
    concordant = np.zeros((unit_count, unit_count))
    order = np.argsort(rows.negative_unit, kind="stable")
    ends = np.cumsum(np.bincount(rows.negative_unit, minlength=unit_count))
    for unit, members in enumerate(np.split(rows.negative_rank[order], ends[:-1])):
        below = negatives_below(members, None, rows.ranks)[rows.positive_rank]
        concordant[:, unit] = np.bincount(rows.positive_unit, below, minlength=unit_count)
    positives, negatives = (
        np.bincount(unit, minlength=unit_count).astype(float)
        for unit in (rows.positive_unit, rows.negative_unit)
    )
    return PairsByUnit(concordant, positives, negatives)


def negatives_below(rank: Integers, weight: Floats | None, ranks: int) -> Floats:
    """Return the weight of negatives below each rank, those at it counting half, (ranks,).

    >>> negatives_below(np.array([0, 2]), None, 3)
    array([0.5, 1. , 1.5])
    """
    here = np.bincount(rank, weight, minlength=ranks)
    return np.asarray(np.cumsum(here) - here / 2, np.float64)


def bootstrap_roc_auc(y: ArrayLike, score: ArrayLike, unit: ArrayLike, bootstrap: Bootstrap) -> Interval:
    """Return the clustered interval of the ROC-AUC of binary y, score and unit, all (n,), units in time order.

    No interval when over 5 % of the draws hold one class only. Raises ValueError for NaN, another y or lengths.

    >>> generator = np.random.default_rng(1)
    >>> y, day = generator.integers(0, 2, 3000), np.arange(3000) // 100
    >>> print(bootstrap_roc_auc(y, y + generator.normal(size=3000), day, Bootstrap(seed=7, block=1)))
    0.755 [0.734, 0.773]
    """
    areas, unit_count = _areas(y, (score,), unit)
    return bootstrap.intervals(areas, unit_count)[0].transformed(lambda area: min(max(area, 0.0), 1.0))


def bootstrap_roc_auc_difference(
    y: ArrayLike, score: ArrayLike, reference: ArrayLike, unit: ArrayLike, bootstrap: Bootstrap
) -> Interval:
    """Return the clustered interval of the ROC-AUC of score minus that of reference, paired; above 0 is better.

    Shapes and errors as in `bootstrap_roc_auc`.

    >>> generator = np.random.default_rng(1)
    >>> y, day = generator.integers(0, 2, 3000), np.arange(3000) // 100
    >>> score, noise = y + generator.normal(size=3000), generator.normal(size=3000)
    >>> print(bootstrap_roc_auc_difference(y, score, score + noise, day, Bootstrap(seed=7, block=1)))
    0.075 [0.060, 0.089]
    """
    areas, unit_count = _areas(y, (score, reference), unit)
    return bootstrap.intervals(lambda counts: areas(counts) @ np.array([[1.0], [-1.0]]), unit_count)[0]


def _areas(y: ArrayLike, scores: tuple[ArrayLike, ...], unit: ArrayLike) -> tuple[Statistic, int]:
    """Return the areas of k scores as a function of unit counts, (b, u) -> (b, k), and the number of units."""
    found, codes = np.unique(np.asarray(unit), return_inverse=True)
    ranked = [rank_rows(y, score, codes) for score in scores]
    if found.size <= MATRIX_UNITS:
        areas = [pairs_by_unit(rows, found.size).roc_auc for rows in ranked]
    else:
        areas = [rows.roc_auc for rows in ranked]
    return lambda counts: np.stack([area(counts) for area in areas], axis=1), found.size

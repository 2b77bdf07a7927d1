"""Can the window's rows be told from the reference's? One number for many columns, for incidents only.

A classifier is trained to tell them apart, and judged on rows that it has not seen: an area under the ROC curve
of 0.5 says no. It looks at bins, not values, so that words need no shared dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.errors import DataError
from trimtab.monitoring.counts import Binning, Columns, Floats, Integers, WordBins
from trimtab.stats.bootstrap import Bootstrap
from trimtab.stats.concordance import bootstrap_roc_auc, negatives_below
from trimtab.stats.interval import Interval

FOLDS = 4
SHOWN = 10


@dataclass(frozen=True)
class DomainView:
    """How well windows are told from the reference, and by which columns.

    separating: (column, loss of area when the column is shuffled), the largest first, at most 10.
    """

    area: Interval
    separating: tuple[tuple[str, float], ...]


def domain_view(
    binning: Binning,
    reference: Columns,
    window: Columns,
    *,
    seed: int,
    units: tuple[ArrayLike, ArrayLike] | None = None,
) -> DomainView:
    """The area under the ROC curve of a classifier of where rows come from, out of fold.

    units: the day or entity of each reference row and of each window row; one unit is never split between
    folds, and carries the interval. Without them rows count as independent. The same inputs give the same view.
    Raises DataError with fewer than 4 units on a side.
    """
    codes = np.concatenate([binning.codes(rows) - binning.starts for rows in (reference, window)])
    y = np.repeat([0, 1], [len(reference), len(window)])
    unit = _units(units, len(reference), len(window))
    generator = np.random.default_rng(seed)
    fold = _folds(unit, y, generator)
    score, drops = _out_of_fold(binning, codes, y, fold, generator)
    area = (
        _row_interval(y, score)
        if units is None
        else bootstrap_roc_auc(y, score, unit, Bootstrap(seed=seed, block=1))
    )
    ranked = sorted(zip(binning.names, drops, strict=True), key=lambda pair: -pair[1])
    return DomainView(area, tuple((name, float(drop)) for name, drop in ranked[:SHOWN] if drop > 0))


def _units(units: tuple[ArrayLike, ArrayLike] | None, reference: int, window: int) -> Integers:
    """One code per unit, none shared between the sides."""
    if units is None:
        return np.arange(reference + window)
    first, second = (np.unique(np.asarray(side), return_inverse=True)[1] for side in units)
    if first.size != reference or second.size != window:
        raise DataError("one unit per row", found=f"{first.size} and {second.size} units' codes")
    return np.concatenate([first, second + first.max(initial=-1) + 1])


def _folds(unit: Integers, y: Integers, generator: np.random.Generator) -> Integers:
    """The fold of each row, units kept whole and both sides spread over all folds."""
    fold_of = np.empty(int(unit.max(initial=-1)) + 1, np.int64)
    for side in (0, 1):
        members = np.unique(unit[y == side])
        if members.size < FOLDS:
            raise DataError(
                "too few units to tell the window from the reference",
                found=members.size,
                do=f"wait for {FOLDS} units on both sides",
            )
        fold_of[generator.permutation(members)] = np.arange(members.size) % FOLDS
    return fold_of[unit]


def _out_of_fold(
    binning: Binning, codes: Integers, y: Integers, fold: Integers, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """The score of each row (n,) and the loss of area when each column is shuffled (d,)."""
    score, shuffled = np.empty(y.size), np.empty((codes.shape[1], y.size))
    for each in range(FOLDS):
        held = fold == each
        model = _classifier(binning).fit(codes[~held], y[~held])
        # odds for equal sides, so that scores of different folds can be ranked together
        score[held] = model.decision_function(codes[held])
        for column in range(codes.shape[1]):
            other = codes[held]
            other[:, column] = generator.permutation(other[:, column])
            shuffled[column, held] = model.decision_function(other)
    whole = _area(y, score)
    return score, np.array([whole - _area(y, row) for row in shuffled])


def _classifier(binning: Binning) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - a second to import

    text = [isinstance(column, WordBins) for column in binning.columns]
    return HistGradientBoostingClassifier(
        max_iter=60,
        max_leaf_nodes=8,
        learning_rate=0.1,
        early_stopping=False,
        class_weight="balanced",
        categorical_features=text if any(text) else None,
        random_state=0,
    )


def _placements(y: Integers, score: Floats) -> tuple[Floats, Floats]:
    """The share of the other side that each row is ranked rightly against: of positives, and of negatives."""
    _, rank = np.unique(score, return_inverse=True)
    places = int(rank.max()) + 1
    positive, negative = rank[y == 1], rank[y == 0]
    below = negatives_below(negative, None, places)[positive] / negative.size
    above = 1 - negatives_below(positive, None, places)[negative] / positive.size
    return below, above


def _area(y: Integers, score: Floats) -> float:
    return float(_placements(y, score)[0].mean())


def _row_interval(y: NDArray[np.int64], score: Floats, level: float = 0.95) -> Interval:
    """The area of independent rows with normal bounds. Source: DeLong, DeLong and Clarke-Pearson 1988."""
    from scipy.special import ndtri  # noqa: PLC0415 - a third of a second that most commands never need

    sides = _placements(y, score)
    area = float(sides[0].mean())
    error = float(np.sqrt(sum(side.var(ddof=1) / side.size for side in sides)))
    half = float(ndtri((1 + level) / 2)) * error
    return Interval(area, max(area - half, 0.0), min(area + half, 1.0), level, method="DeLong, rows")

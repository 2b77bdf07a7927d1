"""Losses of single rows in [0, 1]: the only quantities that evidence is gathered on.

Bets on a mean need a bounded quantity, so each loss is divided by the largest one that counts. Losses are rounded
to a grid of 2^-26, on which floats add up without any rounding: totals of a day are the same in every order and
however they were merged (up to 134 million rows a total).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.declare.model import Stakes
from trimtab.errors import DataError
from trimtab.metrics import Task, absolute_errors, brier_losses
from trimtab.metrics.rows import class_rows, probability_rows

Floats = NDArray[np.float64]
Kind = Literal["decision", "brier", "absolute"]

GRID = 2.0**-26
"""The step between losses, 1.5e-8: sums of fewer than 2^27 of them are exact in any order."""

LARGEST_ERROR_QUANTILE = 0.995
"""The reference's quantile of |error| that counts as a loss of 1: a few wild rows must not set the scale."""


@dataclass(frozen=True)
class BoundedLoss:
    """What one row lost, from 0 (nothing) to 1 (`scale`, in `unit`).

    decision: acting on a negative costs `false_alarm`, not acting on a positive `miss`, as shares of the dearer one;
    for classes any wrong one costs 1. brier: the squared error of the probability (halved for classes). absolute:
    |error| / scale, clipped at 1.

    >>> BoundedLoss("decision", "binary", threshold=0.2, false_alarm=0.1).losses([1, 0, 0], [0.1, 0.3, 0.1]).round(6)
    array([1. , 0.1, 0. ])
    """

    kind: Kind
    task: Task
    threshold: float = 0.5
    false_alarm: float = 1.0
    miss: float = 1.0
    scale: float = 1.0
    unit: str = ""

    def losses(self, label: ArrayLike, score: ArrayLike) -> Floats:
        """Return the loss of each row (n,) on the grid, NaN where the label or score is missing.

        label (n,); score (n,), or (n, k) for k classes, whose labels are their codes. Raises ValueError when a
        score is no probability or a label no class.
        """
        if np.ndim(score) == 2:
            return self._of_classes(np.asarray(label, np.float64), np.asarray(score, np.float64))
        if self.kind == "absolute":
            return on_grid(np.minimum(absolute_errors(label, score) / self.scale, 1.0))
        if self.kind == "brier":
            return on_grid(brier_losses(label, score))
        return on_grid(self._decisions(label, score))

    def _of_classes(self, label: Floats, score: Floats) -> Floats:
        known = ~np.isnan(label) & ~np.isnan(score).any(axis=1)
        codes, given = label[known].astype(np.int64), score[known]
        if (codes != label[known]).any():
            raise ValueError("classes are whole codes; found a label between two")
        lost = np.full(label.size, np.nan)
        if self.kind == "brier":
            lost[known] = brier_losses(codes, given) / 2.0
        else:
            codes, given = class_rows(codes, given)
            lost[known] = given.argmax(axis=1) != codes
        return on_grid(lost)

    def _decisions(self, label: ArrayLike, score: ArrayLike) -> Floats:
        truth, positive = probability_rows(label, score)
        price = np.where(truth == 1, self.miss, self.false_alarm)
        wrong = np.where((positive >= self.threshold) != (truth == 1), price, 0.0)
        return np.where(np.isnan(truth) | np.isnan(positive), np.nan, wrong)


def on_grid(values: ArrayLike) -> Floats:
    """Return values rounded to the grid of 2^-26, NaN staying NaN.

    >>> float(on_grid([1 / 3])[0]) * 2**26
    22369621.0
    """
    return np.asarray(np.rint(np.asarray(values, np.float64) / GRID) * GRID, np.float64)


def decision_error(task: Task = "binary", threshold: float = 0.5) -> BoundedLoss:
    """Return the 0/1 loss: the wrong side of the threshold, or the wrong class.

    >>> decision_error("multiclass").losses([0, 1], [[0.6, 0.4], [0.7, 0.3]])
    array([0., 1.])
    """
    return BoundedLoss("decision", task, threshold)


def decision_cost(stakes: Stakes) -> BoundedLoss:
    """Return the loss in money of a binary decision; DataError unless both mistakes have a price above 0.

    >>> loss = decision_cost(Stakes(currency="EUR", false_alarm=20, miss=60))
    >>> loss.threshold, loss.scale, loss.unit
    (0.25, 60, 'EUR')
    """
    prices = stakes.false_alarm, stakes.miss
    if (
        prices[0] is None
        or prices[1] is None
        or max(prices[0], prices[1]) <= 0
        or min(prices[0], prices[1]) < 0
    ):
        raise DataError(
            "a loss in money needs the price of both mistakes",
            found=f"false_alarm={stakes.false_alarm}, miss={stakes.miss}",
            do="write tt.Stakes(false_alarm=..., miss=...)",
        )
    dearest = max(prices[0], prices[1])
    return BoundedLoss(
        "decision",
        "binary",
        stakes.threshold_or_default,
        false_alarm=prices[0] / dearest,
        miss=prices[1] / dearest,
        scale=dearest,
        unit=stakes.currency,
    )


def brier(task: Task = "binary") -> BoundedLoss:
    """Return the squared error of the probability, which also sees scores that drift away from the truth.

    >>> brier().losses([1, 0], [0.5, 0.0])
    array([0.25, 0.  ])
    """
    return BoundedLoss("brier", task)


def absolute_error(label: ArrayLike, score: ArrayLike, unit: str = "") -> BoundedLoss:
    """Return |error| over its 99.5 % quantile on these reference rows (n,), clipped at 1.

    Raises DataError when they hold no error above 0 to measure by.

    >>> absolute_error([0.0, 0.0, 0.0], [1.0, 2.0, 2.0], "minutes").scale
    2.0
    """
    errors = absolute_errors(label, score)
    known = errors[np.isfinite(errors)]
    largest = float(np.quantile(known, LARGEST_ERROR_QUANTILE)) if known.size else 0.0
    if largest == 0:
        raise DataError(
            "the reference has no error to measure new ones by",
            found=f"{known.size} rows, all without error",
            do="give a reference period with labels, scored by a model that had not seen it",
        )
    return BoundedLoss("absolute", "regression", scale=largest, unit=unit)


def default_loss(task: Task, stakes: Stakes | None, label: ArrayLike, score: ArrayLike) -> BoundedLoss:
    """Return the loss that pages are judged by: money where both mistakes are priced, else Brier or |error|.

    label and score (n,) are of the reference, which a regression takes its scale from.

    >>> default_loss("multiclass", None, [], []).kind
    'brier'
    """
    if task == "regression":
        return absolute_error(label, score)
    if task == "binary" and stakes is not None and None not in {stakes.false_alarm, stakes.miss}:
        return decision_cost(stakes)
    return brier(task)

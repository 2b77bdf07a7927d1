"""The arrays of rows that every metric takes, converted and checked once."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SUM_TOLERANCE = 1e-3
"""How far the probabilities of a row may be from summing to one (float32 softmax is within 1e-6)."""


def score_columns(score: Floats) -> Floats:
    """Return scores (n,) or (n, k) with a column each, (n, 1) or (n, k); of no rows, too.

    >>> score_columns(np.zeros(0)).shape, score_columns(np.zeros((2, 3))).shape
    ((0, 1), (2, 3))
    """
    return score[:, None] if score.ndim == 1 else score


def number_rows(y: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    """Return y and score as float64 arrays of one shape (n,); ValueError when they are anything else.

    >>> number_rows([1, 2], [1.5, 2.5])
    (array([1., 2.]), array([1.5, 2.5]))
    """
    truth, predicted = np.asarray(y, np.float64), np.asarray(score, np.float64)
    if truth.ndim != 1 or truth.shape != predicted.shape:
        raise ValueError(
            f"y and score are one number per row each; got shapes {truth.shape} and {predicted.shape}"
        )
    return truth, predicted


def binary_rows(y: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    """Return y (0, 1 or NaN where unknown) and the score, both (n,); ValueError when y holds other values.

    >>> binary_rows([True, False], [0.9, 0.2])
    (array([1., 0.]), array([0.9, 0.2]))
    """
    truth, predicted = number_rows(y, score)
    other = (truth != 0) & (truth != 1) & ~np.isnan(truth)
    if other.any():
        raise ValueError(f"a binary y is 0 or 1; found {truth[other][0]:g} in row {int(np.argmax(other))}")
    return truth, predicted


def probability_rows(y: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    """Return binary y and the probability of the positive class, both (n,); ValueError outside [0, 1].

    >>> probability_rows([1, 0], [1.5, 0.2])
    Traceback (most recent call last):
    ValueError: a probability is between 0 and 1; found 1.5 in row 0 (is the score a logit?)
    """
    truth, predicted = binary_rows(y, score)
    _check_probabilities(predicted)
    return truth, predicted


def class_rows(y: ArrayLike, score: ArrayLike) -> tuple[Integers, Floats]:
    """Return integer class codes (n,) and class scores (n, k); ValueError when codes are not in [0, k).

    >>> class_rows([0, 2], [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])[0]
    array([0, 2])
    """
    truth, predicted = np.asarray(y), np.asarray(score, np.float64)
    if predicted.ndim != 2 or truth.shape != predicted.shape[:1]:
        raise ValueError(
            f"classes need y (n,) and score (n, k); got shapes {truth.shape} and {predicted.shape}"
        )
    codes = _integers(truth)
    outside = (codes < 0) | (codes >= predicted.shape[1])
    if outside.any():
        raise ValueError(f"score has {predicted.shape[1]} classes; y has code {codes[outside][0]}")
    return codes, predicted


def class_probability_rows(y: ArrayLike, score: ArrayLike) -> tuple[Integers, Floats]:
    """Return class codes (n,) and probabilities (n, k); ValueError when a row does not sum to one.

    >>> class_probability_rows([0], [[0.7, 0.2]])
    Traceback (most recent call last):
    ValueError: the probabilities of a row sum to one; row 0 sums to 0.9
    """
    codes, predicted = class_rows(y, score)
    _check_probabilities(predicted)
    total = predicted.sum(axis=1)
    wrong = np.abs(total - 1) > SUM_TOLERANCE
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"the probabilities of a row sum to one; row {row} sums to {total[row]:.6g}")
    return codes, predicted


def weight_rows(weight: ArrayLike | None, rows: int) -> Floats:
    """Return one weight per row (n,), ones when None; ValueError when negative, NaN or of another length.

    >>> weight_rows(None, 2)
    array([1., 1.])
    """
    if weight is None:
        return np.ones(rows)
    weights = np.asarray(weight, np.float64)
    if weights.shape != (rows,):
        raise ValueError(f"weight is one number per row; got shape {weights.shape} for {rows} rows")
    if not (weights >= 0).all():
        raise ValueError("a weight is zero or more; found a negative or missing one")
    return weights


def weighted_mean(values: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the weighted mean of values (n,), NaN when there is no row or no weight.

    >>> weighted_mean([1.0, 4.0], [2, 1])
    2.0
    """
    numbers = np.asarray(values, np.float64)
    weights = weight_rows(weight, numbers.size)
    total = weights.sum()
    return float(weights @ numbers.ravel() / total) if total > 0 else float("nan")


def _integers(codes: NDArray[np.generic]) -> Integers:
    if codes.size == 0:
        return np.zeros(0, np.int64)
    if codes.dtype.kind not in "iub":
        raise ValueError(f"classes are integer codes; y has dtype {codes.dtype}")
    return codes.astype(np.int64)


def _check_probabilities(predicted: Floats) -> None:
    outside = (predicted < 0) | (predicted > 1)
    if outside.any():
        row = int(np.argwhere(outside)[0][0])
        raise ValueError(
            f"a probability is between 0 and 1; found {predicted[outside][0]:g} in row {row} (is the score a logit?)"
        )

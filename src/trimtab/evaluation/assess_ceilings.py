"""What no model can get past: rows that look alike and differ in their answer, and answers that differ from themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.metrics import Task

Floats = NDArray[np.float64]
FEW = 100
"""Fewer rows with a twin say nothing about the rest."""


@dataclass(frozen=True)
class Conflict:
    """Rows that share all features with another: how many, how often two of them disagree, and the least error.

    `disagree` is the share of pairs of twins with another answer (for numbers the half mean squared difference of a
    pair); `floor` the share of wrong answers (for numbers the root mean squared error) that no model can get below on
    the rows with a twin.
    """

    rows: int
    twins: int
    disagree: float
    floor: float

    @property
    def share(self) -> float:
        """The share of rows that have a twin."""
        return self.twins / self.rows if self.rows else 0.0


def conflicts(values: Floats, label: Floats, task: Task) -> Conflict:
    """Twins among rows with features (n, d; NaN equals NaN) and labels (n,).

    Averages are over pairs of different rows, so that small groups do not look better than they are.

    >>> conflicts(np.array([[1.0], [1.0], [2.0]]), np.array([0.0, 1.0, 1.0]), "binary")
    Conflict(rows=3, twins=2, disagree=1.0, floor=0.5)
    """
    group, size = _groups(values)
    twin = size[group] > 1
    if not twin.any():
        return Conflict(len(label), 0, float("nan"), float("nan"))
    kept, answer = np.unique(group[twin], return_inverse=True)[1], label[twin]
    rows = np.bincount(kept).astype(float)
    if task == "regression":
        mean = np.bincount(kept, answer) / rows
        squared = np.bincount(kept, (answer - mean[kept]) ** 2)
        variance = squared / (rows - 1)
        spread = float(variance @ rows / rows.sum())
        return Conflict(len(label), int(twin.sum()), spread, spread**0.5)
    counts = np.stack([np.bincount(kept, answer == code, minlength=len(rows)) for code in np.unique(answer)])
    same = (counts * (counts - 1)).sum(axis=0) / (rows * (rows - 1))
    least = 1 - counts.max(axis=0) / rows
    return Conflict(
        len(label), int(twin.sum()), float(1 - same @ rows / rows.sum()), float(least @ rows / rows.sum())
    )


def _groups(values: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The group of each row and the size of each group."""
    plain = np.ascontiguousarray(np.where(np.isnan(values), np.inf, values + 0.0))
    keys = plain.view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1]))).ravel()
    _, group, size = np.unique(keys, return_inverse=True, return_counts=True)
    return group.ravel(), size


@dataclass(frozen=True)
class Repeated:
    """Requests that were answered more than once, and the share of them whose answers differ."""

    rows: int
    disagree: float


def repeated(row: NDArray[np.int64], value: Floats) -> Repeated:
    """How answers differ from themselves; one entry of `row` (sorted) and `value` for each version of an answer.

    >>> repeated(np.array([0, 0, 1, 2, 2]), np.array([1.0, 0.0, 1.0, 1.0, 1.0]))
    Repeated(rows=2, disagree=0.5)
    """
    if not len(row):
        return Repeated(0, float("nan"))
    first = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    size = np.diff(np.r_[first, len(row)])
    spread = np.maximum.reduceat(value, first) - np.minimum.reduceat(value, first)
    several = size > 1
    share = float(np.mean(spread[several] > 0)) if several.any() else float("nan")
    return Repeated(int(several.sum()), share)

"""A rule as a learner: one column and a cut, deployed and watched like any model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.metaestimators import available_if

from trimtab.errors import LearnerError, nearest
from trimtab.metrics import Task, fit_rate_by_code

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]

CUTS = 63
"""How many cuts of a column are tried: its quantiles."""


def _answers_yes_or_no(rule: Rule) -> bool:
    return not rule.numbers


class Rule(BaseEstimator):  # type: ignore[misc]  # scikit-learn publishes no types
    """A learner that answers by one column: the rate of yes (or the mean) on each side of a cut.

    `cut` is a number, or a mapping from a word to its answer; without one the best cut of the column is found, and
    without a column the best cut of all number columns. `numbers=True` predicts a number: the mean, or the `quantile`
    that the metric likes best (0.5 for the mean absolute error). Gaps have an answer of their own.

    >>> rule = Rule(0, cut=3).fit(np.array([[1.0], [2.0], [3.0], [4.0]] * 50), np.array([0, 0, 1, 1] * 50))
    >>> rule.predict_proba(np.array([[1.0], [9.0]]))[:, 1].round(2).tolist()
    [0.08, 0.92]
    """

    def __init__(
        self,
        column: str | int | None = None,
        cut: float | Mapping[str, float] | None = None,
        *,
        numbers: bool = False,
        quantile: float | None = None,
    ) -> None:
        self.column = column
        self.cut = cut
        self.numbers = numbers
        self.quantile = quantile

    def with_columns(self, names: tuple[str, ...], words: Mapping[str, tuple[str, ...]]) -> Rule:
        """Tell the rule what its inputs are called, and which words their codes stand for; raises LearnerError."""
        if isinstance(self.column, str) and self.column not in names:
            raise LearnerError(
                f"the rule's column {self.column!r} is no feature of the model",
                found=", ".join(names),
                nearest=nearest(self.column, names),
                do="name a feature",
            )
        self.names_ = list(names)
        self.words_ = {name: list(known) for name, known in words.items()}
        return self

    def fit(self, inputs: Any, target: Any) -> Rule:
        """Learn the answer of each cell from inputs (n, d) and targets (n,); raises ValueError without a number column."""
        values, label = np.asarray(inputs, np.float64), np.asarray(target)
        self.classes_ = np.zeros(0) if self.numbers else np.unique(label)
        codes = label.astype(np.float64) if self.numbers else np.searchsorted(self.classes_, label)
        names = self._names(values)
        self.position_ = self._position(values, codes, names)
        words = self._words(names[self.position_])
        self.threshold_ = float("nan") if words else self._threshold(values[:, self.position_], codes)
        self.table_ = self._answers(self._cells(values), codes, words)
        return self

    @available_if(_answers_yes_or_no)  # type: ignore[untyped-decorator]
    def predict_proba(self, inputs: Any) -> Floats:
        """The share of each class in the cell of each row, (n, classes)."""
        return np.asarray(self.table_[self._cells(np.asarray(inputs, np.float64))])

    def predict(self, inputs: Any) -> NDArray[Any]:
        """The number of each row's cell, or its most frequent class, (n,)."""
        answers = self.table_[self._cells(np.asarray(inputs, np.float64))]
        if self.numbers:
            return np.asarray(answers[:, 0])
        return np.asarray(self.classes_[np.argmax(answers, axis=1)])

    def described(self) -> str:
        """The fitted rule in words.

        >>> Rule(0, cut=3, numbers=True).fit(np.array([[1.0], [3.0]]), np.array([1.0, 5.0])).described()
        'column 0 below 3: 2.905; from 3 on: 3.095'
        """
        name = self.names_[self.position_] if hasattr(self, "names_") else f"column {self.position_}"
        if self._words(name):
            return f"{name}, one answer for each of {len(self.table_) - 1} words"
        below, above = (f"{self.table_[cell, -1]:.4g}" for cell in (0, 1))
        return f"{name} below {self.threshold_:.4g}: {below}; from {self.threshold_:.4g} on: {above}"

    def _names(self, values: Floats) -> list[str]:
        return list(
            getattr(self, "names_", None) or (f"column {number}" for number in range(values.shape[1]))
        )

    def _words(self, name: str) -> list[str]:
        known: dict[str, list[str]] = getattr(self, "words_", {})
        return known.get(name, [])

    def _position(self, values: Floats, codes: NDArray[Any], names: list[str]) -> int:
        if isinstance(self.column, str):
            return names.index(self.column)
        if self.column is not None:
            return int(self.column)
        numbers = [place for place, name in enumerate(names) if not self._words(name)]
        if not numbers:
            raise ValueError("no column holds numbers; name the column of the rule")
        gains = [best_cut(values[:, place], codes, self._task)[1] for place in numbers]
        return numbers[int(np.argmax(gains))]

    def _threshold(self, column: Floats, codes: NDArray[Any]) -> float:
        if isinstance(self.cut, int | float):
            return float(self.cut)
        return best_cut(column, codes, self._task)[0]

    @property
    def _task(self) -> Task:
        return "regression" if self.numbers else "multiclass"

    def _cells(self, values: Floats) -> Cells:
        """The cell of each row: its word's code, or below and from the cut on; gaps come last."""
        column = values[:, self.position_]
        gap = np.isnan(column)
        if np.isnan(self.threshold_):
            last = len(self._words(self._names(values)[self.position_]))
            cell = np.where(gap, last, column).astype(np.int64)
            return np.minimum(cell, last)
        return np.where(gap, 2, column >= self.threshold_).astype(np.int64)

    def _answers(self, cells: Cells, codes: NDArray[Any], words: list[str]) -> Floats:
        """The answer of each cell (cells, classes or 1), drawn toward the overall one where rows are few."""
        classes = None if self.numbers else len(self.classes_)
        count = len(words) + 1 if words else 3
        fitted = fit_rate_by_code(codes, cells, self._task, classes=classes, quantile=self.quantile)
        table = np.atleast_2d(fitted.predict(np.arange(count)).T).T.copy()
        if isinstance(self.cut, Mapping):
            for place, word in enumerate(words):
                if word in self.cut:
                    given = float(self.cut[word])
                    table[place] = given if self.numbers else (1 - given, given)
        return np.asarray(table, np.float64)


def best_cut(column: Floats, codes: NDArray[Any], task: Task) -> tuple[float, float]:
    """The cut of a column that lowers the squared error most, and by how much (a sum over rows).

    `codes` (n,) are numbers, or classes for any task but regression. Only quantiles of the column are tried.

    >>> best_cut(np.array([1.0, 2.0, 8.0, 9.0]), np.array([0.0, 0.0, 1.0, 1.0]), "regression")
    (8.0, 1.0)
    """
    present = ~np.isnan(column)
    values = column[present]
    if not len(values):
        return float("nan"), 0.0
    edges = np.unique(np.quantile(values, np.linspace(0, 1, CUTS + 2), method="higher"))[1:]
    if not len(edges):
        return float(values[0]), 0.0
    targets = _targets(codes[present], task)
    bins = np.searchsorted(edges, values, side="right")
    rows = np.cumsum(np.bincount(bins, minlength=len(edges) + 1))
    sums = np.cumsum([np.bincount(bins, one, minlength=len(edges) + 1) for one in targets.T], axis=1)
    below, total = sums[:, :-1], sums[:, -1:]
    left, right = rows[:-1], rows[-1] - rows[:-1]
    gains = (below**2 / left + (total - below) ** 2 / right - total**2 / rows[-1]).sum(axis=0)
    best = int(np.argmax(gains))
    return float(edges[best]), float(gains[best])


def _targets(codes: NDArray[Any], task: Task) -> Floats:
    if task == "regression":
        return np.asarray(codes, np.float64)[:, None]
    return np.asarray(codes[:, None] == np.arange(int(codes.max(initial=0)) + 1), np.float64)

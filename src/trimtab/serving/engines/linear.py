"""Linear and logistic models, with the preparation of their columns, as one sum of terms in plain arithmetic.

The terms are added in the order of the columns, for one row in Python and for many in numpy, so both give the same
bits; the learner's own matrix product adds in another order, so it agrees to the last bits only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.errors import LearnerError
from trimtab.serving.engines.base import LAST_BITS, Floats, refuse_infinite, softmax
from trimtab.serving.engines.columns import Columns, Number, plain_columns
from trimtab.serving.engines.pipelines import take_apart
from trimtab.training.predictor import Predictor

_EXPONENTIAL = frozenset({"GammaRegressor", "PoissonRegressor"})


@dataclass(frozen=True)
class _NumberTerm:
    """(x - mean) / scale x weight, or a constant where x is missing."""

    source: int
    mean: float
    scale: float
    weight: float
    missing: float

    def one(self, value: float) -> float:
        return self.missing if value != value else (value - self.mean) / self.scale * self.weight  # noqa: PLR0124

    def many(self, values: Floats) -> Floats:
        return np.where(np.isnan(values), self.missing, (values - self.mean) / self.scale * self.weight)


@dataclass(frozen=True)
class _TableTerm:
    """A constant for each known value, one for the missing value, one for all others."""

    source: int
    known: Mapping[float, float]
    missing: float
    other: float

    def one(self, value: float) -> float:
        return self.missing if value != value else self.known.get(value, self.other)  # noqa: PLR0124  # NaN

    def many(self, values: Floats) -> Floats:
        distinct, place = np.unique(values, return_inverse=True)
        return np.asarray(np.array([self.one(value) for value in distinct.tolist()])[place])


@dataclass(frozen=True)
class _Sum:
    """A constant and its terms."""

    constant: float
    terms: tuple[_NumberTerm | _TableTerm, ...]

    def one(self, row: Sequence[float]) -> float:
        total = self.constant
        for term in self.terms:
            total += term.one(row[term.source])
        return total

    def many(self, rows: Floats) -> Floats:
        total = np.full(len(rows), self.constant)
        for term in self.terms:
            total += term.many(rows[:, term.source])
        return total


class LinearCore:
    """One sum a class (or one in all), and the link from sums to answers."""

    name = "flattened linear"
    exact = False
    resolution = LAST_BITS

    def __init__(self, learner: Any, columns: Columns, link: _Link) -> None:
        self._learner, self._link = learner, link
        weights = np.atleast_2d(learner.coef_)
        constants = np.broadcast_to(np.ravel(learner.intercept_), len(weights)).tolist()
        self._sums = tuple(
            _sum_of(columns, constant, line.tolist())
            for constant, line in zip(constants, weights, strict=True)
        )

    def one(self, row: list[float]) -> Sequence[float]:
        """The learner's answer to one encoded row."""
        refuse_infinite(row, self._learner)
        return self._link.one([each.one(row) for each in self._sums])

    def many(self, rows: Floats) -> Floats:
        """The learner's answers to encoded rows."""
        if np.isinf(rows).any():
            raise LearnerError(f"{type(self._learner).__name__} takes no infinite numbers")
        with np.errstate(over="ignore"):  # as plain arithmetic does
            answers = self._link.many(np.column_stack([each.many(rows) for each in self._sums]))
        return answers[:, 0] if answers.shape[1] == 1 else answers


def _sum_of(columns: Columns, constant: float, weights: list[float]) -> _Sum:
    terms: list[_NumberTerm | _TableTerm] = []
    start = 0
    for column in columns:
        width = 1 if isinstance(column, Number) else len(column.other)
        terms.append(_term(column, weights[start : start + width]))
        start += width
    return _Sum(constant, tuple(terms))


def _term(column: Any, weights: list[float]) -> _NumberTerm | _TableTerm:
    if isinstance(column, Number):
        missing = (column.fill - column.mean) / column.scale * weights[0]
        return _NumberTerm(column.source, column.mean, column.scale, weights[0], missing)
    known = {value: _dot(row, weights) for value, row in column.known.items()}
    return _TableTerm(column.source, known, _dot(column.missing, weights), _dot(column.other, weights))


def _dot(row: Sequence[float], weights: Sequence[float]) -> float:
    return float(sum(value * weight for value, weight in zip(row, weights, strict=True)))


class _Link:
    """From sums to answers: the sums themselves, their exponentials, or by softmax."""

    def __init__(self, many: Callable[[Floats], Floats]) -> None:
        self.many = many

    def one(self, sums: list[float]) -> Sequence[float]:
        answers: list[float] = self.many(np.array([sums]))[0].tolist()
        return answers


class _Logistic(_Link):
    """From one sum to two probabilities; scipy's function works number by number, so one row and many agree."""

    def __init__(self) -> None:
        from scipy.special import expit  # noqa: PLC0415  # loaded with the learner

        self._expit = expit
        super().__init__(lambda sums: np.column_stack((1 - expit(sums[:, 0]), expit(sums[:, 0]))))

    def one(self, sums: list[float]) -> Sequence[float]:
        yes = float(self._expit(sums[0]))
        return 1 - yes, yes


def _link(predictor: Predictor, learner: Any) -> _Link:
    """The usual link of such a learner; parity on the sample shows where another one is used."""
    if predictor.task == "regression":
        return _Link(np.exp if type(learner).__name__ in _EXPONENTIAL else np.asarray)
    return _Logistic() if len(predictor.classes) == 2 else _Link(softmax)


def build(predictor: Predictor) -> LinearCore | None:
    """The core of a predictor whose learner is one of scikit-learn's linear models, or None."""
    apart = take_apart(predictor) if hasattr(predictor.estimator, "steps") else None
    columns, learner = apart or (plain_columns(len(predictor.encoder.names)), predictor.estimator)
    if not type(learner).__module__.startswith("sklearn.linear_model") or not hasattr(learner, "coef_"):
        return None
    return LinearCore(learner, columns, _link(predictor, learner))

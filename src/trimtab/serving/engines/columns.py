"""scikit-learn's preparation of columns, flattened into a few operations for each column of the learner's input.

What takes a pipeline a millisecond a row (its checks, its tables) takes a few microseconds so, and every number comes
out of the same operations in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import numpy as np

from trimtab.serving.engines.base import Floats


@dataclass(frozen=True)
class Number:
    """A number: `fill` where it is missing, then (x - mean) / scale."""

    source: int
    fill: float = nan
    mean: float = 0.0
    scale: float = 1.0

    def one(self, value: float) -> tuple[float, ...]:
        """The scaled number."""
        return (((self.fill if value != value else value) - self.mean) / self.scale,)  # noqa: PLR0124  # NaN

    def many(self, values: Floats) -> Floats:
        """The scaled numbers (n, 1)."""
        filled = np.where(np.isnan(values), self.fill, values)
        return ((filled - self.mean) / self.scale)[:, None]


@dataclass(frozen=True)
class Table:
    """One tuple of columns for each known value, one for the missing value, and one for all others."""

    source: int
    known: Mapping[float, tuple[float, ...]]
    missing: tuple[float, ...]
    other: tuple[float, ...]

    def one(self, value: float) -> tuple[float, ...]:
        """The columns of one value."""
        return self.missing if value != value else self.known.get(value, self.other)  # noqa: PLR0124  # NaN

    def many(self, values: Floats) -> Floats:
        """The columns of n values (n, width)."""
        distinct, place = np.unique(values, return_inverse=True)
        rows = np.array([self.one(value) for value in distinct.tolist()]).reshape(-1, len(self.other))
        return np.asarray(rows[place])


Columns = tuple[Number | Table, ...]


def flat_row(columns: Columns, row: Sequence[float]) -> list[float]:
    """The learner's input for one encoded row."""
    flat: list[float] = []
    for column in columns:
        flat += column.one(row[column.source])
    return flat


def flat_rows(columns: Columns, rows: Floats) -> Floats:
    """The learner's input (n, width) for encoded rows."""
    return np.hstack([column.many(rows[:, column.source]) for column in columns])


def plain_columns(count: int) -> Columns:
    """The encoded columns as they are."""
    return tuple(Number(position) for position in range(count))


def histogram_columns(estimator: Any) -> Columns | None:
    """How histogram gradient boosting reorders its input: categories first, as their positions; None for as it is.

    A category that training did not see counts as missing.
    """
    preparation = getattr(estimator, "_preprocessor", None)
    if preparation is None:
        return None
    categorical = np.flatnonzero(estimator.is_categorical_).tolist()
    numeric = np.flatnonzero(~estimator.is_categorical_).tolist()
    known = preparation.named_transformers_["encoder"].categories_
    tables = (_positions(source, words.tolist()) for source, words in zip(categorical, known, strict=True))
    return (*tables, *(Number(source) for source in numeric))


def _positions(source: int, words: Sequence[float]) -> Table:
    known = {float(word): (float(code),) for code, word in enumerate(words) if not isnan(word)}
    return Table(source, known, (nan,), (nan,))

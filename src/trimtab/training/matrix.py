"""The features of many requests as one numeric matrix; text is kept as codes beside its dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


@dataclass(frozen=True)
class FeatureMatrix:
    """n rows by d named columns of float64, NaN for null.

    A text column holds codes into its entry of `dictionaries`, which lists the distinct texts in byte order.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    dictionaries: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def categorical(self) -> tuple[bool, ...]:
        """Which columns hold text."""
        return tuple(name in self.dictionaries for name in self.names)

    @property
    def empty_columns(self) -> tuple[str, ...]:
        """The columns that hold no value at all."""
        if not len(self):
            return ()
        nothing = np.asarray(np.isnan(self.values).all(axis=0))
        return tuple(name for name, empty in zip(self.names, nothing, strict=True) if empty)

    def rows(self, start: int, stop: int) -> FeatureMatrix:
        """The rows from start to just before stop, without copying."""
        return replace(self, values=self.values[start:stop])

    def take(self, rows: NDArray[np.int64]) -> FeatureMatrix:
        """The given rows in the given order."""
        return replace(self, values=self.values[rows])

    def only(self, names: Sequence[str]) -> FeatureMatrix:
        """The same rows with some of the columns."""
        columns = [self.names.index(name) for name in names]
        kept = {name: words for name, words in self.dictionaries.items() if name in names}
        return FeatureMatrix(tuple(names), self.values[:, columns], kept)


def from_table(table: pa.Table) -> FeatureMatrix:
    """The matrix of an Arrow table whose columns are booleans, numbers or text."""
    values = np.empty((len(table), table.num_columns), order="F")
    dictionaries = {}
    for position, name in enumerate(table.column_names):
        if pa.types.is_string(table[name].type):
            values[:, position], dictionaries[name] = _encode(table[name])
        else:
            values[:, position] = pc.fill_null(pc.cast(table[name], pa.float64()), float("nan"))
    return FeatureMatrix(tuple(table.column_names), values, dictionaries)


def from_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> FeatureMatrix:
    """The matrix of rows of plain values: None, bool, int, float or str for each name.

    >>> from_rows(["x", "word"], [[1, "b"], [None, "a"]]).dictionaries
    {'word': ('a', 'b')}
    """
    values = np.empty((len(rows), len(names)), order="F")
    dictionaries = {}
    for position, (name, column) in enumerate(zip(names, zip(*rows, strict=True), strict=True)):
        if any(isinstance(value, str) for value in column):
            values[:, position], dictionaries[name] = _encode(
                pa.chunked_array([pa.array(column, pa.string())])
            )
        else:
            values[:, position] = [np.nan if value is None else float(value) for value in column]
    return FeatureMatrix(tuple(names), values, dictionaries)


def _encode(column: pa.ChunkedArray) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    words = tuple(sorted(word for word in pc.unique(column).to_pylist() if word is not None))
    codes = pc.index_in(column, pa.array(words, pa.string()))
    return np.asarray(pc.fill_null(pc.cast(codes, pa.float64()), float("nan"))), words

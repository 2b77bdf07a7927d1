"""Rows of a prediction log, whoever served them: time, features, score, and the label once it is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trimtab.monitoring.counts import Columns, Floats, Integers

NEVER = np.iinfo(np.int64).max
"""When the label of a row without one is known."""

PREDICTION = "prediction"
"""The column under which the score is counted beside the features."""


@dataclass(frozen=True, eq=False)
class Observed:
    """n rows in order of time.

    at (n,) epoch microseconds; columns, the features (n, d); score (n,), or (n, k) for classes, NaN where none was
    given; label (n,), a class code or number, NaN where there is none; label_at (n,), when it was known and mature.
    reference_score, shaped as score: what the model is compared with answered on the same rows, None without one.
    zone_offset (n,): what local time is ahead of UTC, microseconds.
    """

    at: Integers
    columns: Columns
    score: Floats
    label: Floats
    label_at: Integers
    reference_score: Floats | None = None
    zone_offset: Integers | None = None

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: slice | NDArray[np.int64] | NDArray[np.bool_]) -> Observed:
        """The given rows, by slice, position or mask."""
        columns = replace(self.columns, values=self.columns.values[rows])
        reference = None if self.reference_score is None else self.reference_score[rows]
        offset = None if self.zone_offset is None else self.zone_offset[rows]
        return Observed(
            self.at[rows],
            columns,
            self.score[rows],
            self.label[rows],
            self.label_at[rows],
            reference,
            offset,
        )

    def between(self, start: int, stop: int) -> Observed:
        """The rows with start <= at < stop."""
        return self.take(slice(*(int(edge) for edge in np.searchsorted(self.at, (start, stop)))))

    def labelled(self, now: int | None = None) -> Observed:
        """The rows with a score and a label, known and mature before `now` where one is given."""
        known = ~np.isnan(self.label) & (self.label_at < (NEVER if now is None else now))
        return self.take(self.answered & known)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which rows have a score, (n,)."""
        given = ~np.isnan(self.score)
        return given if given.ndim == 1 else np.asarray(given.all(axis=1), np.bool_)

    @property
    def offset(self) -> Integers:
        """The zone's offset of each row (n,), 0 without zones."""
        return np.zeros(len(self), np.int64) if self.zone_offset is None else self.zone_offset

    def counted(self) -> Columns:
        """The features with the score beside them, as what is counted; without it where a feature has its name."""
        if PREDICTION in self.columns.names:
            return self.columns
        said = self.score
        if said.ndim == 2:
            said = np.where(self.answered, said.argmax(axis=1), np.nan)
        values = np.column_stack([self.columns.values, said])
        return Columns((*self.columns.names, PREDICTION), values, self.columns.dictionaries)


def aligned(columns: Columns, names: Sequence[str], words: Mapping[str, tuple[str, ...]]) -> Columns:
    """The named columns in this order, text recoded so that known words have the given codes and new ones follow.

    A column that is missing is a column of nulls.

    >>> rows = Columns(("shop",), np.array([[0.0], [1.0]]), {"shop": ("new", "north")})
    >>> aligned(rows, ["shop"], {"shop": ("north", "south")}).values.ravel()
    array([2., 0.])
    """
    if columns.names == tuple(names) and all(
        columns.dictionaries.get(name) == words.get(name) for name in names
    ):
        return columns
    values = np.full((len(columns), len(names)), np.nan, order="F")
    dictionaries = dict[str, tuple[str, ...]]()
    for place, name in enumerate(names):
        if name in columns.names:
            given = columns.values[:, columns.names.index(name)]
            values[:, place], found = _recoded(given, columns.dictionaries.get(name), words.get(name))
            if found is not None:
                dictionaries[name] = found
    return Columns(tuple(names), values, dictionaries)


def _recoded(
    values: Floats, given: tuple[str, ...] | None, known: tuple[str, ...] | None
) -> tuple[Floats, tuple[str, ...] | None]:
    if given is None or known is None or given == known:
        return values, given
    codes = {word: code for code, word in enumerate(known)}
    for word in given:
        codes.setdefault(word, len(codes))
    table = np.array([*(codes[word] for word in given), np.nan])
    places = np.where(np.isnan(values), len(given), values).astype(np.int64)
    return table[places], tuple(codes)

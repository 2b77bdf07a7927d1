"""Counts of every column in fixed bins: whole numbers that merge by addition, the same in any order.

A number has bins between quantiles of the reference, a text one for each common word. What falls outside has
places of its own: below and above the reference's range, words never seen, nulls, and what is no finite number.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.errors import DataError, nearest

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EDGES = 31
"""The most edges of a number: 30 bins within the reference's range, one below it and one above."""

WORDS = 30
"""The most words of a text column with a bin of their own; the rest of the known words share one."""

LARGEST = 1e300
"""No edge lies beyond it."""

HOURS_A_WEEK = 168
HOUR = 3_600_000_000


@dataclass(frozen=True)
class Columns:
    """n rows by d named columns of float64, NaN for null; a text column holds codes into its dictionary."""

    names: tuple[str, ...]
    values: Floats
    dictionaries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class NumberBins:
    """The bins of a number: edges ascending, a bin from each edge (included) to the next (not included).

    Slots in order: -infinity, below the first edge, between edges, from the last edge on, infinity or no number,
    null.
    """

    name: str
    edges: tuple[float, ...]

    @property
    def slots(self) -> int:
        """How many counts the column takes."""
        return len(self.edges) + 4

    def labels(self) -> tuple[str, ...]:
        """Each slot in words.

        >>> NumberBins("x", (0.0, 1.0)).labels()
        ('-infinity', 'below 0', '0 to 1', '1 and above', 'infinite or no number', 'null')
        """
        if not self.edges:
            return ("-infinity", "any number", "infinite or no number", "null")
        texts = [f"{edge:.4g}" for edge in self.edges]
        inner = [f"{low} to {high}" for low, high in itertools.pairwise(texts)]
        ends = (f"below {texts[0]}", f"{texts[-1]} and above")
        return ("-infinity", ends[0], *inner, ends[1], "infinite or no number", "null")

    @cached_property
    def _limits(self) -> Floats:
        """The edges with those of the special slots; a null sorts behind infinity."""
        lowest = np.finfo(np.float64).min
        return np.array([lowest, *self.edges, np.inf, np.nan])

    def codes(self, values: Floats, words: tuple[str, ...] | None) -> Integers:
        """The slot of each value (n,); text where a number belongs is no number."""
        if words is not None:
            return np.where(np.isnan(values), self.slots - 1, self.slots - 2)
        return np.searchsorted(self._limits, values, side="right")


@dataclass(frozen=True)
class WordBins:
    """The bins of a text: common words, the other known words together, words never seen, null.

    `unseen_share` is how much to expect of words never seen: the share of the reference's rows whose word
    occurs once. Source: Good 1953.
    """

    name: str
    words: tuple[str, ...]
    rare: frozenset[str] = frozenset()
    unseen_share: float = 0.0

    @property
    def slots(self) -> int:
        """How many counts the column takes."""
        return len(self.words) + 3

    def labels(self) -> tuple[str, ...]:
        """Each slot in words.

        >>> WordBins("shop", ("north",)).labels()
        ("'north'", 'other known words', 'words never seen', 'null')
        """
        return (*map(repr, self.words), "other known words", "words never seen", "null")

    @cached_property
    def _slot_of(self) -> dict[str, int]:
        other = dict.fromkeys(self.rare, len(self.words))
        return other | {word: slot for slot, word in enumerate(self.words)}

    def codes(self, values: Floats, words: tuple[str, ...] | None) -> Integers:
        """The slot of each code (n,) into words; a number where text belongs was never seen."""
        unseen, null = self.slots - 2, self.slots - 1
        missing = np.isnan(values)
        if words is None:
            return np.where(missing, null, unseen)
        codes = np.where(missing, 0, values).astype(np.int64)
        if len(words) <= len(values):
            slots = np.array([*(self._slot_of.get(word, unseen) for word in words), null])
            return slots[np.where(missing, len(words), codes)]
        present, place = np.unique(codes, return_inverse=True)
        slots = np.array([self._slot_of.get(words[code], unseen) for code in present], np.int64)
        return np.where(missing, null, slots[place])


Bins = NumberBins | WordBins


@dataclass(frozen=True, eq=False)
class Counts:
    """What was counted of some rows: how many, the slots of all columns in one row, the finite extremes.

    rows; slots (s,) and phases (168,), the rows of each hour of the week, none without times; low and high
    (d,), NaN where a column has no finite number.
    """

    rows: int
    slots: Integers
    low: Floats
    high: Floats
    phases: Integers

    def merge(self, other: Counts) -> Counts:
        """The counts of both sets of rows together."""
        return Counts(
            self.rows + other.rows,
            self.slots + other.slots,
            np.fmin(self.low, other.low),
            np.fmax(self.high, other.high),
            self.phases + other.phases,
        )


@dataclass(frozen=True)
class Binning:
    """The bins of all columns, which counts of other rows must share to be compared or merged.

    >>> rows = Columns(("x", "shop"), np.array([[0.5, 0], [1.5, 1], [np.nan, 0]]), {"shop": ("n", "s")})
    >>> binning = Binning((NumberBins("x", (0.0, 1.0)), WordBins("shop", ("n",))))
    >>> binning.count(rows).slots
    array([0, 0, 1, 1, 0, 1, 2, 0, 1, 0])
    """

    columns: tuple[Bins, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def starts(self) -> Integers:
        """Where each column's slots begin, (d,)."""
        return np.cumsum([0, *(column.slots for column in self.columns)])[:-1].astype(np.int64)

    @cached_property
    def size(self) -> int:
        """How many slots there are in all."""
        return sum(column.slots for column in self.columns)

    def parts(self, column: int) -> slice:
        """The slots of one column."""
        start = int(self.starts[column])
        return slice(start, start + self.columns[column].slots)

    def codes(self, rows: Columns) -> Integers:
        """The slot of each row and column, (n, d), numbered through all columns.

        Raises DataError when a column is missing; columns without bins are left out.
        """
        codes = np.empty((len(rows), len(self.columns)), np.int64, order="F")
        for place, column in enumerate(self.columns):
            values = rows.values[:, _position(rows, column.name)]
            codes[:, place] = column.codes(values, rows.dictionaries.get(column.name))
            codes[:, place] += self.starts[place]
        return codes

    def count(self, rows: Columns, at: ArrayLike | None = None, zone_offset: ArrayLike = 0) -> Counts:
        """The counts of rows; `at` (n,) in epoch microseconds, zone_offset in microseconds, one or (n,)."""
        slots = np.bincount(self.codes(rows).ravel(order="K"), minlength=self.size)
        low, high = self._extremes(rows)
        return Counts(len(rows), slots, low, high, phase_rows(at, zone_offset))

    def nothing(self) -> Counts:
        """The counts of no rows."""
        nan = np.full(len(self.columns), np.nan)
        return Counts(0, np.zeros(self.size, np.int64), nan, nan, phase_rows(None))

    def _extremes(self, rows: Columns) -> tuple[Floats, Floats]:
        values = rows.values[:, [_position(rows, name) for name in self.names]]
        text = np.array([name in rows.dictionaries for name in self.names], np.bool_)
        finite = np.where(np.isfinite(values) & ~text, values, np.nan)
        return np.fmin.reduce(finite, axis=0, initial=np.nan), np.fmax.reduce(finite, axis=0, initial=np.nan)


def fit_bins(rows: Columns) -> Binning:
    """The bins of accepted reference rows: quantiles of numbers, each value where there are at most 30.

    >>> fit_bins(Columns(("x",), np.array([[1.0], [3.0], [3.0]]))).columns[0].labels()[1:4]
    ('below 1', '1 to 3', '3 to 3')
    """
    return Binning(tuple(_fit_column(rows, place) for place in range(len(rows.names))))


def hour_of_week(at: ArrayLike, zone_offset: ArrayLike = 0) -> Integers:
    """The hour of the week of times (n,) in epoch microseconds, 0 from midnight to one on Monday.

    >>> int(hour_of_week(0))
    72
    """
    hours = (np.asarray(at, np.int64) + np.asarray(zone_offset, np.int64)) // HOUR
    return np.asarray((hours + 72) % HOURS_A_WEEK, np.int64)


def phase_rows(at: ArrayLike | None, zone_offset: ArrayLike = 0) -> Integers:
    """How many rows fall into each hour of the week, (168,); zeros without times."""
    if at is None:
        return np.zeros(HOURS_A_WEEK, np.int64)
    return np.bincount(hour_of_week(at, zone_offset), minlength=HOURS_A_WEEK)


def _position(rows: Columns, name: str) -> int:
    try:
        return rows.names.index(name)
    except ValueError:
        raise DataError(
            f"no column {name!r} among the rows to count",
            found=", ".join(rows.names),
            nearest=nearest(name, rows.names),
            do="send every column that the reference has; a missing one is a column of nulls",
        ) from None


def _fit_column(rows: Columns, place: int) -> Bins:
    name, values = rows.names[place], rows.values[:, place]
    words = rows.dictionaries.get(name)
    if words is None:
        return NumberBins(name, _edges(values[np.isfinite(values)]))
    codes = values[~np.isnan(values)].astype(np.int64)
    counts = np.bincount(codes, minlength=len(words))
    order = [int(code) for code in np.argsort(-counts, kind="stable") if counts[code]]
    once = float((counts == 1).sum() / max(codes.size, 1))
    common = tuple(sorted(words[code] for code in order[:WORDS]))
    return WordBins(name, common, frozenset(words[code] for code in order[WORDS:]), once)


def _edges(values: Floats) -> tuple[float, ...]:
    if not values.size:
        return ()
    clipped = np.clip(values, -LARGEST, LARGEST)
    distinct = np.unique(clipped)
    if distinct.size >= EDGES:
        # values that occurred, not means of two: the same on every machine
        distinct = np.unique(np.quantile(clipped, np.linspace(0, 1, EDGES), method="lower"))
    # the last edge lies just above the maximum, so that what is above the range has its own bin
    inner = distinct if distinct.size < EDGES else distinct[:-1]
    return (*(float(edge) for edge in inner), float(np.nextafter(distinct[-1], np.inf)))

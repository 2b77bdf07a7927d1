"""The states of many facts at once, one row a fact: running totals, extremes, firsts and lasts in NumPy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.declare.kinds import Kind
from trimtab.features.online.layout import FAILED, SPOILT, TOO_LARGE, Column, wide
from trimtab.features.online.series import Series
from trimtab.features.states import Reading

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class Steps:
    """Facts in order of key, known time and sequence: `key` numbers keys, `step` numbers steps of the grid of a key.

    `starts` and `stops` are where each key's rows lie.
    """

    known: Whole
    key: Whole
    step: Whole
    starts: Whole
    stops: Whole

    @classmethod
    def of(cls, series: Series, codes: Whole, known: Whole) -> Steps:
        """The steps of sorted facts; where own facts are left out, each fact is a step of its own."""
        new_key = np.r_[True, codes[1:] != codes[:-1]]
        at = known // series.grid if series.grid else known
        new_step = new_key | np.r_[True, at[1:] != at[:-1]] if not series.own_id else np.ones_like(new_key)
        starts = np.flatnonzero(new_key)
        return cls(
            known, np.cumsum(new_key) - 1, np.cumsum(new_step) - 1, starts, np.r_[starts[1:], len(known)]
        )

    def since_start(self, totals: NDArray[Any]) -> NDArray[Any]:
        """Totals over all facts as totals since each key's first fact."""
        before = np.r_[totals[:1] * 0, totals[self.starts[1:] - 1]]
        since: NDArray[Any] = totals - np.repeat(before, self.stops - self.starts)
        return since


@dataclass
class Facts:
    """The readings of sorted facts: values by row, and where they cannot be computed."""

    values: dict[Reading, pa.Array]
    failed: dict[Reading, Truth]
    places: dict[Reading, Whole] = field(default_factory=dict)

    def texts(self, readings: Iterable[Reading]) -> list[str]:
        """All texts of some readings in order of code points; from now on these readings give their numbers."""
        found: set[str] = set()
        wanted = list(dict.fromkeys(readings))
        encoded = {reading: pc.dictionary_encode(self.values[reading]) for reading in wanted}
        for column in encoded.values():
            found.update(column.dictionary.to_pylist())
        texts = sorted(found)
        numbers = {text: number for number, text in enumerate(texts)}
        for reading, column in encoded.items():
            of = np.array([numbers[text] for text in column.dictionary.to_pylist()] or [-1], dtype=np.int64)
            self.places[reading] = of[np.asarray(column.indices.fill_null(0))]
        return texts

    def numbers(self, column: Column) -> NDArray[Any]:
        """The values as numbers, whatever where there are none."""
        if column.is_text:
            return self.places[column.reading]
        values = self.values[column.reading]
        if pa.types.is_null(values.type):
            return np.zeros(len(values), dtype=np.int64)
        if pa.types.is_boolean(values.type):
            values = pc.cast(values, pa.int64())
        found: NDArray[Any] = np.asarray(values.fill_null(0))
        return found

    def present(self, column: Column) -> Truth:
        """Where there is a value."""
        found: Truth = np.asarray(pc.is_valid(self.values[column.reading]), dtype=np.bool_)
        return found


def filled(rows: NDArray[Any], column: Column, facts: Facts, steps: Steps) -> None:
    """Fill one column of the rows."""
    present = facts.present(column)
    if column.part == "n":
        rows[:] = steps.since_start(np.cumsum(present))
        if column.reading in facts.failed:
            failures = steps.since_start(np.cumsum(facts.failed[column.reading]))
            rows[:] += np.minimum(failures, SPOILT // FAILED) * FAILED
    elif column.part in {"s", "q"}:
        _sums(rows, column, facts, steps)
    elif column.part in {"min", "max"}:
        _extremes(rows, column, facts.numbers(column), (present, steps.key if column.ever else steps.step))
    else:
        _places(rows, column, facts, steps)


def _sums(rows: NDArray[Any], column: Column, facts: Facts, steps: Steps) -> None:
    units = facts.numbers(column).astype(np.int64)
    units = np.where(facts.present(column), units, 0)
    failed = facts.failed.get(column.reading)
    busiest = int((steps.stops - steps.starts).max())
    largest = max(abs(int(units.min())), abs(int(units.max())))
    squared = column.part == "q"
    if failed is None and (largest**2 if squared else largest) * busiest < 2**62:
        # totals over all keys may wrap around; those of each key do not
        totals = steps.since_start(np.cumsum(units * units if squared else units))
        rows[:, 0] = totals
        rows[:, 1] = rows[:, 2] = totals >> 63
        return
    exact = units.astype(object)
    exact = exact * exact if squared else exact
    if failed is not None and not squared:
        exact = exact + failed.astype(object) * TOO_LARGE
    totals = steps.since_start(np.cumsum(exact))
    rows[:] = np.frombuffer(b"".join(map(wide, totals)), dtype="<i8").reshape(-1, 3)


def _extremes(rows: NDArray[Any], column: Column, values: NDArray[Any], within: tuple[Truth, Whole]) -> None:
    present, group = within
    empty = -1 if column.is_text else column.empty
    worst = np.iinfo(np.int64).max if column.is_text and column.part == "min" else empty
    values = np.where(present, values + 0 if column.kind is not Kind.FLOAT else values + 0.0, worst)
    found = _running(values, group, np.minimum if column.part == "min" else np.maximum)
    rows[:] = np.where(found == worst, empty, found) if column.is_text else found


def _running(values: NDArray[Any], group: Whole, choose: Any) -> NDArray[Any]:
    """The best so far within each group of neighbours, in as many passes as the longest group has binary digits."""
    values, distance = values.copy(), 1
    longest = int(np.bincount(group).max())
    while distance < longest:
        same = group[distance:] == group[:-distance]
        values[distance:] = np.where(same, choose(values[distance:], values[:-distance]), values[distance:])
        distance *= 2
    return values


def _places(rows: NDArray[Any], column: Column, facts: Facts, steps: Steps) -> None:
    """First, last and since: the row that holds the value is found, then what it holds."""
    present, every = facts.present(column), np.arange(len(rows))
    if column.part == "first":
        group = steps.key if column.ever else steps.step
        place = _running(np.where(present, every, len(rows)), group, np.minimum)
        found = place < len(rows)
    else:
        place = np.maximum.accumulate(np.where(present, every, -1))
        found = place >= np.repeat(steps.starts, steps.stops - steps.starts)
    place = np.where(found, place, 0)
    values = steps.known if column.part == "since" else facts.numbers(column)
    rows[:] = np.where(found, values[place], -1 if column.is_text else 0)

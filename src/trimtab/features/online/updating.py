"""How one fact changes a row: the same monoids as `aggregate`, in place, a few operations per column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trimtab.aggregate.exact import Scale
from trimtab.declare.closure import to_closure
from trimtab.declare.kinds import Kind
from trimtab.errors import DataError
from trimtab.features.online.layout import FAILED, SPOILT, TOO_LARGE, Column, narrow, wide
from trimtab.features.online.series import Series
from trimtab.features.states import Reading

Fact = Mapping[str, Any]
Numbers = list[Any]
Update = Callable[[Numbers, Numbers, Any, int], None]
"""Changes the row, given the row before its step of the grid, a value, and when that was known."""


class Updates:
    """Everything that a fact does to a row of a series, ready to be run."""

    def __init__(self, series: Series) -> None:
        places = series.layout.places
        inputs: dict[Reading, list[Column]] = {}
        for column in series.columns:
            reading = column.reading
            inputs.setdefault(Reading(reading.value, reading.where), []).append(column)
        self._inputs = [
            (read(reading, series.kinds), places[Column("n", reading)], _updates(columns, places))
            for reading, columns in inputs.items()
        ]

    def run(self, row: Numbers, before: Numbers, fact: Fact, known: int) -> None:
        """Add one fact to the row; `before` is the row before its step of the grid."""
        for value_of, n, updates in self._inputs:
            try:
                value = value_of(fact)
            except DataError:
                fail(row, n)
                continue
            if value is None:
                continue
            for update in updates:
                update(row, before, value, known)
            row[n] += 1


def read(reading: Reading, kinds: Mapping[str, Kind]) -> Callable[[Fact], Any]:
    """The value that a fact has for a reading: null where the condition is not true."""
    value = (lambda _: True) if reading.value is None else to_closure(reading.value, kinds)
    if reading.where is None:
        return value
    holds = to_closure(reading.where, kinds)
    return lambda fact: value(fact) if holds(fact) is True else None


def fail(row: Numbers, n: int) -> None:
    """Note a value that cannot be computed: the requests that would count it fail."""
    if row[n] < SPOILT:
        row[n] += FAILED


def _updates(columns: list[Column], places: Mapping[Column, int]) -> list[Update]:
    """Counts come last, after those who ask whether anything was counted before."""
    n = next(places[column] for column in columns if column.part == "n")
    squared = {column.reading: places[column] for column in columns if column.part == "q"}
    found = []
    for column in columns:
        place = places[column]
        if column.part == "s" and column.reading.scale is not None:
            found.append(_sum(place, squared.get(column.reading), column.reading.scale))
        elif column.part in _EXTREMES:
            found.append(_extreme(place, _EXTREMES[column.part], flat=column.reading.flat))
        elif column.part == "first":
            found.append(_first(place, n, ever=column.ever))
        elif column.part in {"last", "since"}:
            found.append(_last(place, since=column.part == "since"))
    return found


_EXTREMES: Mapping[str, Callable[[Any, Any], Any]] = {"min": min, "max": max}


def _sum(s: int, q: int | None, scale: Scale) -> Update:
    def update(row: Numbers, _before: Numbers, value: Any, _known: int) -> None:
        try:
            units = scale.units(value)
        except DataError:
            row[s] = wide(narrow(row[s]) + TOO_LARGE)
            return
        row[s] = wide(narrow(row[s]) + units)
        if q is not None:
            row[q] = wide(narrow(row[q]) + units * units)

    return update


def _extreme(place: int, choose: Callable[[Any, Any], Any], *, flat: bool) -> Update:
    def update(row: Numbers, _before: Numbers, value: Any, _known: int) -> None:
        if flat:
            value += 0.0  # the negative zero made positive: a choice between the two is no choice
        found = row[place]
        row[place] = value if found is None else choose(found, value)

    return update


def _first(place: int, n: int, *, ever: bool) -> Update:
    def update(row: Numbers, before: Numbers, value: Any, _known: int) -> None:
        if row[n] == (0 if ever else before[n]):
            row[place] = value

    return update


def _last(place: int, *, since: bool) -> Update:
    def update(row: Numbers, _before: Numbers, value: Any, known: int) -> None:
        row[place] = known if since else value

    return update

"""What a plan must find for each request: states of readings over windows, each once, shared by all features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from trimtab.aggregate.exact import Scale
from trimtab.declare.aggregate import EXACT_SUMS
from trimtab.declare.expression import Expression
from trimtab.declare.kinds import Kind
from trimtab.declare.sql import to_sql
from trimtab.features import finishing
from trimtab.features.build import Sql, name, plus, real, where
from trimtab.features.specs import Spec, Window

SUMS = frozenset({"n", "s", "q"})
"""Count, sum and sum of squares: exact integers, so that what is counted twice can be taken off again."""
EXTREMES = frozenset({"min", "max"})
PARTS: Mapping[str, tuple[str, ...]] = {
    "count": ("n",),
    "sum": ("n", "s"),
    "mean": ("n", "s"),
    "share": ("n", "s"),
    "var": ("n", "s", "q"),
    "std": ("n", "s", "q"),
    "min": ("min",),
    "max": ("max",),
    "first": ("first",),
    "last": ("last",),
    "time_since_last": ("since",),
}


@dataclass(frozen=True)
class Reading:
    """One column computed from each fact, null where the condition is not true.

    `scale` is set where the value is counted in units; `flat` where negative zeros are made positive, so that the
    smallest of equal values is one value.
    """

    value: Expression | None
    where: Expression | None
    scale: Scale | None = None
    flat: bool = False

    def sql(self, kinds: Mapping[str, Kind], table: str) -> Sql:
        """The column as a query expression over the facts."""

        def column(field: str) -> Sql:
            return name(field, table)

        value = exp.true() if self.value is None else to_sql(self.value, kinds, column)
        value = self._converted(value)
        return value if self.where is None else where(to_sql(self.where, kinds, column), value)

    def _converted(self, value: Sql) -> Sql:
        if self.scale is not None:
            return finishing.units(value, self.scale)
        return plus(value, real(0.0)) if self.flat else value

    def counts_like(self, other: Reading) -> bool:
        """Whether it is null for the same facts."""
        return (self.value, self.where) == (other.value, other.where)


@dataclass(frozen=True)
class State:
    """One part of an aggregate's state over one window: n, s (sum), q (sum of squares), min, max, first, last, since."""

    part: str
    reading: Reading
    window: Window


def needed(spec: Spec) -> dict[str, State]:
    """The states from which a feature's value is finished, by part."""
    aggregate = spec.aggregate
    parts = ("n", "s") if spec.counts_truth else PARTS[spec.function]
    scale = spec.scale if spec.function in EXACT_SUMS or spec.counts_truth else None
    flat = spec.function in EXTREMES and spec.kind is Kind.FLOAT
    reading = Reading(aggregate.value, aggregate.where, scale, flat)
    return {part: State(part, reading, spec.window) for part in parts}


Column = tuple[str, str]
"""A part of a state and the reading it is of: ("min", "x0"); s64 and q64 are s and q where 64 bits suffice."""


@dataclass(frozen=True)
class Needs:
    """All states of a group of features with their readings, each once.

    `columns` names the column that holds a state, `readings` the column of the facts that a reading becomes;
    `parts` gives each feature its states by part.

    Engines are faster with 64 bits than with 128: the sums of `small_sums` over all of a key's facts fit, and so
    does each square of `small_squares`.
    """

    columns: Mapping[State, str]
    readings: Mapping[Reading, str]
    parts: tuple[Mapping[str, State], ...]
    small_sums: frozenset[str] = frozenset()
    small_squares: frozenset[str] = frozenset()

    def column_of(self, state: State) -> Column:
        """What must be kept of the facts for a state."""
        x = self.readings[state.reading]
        if self.is_small(state):
            return "s64", x
        return ("q64" if state.part == "q" and x in self.small_squares else state.part), x

    def is_small(self, state: State) -> bool:
        """Whether the state is a sum that fits in 64 bits."""
        return state.part == "s" and self.readings[state.reading] in self.small_sums

    @property
    def windows(self) -> tuple[Window, ...]:
        """Every window, each once."""
        return tuple(dict.fromkeys(state.window for state in self.columns))


def needs(specs: Iterable[Spec], *, own: bool = False) -> Needs:
    """What a group of features needs; a count reads whatever column is null for the same facts.

    Where requests have own facts, each last value is accompanied by when it became known.
    """
    wanted = [needed(spec) for spec in specs]
    readings = {state.reading: None for parts in wanted for state in parts.values() if state.part != "n"}
    shared = [{part: _counting(state, readings) for part, state in parts.items()} for parts in wanted]
    states = dict.fromkeys(state for parts in shared for state in parts.values())
    if own:
        states |= dict.fromkeys(
            replace(state, part="since") for state in tuple(states) if state.part == "last"
        )
    return Needs(
        {state: f"z{j}" for j, state in enumerate(states)},
        {reading: f"x{i}" for i, reading in enumerate(readings)},
        tuple(shared),
    )


def _counting(state: State, readings: dict[Reading, None]) -> State:
    if state.part != "n":
        return state
    alike = next((reading for reading in readings if reading.counts_like(state.reading)), state.reading)
    readings.setdefault(alike)
    return State("n", alike, state.window)

"""One query for one group of features: both sides, the chosen ways, and the values."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add

from sqlglot import exp

from trimtab.features import firsts, running
from trimtab.features.build import as_bigint, name, whole
from trimtab.features.own import own, touched, without_own
from trimtab.features.pieces import (
    Piece,
    closure_of,
    column_name,
    joined,
    rest,
    table_of,
    tiled_window,
    tiles,
    whole_window,
)
from trimtab.features.planning import Plan
from trimtab.features.relations import ASKS, table
from trimtab.features.specs import Group
from trimtab.features.states import SUMS, Column, Needs, State
from trimtab.features.values import finished

TOUCHED = "touched"


class Query:
    """Puts a plan together: named relations, and for each state the expression that holds it."""

    def __init__(self, group: Group, needs: Needs, plan: Plan, span: int) -> None:
        self._group, self._needs, self._plan, self._span = group, needs, plan, span
        self._relations: dict[str, exp.Query] = {}
        self._joined: list[str] = []
        self._found: dict[State, list[exp.Expression]] = {state: [] for state in needs.columns}

    def build(self) -> exp.Select:
        """The whole query: row, f0, f1, ... and, for a group with own facts, `touched`."""
        self._add_pieces()
        self._add_lookups()
        columns = {state: _merged(state.part, found) for state, found in self._found.items()}
        extra = self._take_off_own(columns)
        states = exp.select(
            name("row", "asks"),
            name("at", "asks"),
            *extra,
            *(column.as_(self._needs.columns[state]) for state, column in columns.items()),
        ).from_(table(ASKS, "asks"))
        for relation in self._joined:
            on = name("row", "asks").eq(name("row", relation))
            states = states.join(exp.to_identifier(relation), on=on, join_type="left")
        plan = finished(self._group, self._needs, states, (TOUCHED,) if extra else ())
        for relation, query in self._relations.items():
            plan = plan.with_(relation, as_=query)
        return plan

    def _add(self, relation: str, query: exp.Query) -> None:
        self._relations[relation] = query
        self._joined.append(relation)

    def _add_pieces(self) -> None:
        wanted = {state: self._pieces_of(state) for state in self._columns_wanted()}
        pieces: dict[Piece, dict[Column, None]] = {}
        for state, parts in wanted.items():
            for piece in parts:
                pieces.setdefault(piece, {})[self._needs.column_of(state)] = None
        self._add_tiles(pieces)
        names = {piece: f"piece{i}" for i, piece in enumerate(pieces)}
        for piece, columns in pieces.items():
            self._add(names[piece], joined(piece, columns, self._group))
        for state, parts in wanted.items():
            self._found[state] += [name(column_name(self._needs.column_of(state)), names[piece]) for piece in parts]

    def _columns_wanted(self) -> tuple[State, ...]:
        return (*self._plan.ranged, *self._plan.tiled, *self._plan.running)

    def _pieces_of(self, state: State) -> tuple[Piece, ...]:
        if state in self._plan.ranged:
            return (whole_window(state.window, self._span),)
        if state in self._plan.tiled:
            return tiled_window(state.window, self._plan.grids[state.window])
        return rest(self._plan.base)

    def _add_tiles(self, pieces: dict[Piece, dict[Column, None]]) -> None:
        grids: dict[int, dict[Column, None]] = {}
        for piece, columns in pieces.items():
            grids.setdefault(piece.grid, {}).update(columns)
        if self._plan.base:
            grids.setdefault(self._plan.base[-1], {}).update(dict.fromkeys(map(self._needs.column_of, self._plan.running)))
        grids.pop(0, None)
        finer = {grid: max((other for other in grids if grid % other == 0 and other < grid), default=0) for grid in grids}
        for grid in sorted(grids, reverse=True):  # a finer grid holds what the coarser ones made from it hold
            if finer[grid]:
                grids[finer[grid]].update(grids[grid])
        for grid in sorted(grids):
            self._relations[table_of(grid)] = tiles(grid, finer[grid], closure_of(grids[grid]))

    def _add_lookups(self) -> None:
        if self._plan.running:
            grid = self._plan.base[-1] if self._plan.base else 0
            self._relations["running"] = running.running(self._plan.running, self._needs, grid)
            self._add("found", running.found(self._plan.running, self._needs, grid))
            self._take("found", self._plan.running)
        by_reading: dict[str, list[State]] = {}
        for state in self._plan.firsts:
            by_reading.setdefault(self._needs.readings[state.reading], []).append(state)
        for x, states in by_reading.items():
            self._add(f"first_{x}", firsts.first(states, x, self._needs))
            self._take(f"first_{x}", states)

    def _take(self, relation: str, states: Iterable[State]) -> None:
        for state in states:
            self._found[state].append(name(self._needs.columns[state], relation))

    def _take_off_own(self, columns: dict[State, exp.Expression]) -> list[exp.Expression]:
        blind = [*self._plan.running, *self._plan.firsts, *self._plan.tiled]
        if not self._group.own_id or not blind:
            return []
        self._add("own", own(self._group, blind, self._needs))
        for state in blind:
            if state.part in SUMS:
                columns[state] = without_own(columns[state], name(self._needs.columns[state], "own"))
        return [touched(blind, columns, self._needs).as_(TOUCHED)]


def _merged(part: str, found: list[exp.Expression]) -> exp.Expression:
    """A state from its pieces, the latest first: a piece that holds nothing is null."""
    if part in SUMS:
        total = reduce(add, (exp.func("coalesce", piece, whole(0)) for piece in found))
        return as_bigint(total) if part == "n" else total
    if len(found) == 1:
        return found[0]
    return exp.func({"min": "least", "max": "greatest"}.get(part, "coalesce"), *found)

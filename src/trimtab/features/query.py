"""One query for one group of features: the chosen ways, the states they find, and the values."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from sqlglot import exp

from trimtab.features import firsts, running
from trimtab.features.build import (
    Sql,
    call,
    cast,
    equal,
    join,
    name,
    named,
    or_else,
    plus,
    select,
    table,
    whole,
)
from trimtab.features.own import OWN, own, touched, without_own
from trimtab.features.parts import column_name, with_times
from trimtab.features.pieces import Piece, joined, rest, table_of, tiled_window, tiles, whole_window
from trimtab.features.planning import Plan
from trimtab.features.relations import ASKS
from trimtab.features.specs import Group
from trimtab.features.states import SUMS, Column, Needs, State
from trimtab.features.values import finished

TOUCHED = "touched"


class Query:
    """Puts a plan together: named relations, and for each state the columns that together hold it."""

    def __init__(self, group: Group, needs: Needs, plan: Plan, span: int) -> None:
        self._group, self._needs, self._plan, self._span = group, needs, plan, span
        self._relations: dict[str, exp.Query] = {}
        self._joined: list[str] = []
        self._found: dict[State, list[Sql]] = {state: [] for state in needs.columns}

    def build(self) -> exp.Select:
        """The whole query: row, f0, f1, ... and, for a group with own facts, `touched`."""
        self._add_pieces()
        self._add_lookups()
        columns = {state: _merged(state.part, found) for state, found in self._found.items()}
        extra = self._take_off_own(columns)
        states = [named(column, self._needs.columns[state]) for state, column in columns.items()]
        left = [join(table(r), equal(name("row", "asks"), name("row", r)), "left") for r in self._joined]
        merged = select(
            [name("row", "asks"), name("at", "asks"), *extra, *states], table(ASKS, "asks"), *left
        )
        plan = finished(self._group, self._needs, merged, *([TOUCHED] if extra else []))
        for relation, query in self._relations.items():
            plan = plan.with_(exp.to_identifier(relation, quoted=True), as_=query, copy=False)
        return plan

    def _add(self, relation: str, query: exp.Query) -> None:
        self._relations[relation] = query
        self._joined.append(relation)

    def _add_pieces(self) -> None:
        wanted = {state: self._pieces_of(state) for state in self._found if state not in self._plan.firsts}
        pieces: dict[Piece, dict[Column, None]] = {}
        for state, parts in wanted.items():
            for piece in parts:
                pieces.setdefault(piece, {})[self._needs.column_of(state)] = None
        self._add_tiles(pieces)
        names = {piece: f"piece{i}" for i, piece in enumerate(pieces)}
        for piece, columns in pieces.items():
            self._add(names[piece], joined(piece, columns, self._group))
        for state, parts in wanted.items():
            column = column_name(self._needs.column_of(state))
            self._found[state] += [name(column, names[piece]) for piece in parts]

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
            grids.setdefault(self._plan.base[-1], {}).update(
                dict.fromkeys(map(self._needs.column_of, self._plan.running))
            )
        grids.pop(0, None)
        finer = {grid: max((g for g in grids if g < grid and grid % g == 0), default=0) for grid in grids}
        for grid in sorted(grids, reverse=True):  # a finer grid holds what the coarser ones made from it hold
            if finer[grid]:
                grids[finer[grid]].update(grids[grid])
        for grid in sorted(grids):
            self._relations[table_of(grid)] = tiles(grid, finer[grid], with_times(grids[grid]))

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

    def _take_off_own(self, columns: dict[State, Sql]) -> list[Sql]:
        blind = [*self._plan.running, *self._plan.firsts, *self._plan.tiled]
        if not self._group.own_id or not blind:
            return []
        self._add(OWN, own(self._group, blind, self._needs))
        for state in blind:
            if state.part in SUMS:
                columns[state] = without_own(columns[state], state, self._needs)
        return [named(touched(blind, columns, self._needs), TOUCHED)]


def _merged(part: str, found: list[Sql]) -> Sql:
    """A state from its pieces, the latest first: a piece that holds nothing is null."""
    if part in SUMS:
        total = reduce(plus, (or_else(piece, whole(0)) for piece in found))
        return cast(total, "BIGINT") if part == "n" else total
    if len(found) == 1:
        return found[0]
    return call({"min": "least", "max": "greatest"}.get(part, "coalesce"), *found)

"""One query for one group of features: both sides, the chosen ways, and the values."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from trimtab.features import firsts, running
from trimtab.features.build import name
from trimtab.features.own import own, touched, without_own
from trimtab.features.pieces import Column, Piece, column_name, joined, tiled_window, tiles, whole_window
from trimtab.features.planning import Plan
from trimtab.features.relations import Part, asks, facts
from trimtab.features.specs import Group
from trimtab.features.states import SUMS, Needs, State
from trimtab.features.values import finished

TOUCHED = "touched"


class Query:
    """Puts a plan together: named relations, and for each state the expression that holds it."""

    def __init__(self, group: Group, needs: Needs, plan: Plan, span: int) -> None:
        self._group, self._needs, self._plan, self._span = group, needs, plan, span
        self._relations: dict[str, exp.Query] = {}
        self._joined: list[str] = []
        self._columns: dict[State, exp.Expression] = {}

    def build(self, requests: str, between: tuple[int | None, int | None], part: Part) -> exp.Select:
        """The whole query: row, f0, f1, ... and, for a group with own facts, `touched`."""
        self._relations["asks"] = asks(self._group, requests, part)
        self._relations["facts"] = facts(self._group, self._needs, between, part)
        self._add_pieces()
        self._add_lookups()
        extra = self._take_off_own()
        states = exp.select(
            name("row", "asks"),
            name("at", "asks"),
            *extra,
            *(column.as_(self._needs.columns[state]) for state, column in self._columns.items()),
        ).from_(exp.to_identifier("asks"))
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
        pieces: dict[Piece, dict[Column, None]] = {}
        wanted: dict[State, list[Piece]] = {}
        for state in self._plan.ranged:
            wanted[state] = [whole_window(state.window, self._span)]
        for state in self._plan.tiled:
            wanted[state] = list(tiled_window(state.window, self._plan.grids[state.window]))
        for state, parts in wanted.items():
            for piece in parts:
                pieces.setdefault(piece, {})[self._column(state)] = None
        self._add_tiles(pieces)
        names = {piece: f"piece{i}" for i, piece in enumerate(pieces)}
        for piece, columns in pieces.items():
            self._add(names[piece], joined(piece, columns, self._group))
        for state, parts in wanted.items():
            found = [name(column_name(self._column(state)), names[piece]) for piece in parts]
            self._columns[state] = _best(state.part, found)

    def _add_tiles(self, pieces: dict[Piece, dict[Column, None]]) -> None:
        grids: dict[int, dict[Column, None]] = {}
        for piece, columns in pieces.items():
            if piece.grid:
                grids.setdefault(piece.grid, {}).update(columns)
        for grid, columns in grids.items():
            self._relations[f"tiles{grid}"] = tiles(grid, columns)

    def _add_lookups(self) -> None:
        if self._plan.running:
            self._relations["running"] = running.running(self._plan.running, self._needs)
            self._add("found", running.found(self._plan.running, self._needs))
            self._take("found", self._plan.running)
        by_reading: dict[str, list[State]] = {}
        for state in self._plan.firsts:
            by_reading.setdefault(self._needs.readings[state.reading], []).append(state)
        for x, states in by_reading.items():
            self._add(f"first_{x}", firsts.first(states, x, self._needs))
            self._take(f"first_{x}", states)

    def _take(self, relation: str, states: Iterable[State]) -> None:
        for state in states:
            self._columns[state] = name(self._needs.columns[state], relation)

    def _take_off_own(self) -> list[exp.Expression]:
        blind = [*self._plan.running, *self._plan.firsts, *self._plan.tiled]
        if not self._group.own_id or not blind:
            return []
        self._add("own", own(self._group, blind, self._needs))
        for state in blind:
            if state.part in SUMS:
                own_column = name(self._needs.columns[state], "own")
                self._columns[state] = without_own(self._columns[state], own_column)
        return [touched(blind, self._columns, self._needs).as_(TOUCHED)]

    def _column(self, state: State) -> Column:
        return state.part, self._needs.readings[state.reading]


def _best(part: str, found: list[exp.Expression]) -> exp.Expression:
    if len(found) == 1:
        return found[0]
    return exp.func("least" if part == "min" else "greatest", *found)

"""Running totals per key, looked up as of the request and as of each window's start.

Totals from the beginning are exact integers, so the total before the request less the total before the start is the
window's, to the last unit. Facts that became known at the same instant carry the same totals (the window frame takes
peers in), so it does not matter which of them the engine's as-of join picks.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from trimtab.features.build import (
    Sql,
    at_least,
    both,
    call,
    equal,
    every,
    floor_to,
    inner,
    join,
    less,
    minus,
    name,
    named,
    only,
    or_else,
    select,
    stacked,
    table,
    where,
    whole,
)
from trimtab.features.parts import aggregated, column_name, narrowed
from trimtab.features.pieces import table_of
from trimtab.features.relations import ASKS, start_of
from trimtab.features.specs import Window
from trimtab.features.states import EXTREMES, SUMS, Column, Needs, State


def running(states: Iterable[State], needs: Needs, grid: int) -> exp.Select:
    """For each fact (grid 0) or tile, what had been seen of its key up to it: kid, known, and the running parts."""
    columns: dict[Column, None] = {}
    for state in states:
        column = needs.column_of(state)
        columns |= dict.fromkeys([column, ("since", column[1])] if column[0] == "last" else [column])
    ordered = grid == 0 and any(part == "last" for part, _ in columns)
    figures = [
        named(narrowed(column, _over(_figure(column, grid), ordered=ordered)), column_name(column))
        for column in columns
    ]
    plan = select([name("kid"), name("known"), *figures], table(table_of(grid), "had"))
    if ordered:
        # without peers in the frame, only the last fact of an instant has seen all of it
        upcoming = _over(call("lead", name("known")), ordered=True)
        plan.set("qualify", exp.Qualify(this=exp.NullSafeNEQ(this=upcoming, expression=name("known"))))
    return plan


def _figure(column: Column, grid: int) -> Sql:
    part, x = column
    if part == "last":
        return exp.IgnoreNulls(this=call("last_value", name(column_name(column) if grid else x, "had")))
    return aggregated(column, grid)


def _over(figure: Sql, *, ordered: bool) -> Sql:
    order = [name("known"), *([name("sequence")] if ordered else [])]
    return exp.Window(
        this=figure,
        partition_by=[name("kid")],
        order=exp.Order(expressions=[exp.Ordered(this=term, nulls_first=False) for term in order]),
    )


def found(states: Iterable[State], needs: Needs, grid: int) -> exp.Select:
    """The states of each request: row and one column per state, from one as-of join for all instants.

    Over tiles they are the states as of the last full step of the grid.
    """
    states = list(states)
    starts = list(dict.fromkeys(s.window for s in states if s.part in SUMS and s.window[0] is not None))
    columns = [named(_at_request(state, starts, needs), needs.columns[state]) for state in states]
    before = both(
        [
            equal(name("kid", "probes"), name("kid", "running")),
            less(name("known", "running"), name("t", "probes")),
        ]
    )
    looked_up = select(
        [name("row", "probes"), name("probe", "probes"), name("at", "probes"), every("running")],
        inner(_probes(starts, grid), "probes"),
        join(table("running"), before, "asof"),
    )
    return select([name("row"), *columns], inner(looked_up, "looked_up"), group=[name("row")])


def _probes(starts: list[Window], grid: int) -> exp.Query:
    instants = [
        floor_to(name("at", "asks"), grid),
        *(start_of(window, name("at", "asks")) for window in starts),
    ]
    asked = ("row", "kid", "at")
    return stacked(
        [
            select(
                [*(name(c, "asks") for c in asked), named(t, "t"), named(whole(i), "probe")],
                table(ASKS, "asks"),
            )
            for i, t in enumerate(instants)
        ]
    )


def _at_request(state: State, starts: list[Window], needs: Needs) -> Sql:
    column = column_name(needs.column_of(state))
    end = _probed(column, 0)
    if state.window[0] is None or state.part in EXTREMES:
        return end
    if state.part in SUMS:
        return minus(end, or_else(_probed(column, 1 + starts.index(state.window)), whole(0)))
    since = _probed(column_name(("since", needs.readings[state.reading])), 0)
    return where(at_least(since, start_of(state.window, _probed("at", 0))), end)


def _probed(column: str, probe: int) -> Sql:
    return only(call("any_value", name(column)), equal(name("probe"), whole(probe)))

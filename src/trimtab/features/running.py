"""Running totals per key, looked up as of the request and as of each window's start.

Totals from the beginning are exact integers, so the total before the request less the total before the start is the
window's, to the last unit. Facts that became known at the same instant carry the same totals (the window frame takes
peers in), so it does not matter which of them the engine's as-of join picks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from trimtab.features.build import aggregate, choose, every, floor_to, name, whole
from trimtab.features.pieces import column_name, part_of, table_of
from trimtab.features.relations import ASKS, start_of, table
from trimtab.features.specs import Window
from trimtab.features.states import EXTREMES, SUMS, Column, Needs, State

Columns = Mapping[str, exp.Expression]


def running(states: Iterable[State], needs: Needs, grid: int) -> exp.Select:
    """For each fact (grid 0) or tile, what had been seen of its key up to it: kid, known, and the running figures."""
    columns: dict[str, exp.Expression] = {}
    for state in states:
        columns |= _figures(needs.column_of(state), grid)
    ordered = grid == 0 and any(state.part == "last" for state in states)
    over = [_over(column, ordered=ordered).as_(key) for key, column in columns.items()]
    plan = exp.select(name("kid"), name("known"), *over).from_(table(table_of(grid), "had"))
    if ordered:
        # without peers in the frame only the last fact of an instant knows all of it
        upcoming = _over(exp.func("lead", name("known")), ordered=True)
        plan = plan.qualify(exp.NullSafeNEQ(this=upcoming, expression=name("known")))
    return plan


def _figures(column: Column, grid: int) -> Columns:
    part, x = column
    if part != "last":
        return {column_name(column): part_of(column, grid)}
    value = name(column_name(column) if grid else x, "had")
    latest = exp.IgnoreNulls(this=exp.func("last_value", value))
    return {column_name(column): latest, **_figures(("since", x), grid)}


def _over(call: exp.Expression, *, ordered: bool) -> exp.Window:
    order = [name("known"), *([name("sequence")] if ordered else [])]
    return exp.Window(
        this=call,
        partition_by=[name("kid")],
        order=exp.Order(expressions=[exp.Ordered(this=term, nulls_first=False) for term in order]),
    )


def found(states: Iterable[State], needs: Needs, grid: int) -> exp.Select:
    """The states of each request: row and one column per state, from one as-of join for all instants.

    Over tiles they are the states as of the last full step of the grid.
    """
    states = list(states)
    starts = list(dict.fromkeys(s.window for s in states if s.part in SUMS and s.window[0] is not None))
    columns = [_at_request(state, starts, needs).as_(needs.columns[state]) for state in states]
    looked_up = (
        exp.select(name("row", "probes"), name("probe", "probes"), name("at", "probes"), every("running"))
        .from_(exp.to_identifier("probes"))
        .join(
            exp.to_identifier("running"),
            on=exp.and_(
                name("kid", "probes").eq(name("kid", "running")), name("t", "probes") > name("known", "running")
            ),
            join_type="asof",
        )
    )
    return (
        exp.select(name("row"), *columns)
        .from_(looked_up.subquery("looked_up"))
        .with_("probes", as_=_probes(starts, grid))
        .group_by(name("row"))
    )


def _probes(starts: list[Window], grid: int) -> exp.Query:
    at = name("at", "asks")
    instants = [floor_to(at, grid), *(start_of(window, at.copy()) for window in starts)]
    probes: list[exp.Query] = [
        exp.select(name("row", "asks"), name("kid", "asks"), at.copy(), instant.as_("t"), whole(i).as_("probe")).from_(
            table(ASKS, "asks")
        )
        for i, instant in enumerate(instants)
    ]
    return probes[0] if len(probes) == 1 else exp.union(*probes, distinct=False)


def _at_request(state: State, starts: list[Window], needs: Needs) -> exp.Expression:
    column = column_name(needs.column_of(state))
    end = _probed(column, 0)
    if state.window[0] is None or state.part in EXTREMES:
        return end
    if state.part in SUMS:
        before = exp.func("coalesce", _probed(column, 1 + starts.index(state.window)), whole(0))
        return exp.paren(end) - before
    since = column_name(("since", needs.readings[state.reading]))
    start = start_of(state.window, _probed("at", 0))
    return choose((_probed(since, 0) >= exp.paren(start), end))


def _probed(column: str, probe: int) -> exp.Expression:
    return aggregate("any_value", name(column), where=name("probe").eq(whole(probe)))

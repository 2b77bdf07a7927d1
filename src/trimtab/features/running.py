"""Running totals per key, looked up as of the request and as of each window's start.

Totals from the beginning are exact integers, so the total before the request less the total before the start is the
window's, to the last unit. Facts that became known at the same instant carry the same totals (the window frame takes
peers in), so it does not matter which of them the engine's as-of join picks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from trimtab.features.build import aggregate, as_hugeint, choose, every, name, whole
from trimtab.features.relations import start_of
from trimtab.features.specs import Window
from trimtab.features.states import EXTREMES, SUMS, Needs, State

Columns = Mapping[str, exp.Expression]


def running(states: Iterable[State], needs: Needs) -> exp.Select:
    """For each fact, what had been seen of its key up to it: kid, known, and one column per running figure."""
    columns: dict[str, exp.Expression] = {}
    for state in states:
        columns |= _figures(state, needs)
    ordered = any(state.part == "last" for state in states)
    over = [_over(column, ordered=ordered).as_(key) for key, column in columns.items()]
    plan = exp.select(name("kid"), name("known"), *over).from_(exp.to_identifier("facts"))
    if ordered:
        # without peers in the frame only the last fact of an instant knows all of it
        upcoming = _over(exp.func("lead", name("known")), ordered=True)
        plan = plan.qualify(exp.NullSafeNEQ(this=upcoming, expression=name("known")))
    return plan


def _figures(state: State, needs: Needs) -> Columns:
    x = needs.readings[state.reading]
    value = name(x)
    key = f"{state.part}_{x}"
    seen = exp.Case().when(exp.not_(value.is_(exp.null())), name("known"))
    match state.part:
        case "n":
            return {key: aggregate("count", value)}
        case "s":
            return {key: aggregate("sum", value)}
        case "q":
            return {key: aggregate("sum", as_hugeint(value) * as_hugeint(value.copy()))}
        case "last":
            latest = exp.IgnoreNulls(this=exp.func("last_value", value))
            return {key: latest, f"since_{x}": aggregate("max", seen)}
        case "since":
            return {key: aggregate("max", seen)}
    return {key: aggregate(state.part, value)}


def _over(call: exp.Expression, *, ordered: bool) -> exp.Window:
    order = [name("known"), *([name("sequence")] if ordered else [])]
    return exp.Window(
        this=call,
        partition_by=[name("kid")],
        order=exp.Order(expressions=[exp.Ordered(this=term, nulls_first=False) for term in order]),
    )


def found(states: Iterable[State], needs: Needs) -> exp.Select:
    """The states of each request: row and one column per state, from one as-of join for all instants."""
    states = list(states)
    starts = list(dict.fromkeys(s.window for s in states if s.part in SUMS and s.window[0] is not None))
    columns = [_at_request(state, starts, needs).as_(needs.columns[state]) for state in states]
    looked_up = (
        exp.select(name("row", "probes"), name("probe", "probes"), name("t", "probes"), every("running"))
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
        .with_("probes", as_=_probes(starts))
        .group_by(name("row"))
    )


def _probes(starts: list[Window]) -> exp.Query:
    at = name("at", "asks")
    instants = [at, *(start_of(window, at.copy()) for window in starts)]
    probes: list[exp.Query] = [
        exp.select(name("row", "asks"), name("kid", "asks"), instant.as_("t"), whole(i).as_("probe")).from_(
            exp.to_identifier("asks")
        )
        for i, instant in enumerate(instants)
    ]
    return probes[0] if len(probes) == 1 else exp.union(*probes, distinct=False)


def _at_request(state: State, starts: list[Window], needs: Needs) -> exp.Expression:
    x = needs.readings[state.reading]
    end = _probed(f"{state.part}_{x}", 0)
    if state.window[0] is None or state.part in EXTREMES:
        return end
    if state.part in SUMS:
        before = exp.func("coalesce", _probed(f"{state.part}_{x}", 1 + starts.index(state.window)), whole(0))
        return exp.paren(end) - before
    start = start_of(state.window, _probed("t", 0))
    return choose((_probed(f"since_{x}", 0) >= exp.paren(start), end))


def _probed(column: str, probe: int) -> exp.Expression:
    return aggregate("any_value", name(column), where=name("probe").eq(whole(probe)))

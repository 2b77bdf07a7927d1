"""The first value of a window: looked up forward from the window's start."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from trimtab.features.build import aggregate, choose, name, whole
from trimtab.features.relations import ASKS, FACTS, start_of, table
from trimtab.features.states import Needs, State


def earliest(x: str) -> exp.Select:
    """The facts whose reading is not null, one per key and instant: kid, known, and the reading of the first to arrive."""
    return (
        exp.select(name("kid"), name("known"), aggregate("arg_min", name(x), name("sequence")).as_(x))
        .from_(exp.to_table(FACTS))
        .where(exp.not_(name(x).is_(exp.null())))
        .group_by(name("kid"), name("known"))
    )


def first(states: Iterable[State], x: str, needs: Needs) -> exp.Select:
    """The first values of one reading for each request: row and one column per state."""
    states = list(states)
    probes = [
        exp.select(
            name("row", "asks"),
            name("kid", "asks"),
            name("at", "asks"),
            start_of(state.window, name("at", "asks")).as_("t"),
            whole(i).as_("probe"),
        ).from_(table(ASKS, "asks"))
        for i, state in enumerate(states)
    ]
    asked: exp.Query = probes[0] if len(probes) == 1 else exp.union(*probes, distinct=False)
    looked_up = (
        exp.select(name("row", "probes"), name("probe", "probes"), _inside(x).as_("value"))
        .from_(asked.subquery("probes"))
        .join(
            earliest(x).subquery("earliest"),
            on=exp.and_(
                name("kid", "probes").eq(name("kid", "earliest")), name("t", "probes") <= name("known", "earliest")
            ),
            join_type="asof",
        )
    )
    columns = [
        aggregate("any_value", name("value"), where=name("probe").eq(whole(i))).as_(needs.columns[state])
        for i, state in enumerate(states)
    ]
    return exp.select(name("row"), *columns).from_(looked_up.subquery("looked_up")).group_by(name("row"))


def _inside(x: str) -> exp.Expression:
    return choose((name("known", "earliest") < name("at", "probes"), name(x, "earliest")))

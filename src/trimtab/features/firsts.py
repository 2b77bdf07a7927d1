"""The first value of a window: looked up forward from the window's start."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from trimtab.features.build import (
    at_least,
    both,
    call,
    equal,
    inner,
    join,
    less,
    name,
    named,
    only,
    present,
    select,
    stacked,
    table,
    where,
    whole,
)
from trimtab.features.relations import ASKS, FACTS, start_of
from trimtab.features.states import Needs, State


def first(states: Iterable[State], x: str, needs: Needs) -> exp.Select:
    """The first values of one reading for each request: row and one column per state."""
    states = list(states)
    asked = ("row", "kid", "at")
    probes = [
        select(
            [
                *(name(column, "asks") for column in asked),
                named(start_of(state.window, name("at", "asks")), "t"),
                named(whole(i), "probe"),
            ],
            table(ASKS, "asks"),
        )
        for i, state in enumerate(states)
    ]
    after = both(
        [
            equal(name("kid", "probes"), name("kid", "had")),
            at_least(name("known", "had"), name("t", "probes")),
        ]
    )
    inside = where(less(name("known", "had"), name("at", "probes")), name(x, "had"))
    looked_up = select(
        [name("row", "probes"), name("probe", "probes"), named(inside, "value")],
        inner(stacked(probes), "probes"),
        join(inner(_earliest(x), "had"), after, "asof"),
    )
    columns = [
        named(only(call("any_value", name("value")), equal(name("probe"), whole(i))), needs.columns[state])
        for i, state in enumerate(states)
    ]
    return select([name("row"), *columns], inner(looked_up, "looked_up"), group=[name("row")])


def _earliest(x: str) -> exp.Select:
    """The facts whose reading is not null, one per key and instant, with the reading of the first to arrive."""
    return select(
        [name("kid"), name("known"), named(call("arg_min", name(x), name("sequence")), x)],
        table(FACTS),
        keep=present(name(x)),
        group=[name("kid"), name("known")],
    )

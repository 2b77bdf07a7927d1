"""A request's own fact, when its source is the request's: what it adds to sums is taken off again.

Other states cannot give back what they took in. For them the requests whose value may be their own fact's are found,
few as they are, and computed once more by the range join, which leaves own facts out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp

from trimtab.features.build import (
    Sql,
    at_least,
    both,
    either,
    equal,
    join,
    less,
    minus,
    name,
    named,
    or_else,
    select,
    table,
    where,
    whole,
)
from trimtab.features.parts import UPDATE, narrowed
from trimtab.features.relations import ASKS, FACTS, same_event, start_of
from trimtab.features.specs import Group
from trimtab.features.states import SUMS, Needs, State

OWN = "own"


def own(group: Group, states: Iterable[State], needs: Needs) -> exp.Select:
    """The states of each request over its own facts alone: row and one column per state."""
    met = both(
        [
            equal(name("kid", "ask"), name("kid", "had")),
            same_event(group, "ask", "had"),
            less(name("known", "had"), name("at", "ask")),
        ]
    )
    columns = []
    for state in states:
        part, x = column = needs.column_of(state)
        inside = at_least(name("known", "had"), start_of(state.window, name("at", "ask")))
        value = narrowed(column, UPDATE[part](where(inside, name(x, "had"))))
        columns.append(named(value, needs.columns[state]))
    return select(
        [name("row", "ask"), *columns],
        table(ASKS, "ask"),
        join(table(FACTS, "had"), met),
        group=[name("row", "ask")],
    )


def without_own(column: Sql, state: State, needs: Needs) -> Sql:
    """A sum less what the request's own fact added."""
    return minus(column, or_else(name(needs.columns[state], OWN), whole(0)))


def touched(states: Sequence[State], columns: Mapping[State, Sql], needs: Needs) -> Sql:
    """The condition that a value other than a sum may come from the request's own fact."""
    equals = [
        or_else(equal(columns[state].copy(), name(needs.columns[state], OWN)), exp.false())
        for state in states
        if state.part not in SUMS and state.part != "last"  # a last value is told by the time of its fact
    ]
    return either(equals)

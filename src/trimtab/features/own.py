"""A request's own fact, when its source is the request's: what it adds to sums is taken off again.

Other states cannot give back what they took in. For them the requests whose value may be their own fact's are found,
few as they are, and computed once more by the range join, which leaves own facts out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from sqlglot import exp

from trimtab.features.build import both, choose, name, whole
from trimtab.features.pieces import UPDATE
from trimtab.features.relations import ASKS, FACTS, start_of, table
from trimtab.features.specs import Group
from trimtab.features.states import SUMS, Needs, State


def own(group: Group, states: Iterable[State], needs: Needs) -> exp.Select:
    """The states of each request over its own facts alone: row and one column per state."""
    same = [name(f"i{i}", "ask").eq(name(f"i{i}", "had")) for i in range(len(group.own_id))]
    met = both([name("kid", "ask").eq(name("kid", "had")), *same, name("known", "had") < name("at", "ask")])
    columns = []
    for state in states:
        inside = name("known", "had") >= start_of(state.window, name("at", "ask"))
        value = choose((inside, name(needs.readings[state.reading], "had")))
        columns.append(UPDATE[needs.column_of(state)[0]](value).as_(needs.columns[state]))
    return (
        exp.select(name("row", "ask"), *columns)
        .from_(table(ASKS, "ask"))
        .join(table(FACTS, "had"), on=met)
        .group_by(name("row", "ask"))
    )


def without_own(column: exp.Expression, own_column: exp.Expression) -> exp.Expression:
    """A sum less what the request's own fact added."""
    return exp.paren(column) - exp.func("coalesce", own_column, whole(0))


def touched(states: Sequence[State], columns: dict[State, exp.Expression], needs: Needs) -> exp.Expression:
    """The condition that a value other than a sum may come from the request's own fact."""
    equal: list[exp.Expression] = [
        exp.func("coalesce", columns[state].copy().eq(name(needs.columns[state], "own")), exp.false())
        for state in states
        if state.part not in SUMS and state.part != "last"  # the last value comes with the time of its fact
    ]
    return reduce(lambda one, other: exp.or_(one, other), equal, exp.false())

"""The two sides of every join: the requests by numbered key, and the facts of those keys with their readings."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from trimtab.features.build import both, floor_to, name, whole
from trimtab.features.keys import KEYS
from trimtab.features.specs import Group, Window
from trimtab.features.states import Needs


ASKS, FACTS = "__trimtab_asks", "__trimtab_facts"
"""Both sides as registered tables: the engine then knows how large they are and joins them the right way round."""


@dataclass(frozen=True)
class Part:
    """One of `of` chunks, by key number."""

    number: int = 0
    of: int = 1

    def holds(self, kid: exp.Expression) -> exp.Expression | None:
        """The condition that a key belongs to the chunk; None when there is one chunk."""
        return None if self.of == 1 else (kid % whole(self.of)).eq(whole(self.number))


def asks(group: Group, requests: str, part: Part) -> exp.Select:
    """The requests that have a key: row, at, kid, and the own ids i0, i1, ..."""
    kid = name("kid", KEYS)
    ids = [name(column, requests).as_(f"i{i}") for i, column in enumerate(group.own_id)]
    keyed = both(name(field, requests).eq(name(f"k{i}", KEYS)) for i, (_, field) in enumerate(group.keys))
    return (
        exp.select(name("__row", requests).as_("row"), name("__at", requests).as_("at"), kid, *ids)
        .from_(exp.to_table(requests))
        .join(exp.to_table(KEYS), on=keyed or exp.true())
        .where(part.holds(kid.copy()))
    )


def facts(group: Group, needs: Needs, between: tuple[int | None, int | None], part: Part) -> exp.Select:
    """The facts of the asked keys: kid, known, sequence, own ids, and the readings x0, x1, ...

    `between` bounds known: from the first instant that any window holds to the last, exclusive.
    """
    table = group.facts.name
    kid, known = name("kid", KEYS), name("__known", table)
    ids = [name(column, table).as_(f"i{i}") for i, column in enumerate(group.own_id)]
    readings = [reading.sql(group.facts.kinds, table).as_(x) for reading, x in needs.readings.items()]
    keyed = both(name(fact, table).eq(name(f"k{i}", KEYS)) for i, (fact, _) in enumerate(group.keys))
    low, high = between
    bounds = [
        None if low is None else known.copy() >= whole(low),
        None if high is None else known.copy() < whole(high),
        part.holds(kid.copy()),
    ]
    return (
        exp.select(kid, known.as_("known"), name("__sequence", table).as_("sequence"), *ids, *readings)
        .from_(exp.to_table(table))
        .join(exp.to_table(KEYS), on=keyed or exp.true())
        .where(both(bounds))
    )


def table(registered: str, alias: str) -> exp.Table:
    """A registered table under a shorter name."""
    return exp.to_table(registered).as_(alias)  # type: ignore[return-value]  # an aliased table is a table


def start_of(window: Window, at: exp.Expression) -> exp.Expression:
    """The first instant of the window that ends at `at`; for all history the first instant there is."""
    over, hop = window
    return whole(-(2**63) + 1) if over is None else floor_to(exp.paren(at - whole(over)), hop)


def earliest_start(windows: tuple[Window, ...], earliest: int) -> int | None:
    """The first instant that any request's window holds, given the earliest request."""
    lengths = [None if over is None else over + hop for over, hop in windows]
    return None if None in lengths else earliest - max(length for length in lengths if length is not None)


def not_own(group: Group, one: str, other: str) -> exp.Expression | None:
    """The condition that two rows are not the same event; None where the source is another."""
    same = both(name(f"i{i}", one).eq(name(f"i{i}", other)) for i in range(len(group.own_id)))
    return None if same is None else exp.not_(exp.func("coalesce", exp.paren(same), exp.false()))

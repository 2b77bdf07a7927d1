"""The two sides of every join: the requests by numbered key, and the facts of those keys with their readings."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from trimtab.features.build import (
    Sql,
    at_least,
    both,
    equal,
    floor_to,
    join,
    less,
    minus,
    name,
    named,
    or_else,
    remainder,
    select,
    table,
    whole,
)
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

    def holds(self, kid: Sql) -> Sql | None:
        """The condition that a key belongs to the chunk; None when there is one chunk."""
        return None if self.of == 1 else equal(remainder(kid, whole(self.of)), whole(self.number))


def asks(group: Group, requests: str, part: Part) -> exp.Select:
    """The requests that have a key: row, at, kid, and the own ids i0, i1, ..."""
    ids = [named(name(column, requests), f"i{i}") for i, column in enumerate(group.own_id)]
    keyed = both(equal(name(field, requests), name(f"k{i}", KEYS)) for i, (_, field) in enumerate(group.keys))
    return select(
        [named(name("__row", requests), "row"), named(name("__at", requests), "at"), name("kid", KEYS), *ids],
        table(requests),
        join(table(KEYS), keyed),
        keep=part.holds(name("kid", KEYS)),
    )


def facts(group: Group, needs: Needs, between: tuple[int | None, int | None], part: Part) -> exp.Select:
    """The facts of the asked keys: kid, known, own ids, the readings x0, x1, ..., and where it matters `sequence`.

    `between` bounds known: from the first instant that any window holds to the last, exclusive.
    """
    source, (low, high) = group.facts.name, between
    columns = [name("kid", KEYS), named(name("__known", source), "known")]
    if any(state.part in {"first", "last"} for state in needs.columns):
        columns.append(named(name("__sequence", source), "sequence"))
    columns += [named(name(column, source), f"i{i}") for i, column in enumerate(group.own_id)]
    columns += [named(reading.sql(group.facts.kinds, source), x) for reading, x in needs.readings.items()]
    bounds = [
        None if low is None else at_least(name("__known", source), whole(low)),
        None if high is None else less(name("__known", source), whole(high)),
        part.holds(name("kid", KEYS)),
    ]
    keyed = both(equal(name(fact, source), name(f"k{i}", KEYS)) for i, (fact, _) in enumerate(group.keys))
    return select(columns, table(source), join(table(KEYS), keyed), keep=both(bounds))


def start_of(window: Window, at: Sql) -> Sql:
    """The first instant of the window that ends at `at`; for all history the first instant there is."""
    over, hop = window
    return whole(-(2**63) + 1) if over is None else floor_to(minus(at, whole(over)), hop)


def earliest_start(windows: tuple[Window, ...], earliest: int) -> int | None:
    """The first instant that any request's window holds, given the earliest request; None for all history."""
    lengths = [over + hop for over, hop in windows if over is not None]
    return earliest - max(lengths) if len(lengths) == len(windows) else None


def same_event(group: Group, one: str, other: str) -> Sql | None:
    """The condition that two rows are the same event; None where the source is not the requests'."""
    return both(equal(name(f"i{i}", one), name(f"i{i}", other)) for i in range(len(group.own_id)))


def not_own(group: Group, one: str, other: str) -> Sql | None:
    """The condition that two rows are not the same event; None where the source is not the requests'."""
    same = same_event(group, one, other)
    return None if same is None else exp.Not(this=or_else(same, exp.false()))

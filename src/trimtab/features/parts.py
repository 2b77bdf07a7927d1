"""How engines update and merge the parts of a state: the monoids of `aggregate`, as aggregate functions of SQL.

Sums of integers are 128 bits wide in the engine; where 64 suffice (n, s64), they are narrowed afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from trimtab.features.build import Sql, call, cast, name, plus, present, times, where, whole
from trimtab.features.states import Column

NARROW = frozenset({"n", "s64"})


def column_name(column: Column) -> str:
    """The name of a part of a reading in a piece, tile table or running table."""
    return "_".join(column)


def part_of(column: Column, grid: int) -> Sql:
    """A part of the state over a group of rows named `had`: updated by facts (grid 0), or merged from tiles."""
    return narrowed(column, aggregated(column, grid))


def aggregated(column: Column, grid: int) -> Sql:
    """The bare aggregate function of a part."""
    part, x = column
    if not grid:
        return UPDATE[part](name(x, "had"))
    return MERGE[part](name(column_name(column), "had"), name(f"since_{x}", "had"))


def narrowed(column: Column, value: Sql) -> Sql:
    """A sum in the width that its part needs."""
    return cast(value, "BIGINT") if column[0] in NARROW else value


def with_times(columns: Iterable[Column]) -> dict[Column, None]:
    """The columns with those that merging them needs: a last value comes with when it became known."""
    wanted = dict.fromkeys(columns)
    return wanted | dict.fromkeys(("since", x) for part, x in wanted if part == "last")


def _order() -> Sql:
    """(known, sequence) as one number, since numbers are compared faster than pairs."""
    return plus(
        times(cast(name("known", "had"), "INT128"), cast(whole(2**63), "INT128")), name("sequence", "had")
    )


def _square(x: Sql) -> Sql:
    return times(cast(x, "INT128"), cast(x.copy(), "INT128"))


UPDATE: Mapping[str, Callable[[Sql], Sql]] = {
    "n": lambda x: call("count", x),
    "s": lambda x: call("sum", x),
    "s64": lambda x: call("sum", x),
    "q": lambda x: call("sum", _square(x)),
    "q64": lambda x: call("sum", times(x, x.copy())),
    "min": lambda x: call("min", x),
    "max": lambda x: call("max", x),
    "first": lambda x: call("arg_min", x, _order()),
    "last": lambda x: call("arg_max", x, _order()),
    "since": lambda x: call("max", where(present(x), name("known", "had"))),
}

MERGE: Mapping[str, Callable[[Sql, Sql], Sql]] = {
    "n": lambda part, _: call("sum", part),
    "s": lambda part, _: call("sum", part),
    "s64": lambda part, _: call("sum", part),
    "q": lambda part, _: call("sum", part),
    "q64": lambda part, _: call("sum", part),
    "min": lambda part, _: call("min", part),
    "max": lambda part, _: call("max", part),
    "last": lambda part, since: call("arg_max", part, since),
    "since": lambda part, _: call("max", part),
}

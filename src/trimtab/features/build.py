"""Small words for building query plans as SQLGlot expressions.

SQLGlot's own operators copy what they are given at every step; these do not. An expression that is to stand in two
places is made twice, or copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Literal

from sqlglot import exp

Sql = exp.Expression
Type = Literal["BIGINT", "DOUBLE", "INT128", "UBIGINT"]


def name(column: str, table: str | None = None) -> exp.Column:
    """A quoted column, so that any text can be a name."""
    return exp.column(column, table=table, quoted=True)


def named(value: Sql, column: str) -> Sql:
    """The value as a column of that name."""
    return exp.Alias(this=value, alias=exp.to_identifier(column, quoted=True))


def every(table: str) -> Sql:
    """All columns of a table."""
    return exp.Column(this=exp.Star(), table=exp.to_identifier(table, quoted=True))


def whole(value: int) -> Sql:
    """A whole number."""
    literal = exp.Literal.number(abs(value))
    return literal if value >= 0 else exp.Paren(this=exp.Neg(this=literal))


def real(value: float) -> Sql:
    """A 64-bit float: the exponent keeps engines from reading a decimal."""
    text = repr(abs(value))
    literal = exp.Literal.number(text if "e" in text else f"{text}e0")
    return exp.Paren(this=exp.Neg(this=literal)) if value < 0 else literal


def cast(value: Sql, to: Type) -> Sql:
    """The value in another type; what does not fit is an error of the engine."""
    return exp.Cast(this=value, to=exp.DataType(this=exp.DataType.Type[to]))


def closed(value: Sql) -> Sql:
    """The value in parentheses where it could be read in two ways without them."""
    several = isinstance(value, (exp.Binary, exp.Unary, exp.Predicate)) and not isinstance(value, exp.Paren)
    return exp.Paren(this=value) if several else value


def _binary(kind: Callable[..., Sql], one: Sql, other: Sql) -> Sql:
    return kind(this=closed(one), expression=closed(other))


def plus(one: Sql, other: Sql) -> Sql:
    """The sum."""
    return _binary(exp.Add, one, other)


def minus(one: Sql, other: Sql) -> Sql:
    """The difference."""
    return _binary(exp.Sub, one, other)


def times(one: Sql, other: Sql) -> Sql:
    """The product."""
    return _binary(exp.Mul, one, other)


def divided(one: Sql, other: Sql) -> Sql:
    """The quotient of floats."""
    return _binary(exp.Div, one, other)


def quotient(one: Sql, other: Sql) -> Sql:
    """The whole quotient of positive whole numbers."""
    return _binary(exp.IntDiv, one, other)


def remainder(one: Sql, other: Sql) -> Sql:
    """The remainder of positive whole numbers."""
    return _binary(exp.Mod, one, other)


def equal(one: Sql, other: Sql) -> Sql:
    """Whether the values are equal; null when one is null."""
    return _binary(exp.EQ, one, other)


def less(one: Sql, other: Sql) -> Sql:
    """Whether the first is less than the second."""
    return _binary(exp.LT, one, other)


def at_least(one: Sql, other: Sql) -> Sql:
    """Whether the first is not less than the second."""
    return _binary(exp.GTE, one, other)


def present(value: Sql) -> Sql:
    """Whether the value is not null."""
    return exp.Not(this=exp.Is(this=closed(value), expression=exp.Null()))


def both(conditions: Iterable[Sql | None]) -> Sql | None:
    """All of the conditions; None when there is none."""
    given = [closed(condition) for condition in conditions if condition is not None]
    return reduce(_and, given) if given else None


def _and(one: Sql, other: Sql) -> Sql:
    return exp.And(this=one, expression=other)


def either(conditions: Iterable[Sql]) -> Sql:
    """Any of the conditions; false when there is none."""
    nothing: Sql = exp.false()
    return reduce(_or, (closed(condition) for condition in conditions), nothing)


def _or(one: Sql, other: Sql) -> Sql:
    return exp.Or(this=one, expression=other)


def call(function: str, *arguments: Sql) -> Sql:
    """A function, also an aggregate one."""
    return exp.func(function, *arguments, copy=False)  # type: ignore[return-value]  # each of them is an Expression


def only(aggregate: Sql, where: Sql) -> Sql:
    """An aggregate over the rows for which a condition holds."""
    return exp.Filter(this=aggregate, expression=exp.Where(this=where))


def where(condition: Sql, value: Sql, otherwise: Sql | None = None) -> Sql:
    """The value where the condition holds, else the other one, or null."""
    return exp.Case(ifs=[exp.If(this=condition, true=value)], default=otherwise)


def or_else(value: Sql, *others: Sql) -> Sql:
    """The first of the values that is not null."""
    return call("coalesce", value, *others)


def floor_to(value: Sql, grid: int) -> Sql:
    """The last point of the grid not after the value, for |value| below 2^62 less a step.

    Engines cut remainders toward zero; moved up by a large multiple of the grid, all values are positive.
    """
    if grid == 0:
        return value
    positive = plus(value.copy(), whole(2**62 // grid * grid))
    return minus(value, remainder(positive, whole(grid)))


def table(stored: str, alias: str | None = None) -> exp.Table:
    """A table or named relation, under a shorter name if one is given."""
    found = exp.Table(this=exp.to_identifier(stored, quoted=True))
    if alias is not None:
        found.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return found


def inner(query: exp.Query, alias: str) -> exp.Subquery:
    """A query as a relation inside another one."""
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))


Relation = exp.Table | exp.Subquery


def select(
    columns: Sequence[Sql],
    source: Relation,
    *joins: exp.Join,
    keep: Sql | None = None,
    group: Sequence[Sql] = (),
) -> exp.Select:
    """A SELECT of columns from relations, of the rows to keep, by group."""
    query = exp.Select(expressions=list(columns))
    query.set("from_", exp.From(this=source))
    query.set("joins", list(joins))
    if keep is not None:
        query.set("where", exp.Where(this=keep))
    if group:
        query.set("group", exp.Group(expressions=list(group)))
    return query


def join(relation: Relation, on: Sql | None, kind: Literal["", "left", "asof"] = "") -> exp.Join:
    """A relation joined on a condition (None: every row with every row)."""
    found = exp.Join(this=relation, on=exp.true() if on is None else on)
    if kind:
        found.set("method" if kind == "asof" else "side", kind.upper())
    return found


def stacked(queries: Sequence[exp.Query]) -> exp.Query:
    """The rows of all the queries."""
    return reduce(lambda one, other: exp.Union(this=one, expression=other, distinct=False), queries)

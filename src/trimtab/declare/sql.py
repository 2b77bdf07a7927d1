"""Column expressions as SQL for engines, built of SQLGlot objects, never of pasted strings.

A float that may have become infinite or not a number passes through arithmetic that keeps it so. It is made null
once, where another operation or the reader would see it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from string import ascii_lowercase, ascii_uppercase

from sqlglot import exp

from trimtab.declare.expression import Expression
from trimtab.declare.kinds import Kind
from trimtab.declare.sql_calendar import calendar_part
from trimtab.declare.sql_division import divide, floor_divide, modulo
from trimtab.declare.sql_fragments import (
    DIALECTS,
    Sql,
    Statement,
    as_bigint,
    as_double,
    bigint,
    binary,
    case,
    closed,
    double,
    negative,
)
from trimtab.declare.typed import FLOAT_MAX, Typed, typed

_TYPES = {Kind.BOOL: "BOOLEAN", Kind.FLOAT: "DOUBLE", Kind.STRING: "VARCHAR"}
_ALWAYS_FINITE = frozenset({"column", "literal", "to_float", "fill_null", "least", "greatest"})
_FINITE_AS_GIVEN = frozenset({"when", "negate", "absolute", "floor", "ceil", "round"})
_DIVISIONS = frozenset({"divide", "floor_divide", "modulo"})
_PASSES = _FINITE_AS_GIVEN | _DIVISIONS | {"add", "subtract", "multiply", "sqrt", "log", "to_int"}
"""Operations that give null or again a value that is not finite for one that is not, a divisor excepted."""


def to_sql(
    expression: Expression,
    kinds: Mapping[str, Kind],
    column: Callable[[str], Sql],
    dialect: str = "duckdb",
) -> Sql:
    """The expression as SQLGlot objects over columns that the engine holds as BOOLEAN, BIGINT, DOUBLE or VARCHAR.

    `column` says how the statement calls a column; times are BIGINT microseconds. Raises DeclarationError where
    the expression makes no sense; on integer overflow the engine raises its own error.

    >>> from trimtab.declare.expression import col
    >>> to_sql(col("delay") >= 15, {"delay": Kind.INT}, exp.column).sql("duckdb")
    'delay >= CAST(15 AS BIGINT)'
    """
    compiler = _Compiler(column, Statement(DIALECTS[dialect]))
    return compiler.settled(typed(expression, kinds)).copy()


@dataclass(frozen=True, slots=True)
class _Compiler:
    column: Callable[[str], Sql]
    statement: Statement

    def settled(self, node: Typed) -> Sql:
        """The node's value; a float that is not finite is null."""
        sql = self.loose(node)
        return sql if _is_finite(node) else self.statement.bind(sql, _null_unless_finite)

    def loose(self, node: Typed) -> Sql:
        """The node's value; a float may still be not finite."""
        if node.name == "column":
            return self.column(node.value)
        if node.name == "literal":
            return _literal(node)
        arguments = []
        for position, child in enumerate(node.arguments):
            passes = node.name in _PASSES and not (position == 1 and node.name in _DIVISIONS)
            arguments.append(self.loose(child) if passes else self.settled(child))
        return _BUILDERS[node.name](self.statement, node, *arguments)


def _is_finite(node: Typed) -> bool:
    if node.kind is not Kind.FLOAT or node.name in _ALWAYS_FINITE:
        return True
    return node.name in _FINITE_AS_GIVEN and all(map(_is_finite, node.arguments))


def _null_unless_finite(value: Sql) -> Sql:
    return case(exp.Between(this=closed(value), low=double(-FLOAT_MAX), high=double(FLOAT_MAX)), value)


def _literal(node: Typed) -> Sql:
    if node.value is None:
        return exp.cast(exp.Null(), _TYPES.get(node.kind, "BIGINT"))
    if node.kind is Kind.BOOL:
        return exp.Boolean(this=node.value)
    if node.kind is Kind.STRING:
        return exp.Literal.string(node.value)
    return double(node.value) if node.kind is Kind.FLOAT else bigint(node.value)


Builder = Callable[..., Sql]


def _operator(kind: Callable[..., Sql]) -> Builder:
    return lambda _statement, _node, left, right: binary(kind, left, right)


def _function(kind: Callable[..., Sql], *names: str) -> Builder:
    return lambda _statement, _node, *values: kind(**dict(zip(names or ("this",), values, strict=True)))


def _negate(_statement: Statement, node: Typed, value: Sql) -> Sql:
    return negative(value) if node.kind is Kind.FLOAT else binary(exp.Sub, bigint(0), value)


def _whole(kind: Callable[[Statement, Sql], Sql]) -> Builder:
    """A rounding, which leaves integers as they are."""
    return lambda statement, node, value: kind(statement, value) if node.kind is Kind.FLOAT else value


def _to_float(_statement: Statement, node: Typed, value: Sql) -> Sql:
    return value if node.arguments[0].kind is Kind.FLOAT else as_double(value)


def _to_int(statement: Statement, node: Typed, value: Sql) -> Sql:
    if node.arguments[0].kind is not Kind.FLOAT:
        return as_bigint(value)
    return exp.TryCast(
        this=statement.dialect.cut_fraction(statement, value), to=exp.DataType.build("BIGINT"), safe=True
    )


def _is_in(_statement: Statement, _node: Typed, value: Sql, *constants: Sql) -> Sql:
    return exp.In(this=closed(value), expressions=list(constants))


def _fill_null(statement: Statement, node: Typed, value: Sql, other: Sql) -> Sql:
    """DuckDB computes parts of a COALESCE that it may not need, and could overflow in them; in a CASE it does not."""
    if not node.arguments[1].arguments:
        return exp.Coalesce(this=value, expressions=[other])
    return statement.bind(value, lambda v: case(exp.Is(this=closed(v), expression=exp.Null()), other, v))


def _extreme(keeps: Callable[..., Sql], takes: Callable[..., Sql]) -> Builder:
    """The first value, replaced by each further one that beats it; the comparisons are null beside a null."""

    def choice(a: Sql, b: Sql) -> Sql:
        kept = exp.If(this=binary(keeps, a, b), true=a)
        return exp.Case(ifs=[kept, exp.If(this=binary(takes, a, b), true=b)])

    def build(statement: Statement, _node: Typed, *values: Sql) -> Sql:
        return reduce(
            lambda left, right: statement.bind(left, lambda a: statement.bind(right, lambda b: choice(a, b))),
            values,
        )

    return build


def _letters(found: str, given: str) -> Builder:
    from_, to = exp.Literal.string(found), exp.Literal.string(given)
    return lambda _statement, _node, text: exp.Translate(this=text, from_=from_, to=to)


def _concat(_statement: Statement, _node: Typed, *texts: Sql) -> Sql:
    return reduce(lambda left, right: binary(exp.DPipe, left, right), texts)


_BUILDERS: Mapping[str, Builder] = {
    "add": _operator(exp.Add),
    "subtract": _operator(exp.Sub),
    "multiply": _operator(exp.Mul),
    "divide": divide,
    "floor_divide": floor_divide,
    "modulo": modulo,
    "negate": _negate,
    "absolute": _function(exp.Abs),
    "equal": _operator(exp.EQ),
    "not_equal": _operator(exp.NEQ),
    "less": _operator(exp.LT),
    "less_equal": _operator(exp.LTE),
    "greater": _operator(exp.GT),
    "greater_equal": _operator(exp.GTE),
    "and": _operator(exp.And),
    "or": _operator(exp.Or),
    "not": lambda _statement, _node, condition: exp.Not(this=closed(condition)),
    "is_null": lambda _statement, _node, value: exp.Is(this=closed(value), expression=exp.Null()),
    "fill_null": _fill_null,
    "is_in": _is_in,
    "when": lambda _statement, _node, condition, then, otherwise: case(condition, then, otherwise),
    "least": _extreme(exp.LTE, exp.GT),
    "greatest": _extreme(exp.GTE, exp.LT),
    "floor": _whole(lambda statement, value: statement.dialect.floor(statement, value)),
    "ceil": _whole(lambda statement, value: statement.dialect.ceil(statement, value)),
    "round": _whole(lambda statement, value: statement.dialect.round_half_even(statement, value)),
    "sqrt": _function(exp.Sqrt),
    "exp": _function(exp.Exp),
    "log": _function(exp.Ln),
    "to_float": _to_float,
    "to_int": _to_int,
    "concat": _concat,
    "lower": _letters(ascii_uppercase, ascii_lowercase),
    "upper": _letters(ascii_lowercase, ascii_uppercase),
    "length": lambda _statement, _node, text: as_bigint(exp.Length(this=text)),
    "starts_with": _function(exp.StartsWith, "this", "expression"),
    "ends_with": _function(exp.EndsWith, "this", "expression"),
    "contains": _function(exp.Contains, "this", "expression"),
    **dict.fromkeys(
        ("year", "month", "day", "day_of_year", "weekday", "hour", "minute", "minute_of_day"), calendar_part
    ),
}

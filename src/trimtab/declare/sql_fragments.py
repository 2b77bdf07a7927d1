"""Small pieces of SQL as SQLGlot objects, and the few words in which the engines differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count, islice

from sqlglot import exp

Sql = exp.Expression


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one engine says what engines say differently; each takes a float and gives a float.

    `cut_fraction` prepares a float for the engine's cast to BIGINT, which is null outside 64 bits.
    """

    floor: Callable[[Statement, Sql], Sql]
    ceil: Callable[[Statement, Sql], Sql]
    round_half_even: Callable[[Statement, Sql], Sql]
    cut_fraction: Callable[[Statement, Sql], Sql]


@dataclass(frozen=True, slots=True)
class Statement:
    """What the parts of one statement share: the engine's words and the names given so far."""

    dialect: Dialect
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def bind(self, value: Sql, body: Callable[[Sql], Sql], size: int = 48) -> Sql:
        """The body over a value that is written once; a value of at most `size` nodes is simply repeated.

        SQL has no `let`, so a larger value goes through a list of one: LIST_TRANSFORM([value], v -> body)[1].
        """
        if len(list(islice(value.walk(), size + 1))) <= size:
            return body(value)
        name = exp.to_identifier(f"_value_{next(self._numbers)}")
        function = exp.Lambda(this=body(name), expressions=[name])
        listed = exp.Transform(this=exp.Array(expressions=[value]), expression=function)
        return exp.Bracket(this=listed, expressions=[number("0")])


def number(digits: str) -> Sql:
    """A number as the engine reads it: an integer by its size, DOUBLE when written with an exponent."""
    if digits.startswith("-"):
        return exp.Paren(this=exp.Neg(this=number(digits[1:])))
    return exp.Literal(this=digits, is_string=False)


def bigint(value: int) -> Sql:
    """A 64-bit integer constant."""
    return as_bigint(exp.Literal.number(value))


def double(value: float) -> Sql:
    """A 64-bit float constant, never a decimal."""
    digits = repr(value)
    return number(digits if "e" in digits else f"{digits}e0")


def as_bigint(value: Sql) -> Sql:
    """The value cast to a 64-bit integer."""
    return exp.cast(value, "BIGINT", copy=False)


def as_double(value: Sql) -> Sql:
    """The value cast to a 64-bit float."""
    return exp.cast(value, "DOUBLE", copy=False)


def binary(kind: Callable[..., Sql], left: Sql, right: Sql) -> Sql:
    """An operator between two values, with parentheses where they are needed."""
    chained = kind in _CHAINED and type(left) is kind
    return kind(this=left if chained else closed(left), expression=closed(right))


_CHAINED: frozenset[Callable[..., Sql]] = frozenset({exp.Add, exp.Sub, exp.Mul, exp.And, exp.Or, exp.DPipe})
"""Operators that read from left to right without parentheses."""


def negative(value: Sql) -> Sql:
    """A float with the other sign."""
    return exp.Neg(this=closed(value))


def closed(value: Sql) -> Sql:
    """The value in parentheses, unless it can be read in only one way without them."""
    single = isinstance(value, exp.Paren) or not isinstance(value, (exp.Binary, exp.Unary, exp.Predicate))
    return value if single else exp.Paren(this=value)


def case(condition: Sql, then: Sql, otherwise: Sql | None = None) -> Sql:
    """A choice; without `otherwise` null where the condition does not hold."""
    return exp.Case(ifs=[exp.If(this=condition, true=then)], default=otherwise)


def _function(name: str, *fixed: Sql) -> Callable[[Statement, Sql], Sql]:
    """A function of the engine, with constants as further arguments."""
    return lambda _statement, value: exp.Anonymous(this=name, expressions=[value, *fixed])


_rint = _function("RINT")


def _spark_floor(statement: Statement, value: Sql) -> Sql:
    """Spark's own FLOOR gives a BIGINT, which large floats overflow."""

    def lowered(v: Sql) -> Sql:
        nearest = _rint(statement, v)
        return binary(exp.Sub, nearest, case(binary(exp.GT, nearest, v), double(1.0), double(0.0)))

    return statement.bind(value, lowered)


def _spark_ceil(statement: Statement, value: Sql) -> Sql:
    return negative(_spark_floor(statement, negative(value)))


def _spark_cut(statement: Statement, value: Sql) -> Sql:
    """Spark cuts fractions in the cast itself, which takes 2 to the power of 63 for the largest integer."""
    return statement.bind(value, lambda v: case(binary(exp.LT, v, double(2.0**63)), v))


DIALECTS: Mapping[str, Dialect] = {
    "duckdb": Dialect(
        floor=lambda _statement, value: exp.Floor(this=value),
        ceil=lambda _statement, value: exp.Ceil(this=value),
        round_half_even=_function("ROUND_EVEN", number("0")),
        cut_fraction=_function("TRUNC"),
    ),
    "spark": Dialect(
        floor=_spark_floor,
        ceil=_spark_ceil,
        round_half_even=_rint,
        cut_fraction=_spark_cut,
    ),
}
"""By the SQLGlot name of the engine. Spark is meant in its ANSI mode, where integer overflow is an error."""

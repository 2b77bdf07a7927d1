"""Small words for building query plans as SQLGlot expressions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from sqlglot import exp


def name(column: str, table: str | None = None) -> exp.Column:
    """A quoted column, so that any text can be a name."""
    return exp.column(column, table=table, quoted=True)


def every(table: str) -> exp.Column:
    """All columns of a table."""
    return exp.Column(this=exp.Star(), table=exp.to_identifier(table, quoted=True))


def whole(value: int) -> exp.Expression:
    """A whole number."""
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def real(value: float) -> exp.Expression:
    """A 64-bit float: the exponent keeps engines from reading a decimal."""
    text = repr(abs(value))
    literal = exp.Literal.number(text if "e" in text else f"{text}e0")
    return exp.Neg(this=literal) if value < 0 else literal


def as_bigint(value: exp.Expression) -> exp.Expression:
    """The value as a 64-bit integer."""
    return exp.cast(value, exp.DataType.Type.BIGINT)


def as_hugeint(value: exp.Expression) -> exp.Expression:
    """The value as a 128-bit integer."""
    return exp.cast(value, exp.DataType.Type.INT128)


def as_double(value: exp.Expression) -> exp.Expression:
    """The value as a 64-bit float."""
    return exp.cast(value, exp.DataType.Type.DOUBLE)


def aggregate(function: str, *arguments: exp.Expression, where: exp.Expression | None = None) -> exp.Expression:
    """An aggregate function, over some rows only."""
    call = exp.func(function, *arguments)
    return call if where is None else exp.Filter(this=call, expression=exp.Where(this=where))


def choose(*branches: tuple[exp.Expression, exp.Expression], otherwise: exp.Expression | None = None) -> exp.Case:
    """CASE WHEN condition THEN value ... ELSE otherwise END."""
    case = exp.Case()
    for condition, value in branches:
        case = case.when(condition, value)
    return case.else_(otherwise) if otherwise is not None else case


def both(conditions: Iterable[exp.Expression | None]) -> exp.Expression | None:
    """All of the conditions; None when there is none."""
    given = [condition for condition in conditions if condition is not None]
    return reduce(lambda one, other: exp.and_(one, other), given) if given else None


def floor_to(value: exp.Expression, grid: int) -> exp.Expression:
    """The last point of the grid not after the value; engines cut remainders toward zero, so they are mended."""
    if grid == 0:
        return value
    remainder = exp.paren(exp.paren(value % whole(grid)) + whole(grid)) % whole(grid)
    return exp.paren(value) - exp.paren(remainder)

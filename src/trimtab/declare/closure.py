"""Column expressions as plain Python functions of one row, made once and called per request.

Every node becomes one small function over those of its arguments. The values are those of the SQL, bit for bit.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from trimtab.declare.closure_calendar import calendar_part
from trimtab.declare.closure_shapes import Builder, Row, RowFunction, every, extreme, number, pair, plain
from trimtab.declare.expression import Expression
from trimtab.declare.kinds import Kind
from trimtab.declare.typed import INT_MAX, INT_MIN, Typed, typed
from trimtab.errors import DataError, nearest


def to_closure(expression: Expression, kinds: Mapping[str, Kind]) -> RowFunction:
    """The expression as a function of a row of bool, int, float and str, with None for null and times as integers.

    Times are microseconds. Making it raises DeclarationError where the expression makes no sense; calling it
    raises DataError where an integer leaves 64 bits or the row lacks a column.

    >>> from trimtab.declare.expression import col
    >>> late = to_closure((col("landed") - col("due")) / 60 > 15, {"landed": Kind.INT, "due": Kind.INT})
    >>> late({"landed": 2000, "due": 1000}), late({"landed": 2000, "due": None})
    (True, None)
    """
    return _compiled(typed(expression, kinds))


def _compiled(node: Typed) -> RowFunction:
    if node.name == "column":
        return _column(node)
    if node.name == "literal":
        return _constant(node.value)
    return _BUILDERS[node.name](node, *map(_compiled, node.arguments))


def _column(node: Typed) -> RowFunction:
    name = node.value

    def read(row: Row) -> Any:
        try:
            return row[name]
        except KeyError:
            raise DataError(
                f"no column {name!r} in the row",
                where=node.source.site,
                found=", ".join(row),
                nearest=nearest(name, row),
                do="give every column, None for a missing value",
            ) from None

    return read


def _constant(value: Any) -> RowFunction:
    return lambda _row: value


def _divide(node: Typed, left: RowFunction, right: RowFunction) -> RowFunction:
    floats = node.arguments[0].kind is Kind.FLOAT
    return number(operator.truediv if floats else _quotient)(node, left, right)


def _quotient(x: int, y: int) -> float:
    return float(x) / float(y)


def _floored(x: float, y: float) -> float:
    quotient = x / y
    return math.copysign(math.floor(quotient), quotient)


def _rest(x: float, y: float) -> float:
    return x - y * _floored(x, y)


def _rounding(function: Callable[[float], int]) -> Builder:
    """A float to a whole float, which keeps the sign of zero; an integer stays as it is."""
    build = plain(lambda x: math.copysign(function(x), x))
    return lambda node, value: build(node, value) if node.kind is Kind.FLOAT else value


def _to_float(node: Typed, value: RowFunction) -> RowFunction:
    return value if node.arguments[0].kind is Kind.FLOAT else plain(float)(node, value)


def _to_int(node: Typed, value: RowFunction) -> RowFunction:
    return plain(_cut if node.arguments[0].kind is Kind.FLOAT else int)(node, value)


def _cut(x: float) -> int | None:
    whole = int(x)
    return whole if INT_MIN <= whole <= INT_MAX else None


def _decided_by(decisive: bool) -> Builder:  # noqa: FBT001  # the truth value that settles an 'and' or an 'or'
    """Three-valued logic: one decisive side decides, else null if a side is null, else the other value."""

    def build(_node: Typed, left: RowFunction, right: RowFunction) -> RowFunction:
        def run(row: Row) -> Any:
            x = left(row)
            y = right(row)
            if x is decisive or y is decisive:
                return decisive
            return None if x is None or y is None else not decisive

        return run

    return build


def _is_null(_node: Typed, value: RowFunction) -> RowFunction:
    return lambda row: value(row) is None


def _fill_null(_node: Typed, value: RowFunction, other: RowFunction) -> RowFunction:
    def run(row: Row) -> Any:
        x = value(row)
        return other(row) if x is None else x

    return run


def _when(_node: Typed, condition: RowFunction, then: RowFunction, otherwise: RowFunction) -> RowFunction:
    return lambda row: then(row) if condition(row) else otherwise(row)


def _is_in(node: Typed, value: RowFunction, *_: RowFunction) -> RowFunction:
    constants = frozenset(constant.value for constant in node.arguments[1:])
    return plain(constants.__contains__)(node, value)


def _letters(ascii_only: Callable[[str], str], found: str, given: str) -> Builder:
    table = str.maketrans(found, given)
    return plain(lambda text: ascii_only(text) if text.isascii() else text.translate(table))


_BUILDERS: Mapping[str, Builder] = {
    "add": number(operator.add),
    "subtract": number(operator.sub),
    "multiply": number(operator.mul),
    "divide": _divide,
    "floor_divide": number(_floored, operator.floordiv),
    "modulo": number(_rest, operator.mod),
    "negate": number(operator.neg),
    "absolute": number(operator.abs),
    "equal": pair(operator.eq),
    "not_equal": pair(operator.ne),
    "less": pair(operator.lt),
    "less_equal": pair(operator.le),
    "greater": pair(operator.gt),
    "greater_equal": pair(operator.ge),
    "and": _decided_by(False),
    "or": _decided_by(True),
    "not": plain(operator.not_),
    "is_null": _is_null,
    "fill_null": _fill_null,
    "is_in": _is_in,
    "when": _when,
    "least": extreme(min),
    "greatest": extreme(max),
    "floor": _rounding(math.floor),
    "ceil": _rounding(math.ceil),
    "round": _rounding(round),
    "sqrt": number(math.sqrt),
    "exp": number(math.exp),
    "log": number(math.log),
    "to_float": _to_float,
    "to_int": _to_int,
    "concat": every("".join),
    "lower": _letters(str.lower, ascii_uppercase, ascii_lowercase),
    "upper": _letters(str.upper, ascii_lowercase, ascii_uppercase),
    "length": plain(len),
    "starts_with": pair(str.startswith),
    "ends_with": pair(str.endswith),
    "contains": pair(str.__contains__),
    **dict.fromkeys(
        ("year", "month", "day", "day_of_year", "weekday", "hour", "minute", "minute_of_day"), calendar_part
    ),
}

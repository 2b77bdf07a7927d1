"""The few shapes that row functions have: what happens to a null, to an overflow and to what is no number.

Each shape makes a builder: given a node and the functions of its arguments it gives the function of the node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from trimtab.declare.kinds import Kind
from trimtab.declare.mistakes import short
from trimtab.declare.typed import FLOAT_MAX, INT_MAX, INT_MIN, Typed
from trimtab.errors import DataError

Row = Mapping[str, Any]
RowFunction = Callable[[Row], Any]
Builder = Callable[..., RowFunction]


def plain(function: Callable[[Any], Any]) -> Builder:
    """A function of one value, null for null."""

    def build(_node: Typed, value: RowFunction) -> RowFunction:
        def run(row: Row) -> Any:
            x = value(row)
            return None if x is None else function(x)

        return run

    return build


def pair(function: Callable[[Any, Any], Any]) -> Builder:
    """A function of two values, null if either is null."""

    def build(_node: Typed, left: RowFunction, right: RowFunction) -> RowFunction:
        def run(row: Row) -> Any:
            x = left(row)
            y = right(row)
            return None if x is None or y is None else function(x, y)

        return run

    return build


def every(function: Callable[[list[Any]], Any]) -> Builder:
    """A function of any number of values, null if one of them is null."""

    def build(_node: Typed, *values: RowFunction) -> RowFunction:
        def run(row: Row) -> Any:
            given = [value(row) for value in values]
            return None if None in given else function(given)

        return run

    return build


def extreme(function: Callable[..., Any]) -> Builder:
    """The least or greatest value, the first of equals; two values are by far the most common."""
    return lambda node, *values: (pair if len(values) == 2 else every)(function)(node, *values)


def number(of_floats: Callable[..., float], of_integers: Callable[..., int] | None = None) -> Builder:
    """A number from numbers: an integer is an error outside 64 bits, a float is null unless finite."""

    def build(node: Typed, *values: RowFunction) -> RowFunction:
        shape = _SHAPES[len(values), node.kind is Kind.FLOAT]
        return shape(node, of_floats if node.kind is Kind.FLOAT else of_integers or of_floats, *values)

    return build


def _float_of_one(_node: Typed, function: Callable[[float], float], value: RowFunction) -> RowFunction:
    def run(row: Row) -> float | None:
        x = value(row)
        try:
            return None if x is None else function(x)
        except (ArithmeticError, ValueError):
            return None

    return run


def _float_of_two(
    _node: Typed, function: Callable[[float, float], float], left: RowFunction, right: RowFunction
) -> RowFunction:
    def run(row: Row) -> float | None:
        x = left(row)
        y = right(row)
        if x is None or y is None:
            return None
        try:
            z = function(x, y)
        except ArithmeticError:
            return None
        return z if -FLOAT_MAX <= z <= FLOAT_MAX else None

    return run


def _integer_of_one(node: Typed, function: Callable[[int], int], value: RowFunction) -> RowFunction:
    def run(row: Row) -> int | None:
        x = value(row)
        if x is None:
            return None
        z = function(x)
        return z if INT_MIN <= z <= INT_MAX else _overflow(node, x)

    return run


def _integer_of_two(
    node: Typed, function: Callable[[int, int], int], left: RowFunction, right: RowFunction
) -> RowFunction:
    def run(row: Row) -> int | None:
        x = left(row)
        y = right(row)
        if x is None or y is None:
            return None
        try:
            z = function(x, y)
        except ZeroDivisionError:
            return None
        return z if INT_MIN <= z <= INT_MAX else _overflow(node, x, y)

    return run


_SHAPES: Mapping[tuple[int, bool], Callable[..., RowFunction]] = {
    (1, True): _float_of_one,
    (2, True): _float_of_two,
    (1, False): _integer_of_one,
    (2, False): _integer_of_two,
}


def _overflow(node: Typed, *values: int) -> NoReturn:
    raise DataError(
        f"{short(node.source)} leaves the 64-bit integers",
        where=node.source.site,
        found=", ".join(map(str, values)),
        do="compute in floats with .to_float(), or guard it with tt.when(...)",
    )

"""Which monoid computes a declared aggregate, and what kind of value comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.aggregate.base import Aggregator
from trimtab.aggregate.counting import Count
from trimtab.aggregate.exact import Scale
from trimtab.aggregate.extremes import Max, Min
from trimtab.aggregate.moments import Deviation, Mean, SumOfFloats, SumOfIntegers, Variance
from trimtab.aggregate.ordered import First, Last, TimeSinceLast
from trimtab.declare.aggregate import EXACT_SUMS, Aggregate
from trimtab.declare.kinds import Kind
from trimtab.errors import DeclarationError

ONES = Scale(1.0, 1.0)
_PLAIN: dict[str, Callable[[], Aggregator[Any]]] = {
    "count": Count,
    "min": Min,
    "max": Max,
    "first": First,
    "last": Last,
    "time_since_last": TimeSinceLast,
}
_SUMS: dict[str, Callable[[Scale], Aggregator[Any]]] = {
    "mean": Mean,
    "share": Mean,
    "var": Variance,
    "std": Deviation,
}


def aggregator_of(aggregate: Aggregate, kind: Kind | None) -> Aggregator[Any]:
    """The monoid of a declared aggregate over values of a kind (None: it takes no value)."""
    if aggregate.function in _PLAIN:
        return _PLAIN[aggregate.function]()
    scale = scale_of(aggregate, kind)
    if aggregate.function == "sum":
        return SumOfFloats(scale) if kind is Kind.FLOAT else SumOfIntegers(scale)
    return _SUMS[aggregate.function](scale)


def scale_of(aggregate: Aggregate, kind: Kind | None) -> Scale:
    """The unit of an aggregate's exact sums: whole numbers are counted as they are."""
    return Scale.of(aggregate.scale) if kind is Kind.FLOAT else ONES


def result_kind(aggregate: Aggregate, kind: Kind | None) -> Kind:
    """The kind of an aggregate over values of a kind.

    Raises DeclarationError where the function has no meaning for the kind.
    """
    function = aggregate.function
    if function in {"min", "max", "first", "last"} and kind is not None:
        return kind
    if function in {"count", "time_since_last"}:
        return Kind.INT if function == "count" else Kind.FLOAT
    _check_summable(aggregate, kind)
    if function == "sum" and kind is not Kind.FLOAT:
        return Kind.DURATION if kind is Kind.DURATION else Kind.INT
    return Kind.FLOAT


def _check_summable(aggregate: Aggregate, kind: Kind | None) -> None:
    function = aggregate.function
    allowed = {Kind.BOOL} if function == "share" else {Kind.BOOL, Kind.INT, Kind.FLOAT}
    if function == "sum":
        allowed.add(Kind.DURATION)
    if kind in allowed or function not in EXACT_SUMS:
        return
    raise DeclarationError(
        f"{function}() of {aggregate.value!r} has no meaning",
        where=aggregate.site,
        found="no value" if kind is None else f"a {kind}",
        do="use a condition" if function == "share" else "use a number, or divide a duration by hours(1)",
    )

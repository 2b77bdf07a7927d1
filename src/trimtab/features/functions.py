"""Plain Python functions of named request fields: checked once, then called row by row."""

from __future__ import annotations

import inspect
import math
from typing import Any

import pyarrow as pa

from trimtab.declare.features import Function
from trimtab.declare.typed import INT_MAX, INT_MIN
from trimtab.errors import LearnerError
from trimtab.features.build import name, named, select, table
from trimtab.features.gather import in_order
from trimtab.ports import Engine

_ARROW = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}


def arguments(feature: Function) -> tuple[str, ...]:
    """The request fields that a function takes: its parameters without a default.

    >>> arguments(Function(lambda distance, factor=2: distance * factor))
    ('distance',)
    """
    parameters = inspect.signature(feature.function).parameters.values()
    return tuple(each.name for each in parameters if each.default is inspect.Parameter.empty)


def apply(engine: Engine, feature_name: str, feature: Function, requests: str, count: int) -> pa.ChunkedArray:
    """The function's value for every request; raises LearnerError where it fails or returns anything odd."""
    fields = arguments(feature)
    columns = [named(name(field, requests), f"a{i}") for i, field in enumerate(fields)]
    rows = engine.query(select([name("__row", requests), *columns], table(requests)))
    ordered = in_order(rows.column("__row"), rows.drop_columns(["__row"]), count)
    taken = [column.to_pylist() for column in ordered.columns]
    by_row = zip(*taken, strict=True) if taken else [()] * count
    return _as_column(
        feature_name,
        feature,
        [call(feature_name, feature, dict(zip(fields, row, strict=True))) for row in by_row],
    )


def call(feature_name: str, feature: Function, row: dict[str, Any]) -> bool | float | str | None:
    """The function's value for one row: None for null and for floats that are not finite, as everywhere in the algebra.

    Raises LearnerError where it fails or returns anything odd.

    >>> call("half", Function(lambda distance: distance / 2), {"distance": 3})
    1.5
    """
    try:
        value = feature.function(**row)
    except Exception as error:
        raise LearnerError(
            f"feature {feature_name!r} failed",
            where=feature.site,
            found=f"{type(error).__name__}: {error} on {row}",
        ) from error
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if type(value) not in _ARROW:
        raise LearnerError(
            f"feature {feature_name!r} returned a {type(value).__name__}",
            where=feature.site,
            found=repr(value)[:80],
            do="return None, a bool, an int, a float or a text",
        )
    if _fits(value):
        return value  # type: ignore[no-any-return]  # its type is one of those above
    raise LearnerError(
        f"feature {feature_name!r} returned a value that fits no column",
        where=feature.site,
        found=repr(value)[:80],
        do="return integers of 64 bits and texts that can be written down as UTF-8",
    )


def _fits(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    return not isinstance(value, int) or INT_MIN <= value <= INT_MAX


def _as_column(feature_name: str, feature: Function, values: list[Any]) -> pa.ChunkedArray:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        values, kinds = [None if value is None else float(value) for value in values], {float}
    if len(kinds) > 1:
        raise LearnerError(
            f"feature {feature_name!r} returned more than one kind of value",
            where=feature.site,
            found=", ".join(sorted(kind.__name__ for kind in kinds)),
            do="return one kind for every row",
        )
    return pa.chunked_array([pa.array(values, _ARROW[kinds.pop()] if kinds else pa.float64())])

"""Plain Python functions of named request fields: checked once, then called row by row."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from trimtab.declare.features import Function
from trimtab.declare.kinds import Kind
from trimtab.errors import DeclarationError, LearnerError, nearest
from trimtab.features.build import name, named, select, table
from trimtab.features.gather import in_order
from trimtab.ports import Engine

CONSTANTS = (bool, int, float, str, bytes, type(None), types.ModuleType, types.BuiltinFunctionType, type)
_RESULTS = (bool, int, float, str)


def check_function(feature_name: str, feature: Function, request_kinds: Mapping[str, Kind]) -> None:
    """Refuse arguments that the request does not have, and anything captured that could change.

    Raises DeclarationError with the declaring line.
    """
    for field in arguments(feature):
        if field not in request_kinds:
            raise DeclarationError(
                f"feature {feature_name!r} takes {field!r}, which the request does not have",
                where=feature.site,
                found=sorted(request_kinds),
                nearest=nearest(field, request_kinds),
            )
    for captured, value in _captured(feature.function):
        if not _constant(value):
            raise DeclarationError(
                f"feature {feature_name!r} depends on {captured!r}, which can change between training and serving",
                where=feature.site,
                found=f"a {type(value).__name__}",
                do="pass constants only: a number, text, tuple or frozenset, or write the value into the function",
            )


def arguments(feature: Function) -> tuple[str, ...]:
    """The request fields that a function takes, by the names of its parameters."""
    return tuple(inspect.signature(feature.function).parameters)


def _captured(function: Any) -> Iterator[tuple[str, Any]]:
    code = getattr(function, "__code__", None)
    if code is None:
        return
    variables = inspect.getclosurevars(function)
    yield from {**variables.nonlocals, **variables.globals}.items()


def _constant(value: Any) -> bool:
    if isinstance(value, (tuple, frozenset)):
        return all(_constant(item) for item in value)
    if isinstance(value, types.FunctionType):
        return all(_constant(inner) for _, inner in _captured(value) if inner is not value)
    return isinstance(value, CONSTANTS)


def apply(engine: Engine, feature_name: str, feature: Function, requests: str, count: int) -> pa.ChunkedArray:
    """The function's value for every request; raises LearnerError where it fails or returns anything odd."""
    fields = arguments(feature)
    columns = [named(name(field, requests), f"a{i}") for i, field in enumerate(fields)]
    rows = engine.query(select([name("__row", requests), *columns], table(requests)))
    ordered = in_order(rows.column("__row"), rows.drop_columns(["__row"]), count)
    arguments_by_row = (
        zip(*(column.to_pylist() for column in ordered.columns), strict=True) if fields else [()] * count
    )
    values = [_call(feature_name, feature, row) for row in arguments_by_row]
    return _as_column(feature_name, feature, values)


def _call(feature_name: str, feature: Function, row: tuple[Any, ...]) -> Any:
    try:
        value = feature.function(*row)
    except Exception as error:
        raise LearnerError(
            f"feature {feature_name!r} failed",
            where=feature.site,
            found=f"{type(error).__name__}: {error} on {row}",
        ) from error
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if type(value) in _RESULTS:
        return value
    raise LearnerError(
        f"feature {feature_name!r} returned a {type(value).__name__}",
        where=feature.site,
        found=repr(value)[:80],
        do="return None, a bool, an int, a float or a text",
    )


def _as_column(feature_name: str, feature: Function, values: list[Any]) -> pa.ChunkedArray:
    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return pa.chunked_array([pa.nulls(len(values), pa.float64())])
    if kinds == {int, float}:
        values, kinds = [None if value is None else float(value) for value in values], {float}
    if len(kinds) > 1:
        raise LearnerError(
            f"feature {feature_name!r} returned more than one kind of value",
            where=feature.site,
            found=sorted(kind.__name__ for kind in kinds),
        )
    arrow = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}[kinds.pop()]
    return pa.chunked_array([pa.array(values, arrow)])

"""Features as plain JSON values, and back: a version keeps the definition of what it learned from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.expression import Column, Expression, Literal, Operation
from trimtab.declare.features import Feature
from trimtab.declare.source import Source
from trimtab.units import Duration


def write_feature(feature: Feature) -> dict[str, Any] | None:
    """A feature as plain JSON values, None for a function of one's own: its code is in the file and nowhere else.

    >>> from trimtab.declare.expression import col
    >>> read_feature(write_feature(col("weight") > 5), {})
    greater(col("weight"), 5)
    """
    if isinstance(feature, Expression):
        return {"expression": _write(feature)}
    if not isinstance(feature, Aggregate):
        return None
    return {
        "source": feature.source.name,
        "keys": [list(pair) for pair in feature.keys],
        "function": feature.function,
        "value": None if feature.value is None else _write(feature.value),
        "where": None if feature.where is None else _write(feature.where),
        "over": None if feature.over is None else feature.over.microseconds,
        "hop": feature.hop_microseconds,
        "scale": feature.scale,
    }


def read_feature(written: Mapping[str, Any], sources: Mapping[str, Source]) -> Feature | None:
    """The feature that `write_feature` wrote, over the declared sources by name; None where its source is not declared."""
    if "expression" in written:
        return _read(written["expression"])
    source = sources.get(written["source"])
    if source is None:
        return None
    return Aggregate(
        source,
        tuple((fact, request) for fact, request in written["keys"]),
        written["function"],
        value=None if written["value"] is None else _read(written["value"]),
        over=None if written["over"] is None else Duration(written["over"]),
        where=None if written["where"] is None else _read(written["where"]),
        hop=Duration(written["hop"]),
        scale=written["scale"],
    )


def _write(expression: Expression) -> list[Any]:
    match expression:
        case Column(name=name):
            return ["column", name]
        case Literal(value=Duration(microseconds=length)):
            return ["duration", length]
        case Literal(value=value):
            return ["literal", value]
        case Operation(name=name, arguments=arguments, options=options):
            return ["operation", name, list(options), [_write(each) for each in arguments]]
    raise TypeError(type(expression).__name__)  # pragma: no cover  # there are no other expressions


def _read(written: list[Any]) -> Expression:
    kind, *rest = written
    if kind == "column":
        return Column(rest[0])
    if kind == "duration":
        return Literal(Duration(rest[0]))
    if kind == "literal":
        return Literal(rest[0])
    name, options, arguments = rest
    return Operation(name, tuple(_read(each) for each in arguments), tuple(options))

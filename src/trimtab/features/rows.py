"""Row logic: expressions over the request, `at` and the aggregates in one query, then functions row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from sqlglot import exp

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.expression import Expression
from trimtab.declare.features import Features, Function
from trimtab.declare.kinds import Kind
from trimtab.declare.sql import to_sql
from trimtab.declare.typed import infer
from trimtab.errors import DeclarationError
from trimtab.features.build import Sql, equal, join, name, named, select, table
from trimtab.features.constancy import check_function
from trimtab.features.functions import apply
from trimtab.features.gather import NOTHING, in_order, typed
from trimtab.ports import Engine

AT, ROW = "at", "__row"
_AGGREGATES = "__trimtab_aggregates"


@dataclass(frozen=True)
class Requests:
    """The registered table of requests: its name, its fields' kinds, and how many there are."""

    name: str
    kinds: Mapping[str, Kind]
    count: int


@dataclass(frozen=True)
class Aggregates:
    """The aggregate features by name: a value per request in order, and the kind."""

    values: Mapping[str, pa.ChunkedArray]
    kinds: Mapping[str, Kind]


def check_rows(features: Features, request_kinds: Mapping[str, Kind], aggregates: Mapping[str, Kind]) -> None:
    """Refuse what the row logic cannot compute; raises DeclarationError with the declaring line."""
    scope = scope_of(request_kinds, aggregates)
    for feature_name, feature in features:
        if isinstance(feature, Function):
            check_function(feature_name, feature, request_kinds)
            continue
        if isinstance(feature, Expression):
            _check_names(feature_name, feature, request_kinds, aggregates)
            kind = infer(feature, scope)
        else:
            kind = aggregates[feature_name]
        if kind is Kind.TIMESTAMP:
            raise DeclarationError(
                f"feature {feature_name!r} is a bare point in time, which no later row will share",
                where=feature.site,
                do='take a calendar part, col(...).dt.hour("UTC"), or a difference, col("at") - col(...)',
            )


def _check_names(
    feature_name: str, feature: Expression, request_kinds: Mapping[str, Kind], aggregates: Mapping[str, Kind]
) -> None:
    both = sorted(set(feature.columns()) & set(request_kinds) & set(aggregates) - {AT})
    if both:
        raise DeclarationError(
            f"feature {feature_name!r} uses {both[0]!r}, which is both a request field and an aggregate feature",
            where=feature.site,
            do="rename the aggregate feature",
        )


def kinds_of(
    features: Features, request_kinds: Mapping[str, Kind], aggregates: Mapping[str, Kind]
) -> dict[str, Kind]:
    """The kinds of the features in declared order; that of a plain function is not known and left out."""
    scope = scope_of(request_kinds, aggregates)
    return {
        name: infer(feature, scope) if isinstance(feature, Expression) else aggregates[name]
        for name, feature in features
        if not isinstance(feature, Function)
    }


def scope_of(request_kinds: Mapping[str, Kind], aggregates: Mapping[str, Kind]) -> dict[str, Kind]:
    """The kinds of all that an expression may name: aggregates, request fields, which hide them, and `at`."""
    return {**aggregates, **request_kinds, AT: Kind.TIMESTAMP}


def row_features(engine: Engine, features: Features, asked: Requests, found: Aggregates) -> pa.Table:
    """Every feature as a column in declared order, given the values of the aggregates."""
    expressions = {key: feature for key, feature in features if isinstance(feature, Expression)}
    computed = _expressions(engine, expressions, asked, found) if expressions else {}
    for key, feature in features:
        if isinstance(feature, Function):
            computed[key] = apply(engine, key, feature, asked.name, asked.count)
    return pa.table(
        {
            key: found.values[key] if isinstance(feature, Aggregate) else computed[key]
            for key, feature in features
        }
    )


def _expressions(
    engine: Engine, expressions: Mapping[str, Expression], asked: Requests, found: Aggregates
) -> dict[str, pa.ChunkedArray]:
    scope = scope_of(asked.kinds, found.kinds)
    columns = [
        named(to_sql(value, scope, partial(_column, asked)), f"f{j}")
        for j, value in enumerate(expressions.values())
    ]
    joins = _borrowed(engine, expressions, asked, found)
    result = engine.query(select([name(ROW, asked.name), *columns], table(asked.name), *joins))
    engine.register(_AGGREGATES, NOTHING)
    ordered = in_order(result.column(ROW), result.drop_columns([ROW]), asked.count)
    return {
        key: typed(ordered.column(f"f{j}"), infer(value, scope))
        for j, (key, value) in enumerate(expressions.items())
    }


def _column(asked: Requests, field: str) -> Sql:
    """Where a name in an expression is found: the time of the request, a field of it, or an aggregate."""
    if field == AT:
        return name("__at", asked.name)
    return name(field, asked.name) if field in asked.kinds else name(field, _AGGREGATES)


def _borrowed(
    engine: Engine, expressions: Mapping[str, Expression], asked: Requests, found: Aggregates
) -> list[exp.Join]:
    """The join with the aggregates that expressions name, which are registered for it."""
    used = {field for expression in expressions.values() for field in expression.columns()}
    values = {key: found.values[key] for key in sorted(used & set(found.kinds) - set(asked.kinds) - {AT})}
    if not values:
        return []
    rows = pa.array(np.arange(asked.count, dtype=np.int64))
    engine.register(_AGGREGATES, pa.table({**values, ROW: rows}))
    return [join(table(_AGGREGATES), equal(name(ROW, asked.name), name(ROW, _AGGREGATES)))]

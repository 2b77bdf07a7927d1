"""Row logic: expressions over the request, `at` and the aggregates in one query, then functions row by row."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from sqlglot import exp

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.expression import Expression
from trimtab.declare.features import Features, Function
from trimtab.declare.kinds import Kind
from trimtab.declare.sql import to_sql
from trimtab.declare.typed import infer
from trimtab.errors import DeclarationError
from trimtab.features.build import equal, join, name, named, select, table
from trimtab.features.constancy import check_function
from trimtab.features.functions import apply
from trimtab.features.gather import NOTHING, in_order, typed
from trimtab.ports import Engine

AT = "at"
_AGGREGATES = "__trimtab_aggregates"


def check_rows(features: Features, request_kinds: Mapping[str, Kind], aggregates: Mapping[str, Kind]) -> None:
    """Refuse what the row logic cannot compute; raises DeclarationError with the declaring line."""
    scope = _scope(request_kinds, aggregates)
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


def _scope(request_kinds: Mapping[str, Kind], aggregates: Mapping[str, Kind]) -> dict[str, Kind]:
    return {**aggregates, **request_kinds, AT: Kind.TIMESTAMP}


def row_features(  # the stage's whole context
    engine: Engine,
    features: Features,
    *,
    requests: str,
    request_kinds: Mapping[str, Kind],
    aggregates: pa.Table,
    kinds: Mapping[str, Kind],
    count: int,
) -> pa.Table:
    """Every feature as a column in declared order, given the aggregates by name."""
    expressions = {key: feature for key, feature in features if isinstance(feature, Expression)}
    functions = {key: feature for key, feature in features if isinstance(feature, Function)}
    computed = _expressions(engine, expressions, requests, request_kinds, aggregates, kinds, count)
    for key, function in functions.items():
        computed[key] = apply(engine, key, function, requests, count)
    columns = {
        key: aggregates.column(key) if isinstance(feature, Aggregate) else computed[key]
        for key, feature in features
    }
    return pa.table(columns)


def _expressions(
    engine: Engine,
    expressions: Mapping[str, Expression],
    requests: str,
    request_kinds: Mapping[str, Kind],
    aggregates: pa.Table,
    kinds: Mapping[str, Kind],
    count: int,
) -> dict[str, pa.ChunkedArray]:
    if not expressions:
        return {}
    scope = _scope(request_kinds, kinds)

    def column(field: str) -> exp.Expression:
        if field == AT:
            return name("__at", requests)
        return name(field, requests) if field in request_kinds else name(field, _AGGREGATES)

    used = {field for expression in expressions.values() for field in expression.columns()}
    columns = [named(to_sql(value, scope, column), f"f{j}") for j, value in enumerate(expressions.values())]
    borrowed = sorted(used & set(kinds) - set(request_kinds) - {AT})
    joins = []
    if borrowed:
        rows = pa.array(range(count), pa.int64())
        engine.register(_AGGREGATES, aggregates.select(borrowed).append_column("__row", rows))
        joins = [join(table(_AGGREGATES), equal(name("__row", requests), name("__row", _AGGREGATES)))]
    result = engine.query(select([name("__row", requests), *columns], table(requests), *joins))
    engine.register(_AGGREGATES, NOTHING)
    ordered = in_order(result.column("__row"), result.drop_columns(["__row"]), count)
    return {
        key: typed(ordered.column(f"f{j}"), infer(value, scope))
        for j, (key, value) in enumerate(expressions.items())
    }

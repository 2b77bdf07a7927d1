"""Row logic of one request: expressions over its fields, `at` and the aggregates, and plain functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trimtab.aggregate.base import Value
from trimtab.declare.aggregate import Aggregate
from trimtab.declare.closure import to_closure
from trimtab.declare.expression import Expression
from trimtab.declare.features import Features, Function
from trimtab.declare.kinds import Kind
from trimtab.features.functions import arguments, call
from trimtab.features.online.keys import Row, missing
from trimtab.features.rows import AT, scope_of

Scope = Mapping[str, Any]
RowFeature = Callable[[Row, Scope], Value | None]
"""A feature of a request's row, and of all that an expression may name: fields, aggregates and `at`."""


class RowFeatures:
    """All features of one request in declared order, given the aggregates among them."""

    def __init__(
        self, features: Features, request_kinds: Mapping[str, Kind], aggregates: Mapping[str, Kind]
    ) -> None:
        scope = scope_of(request_kinds, aggregates)
        self._names = features.names
        self._computed = [
            (name, _compiled(name, feature, scope))
            for name, feature in features
            if not isinstance(feature, Aggregate)
        ]

    def values(self, row: Row, aggregates: Mapping[str, Any], at: int) -> list[Value | None]:
        """The values in declared order; a request field hides an aggregate of the same name."""
        scope, found = {**aggregates, **row, AT: at}, dict(aggregates)
        for name, compute in self._computed:
            found[name] = compute(row, scope)
        return [found[name] for name in self._names]


def _compiled(name: str, feature: Expression | Function, scope: Mapping[str, Kind]) -> RowFeature:
    if isinstance(feature, Function):
        return _function(name, feature)
    value = to_closure(feature, scope)
    return lambda _row, scoped: value(scoped)


def _function(name: str, feature: Function) -> RowFeature:
    fields = arguments(feature)

    def run(row: Row, _scope: Scope) -> Value | None:
        try:
            given = {field: row[field] for field in fields}
        except KeyError as error:
            raise missing(str(error.args[0]), row) from None
        return call(name, feature, given)

    return run

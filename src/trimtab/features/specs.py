"""Declared aggregates made ready for planning: kinds resolved, alike ones grouped by source and keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trimtab.aggregate.catalogue import result_kind, scale_of
from trimtab.aggregate.exact import Scale
from trimtab.declare.aggregate import Aggregate
from trimtab.declare.expression import Expression
from trimtab.declare.features import Features
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.declare.typed import infer
from trimtab.errors import DataError, DeclarationError, nearest

Window = tuple[int | None, int]
"""A window as (length, hop) in microseconds; length None is all history, hop 0 is exact."""


@dataclass(frozen=True)
class FactsTable:
    """A source's normalised facts as the engine knows them: the table's name and its columns' kinds."""

    name: str
    kinds: Mapping[str, Kind]


@dataclass(frozen=True)
class Spec:
    """One aggregate feature with its kinds: of the value (None: it takes none) and of the result."""

    name: str
    aggregate: Aggregate
    kind: Kind | None
    result: Kind

    @property
    def function(self) -> str:
        """The function's name."""
        return self.aggregate.function

    @property
    def window(self) -> Window:
        """The window of the feature."""
        over = self.aggregate.over
        return (None if over is None else over.microseconds), self.aggregate.hop_microseconds

    @property
    def counts_truth(self) -> bool:
        """Whether it is an extreme of conditions: any or all are true, as two counts tell."""
        return self.function in {"min", "max"} and self.kind is Kind.BOOL

    @property
    def scale(self) -> Scale:
        """The unit of its exact sums."""
        return scale_of(self.aggregate, self.kind)


@dataclass(frozen=True)
class Group:
    """The aggregates of one source by the same keys; they share one pass over the facts.

    `own_id` names the columns by which a request's own fact is known and left out; empty when there is none.
    """

    source: Source
    facts: FactsTable
    keys: tuple[tuple[str, str], ...]
    specs: tuple[Spec, ...]
    own_id: tuple[str, ...]


def groups(
    features: Features,
    request_source: Source,
    request_kinds: Mapping[str, Kind],
    facts: Mapping[str, FactsTable],
) -> list[Group]:
    """The aggregates of a set of features, grouped by (source, keys), in order of first appearance.

    Raises DeclarationError where a value, condition or key cannot be computed from its source, and DataError where
    a source has no facts table.
    """
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[Spec]] = {}
    sources: dict[str, Source] = {}
    for name, feature in features:
        if not isinstance(feature, Aggregate):
            continue
        source = feature.source
        sources[source.name] = source
        spec = _spec(name, feature, request_kinds, _facts_of(source, facts))
        found.setdefault((source.name, feature.keys), []).append(spec)
    return [
        Group(sources[name], facts[name], keys, tuple(specs), _own_id(sources[name], request_source))
        for (name, keys), specs in found.items()
    ]


def _facts_of(source: Source, facts: Mapping[str, FactsTable]) -> FactsTable:
    if source.name not in facts:
        raise DataError(
            f"no facts of source {source.name!r} were given", where=source.site, found=sorted(facts)
        )
    return facts[source.name]


def _own_id(source: Source, request_source: Source) -> tuple[str, ...]:
    return source.id if source.name == request_source.name else ()


def _spec(name: str, aggregate: Aggregate, request_kinds: Mapping[str, Kind], facts: FactsTable) -> Spec:
    for column, field in aggregate.keys:
        _check_key(name, aggregate, (column, facts.kinds, f"source {aggregate.source.name!r}"))
        _check_key(name, aggregate, (field, request_kinds, "the request"))
        if facts.kinds[column] is not request_kinds[field]:
            raise DeclarationError(
                f"the keys of feature {name!r} can never match",
                where=aggregate.site,
                found=f"{column!r} is a {facts.kinds[column]}, the request's {field!r} a {request_kinds[field]}",
            )
    kind = None if aggregate.value is None else infer(aggregate.value, facts.kinds)
    _check_condition(name, aggregate, facts)
    return Spec(name, aggregate, kind, result_kind(aggregate, kind))


def _check_key(name: str, aggregate: Aggregate, place: tuple[str, Mapping[str, Kind], str]) -> None:
    column, kinds, owner = place
    if column not in kinds:
        raise DeclarationError(
            f"feature {name!r} groups by {column!r}, which {owner} does not have",
            where=aggregate.site,
            found=sorted(kinds),
            nearest=nearest(column, kinds),
        )


def _check_condition(name: str, aggregate: Aggregate, facts: FactsTable) -> None:
    condition: Expression | None = aggregate.where
    if condition is None:
        return
    kind = infer(condition, facts.kinds)
    if kind is not Kind.BOOL:
        raise DeclarationError(
            f"the where= of feature {name!r} is not a condition",
            where=aggregate.site,
            found=f"{condition!r}, a {kind}",
        )

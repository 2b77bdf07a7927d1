"""Which columns of which source a system uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from inspect import signature

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.features import Feature, Features, Function, RequestFields
from trimtab.declare.source import Source
from trimtab.declare.system import System

AT = "at"
"""The name by which expressions over request fields may use the time of the request."""


def needed_columns(system: System, source: Source, available: Iterable[str]) -> tuple[str, ...]:
    """The columns of a source that features, keys, labels, slices and the request use, each once.

    `available` is what the source's data has; only request fields taken wholesale depend on it.
    """
    available = list(available)
    names = [*source.id, *(column for column, _ in source.expects)]
    if source.subject is not None:
        names.append(source.subject)
    if source == system.request.source:
        names += _of_request(system, available)
    for arm, value in system.model.label.arms:
        if arm == source:
            names += value.columns()
    for _, feature in explicit_features(system):
        if isinstance(feature, Aggregate) and feature.source == source:
            names += _of_aggregate(feature)
    return tuple(dict.fromkeys(names))


def request_fields(system: System, available: Iterable[str]) -> tuple[str, ...]:
    """What a caller must give: the columns of the request's source that its time, features, id and slices use.

    `available` is what the source has on record.
    """
    available = list(available)
    source = system.request.source
    names = [*source.id, *_of_request(system, available), *filter(None, [source.subject])]
    return tuple(dict.fromkeys(name for name in names if name in available))


def explicit_features(system: System) -> tuple[tuple[str, Feature], ...]:
    """The features declared by name."""
    return system.model.features.items if isinstance(system.model.features, Features) else ()


def _of_aggregate(feature: Aggregate) -> Iterator[str]:
    yield from (fact for fact, _ in feature.keys)
    for part in (feature.value, feature.where):
        if part is not None:
            yield from part.columns()


def _of_request(system: System, available: list[str]) -> Iterator[str]:
    yield from system.request.at.columns()
    yield from (name for name in system.watch.slices if name in available)
    yield from system.model.baselines
    features = system.model.features
    if isinstance(features, RequestFields):
        yield from (name for name in available if name not in features.leaving_out)
        return
    own = {name for name, _ in features}
    for _, feature in features:
        yield from (name for name in _fields(feature) if name in available or name not in own | {AT})


def _fields(feature: Feature) -> Iterable[str]:
    if isinstance(feature, Aggregate):
        return [request for _, request in feature.keys]
    if isinstance(feature, Function):
        return list(signature(feature.function).parameters)
    return feature.columns()

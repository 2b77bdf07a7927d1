"""What each feature is and how it will be computed, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.expression import Column
from trimtab.declare.features import Features, Function
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.features.aggregates import Prepared, prepare, release
from trimtab.features.functions import arguments
from trimtab.features.planning import Limits
from trimtab.features.specs import FactsTable, groups
from trimtab.features.states import State
from trimtab.features.words import meaning
from trimtab.ports import Engine
from trimtab.units import Duration


class Explanation(NamedTuple):
    """A feature's name, what it is, and the plan that computes it, as plain words."""

    feature: str
    meaning: str
    plan: str


@dataclass(frozen=True)
class Data:
    """The data for which plans are chosen: the arguments of `compute`."""

    engine: Engine
    requests: str
    request_kinds: Mapping[str, Kind]
    request_source: Source
    facts: Mapping[str, FactsTable]
    limits: Limits = field(default_factory=Limits)


def explain(features: Features, data: Data | None = None) -> list[Explanation]:
    """Every feature in declared order; with data, also the plan that their sizes call for, and why.

    Raises what `compute` raises before it computes anything.

    >>> from trimtab.declare.expression import col
    >>> explain(Features(carrier=col("carrier")))
    [Explanation(feature='carrier', meaning='col("carrier")', plan='read from the request')]
    """
    plans = {} if data is None else _plans(features, data)
    return [
        Explanation(name, _meaning(feature), plans.get(name) or _plan(feature)) for name, feature in features
    ]


def _meaning(feature: object) -> str:
    if isinstance(feature, Aggregate):
        return meaning(feature)
    if isinstance(feature, Function):
        called = getattr(feature.function, "__name__", "function")
        return f"{called}({', '.join(arguments(feature))}), version {feature.version}"
    return repr(feature)


def _plan(feature: object) -> str:
    if isinstance(feature, Aggregate):
        return "range join, running totals or tiles, as the sizes of the data call for"
    if isinstance(feature, Function):
        return "called in Python for each request"
    return (
        "read from the request"
        if isinstance(feature, Column)
        else "computed from the request and other features"
    )


def _plans(features: Features, data: Data) -> dict[str, str]:
    found = {}
    for group in groups(features, data.request_source, data.request_kinds, data.facts):
        prepared = prepare(data.engine, group, data.requests, data.limits)
        release(data.engine)
        for spec, parts in zip(group.specs, prepared.needs.parts, strict=True):
            ways = dict.fromkeys(_way(state, prepared) for state in parts.values())
            own = ["the request's own fact is left out"] if group.own_id else []
            found[spec.name] = "; ".join([*ways, *own])
    return found


def _way(state: State, prepared: Prepared) -> str:
    plan, figures = prepared.plan, prepared.figures
    pairs = f"about {_count(plan.pairs[state.window])} pairs of a request and a fact"
    rows = f"{_count(figures.facts.sum())} facts and {_count(figures.asked.sum())} requests"
    if state in plan.ranged:
        return f"range join: {pairs}, few for {rows}"
    if state in plan.running:
        over = f" over tiles of {Duration(plan.base[-1])}" if plan.base else ""
        return f"running totals{over}, looked up as of the request and the window's start: {pairs} are many for {rows}"
    if state in plan.firsts:
        return f"as-of lookup forward from the window's start: {pairs} are many for {rows}"
    tiles = ", ".join(str(Duration(grid)) for grid in reversed(plan.grids[state.window]))
    return f"tiles of {tiles} and the facts since the last full one: {pairs} are many for {rows}"


def _count(number: float) -> str:
    return f"{number:,.0f}"

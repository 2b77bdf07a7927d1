"""A system's past, loaded once: facts, requests, features at each request, and every version of every label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.declare.expression import Column
from trimtab.declare.features import Features, RequestFields
from trimtab.declare.kinds import Kind
from trimtab.declare.needs import needed_columns
from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.declare.typed import infer
from trimtab.errors import DataError
from trimtab.features import Data, Explanation, FactsTable, compute, explain
from trimtab.labels.join import Arm, JoinedLabels, join_labels
from trimtab.ports import Engine, Tables
from trimtab.runtime import given_labels
from trimtab.sources.facts import Facts, evaluate, make_facts
from trimtab.sources.identity import row_codes
from trimtab.training.matrix import FeatureMatrix, from_table

ROW, AT = "__row", "__at"
REQUESTS = "requests"


@dataclass(frozen=True)
class Requests:
    """The requests in order of time: `table` has their fields, `__row` and `__at`; `at` is epoch microseconds."""

    table: pa.Table
    at: NDArray[np.int64]
    known: NDArray[np.int64]
    kinds: Mapping[str, Kind]
    excluded: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True)
class History:
    """Everything a replay or a training needs, computed once in one batch plan."""

    system: System
    features: Features
    facts: Mapping[str, Facts]
    requests: Requests
    matrix: FeatureMatrix
    labels: JoinedLabels


def load(system: System, engine: Engine, tables: Tables) -> History:
    """The system's whole past as its sources hold it; raises TrimtabError where the data contradicts it."""
    return assemble(system, load_facts(system, engine, tables), engine)


def assemble(
    system: System, facts: Mapping[str, Facts], engine: Engine, served: pa.Table | None = None
) -> History:
    """The system's past from its facts, which are registered with the engine, and requests that were answered live."""
    requests = make_requests(system, facts[system.request.source.name], engine, served)
    features = resolve_features(system, requests.kinds)
    matrix = from_table(compute_features(system, features, facts, requests.table, engine))
    labels = load_labels(system, facts, requests, engine)
    return History(system, features, facts, requests, matrix, labels)


def load_facts(system: System, engine: Engine, tables: Tables) -> dict[str, Facts]:
    """Each source's facts by name, registered with the engine."""
    return {source.name: load_source(system, source, engine, tables) for source in system.sources}


def load_source(system: System, source: Source, engine: Engine, tables: Tables) -> Facts:
    """One source's facts, registered with the engine."""
    try:
        raw = tables.read(source.data, source.site.folder)
    except DataError as error:
        raise error.placed(source.site) from error
    facts = make_facts(source, _with_identity(system, source, raw), _needed(system, source, raw), engine)
    engine.register(registered(source), facts.table)
    return facts


ROW_NUMBER = "row_number"
"""The id of a fact in a table that declares none: its place in the file."""


def identity(system: System) -> tuple[str, ...]:
    """The columns that tie a request to its label and to its own event."""
    return system.request.source.id or (ROW_NUMBER,)


def _with_identity(system: System, source: Source, raw: pa.Table) -> pa.Table:
    if identity(system) != (ROW_NUMBER,) or ROW_NUMBER in raw.column_names:
        return raw
    same = source.data == system.request.source.data
    return raw.append_column(ROW_NUMBER, pa.array(range(len(raw)), pa.int64())) if same else raw


def _needed(system: System, source: Source, raw: pa.Table) -> tuple[str, ...]:
    names = needed_columns(system, source, raw.column_names)
    arms = [arm for arm, _ in system.model.label.arms]
    if source == system.request.source or source in arms:
        names = (*names, *identity(system))
    return names


def registered(source: Source) -> str:
    """The name under which the engine knows a source's facts."""
    return f"facts_{source.name}"


def make_requests(system: System, facts: Facts, engine: Engine, served: pa.Table | None = None) -> Requests:
    """The requests of the system: one for each fact of the request's source, in order of request time.

    A fact known only after its request's time says that nobody could have asked then; but where it was asked live,
    the request that was `served` stands in, with the instant at which its features held.
    """
    request = system.request
    kind = infer(request.at, facts.kinds)
    if kind is not Kind.TIMESTAMP:
        raise DataError(
            "the time of the request is not a time", where=request.site, found=f"{request.at!r} is {kind}"
        )
    at = evaluate(request.at, facts.table, facts.kinds, engine)
    table = facts.table.append_column(AT, at)
    excluded = {}
    checks = {"requests without a time": pc.is_valid(at)}
    for reason, keep in checks.items():
        dropped = len(table) - (pc.sum(keep).as_py() or 0)
        if dropped:
            excluded[reason] = dropped
            table = table.filter(keep)
    unknown = pc.greater(table["__known"], table[AT])
    early = pc.sum(unknown).as_py() or 0
    if early:
        excluded["requests asked before they were known"] = early
        table = table.filter(pc.invert(unknown))
    if served is not None and len(served):
        table = _with_served(system, table, served)
    if not len(table):
        raise DataError(
            f"source {facts.source.name!r} holds no request",
            where=facts.source.site,
            found=excluded or "no rows",
        )
    table = table.take(pc.sort_indices(table, [(AT, "ascending"), ("__sequence", "ascending")]))
    table = table.append_column(ROW, pa.array(range(len(table)), pa.int64())).combine_chunks()
    engine.register(REQUESTS, table)
    return Requests(table, table[AT].to_numpy(), table["__known"].to_numpy(), facts.kinds, excluded)


def _with_served(system: System, table: pa.Table, served: pa.Table) -> pa.Table:
    """The requests with those that were answered live and are not among them."""
    served = served.select(table.column_names).cast(table.schema)
    both = row_codes(pa.concat_tables([table, served]), identity(system))
    new = ~np.isin(both[len(table) :], both[: len(table)])
    return pa.concat_tables([table, served.filter(pa.array(new))])


def resolve_features(system: System, kinds: Mapping[str, Kind]) -> Features:
    """The features by name, with ready-made request fields spelled out; text and numbers only."""
    features = system.model.features
    if isinstance(features, Features):
        return features
    return Features(**{name: Column(name, features.site) for name in _ready_made(features, kinds)})


def _ready_made(features: RequestFields, kinds: Mapping[str, Kind]) -> list[str]:
    plain = {Kind.BOOL, Kind.INT, Kind.FLOAT, Kind.STRING}
    return [
        name
        for name, kind in kinds.items()
        if kind in plain and name not in (*features.leaving_out, ROW_NUMBER)
    ]


def compute_features(
    system: System, features: Features, facts: Mapping[str, Facts], requests: pa.Table, engine: Engine
) -> pa.Table:
    """One column a feature, one row a request, each value as it was known at the request's `__at`."""
    engine.register(REQUESTS, requests)
    source = system.request.source
    return compute(
        engine,
        features,
        requests=REQUESTS,
        request_kinds=facts[source.name].kinds,
        request_source=source,
        facts=_tables(facts),
    )


def explain_features(history: History, engine: Engine) -> tuple[Explanation, ...]:
    """Each feature's name, meaning and plan in words, for data registered with the engine."""
    source = history.system.request.source
    kinds = history.facts[source.name].kinds
    engine.register(REQUESTS, history.requests.table)
    return tuple(explain(history.features, Data(engine, REQUESTS, kinds, source, _tables(history.facts))))


def _tables(facts: Mapping[str, Facts]) -> dict[str, FactsTable]:
    return {name: FactsTable(registered(each.source), each.kinds) for name, each in facts.items()}


def load_labels(
    system: System, facts: Mapping[str, Facts], requests: Requests, engine: Engine
) -> JoinedLabels:
    """Every version of every request's label."""
    arms = [
        Arm(registered(source), facts[source.name].kinds, value, source.name)
        for source, value in system.model.label.arms
    ]
    if given_labels.NAME in facts:
        given = facts[given_labels.NAME]
        arms.append(Arm(registered(given.source), given.kinds, given_labels.VALUE, given_labels.NAME))
    return join_labels(engine, system.model.label, arms, REQUESTS, identity(system), requests.at)

"""The flights of 2013 asked one by one of the online store, against the batch plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trimtab import commands, wiring
from trimtab.features.online import compile_online
from trimtab.features.parity import FeatureParity, compare
from trimtab.ports import OnlineStore
from trimtab.runtime.history import compute_features, load_facts, make_requests, resolve_features
from trimtab.runtime.online import Folder, Reader
from trimtab.runtime.online.catching_up import CatchUp

DAY = 86_400_000_000
CHUNK = 20_000


def replayed(store: OnlineStore, start: int, stop: int) -> list[FeatureParity]:
    """Each feature of every flight asked in [start, stop): folded as its facts became known, and in one batch.

    All facts before `stop` are folded in order of known time, and each request is asked at its own time.
    """
    system, engine = commands.load("flights"), wiring.engine()
    facts = load_facts(system, engine, wiring.tables())
    source = system.request.source
    requests = make_requests(system, facts[source.name], engine)
    features = resolve_features(system, requests.kinds)
    kept = np.flatnonzero((requests.at >= start) & (requests.at < stop))
    asked = requests.table.take(pa.array(kept))
    asked = asked.set_column(asked.column_names.index("__row"), "__row", pa.array(np.arange(len(kept))))
    batch = compute_features(system, features, facts, asked, engine)
    plan = compile_online(
        features, requests.kinds, source, {name: each.kinds for name, each in facts.items()}
    )
    folder = Folder(plan, store)
    nothing = {name: facts[name].table.slice(0, 0) for name in plan.sources}
    CatchUp(folder._writing, engine, 0).run(nothing, dict.fromkeys(plan.sources, 0))
    reader = Reader(plan, store)
    rows = asked.to_pylist()
    served = served_rows(rows, requests.at[kept], merged(facts, plan.sources, stop), (folder, reader))
    ids = [str(row["flight"]) for row in rows]
    columns = zip(*served, strict=True)
    return [
        compare(name, ids, list(column), batch[name].to_pylist())
        for name, column in zip(features.names, columns, strict=True)
    ]


def merged(facts: Any, sources: tuple[str, ...], stop: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Every fact known before `stop`, as (known, source, fact), in order of known time."""
    numbers, known = [], []
    tables = []
    for number, name in enumerate(sources):
        table = facts[name].table
        table = table.filter(pc.field("__known") < stop).sort_by(
            [("__known", "ascending"), ("__sequence", "ascending")]
        )
        tables.append(table)
        known.append(table["__known"].to_numpy())
        numbers.append(np.full(len(table), number))
    order = np.argsort(np.concatenate(known), kind="stable")
    which = np.concatenate(numbers)[order]
    rows = [_rows(table) for table in tables]
    for number in which.tolist():
        fact = next(rows[number])
        yield fact["__known"], sources[number], fact


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=CHUNK):
        yield from batch.to_pylist()


def served_rows(rows, at, facts, online) -> Iterator[list[Any]]:
    """The online features of requests in order of time; facts known before each are folded first."""
    folder, reader = online
    counts: dict[str, int] = {}
    waiting: dict[str, list[dict[str, Any]]] = {}
    upcoming = next(facts, None)
    for row, instant in zip(rows, at.tolist(), strict=True):
        while upcoming is not None and upcoming[0] < instant:
            waiting.setdefault(upcoming[1], []).append(upcoming[2])
            upcoming = next(facts, None)
        for name, some in waiting.items():
            first = counts.get(name, 0)
            folder.fold(name, some, [fact["__known"] for fact in some], first, instant)
            counts[name] = first + len(some)
        waiting.clear()
        served = reader.features(row, instant, instant, instant)
        assert served.as_of == instant, served
        yield list(served.values)

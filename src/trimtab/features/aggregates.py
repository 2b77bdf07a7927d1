"""The values of one group of aggregates: measured, planned, computed in chunks, put in the order of the requests."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from trimtab.features.build import equal, every, inner, join, name, select, table
from trimtab.features.gather import NOTHING, count_rows, counted, in_order, typed
from trimtab.features.keys import KEYS, Figures, figures, register_keys
from trimtab.features.planning import Limits, Plan, choose
from trimtab.features.query import TOUCHED, Query
from trimtab.features.relations import ASKS, FACTS, Part, asks, earliest_start, facts
from trimtab.features.specs import Group, Spec
from trimtab.features.states import SUMS, Needs, needs
from trimtab.ports import Engine

AGAIN = "__trimtab_again"
Found = tuple[pa.ChunkedArray, pa.ChunkedArray]
"""Rows of requests, and a value for each."""


@dataclass(frozen=True)
class Prepared:
    """A group ready to run: what it needs, how large it is, and the plan chosen for that.

    `between` bounds the known time of the facts that matter; `loaded` says that they are registered already.
    """

    group: Group
    needs: Needs
    figures: Figures
    plan: Plan
    between: tuple[int | None, int | None] = (None, None)
    loaded: bool = False


def prepare(engine: Engine, group: Group, requests: str, limits: Limits) -> Prepared:
    """Number the keys, measure the facts, choose the plan."""
    wanted = needs(group.specs, own=bool(group.own_id))
    keys = register_keys(engine, group, requests)
    if keys.num_rows == 0 or pc.sum(keys.column("n")).as_py() == 0:
        return Prepared(group, wanted, Figures.none(), choose(wanted, Figures.none(), limits))
    earliest, latest = pc.min(keys.column("earliest")).as_py(), pc.max(keys.column("latest")).as_py()
    between = (earliest_start(wanted.windows, earliest), latest)
    loaded = count_rows(engine, group.facts.name) <= limits.rows_per_chunk
    read = facts(group, wanted, between, Part())
    if loaded:
        engine.register(FACTS, engine.query(read))
    counted_readings = [x for reading, x in wanted.readings.items() if reading.scale is not None]
    sizes = figures(engine, keys, table(FACTS) if loaded else inner(read, "facts"), counted_readings)
    wanted = dataclasses.replace(
        wanted,
        small_sums=frozenset(x for x, largest in sizes.largest.items() if largest * sizes.busiest < 2**62),
        small_squares=frozenset(x for x, largest in sizes.largest.items() if largest**2 < 2**63),
    )
    return Prepared(group, wanted, sizes, choose(wanted, sizes, limits), between, loaded)


def values(
    engine: Engine, group: Group, requests: str, count: int, limits: Limits
) -> dict[str, pa.ChunkedArray]:
    """The group's features by name, one value per request in `__row` order."""
    rows = _rows(engine, prepare(engine, group, requests, limits), requests)
    found = {spec.name: (rows.column("row"), rows.column(f"f{j}")) for j, spec in enumerate(group.specs)}
    if TOUCHED in rows.column_names:
        found |= _again(engine, group, requests, rows, limits)
    return {spec.name: _placed(spec, found[spec.name], count) for spec in group.specs}


def _placed(spec: Spec, found: Found, count: int) -> pa.ChunkedArray:
    rows, column = found
    placed = typed(in_order(rows, pa.table({"f": column}), count).column("f"), spec.result)
    return counted(placed) if spec.function == "count" else placed


def _rows(engine: Engine, prepared: Prepared, requests: str) -> pa.Table:
    rows = pa.concat_tables(_chunks(engine, prepared, requests))
    release(engine)
    return rows


def release(engine: Engine) -> None:
    """Give back the memory of what was registered on the way."""
    for stored in (KEYS, ASKS, FACTS, AGAIN):
        engine.register(stored, NOTHING)


def _chunks(engine: Engine, prepared: Prepared, requests: str) -> Iterator[pa.Table]:
    group, plan = prepared.group, prepared.plan
    for number in range(plan.chunks):
        part = Part(number, plan.chunks)
        engine.register(ASKS, engine.query(asks(group, requests, part)))
        if not prepared.loaded:
            engine.register(FACTS, engine.query(facts(group, prepared.needs, prepared.between, part)))
        yield engine.query(Query(group, prepared.needs, plan, prepared.figures.span).build())


def _again(engine: Engine, group: Group, requests: str, rows: pa.Table, limits: Limits) -> dict[str, Found]:
    """The features that own facts touched, with those requests' rows computed again by the range join."""
    sums = {
        spec.name
        for spec, parts in zip(group.specs, needs(group.specs).parts, strict=True)
        if set(parts) <= SUMS
    }
    specs = tuple(spec for spec in group.specs if spec.name not in sums)
    touched = rows.filter(rows.column(TOUCHED)).select(["row"])
    if not specs or touched.num_rows == 0:
        return {}
    engine.register(AGAIN, touched)
    again = join(table(AGAIN), equal(name("__row", requests), name("row", AGAIN)))
    engine.register(AGAIN, engine.query(select([every(requests)], table(requests), again)))
    near = dataclasses.replace(limits, pairs_per_row=math.inf)
    mended = _rows(engine, prepare(engine, dataclasses.replace(group, specs=specs), AGAIN, near), AGAIN)
    places = {spec.name: j for j, spec in enumerate(group.specs)}
    return {
        spec.name: (
            _stacked(rows.column("row"), mended.column("row")),
            _stacked(rows.column(f"f{places[spec.name]}"), mended.column(f"f{j}")),
        )
        for j, spec in enumerate(specs)
    }


def _stacked(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([*one.chunks, *other.chunks], one.type)

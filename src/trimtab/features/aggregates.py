"""The values of one group of aggregates: measured, planned, computed in chunks, put in the order of the requests."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from trimtab.features.build import every, name
from trimtab.features.gather import counted, in_order, typed
from trimtab.features.keys import Figures, figures, register_keys
from trimtab.features.planning import Limits, Plan, choose
from trimtab.features.query import TOUCHED, Query
from trimtab.features.relations import ASKS, FACTS, Part, asks, earliest_start, facts
from trimtab.features.specs import Group, Spec
from trimtab.features.states import SUMS, Needs, needs
from trimtab.ports import Engine

_AGAIN = "__trimtab_again"


@dataclass(frozen=True)
class Prepared:
    """A group ready to run: what it needs, how large it is, and the plan chosen for that."""

    group: Group
    needs: Needs
    figures: Figures
    between: tuple[int | None, int | None]
    plan: Plan


def prepare(engine: Engine, group: Group, requests: str, limits: Limits) -> Prepared:
    """Number the keys, measure the facts, choose the plan."""
    wanted = needs(group.specs, own=bool(group.own_id))
    keys = register_keys(engine, group, requests)
    if keys.num_rows == 0 or pc.sum(keys.column("n")).as_py() == 0:
        empty = Figures.none()
        return Prepared(group, wanted, empty, (None, None), choose(wanted, empty, limits))
    earliest = earliest_start(wanted.windows, pc.min(keys.column("earliest")).as_py())
    between = (earliest, pc.max(keys.column("latest")).as_py())
    counted_readings = [x for reading, x in wanted.readings.items() if reading.scale is not None]
    sizes = figures(engine, keys, facts(group, wanted, between, Part()), counted_readings)
    narrow = frozenset(x for x, largest in sizes.largest.items() if largest**2 < 2**63)
    return Prepared(group, dataclasses.replace(wanted, narrow=narrow), sizes, between, choose(wanted, sizes, limits))


def values(engine: Engine, group: Group, requests: str, count: int, limits: Limits) -> dict[str, pa.ChunkedArray]:
    """The group's features by name, one value per request in `__row` order."""
    table = _rows(engine, prepare(engine, group, requests, limits), requests)
    found = {spec.name: (table.column("row"), table.column(f"f{j}")) for j, spec in enumerate(group.specs)}
    if TOUCHED in table.column_names:
        found |= _again(engine, group, requests, table, limits)
    return {spec.name: _placed(spec, *found[spec.name], count) for spec in group.specs}


def _placed(spec: Spec, rows: pa.ChunkedArray, column: pa.ChunkedArray, count: int) -> pa.ChunkedArray:
    placed = typed(in_order(rows, pa.table({"f": column}), count).column("f"), spec.result)
    return counted(placed) if spec.function == "count" else placed


def _rows(engine: Engine, prepared: Prepared, requests: str) -> pa.Table:
    chunks = []
    for number in range(prepared.plan.chunks):
        part = Part(number, prepared.plan.chunks)
        engine.register(ASKS, engine.query(asks(prepared.group, requests, part)))
        engine.register(FACTS, engine.query(facts(prepared.group, prepared.needs, prepared.between, part)))
        query = Query(prepared.group, prepared.needs, prepared.plan, prepared.figures.span)
        chunks.append(engine.query(query.build()))
    for name_ in (ASKS, FACTS):
        engine.register(name_, pa.table({"kid": pa.array([], pa.int32())}))  # gives the memory back
    return pa.concat_tables(chunks)


def _again(
    engine: Engine, group: Group, requests: str, table: pa.Table, limits: Limits
) -> dict[str, tuple[pa.ChunkedArray, pa.ChunkedArray]]:
    """The features that own facts touched, with those requests' rows computed again by the range join."""
    exact = {spec.name for spec, parts in zip(group.specs, needs(group.specs).parts, strict=True) if set(parts) <= SUMS}
    specs = tuple(spec for spec in group.specs if spec.name not in exact)
    touched = table.filter(table.column(TOUCHED)).select(["row"])
    if not specs or touched.num_rows == 0:
        return {}
    engine.register(_AGAIN, touched)
    repeated = exp.select(every(requests)).from_(exp.to_table(requests))
    repeated = repeated.join(exp.to_table(_AGAIN), on=name("__row", requests).eq(name("row", _AGAIN)))
    engine.register(_AGAIN, engine.query(repeated))
    near = dataclasses.replace(limits, pairs_per_row=math.inf)
    rest = dataclasses.replace(group, specs=specs)
    mended = _rows(engine, prepare(engine, rest, _AGAIN, near), _AGAIN)
    places = {spec.name: j for j, spec in enumerate(group.specs)}
    return {
        spec.name: (
            _stacked(table.column("row"), mended.column("row")),
            _stacked(table.column(f"f{places[spec.name]}"), mended.column(f"f{j}")),
        )
        for j, spec in enumerate(specs)
    }


def _stacked(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([*one.chunks, *other.chunks], one.type)

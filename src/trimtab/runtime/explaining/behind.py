"""The facts that one feature of one request was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trimtab.aggregate.windows import window_start
from trimtab.declare.aggregate import Aggregate
from trimtab.declare.closure import to_closure
from trimtab.declare.kinds import Kind
from trimtab.sources.facts import Facts
from trimtab.sources.identity import KNOWN, SEQUENCE

SHOWN = 3
"""The newest facts that are shown of each feature."""


@dataclass(frozen=True)
class Behind:
    """The facts of one source in a feature's window: how many, when the oldest and the newest became known.

    `examples` are the newest, newest first, with the columns that the feature reads; `known` is epoch microseconds as
    `oldest` and `newest` are, other times are text.
    """

    source: str
    count: int
    oldest: int | None
    newest: int | None
    examples: tuple[Mapping[str, Any], ...]


def behind(
    feature: Aggregate, facts: Facts, request: Mapping[str, Any], as_of: int, own: Mapping[str, Any]
) -> Behind:
    """The facts with the request's keys, known in the window that ends at `as_of`.

    `own` is the identity of the request where its own fact is of this source, and empty otherwise: it never counts.
    """
    table = _of_keys(feature, facts.table, request)
    over = None if feature.over is None else feature.over.microseconds
    start = window_start(as_of, over, feature.hop_microseconds)
    table = table.filter(pc.less(table[KNOWN], as_of))
    if start is not None:
        table = table.filter(pc.greater_equal(table[KNOWN], start))
    rows = table.sort_by([(KNOWN, "descending"), (SEQUENCE, "descending")]).to_pylist()
    if own:
        rows = [row for row in rows if any(row.get(name) != value for name, value in own.items())]
    if feature.where is not None:
        kept = to_closure(feature.where, facts.kinds)
        rows = [row for row in rows if kept(row) is True]
    known = [int(row[KNOWN]) for row in rows]
    examples = tuple(_shown(feature, row, facts.kinds) for row in rows[:SHOWN])
    return Behind(
        feature.source.name, len(rows), known[-1] if known else None, known[0] if known else None, examples
    )


def _of_keys(feature: Aggregate, table: pa.Table, request: Mapping[str, Any]) -> pa.Table:
    for fact, field in feature.keys:
        value = request.get(field)
        if value is None:
            return table.slice(0, 0)
        table = table.filter(pc.equal(table[fact], pa.scalar(value, table.schema.field(fact).type)))
    return table


def _shown(feature: Aggregate, row: Mapping[str, Any], kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The identity of a fact, when it was known, and what the feature reads of it."""
    read = [] if feature.value is None else list(feature.value.columns())
    read += [] if feature.where is None else list(feature.where.columns())
    names = [name for name in dict.fromkeys((*feature.source.id, *read)) if name in row]
    return {"known": row[KNOWN], **readable({name: row[name] for name in names}, kinds)}


def readable(values: Mapping[str, Any], kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The same values with times as text in UTC.

    >>> readable({"seen": 0, "length": 3}, {"seen": Kind.TIMESTAMP})
    {'seen': '1970-01-01 00:00:00', 'length': 3}
    """
    return {
        name: _time(value) if kinds.get(name) is Kind.TIMESTAMP and isinstance(value, int) else value
        for name, value in values.items()
    }


def _time(value: int) -> str:
    seconds = str(np.datetime64(value, "us").astype("datetime64[s]"))
    return seconds.replace("T", " ")

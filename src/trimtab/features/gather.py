"""Rows of a plan put in the order of the requests, in Arrow."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from trimtab.declare.arrow import ARROW
from trimtab.declare.kinds import Kind
from trimtab.features.build import call, named, select, table
from trimtab.ports import Engine

NOTHING = pa.table({"nothing": pa.array([], pa.int64())})
"""Registered in place of a table that is no longer needed, it gives back the memory."""


def in_order(rows: pa.Array | pa.ChunkedArray, columns: pa.Table, count: int) -> pa.Table:
    """The columns with row r at place r; places that no row names are null.

    >>> in_order(pa.array([2, 0]), pa.table({"x": ["c", "a"]}), 3).to_pydict()
    {'x': ['a', None, 'c']}
    """
    if len(rows) == count and np.array_equal(np.asarray(rows), np.arange(count)):
        return columns
    places = np.full(count, -1, dtype=np.int64)
    places[np.asarray(rows)] = np.arange(len(rows))
    return columns.take(pa.array(places, mask=places < 0))


def count_rows(engine: Engine, stored: str) -> int:
    """How many rows a registered table has."""
    found = engine.query(select([named(call("count", exp.Star()), "n")], table(stored)))
    return int(found.column("n")[0].as_py())


def typed(column: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
    """The column in the Arrow type of its kind."""
    return column if column.type == ARROW[kind] else pc.cast(column, ARROW[kind])


def counted(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A count: nothing found is zero."""
    return pc.fill_null(column, 0)

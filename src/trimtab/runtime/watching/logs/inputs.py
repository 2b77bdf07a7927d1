"""The features of a log: all columns of plain kinds that are nothing else, without those that only tell the row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trimtab.declare.kinds import Kind
from trimtab.errors import DataError
from trimtab.monitoring.counts import Columns
from trimtab.runtime.watching.logs.asked import Wish
from trimtab.runtime.watching.logs.naming import roles
from trimtab.sources.columns import kind_of
from trimtab.training.matrix import from_table

FEWEST = 30
"""With fewer distinct values a column is not told to be an id or a counter."""

PLAIN = {Kind.BOOL, Kind.INT, Kind.FLOAT, Kind.STRING}


def inputs(table: pa.Table, wish: Wish, beside: frozenset[str]) -> tuple[Columns, tuple[str, ...]]:
    """The features of rows in order of time, and what was left out and why; `beside` are never features.

    Columns that were named are taken as they are. Raises DataError when no feature is left.
    """
    spoken = sorted({*wish.features} & roles(wish))
    if spoken:
        raise DataError(
            f"column {spoken[0]!r} cannot be a feature",
            found="it is the time, the score, the label or the id",
            do="leave it out of --features",
        )
    asked = wish.features or tuple(
        name for name in table.column_names if name not in {*roles(wish), *wish.without, *beside}
    )
    refused = {} if wish.features else dict(_refused(table, asked))
    if wish.features:
        _check_readable(table, asked)
    kept = [name for name in asked if name not in refused]
    if not kept:
        raise DataError(
            "the log has no features to watch",
            found=", ".join(f"{name} ({why})" for name, why in refused.items())
            or ", ".join(table.column_names),
            do="name them: --features a,b,c",
        )
    matrix = from_table(_as_plain(table.select(kept)))
    remarks = tuple(f"column {name!r} is left out: {why}" for name, why in refused.items())
    return Columns(matrix.names, matrix.values, matrix.dictionaries), remarks


def _check_readable(table: pa.Table, names: tuple[str, ...]) -> None:
    for name in names:
        if kind_of(table[name].type) not in PLAIN:
            raise DataError(
                f"column {name!r} cannot be a feature",
                found=str(table[name].type),
                do="name columns of numbers, text or booleans",
            )


def _refused(table: pa.Table, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The columns that cannot be watched or would always drift, each with the reason."""
    for name in names:
        column = table[name]
        kind = kind_of(column.type)
        if kind not in PLAIN:
            yield name, f"its type, {column.type}, is not watched"
        elif column.null_count == len(column):
            yield name, "it holds no value"
        elif kind is Kind.STRING and _all_distinct(column):
            yield name, "every text occurs once, as in an id"
        elif kind in {Kind.INT, Kind.FLOAT} and _only_grows(column):
            yield name, "it only grows, as an id, a counter or a clock does"


def _all_distinct(column: pa.ChunkedArray) -> bool:
    present = len(column) - column.null_count
    return present >= FEWEST and bool(pc.count_distinct(column, mode="only_valid").as_py() == present)


def _only_grows(column: pa.ChunkedArray) -> bool:
    values = np.asarray(pc.cast(column.drop_null(), pa.float64(), safe=False))
    if not np.isfinite(values).all():
        return False
    # a column that took one step may be broken, so only many steps make it a counter
    return bool((np.diff(values) >= 0).all() and np.unique(values).size >= FEWEST)


def _as_plain(table: pa.Table) -> pa.Table:
    columns = [
        pc.cast(
            table[name], pa.string() if kind_of(table[name].type) is Kind.STRING else pa.float64(), safe=False
        )
        for name in table.column_names
    ]
    return pa.table(columns, table.column_names)

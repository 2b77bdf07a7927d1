"""The rows of a batch as requests: the columns that a caller would give, in the kinds that are on record."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from trimtab.declare.arrow import ARROW
from trimtab.declare.expression import as_expression
from trimtab.declare.kinds import Kind
from trimtab.declare.model import Request
from trimtab.declare.needs import request_fields
from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.errors import DataError
from trimtab.runtime.history import ROW_NUMBER
from trimtab.sources.columns import NormalColumn, normalise_column


def wanted(system: System, recorded: Mapping[str, Kind], *, timed: bool) -> dict[str, Kind]:
    """The columns that rows must have, with their kinds; those of the request's time only where they are `timed`."""
    asked = system if timed else _at_any_time(system)
    names = request_fields(asked, (name for name in recorded if name != ROW_NUMBER))
    return {name: recorded[name] for name in names}


def _at_any_time(system: System) -> System:
    """The same system asked at an instant that needs no column."""
    request = Request(system.request.source, at=as_expression(0))
    return System(system.name, request, system.model, watch=system.watch)


def normalised(rows: pa.Table, kinds: Mapping[str, Kind], source: Source) -> pa.Table:
    """The columns in their recorded kinds, read as the source's own are; raises DataError for others.

    >>> source = Source("orders.csv", name="orders", known="ordered")
    >>> normalised(pa.table({"weight": [1, None]}), {"weight": Kind.FLOAT}, source)["weight"].to_pylist()
    [1.0, None]
    """
    return pa.table(
        {
            name: _as_recorded(normalise_column(rows[name], name, source), name, kind, source)
            for name, kind in kinds.items()
        }
    )


def _as_recorded(column: NormalColumn, name: str, kind: Kind, source: Source) -> pa.ChunkedArray:
    values = column.values
    if column.kind is kind:
        return values
    if values.null_count == len(values):
        return pa.chunked_array([pa.nulls(len(values), ARROW[kind])])
    if {column.kind, kind} == {Kind.INT, Kind.FLOAT}:  # a missing value makes some tools write 1.0 for 1
        try:
            return pc.cast(values, ARROW[kind])
        except pa.ArrowInvalid as error:
            raise _unlike(column, name, kind, source, str(error)) from error
    raise _unlike(column, name, kind, source, f"{column.kind}, first {pc.first(values, skip_nulls=True)}")


def _unlike(column: NormalColumn, name: str, kind: Kind, source: Source, found: str) -> DataError:
    return DataError(
        f"column {name!r} of the rows is {column.kind}, but that of source {source.name!r} is {kind}",
        where=source.site,
        found=found,
        do="give the rows the types of the source",
    )

"""CSV files block by block: the types come from the record, since the first block does not tell those of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from trimtab.adapters.tables.csvs import _empty_to_null, _opened
from trimtab.declare.kinds import Kind

_TYPES = {
    Kind.BOOL: pa.bool_(),
    Kind.INT: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.STRING: pa.string(),
    Kind.DURATION: pa.int64(),
}


def csv_names(path: Path) -> list[str]:
    """The columns of a CSV file."""
    with _opened(path) as source:
        names: list[str] = csv.open_csv(source).schema.names
    return names


def csv_blocks(path: Path, kinds: Mapping[str, Kind]) -> Iterator[pa.Table]:
    """The columns of `kinds`, in that order; an empty field is null, in text too.

    Raises ArrowInvalid where a field is not of its column's kind.
    """
    with _opened(path) as source:
        first = csv.open_csv(source).schema
    types = {name: _TYPES.get(kind) or _time(first.field(name).type) for name, kind in kinds.items()}
    convert = csv.ConvertOptions(include_columns=list(kinds), column_types=types)
    with _opened(path) as source, csv.open_csv(source, convert_options=convert) as reader:
        for batch in reader:
            yield _with_nulls(pa.table(batch))


def _time(seen: pa.DataType) -> pa.DataType:
    """The type of a column of times: with a zone or without as in the first block, and as fine as later blocks need."""
    if pa.types.is_timestamp(seen):
        return pa.timestamp("ns" if seen.unit == "ns" else "us", seen.tz)
    if pa.types.is_date(seen):
        return pa.timestamp("us")
    return pa.timestamp("us", "UTC") if pa.types.is_null(seen) else seen


def _with_nulls(table: pa.Table) -> pa.Table:
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(index, field.name, _empty_to_null(table.column(index)))
    return table

"""What every ledger asks of the rows it is given, and how it numbers them: the same words in all adapters."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from trimtab.adapters.arrow import plain
from trimtab.errors import LedgerError, nearest

NUMBERING = pa.schema([("sequence", pa.int64()), ("recorded_at", pa.int64())])
LONGEST_NAME = 80

Numbers = npt.NDArray[np.int64]


def checked_stream(stream: str) -> str:
    """The name of a stream; raises LedgerError for one that no ledger can keep."""
    if not stream or not stream.isprintable() or len(stream.encode()) > LONGEST_NAME:
        raise LedgerError(
            f"{stream!r} cannot name a stream",
            do=f"use a printable name of 1 to {LONGEST_NAME} bytes in UTF-8",
        )
    return stream


def checked_rows(stream: str, rows: pa.Table, subject: str | None) -> pa.Table:
    """The rows in plain form; raises LedgerError for reserved or repeated names and unusable subjects."""
    _check_names(stream, rows)
    if subject is not None and subject not in rows.column_names:
        raise LedgerError(
            f"no column {subject!r} in the rows for {stream!r} to identify their subject",
            found=", ".join(rows.column_names) or "no columns",
            nearest=nearest(subject, rows.column_names),
        )
    table = plain(rows)
    if subject is not None:
        _check_subject(stream, subject, table.schema.field(subject).type)
    return table


def _check_names(stream: str, rows: pa.Table) -> None:
    names = rows.column_names
    if len(rows) and not names:
        raise LedgerError(
            f"the rows for {stream!r} have no columns", do="append rows with at least one column"
        )
    for name in NUMBERING.names:
        if name in names:
            raise LedgerError(
                f"rows for {stream!r} have a column {name!r}, which the ledger fills in", do="rename it"
            )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise LedgerError(
            f"rows for {stream!r} have the column {repeated[0]!r} more than once", do="rename one"
        )


def _check_subject(stream: str, subject: str, kind: pa.DataType) -> None:
    checks = (
        pa.types.is_string,
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_binary,
        pa.types.is_null,
    )
    if not any(check(kind) for check in checks):
        raise LedgerError(
            f"column {subject!r} of {stream!r} cannot identify a subject",
            found=f"type {kind}",
            do="use a column of text, numbers or bytes",
        )


def merged_schema(stream: str, known: pa.Schema, new: pa.Schema) -> pa.Schema:
    """The stream's columns after rows of a new schema; raises LedgerError where a column changed its type.

    >>> merged_schema("facts", pa.schema([("a", pa.int64())]), pa.schema([("b", pa.string())])).names
    ['a', 'b']
    """
    if known.equals(new):
        return known
    try:
        merged = pa.unify_schemas([known, new])
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        name = next(name for name in new.names if name in known.names and _differ(known, new, name))
        raise LedgerError(
            f"column {name!r} of stream {stream!r} changed its type from {known.field(name).type}"
            f" to {new.field(name).type}",
            do="convert the new rows, or append them to a new stream",
        ) from None
    _check_types(stream, new)
    return merged


def _check_types(stream: str, new: pa.Schema) -> None:
    for field in new:
        try:
            pq.write_table(pa.schema([field]).empty_table(), pa.BufferOutputStream())
        except pa.ArrowException:
            raise LedgerError(
                f"column {field.name!r} of stream {stream!r} has a type that Parquet cannot hold",
                found=str(field.type),
                do="convert it to numbers, text, bytes, times, or lists of them",
            ) from None


def _differ(known: pa.Schema, new: pa.Schema, name: str) -> bool:
    old_type, new_type = known.field(name).type, new.field(name).type
    return not (old_type.equals(new_type) or pa.types.is_null(old_type) or pa.types.is_null(new_type))


def numbered(rows: pa.Table, first: int | Numbers, recorded_at: int | Numbers) -> pa.Table:
    """The rows behind their sequence numbers, all or only the first given, and the times they were recorded."""
    if isinstance(first, int):
        first = np.arange(first, first + len(rows), dtype=np.int64)
    if isinstance(recorded_at, int):
        recorded_at = np.full(len(rows), recorded_at, dtype=np.int64)
    columns = [pa.array(first), pa.array(recorded_at), *rows.columns]
    return pa.Table.from_arrays(columns, schema=numbered_schema(rows.schema))


def between(rows: pa.Table, since: int, until: int) -> pa.Table:
    """The numbered rows with since <= sequence < until; rows are in order of their numbers."""
    start, stop = np.searchsorted(rows["sequence"].to_numpy(), [since, until]).tolist()
    return rows.slice(start, max(stop - start, 0))


def without(rows: pa.Table, sequences: Numbers) -> pa.Table:
    """The numbered rows whose numbers are none of these."""
    kept = ~np.isin(rows["sequence"].to_numpy(), sequences)
    return rows if kept.all() else rows.filter(pa.array(kept))


def numbered_schema(schema: pa.Schema) -> pa.Schema:
    """A stream's own columns behind the ones that the ledger fills in."""
    return pa.schema([*NUMBERING, *schema])

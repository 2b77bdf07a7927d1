"""Times of a log, however they are written, as epoch microseconds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trimtab.declare.kinds import Kind
from trimtab.declare.zones import check_zone
from trimtab.errors import DataError
from trimtab.monitoring.counts import Integers
from trimtab.sources.columns import kind_of
from trimtab.sources.localtime import local_to_utc

EPOCHS = ((1e8, 0), (1e11, 1_000_000), (1e14, 1_000), (1e17, 1))
"""Numbers below a limit are in units of so many microseconds; what is larger is in nanoseconds."""


def zone_of(column: pa.ChunkedArray, zone: str | None) -> tuple[str, tuple[str, ...]]:
    """The zone whose days count: the one that was named, else the column's own, else UTC; and what to say of it."""
    own = getattr(column.type, "tz", None)
    if zone is not None:
        check_zone(zone)
        return zone, ()
    if own is not None:
        known = own if "/" in own else "UTC"
        return known, ()
    naive = pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)
    return "UTC", (
        "times have no zone and are taken as UTC; another one is named with --zone",
    ) if naive else ()


def instants(
    column: pa.ChunkedArray, name: str, zone: str
) -> tuple[Integers, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Epoch microseconds (n,) of a column of times, and where it holds none (n,).

    Timestamps of any unit and zone, dates, texts in ISO 8601, or numbers since 1970 in seconds, milli-, micro- or
    nanoseconds. Raises DataError for anything else.
    """
    kind = kind_of(column.type)
    if kind is Kind.STRING:
        column = _parsed(column, name)
    elif kind in {Kind.INT, Kind.FLOAT}:
        column = _since_epoch(column, name)
    elif kind is not Kind.TIMESTAMP:
        raise _no_time(name, str(column.type))
    missing = np.asarray(pc.is_null(column), np.bool_)
    own = getattr(column.type, "tz", None)
    plain = pc.cast(pc.cast(column, pa.timestamp("us", own), safe=False), pa.int64())
    values = np.asarray(pc.fill_null(plain, 0), np.int64)
    return (values if own is not None else local_to_utc(values, zone).utc), missing


def _parsed(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    for target in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return pc.cast(pc.cast(column, pa.string()), target)
        except pa.ArrowInvalid:
            continue
    raise _no_time(name, repr(pc.first(column, skip_nulls=True).as_py()))


def _since_epoch(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    numbers = np.asarray(pc.fill_null(pc.cast(column, pa.float64(), safe=False), np.nan))
    known = numbers[np.isfinite(numbers)]
    typical = float(np.median(np.abs(known))) if known.size else 0.0
    size = next((size for limit, size in EPOCHS if typical < limit), 1e-3)
    if not size:
        raise _no_time(name, f"numbers such as {known[0]:g}" if known.size else "no value")
    whole = np.where(np.isfinite(numbers), numbers, 0.0)
    exact = np.rint(whole * size).astype(np.int64)
    return pa.chunked_array([pa.array(exact, pa.timestamp("us", "UTC"), mask=~np.isfinite(numbers))])


def _no_time(name: str, found: str) -> DataError:
    return DataError(
        f"column {name!r} holds no times",
        found=found,
        do="name a column of timestamps, dates or seconds since 1970: --time COLUMN; or cut by rows: --every 1000",
    )

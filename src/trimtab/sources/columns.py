"""Columns of any Arrow type to the six kinds of trimtab: 64-bit numbers, text, and microseconds in UTC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trimtab.declare.arrow import ARROW
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.errors import DataError
from trimtab.sources.localtime import local_to_utc


@dataclass(frozen=True)
class NormalColumn:
    """A column as trimtab holds it, with what had to be decided on the way."""

    values: pa.ChunkedArray
    kind: Kind
    remarks: tuple[str, ...] = ()


def kind_of(arrow_type: pa.DataType) -> Kind | None:
    """The kind that an Arrow type becomes, or None for types trimtab does not read (lists, structs, bytes)."""
    tests: list[tuple[Callable[[pa.DataType], bool], Kind]] = [
        (pa.types.is_boolean, Kind.BOOL),
        (pa.types.is_integer, Kind.INT),
        (pa.types.is_floating, Kind.FLOAT),
        (pa.types.is_decimal, Kind.FLOAT),
        (pa.types.is_timestamp, Kind.TIMESTAMP),
        (pa.types.is_date, Kind.TIMESTAMP),
        (pa.types.is_duration, Kind.DURATION),
        (_is_text, Kind.STRING),
        (pa.types.is_null, Kind.FLOAT),
    ]
    return next((kind for test, kind in tests if test(arrow_type)), None)


def _is_text(arrow_type: pa.DataType) -> bool:
    if pa.types.is_dictionary(arrow_type):
        return _is_text(arrow_type.value_type)
    return bool(
        pa.types.is_string(arrow_type)
        or pa.types.is_large_string(arrow_type)
        or pa.types.is_string_view(arrow_type)
    )


def normalise_column(values: pa.ChunkedArray, name: str, source: Source) -> NormalColumn:
    """One column of a source in its kind; raises DataError for types and naive times that cannot be read."""
    kind = kind_of(values.type)
    if kind is None:
        raise DataError(
            f"column {name!r} of source {source.name!r} has a type trimtab does not read",
            where=source.site,
            found=str(values.type),
            do="turn it into numbers, text, booleans or timestamps before it is read, or leave the column out",
        )
    if kind is Kind.TIMESTAMP:
        return _timestamp(values, name, source)
    if kind is Kind.FLOAT:
        return _float(values)
    if kind is Kind.DURATION:
        return NormalColumn(pc.cast(pc.cast(values, pa.duration("us")), pa.int64()), kind)
    try:
        return NormalColumn(pc.cast(values, ARROW[kind]), kind)
    except pa.ArrowInvalid as error:
        raise DataError(
            f"column {name!r} of source {source.name!r} does not fit 64-bit integers",
            where=source.site,
            found=error,
        ) from error


def _float(values: pa.ChunkedArray) -> NormalColumn:
    numbers = pc.cast(values, pa.float64())
    finite = pc.is_finite(numbers)
    infinite = pc.sum(pc.is_inf(numbers)).as_py() or 0
    remarks = (f"{infinite} infinite values became null",) if infinite else ()
    return NormalColumn(pc.if_else(finite, numbers, pa.scalar(None, pa.float64())), Kind.FLOAT, remarks)


def _timestamp(values: pa.ChunkedArray, name: str, source: Source) -> NormalColumn:
    zone = getattr(values.type, "tz", None)
    microseconds = pc.cast(pc.cast(values, pa.timestamp("us", zone), safe=False), pa.int64())
    if zone is not None or values.null_count == len(values):
        return NormalColumn(microseconds, Kind.TIMESTAMP)
    if source.zone is None:
        raise DataError(
            f"column {name!r} of source {source.name!r} holds times without a zone",
            where=source.site,
            found=f"{values.type}, first {pc.first(values, skip_nulls=True)}",
            do='say which zone they are in, e.g. zone="UTC" or zone="America/New_York", or store them with an offset',
        )
    return _localise(microseconds, name, source.zone)


def _localise(microseconds: pa.ChunkedArray, name: str, zone: str) -> NormalColumn:
    missing = np.asarray(pc.is_null(microseconds))
    local = np.asarray(pc.fill_null(microseconds, 0), dtype=np.int64)
    times = local_to_utc(local, zone)
    remarks = []
    if times.repeated:
        remarks.append(
            f"{times.repeated} times of {name!r} occur twice in {zone} (clock change); taken as the first"
        )
    if times.skipped:
        remarks.append(
            f"{times.skipped} times of {name!r} do not exist in {zone} (clock change); shifted forward"
        )
    return NormalColumn(pa.chunked_array([pa.array(times.utc, mask=missing)]), Kind.TIMESTAMP, tuple(remarks))

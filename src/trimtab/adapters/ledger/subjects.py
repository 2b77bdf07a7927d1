"""Who a row is about: equal values under one number, so that a person's rows can be found and erased.

A range of rows is indexed by the distinct 32-bit hashes of its subject column, four bytes each; a hit is then
resolved in the range itself, so a collision costs a look and never a wrong answer.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Value = str | int | float | bytes


def canonical(value: object) -> Value | None:
    """The value under which equal subjects meet; None for what cannot identify anyone.

    >>> canonical(7.0), canonical(np.int64(7)), canonical("7"), canonical(None)
    (7, 7, '7', None)
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float | bytes):
        return None
    return value


def hash_of(value: Value) -> int:
    """A 32-bit number that is the same on every machine and version."""
    return zlib.crc32(str(value).encode(errors="surrogatepass"))


def hashes(column: pa.ChunkedArray) -> npt.NDArray[np.uint32]:
    """The sorted distinct hashes of a subject column, shape (distinct values,)."""
    values = column.unique().drop_null().to_pylist()
    if not pa.types.is_string(column.type):
        values = [value for value in map(canonical, values) if value is not None]
    found = set(map(hash_of, values))
    return np.sort(np.fromiter(found, np.uint32, len(found)))


def positions(column: pa.ChunkedArray, wanted: Value) -> npt.NDArray[np.int64]:
    """Where in a subject column the value stands, ascending.

    >>> positions(pa.chunked_array([["a", "b", None, "a"]]), "a").tolist()
    [0, 3]
    """
    floating = pa.types.is_floating(column.type)
    column = column.cast(pa.float64()) if floating else column
    try:
        scalar = pa.scalar(float(wanted) if floating and isinstance(wanted, int) else wanted, column.type)
    except (pa.ArrowException, OverflowError, TypeError):
        return np.empty(0, np.int64)  # a column of this type cannot hold the value
    if canonical(scalar.as_py()) != wanted:
        return np.empty(0, np.int64)
    return np.flatnonzero(pc.equal(column, scalar).fill_null(False).to_numpy()).astype(np.int64)


def holds(packed: bytes, number: int) -> bool:
    """True when a sorted list of hashes, as stored, has the number."""
    known = np.frombuffer(packed, np.dtype("<u4"))
    at = int(np.searchsorted(known, np.uint32(number)))
    return at < len(known) and int(known[at]) == number

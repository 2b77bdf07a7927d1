"""The bodies of records as typed columns, for whoever queries the files; the body itself stays the truth."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec
import pyarrow as pa

MOST_COLUMNS = 500

_ABSENT = pa.nulls(0)

Columns = dict[str, pa.Array | None]
"""A column for each key; None where its values have no one type."""


def flattened(bodies: Sequence[bytes], *, reserved: Collection[str] = ()) -> Columns:
    """A column for each key of the bodies; mappings within mappings are joined with a dot.

    A reserved name gets `body.` before it. A body that cannot be read has only nulls. Keys after the first 500 have
    no column.

    >>> rows = [{"score": 1, "request": {"carrier": "UA"}}, {"score": 0.5, "mixed": 1}, {"mixed": "a"}]
    >>> columns = flattened([msgspec.msgpack.encode(row) for row in rows])
    >>> {name: column and column.to_pylist() for name, column in columns.items()}
    {'score': [1.0, 0.5, None], 'request.carrier': ['UA', None, None], 'mixed': None}
    """
    rows = [_flat(body, reserved) for body in bodies]
    names = dict.fromkeys(name for row in rows for name in row)
    few = set(islice(names, MOST_COLUMNS))
    return {name: _typed([row.get(name) for row in rows]) if name in few else None for name in names}


def stacked(parts: Sequence[Columns], sizes: Sequence[int]) -> dict[str, pa.ChunkedArray]:
    """The columns of parts below each other, nulls where a part lacks one; those of no one type are left out.

    >>> parts = [{"a": pa.array([1]), "b": pa.array([1])}, {"a": pa.array([0.5]), "b": pa.array(["x"])}, {}]
    >>> {name: column.to_pylist() for name, column in stacked(parts, [1, 1, 2]).items()}
    {'a': [1.0, 0.5, None, None]}
    """
    names = islice(dict.fromkeys(name for part in parts for name in part), MOST_COLUMNS)
    columns = {name: _stacked([part.get(name, _ABSENT) for part in parts], sizes) for name in names}
    return {name: column for name, column in columns.items() if column is not None}


def _flat(body: bytes, reserved: Collection[str]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    try:
        content = msgspec.msgpack.decode(body)
        for name, value in _leaves(content, "") if isinstance(content, dict) else ():
            flat.setdefault(f"body.{name}" if name in reserved else name, value)
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError):
        return {}  # not what a record should hold: kept as it is, and typed by nobody
    return flat


def _leaves(content: Mapping[Any, Any], before: str) -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _typed(values: list[Any]) -> pa.Array | None:
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None


def _stacked(columns: Sequence[pa.Array | None], sizes: Sequence[int]) -> pa.ChunkedArray | None:
    found = [column for column in columns if column is not None]
    try:
        fields = [pa.schema([("x", column.type)]) for column in found]
        kind = pa.unify_schemas(fields, promote_options="permissive").field("x").type
        chunks = [
            pa.nulls(size, kind) if column is _ABSENT else column.cast(kind)
            for column, size in zip(found, sizes, strict=True)  # one of no type makes them fewer
        ]
    except (pa.ArrowException, ValueError):
        return None
    return pa.chunked_array(chunks, kind) if _is_plain(kind) else None


def _is_plain(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_list(kind) else kind
    return not (pa.types.is_null(inner) or pa.types.is_nested(inner))

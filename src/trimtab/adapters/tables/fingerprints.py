"""One short text for the content of a table, however it is chunked, encoded or sliced."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa

from trimtab.adapters.arrow import plain


def fingerprint(table: pa.Table) -> str:
    """The SHA-256, in hex, of a table's names, types and values in order; all NaNs are one value.

    >>> halves = pa.concat_tables([pa.table({"a": ["x"]}), pa.table({"a": ["y"]})])
    >>> fingerprint(halves) == fingerprint(pa.table({"a": ["x", "y"]}))
    True
    """
    whole = hashlib.sha256(f"table {len(table)}\n".encode())
    rows = plain(table)
    for field, column in zip(rows.schema, rows.columns, strict=True):
        digest = _Column(field.type)
        for chunk in column.chunks:
            digest.add(chunk)
        whole.update(f"{len(field.name.encode())} {field.name} {field.type} ".encode() + digest.result())
    return whole.hexdigest()


class _Column:
    """Three streams of bytes, each blind to chunk borders: which rows are null, lengths, values."""

    def __init__(self, kind: pa.DataType) -> None:
        self._streams: tuple[Any, Any, Any] = (hashlib.sha256(), hashlib.sha256(), hashlib.sha256())
        self._kind, self._rows, self._pending, self._any_null = kind, 0, 0, False

    def add(self, chunk: pa.Array) -> None:
        """Take in the next values of the column."""
        self._add_nulls(chunk)
        values = self._streams[2]
        if pa.types.is_string(self._kind) or pa.types.is_binary(self._kind):
            lengths, content = _text(chunk)
            self._streams[1].update(lengths)
            values.update(content)
        elif pa.types.is_boolean(self._kind):
            values.update(chunk.fill_null(False).cast(pa.uint8()).to_numpy())
        elif pa.types.is_primitive(self._kind) and not pa.types.is_decimal(self._kind):
            values.update(_numbers(chunk))
        else:
            values.update("".join(f"{value!r}\n" for value in chunk.to_pylist()).encode())

    def _add_nulls(self, chunk: pa.Array) -> None:
        if chunk.null_count and not self._any_null:
            self._any_null = True
            self._streams[0].update(bytes(self._rows))
        if self._any_null:
            self._streams[0].update(chunk.is_null().cast(pa.uint8()).to_numpy(zero_copy_only=False))
        self._rows += len(chunk)

    def result(self) -> bytes:
        """The digest of the three."""
        return b"".join(stream.digest() for stream in self._streams)


def _text(chunk: pa.Array) -> tuple[Any, Any]:
    filled = chunk.fill_null("" if pa.types.is_string(chunk.type) else b"") if chunk.null_count else chunk
    _, offsets, content = filled.buffers()
    if offsets is None or not len(filled):
        return b"", b""
    ends = np.frombuffer(offsets, np.int32)[filled.offset : filled.offset + len(filled) + 1]
    if content is None:
        return np.diff(ends), b""
    return np.diff(ends), memoryview(content)[int(ends[0]) : int(ends[-1])]


def _numbers(chunk: pa.Array) -> Any:
    if pa.types.is_floating(chunk.type):
        values = chunk.fill_null(0.0).to_numpy(zero_copy_only=False)
        return np.where(np.isnan(values), np.array(np.nan, values.dtype), values)
    width = chunk.type.bit_width // 8
    whole = chunk.view({1: pa.int8(), 2: pa.int16(), 4: pa.int32(), 8: pa.int64()}[width])
    return whole.fill_null(0).to_numpy(zero_copy_only=False)

"""Keys of the store: the series, then the key values of a fact or a request as MessagePack."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from trimtab.declare.kinds import Kind
from trimtab.errors import DataError, nearest
from trimtab.features.online.layout import ID

LONGEST = 400
"""Bytes of key values; longer ones are stored by their digest, because stores limit their keys."""

Row = Mapping[str, Any]
_pack = msgspec.msgpack.Encoder().encode


def encode(values: Sequence[Any]) -> bytes | None:
    """Key values as bytes, or None when one is null; equal values of one kind give equal bytes.

    >>> encode(["JFK", 7]) == encode(["JFK", 7]), encode(["JFK", None])
    (True, None)
    """
    if None in values:
        return None
    content = _pack(values)
    return content if len(content) <= LONGEST else b"#" + hashlib.blake2b(content, digest_size=32).digest()


def encoder(columns: Sequence[str], kinds: Mapping[str, Kind]) -> Callable[[Row], bytes | None]:
    """A function that encodes the values of some columns of a row; raises DataError where the row lacks one.

    >>> key = encoder(["x"], {"x": Kind.FLOAT})
    >>> key({"x": 0}) == key({"x": -0.0}), key({"x": float("nan")})
    (True, None)
    """
    floats = [place for place, column in enumerate(columns) if kinds[column] is Kind.FLOAT]

    def run(row: Row) -> bytes | None:
        try:
            values = [row[column] for column in columns]
        except KeyError as error:
            raise missing(str(error.args[0]), row) from None
        for place in floats:
            values[place] = _plain(values[place])
        return encode(values)

    return run


def identifier(columns: Sequence[str], kinds: Mapping[str, Kind]) -> Callable[[Row], bytes | None]:
    """A function that gives the digest of a row's id, or None where a part of it is null."""
    encoded = encoder(columns, kinds)

    def run(row: Row) -> bytes | None:
        content = encoded(row)
        return None if content is None else hashlib.blake2b(content, digest_size=ID).digest()

    return run


def missing(name: str, row: Row) -> DataError:
    """The error for a row that lacks a column."""
    return DataError(
        f"no column {name!r} in the row",
        found=", ".join(row),
        nearest=nearest(name, row),
        do="give every column, None for a missing value",
    )


def _plain(value: Any) -> float | None:
    """A float whose equals have the same bytes; what is no number is null."""
    return None if value is None or math.isnan(value) else float(value) + 0.0

"""How the states of one key lie in bytes: a header, one row of numbers per instant that is kept, then the texts.

A row holds running totals, so that any window is the difference of two rows. Text cannot lie in a row of fixed width:
the row holds its place in the list of texts.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from trimtab.declare.kinds import Kind
from trimtab.features.states import Reading

FORMAT = 1
"""Raised whenever blobs of an older program cannot be read any more."""
HEADER = struct.Struct("<qq")
"""The instant since which values are exact, and the number of rows."""
ALWAYS = -(2**63)
"""Exact since the beginning."""
WIDE = 24
"""Bytes of a sum: 192 bits hold the sum of squares of more facts than any disk."""
ID = 16
"""Bytes of the digest by which a request's own fact is found."""
FAILED = 2**48
"""What a fact adds to a count when its value cannot be computed; no count of values comes near it."""
SPOILT = 2**62
"""A count so high that failures are counted no further."""
TOO_LARGE = 2**160
"""What a value too large to count adds to a sum; no sum of values comes near it."""

EMPTIEST: Mapping[tuple[str, Kind], float | int] = {
    ("min", Kind.FLOAT): float("inf"),
    ("max", Kind.FLOAT): float("-inf"),
    ("min", Kind.INT): 2**63 - 1,
    ("max", Kind.INT): -(2**63),
}
"""Extremes of nothing: every value is better."""


@dataclass(frozen=True)
class Column:
    """One state kept per row: a part (n, s, q, min, max, first, last, since) of a reading of the facts.

    n, s and q run from the beginning, last and since are those of the latest value; min, max and first run from the
    start of the row's step of the grid, or from the beginning where `ever`. `kind` is that of a kept value.
    """

    part: str
    reading: Reading
    kind: Kind | None = None
    ever: bool = False

    @property
    def code(self) -> str:
        """Its format in a row."""
        if self.part in {"s", "q"}:
            return f"{WIDE}s"
        return "d" if self.kind is Kind.FLOAT else "q"

    @property
    def is_text(self) -> bool:
        """Whether rows hold places in the list of texts."""
        return self.kind is Kind.STRING

    @property
    def empty(self) -> Any:
        """What it holds before the first value."""
        if self.part in {"s", "q"}:
            return bytes(WIDE)
        if self.is_text:
            return None
        kind = Kind.FLOAT if self.kind is Kind.FLOAT else Kind.INT
        return EMPTIEST.get((self.part, kind), 0.0 if self.kind is Kind.FLOAT else 0)


class Layout:
    """Where each column lies in a row; `own` rows also hold the digest of the fact's id.

    `places` gives a column's place in an unpacked row, `words` its place in the row in steps of 8 bytes.
    """

    def __init__(self, columns: Sequence[Column], *, own: bool) -> None:
        codes = ["q", *([f"{ID}s"] if own else []), *(column.code for column in columns)]
        self.row = struct.Struct("<" + "".join(codes))
        self.size = self.row.size
        self.width = self.size // 8
        first = 2 if own else 1
        self.places = {column: place for place, column in enumerate(columns, first)}
        self.words = {
            column: struct.calcsize("<" + "".join(codes[:place])) // 8
            for column, place in self.places.items()
        }
        self.texts = tuple(place for column, place in self.places.items() if column.is_text)
        empty = [column.empty for column in columns]
        self.empty: tuple[Any, ...] = (ALWAYS, *([bytes(ID)] if own else []), *empty)


def wide(number: int) -> bytes:
    """A sum as bytes.

    >>> len(wide(-1)), narrow(wide(-5))
    (24, -5)
    """
    return number.to_bytes(WIDE, "little", signed=True)


def narrow(content: bytes) -> int:
    """The sum of those bytes."""
    return int.from_bytes(content, "little", signed=True)


pack_texts = msgspec.msgpack.Encoder().encode
unpack_texts = msgspec.msgpack.Decoder(list[str]).decode

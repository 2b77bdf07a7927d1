"""By what a fact is known again: its id as one text, and a short digest of what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from trimtab.sources.identity import KNOWN, SEQUENCE

ABOUT = frozenset({KNOWN, SEQUENCE, "__gone", "__given"})
"""Columns about a fact rather than of it."""

_PACK = msgspec.msgpack.Encoder().encode
_TAG_BYTES = 2


def id_text(values: Sequence[Any]) -> str:
    """The id of a fact as one text; different ids give different texts, also where one value is a text of another.

    >>> id_text([17]), id_text(["17"]), id_text(["JFK", 5])
    ('17', '"17"', '["JFK",5]')
    """
    only = values[0] if len(values) == 1 else list(values)
    return msgspec.json.encode(only).decode()


class Marks:
    """How facts of one shape are marked: their id columns, and the other columns in byte order of their names.

    >>> marks = Marks(("flight",), ["flight", "delay", "__known"])
    >>> marks.id_of({"flight": 7, "delay": 3.0})
    '7'
    >>> marks.same(marks.content_of({"flight": 7, "delay": 3.0}), marks.content_of({"flight": 8, "delay": 3.0}))
    True
    """

    def __init__(self, identity: Sequence[str], columns: Iterable[str]) -> None:
        self.identity = tuple(identity)
        self.columns = tuple(sorted(set(columns) - set(identity) - ABOUT))
        self._tag = hashlib.blake2b(repr(self.columns).encode(), digest_size=_TAG_BYTES).digest()

    def id_of(self, row: Mapping[str, Any]) -> str:
        """The id of one fact."""
        return id_text([row[name] for name in self.identity])

    def content_of(self, row: Mapping[str, Any]) -> bytes:
        """The digest of one fact's content: ten bytes, the first two of which tell the columns."""
        return self._digest([row[name] for name in self.columns])

    def same(self, recorded: bytes, content: bytes) -> bool:
        """Whether a recorded fact said the same; one of other columns, as after a new declaration, is not doubted."""
        return recorded == content or recorded[:_TAG_BYTES] != content[:_TAG_BYTES]

    def of_table(self, table: pa.Table) -> tuple[list[str], list[bytes]]:
        """The ids and contents of every fact of a table."""
        ids = [id_text(values) for values in _rows(table, self.identity)]
        return ids, [self._digest(list(values)) for values in _rows(table, self.columns)]

    def _digest(self, values: list[Any]) -> bytes:
        return self._tag + hashlib.blake2b(_PACK(values), digest_size=8).digest()


def _rows(table: pa.Table, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    if not names:
        return iter([()] * len(table))
    return zip(*(table[name].to_pylist() for name in names), strict=True)

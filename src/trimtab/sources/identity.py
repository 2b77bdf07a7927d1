"""One fact, one id: repeats are ignored and counted, contradictions are rejected and reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

KNOWN = "__known"
SEQUENCE = "__sequence"


@dataclass(frozen=True)
class Deduplicated:
    """The facts that count, and how many were repeats or contradictions of an earlier fact of the same id."""

    table: pa.Table
    repeats: int
    contradictions: int
    examples: tuple[str, ...]


def deduplicate(table: pa.Table, identity: tuple[str, ...], *, revises: bool) -> Deduplicated:
    """Keep one fact per id: the first known. With `revises`, keep every distinct version in order of known time."""
    if not identity or not len(table):
        return Deduplicated(table, 0, 0, ())
    codes = row_codes(table, identity)
    if len(np.unique(codes)) == len(codes):
        return Deduplicated(table, 0, 0, ())
    content = [name for name in table.column_names if name not in {SEQUENCE, *identity}]
    versions = row_codes(table, tuple(content)) if content else np.zeros(len(table), dtype=np.int64)
    order = np.lexsort((table[SEQUENCE].to_numpy(), table[KNOWN].to_numpy(), codes))
    keep, repeat = _judge(codes[order], versions[order], revises=revises)
    rejected = order[~keep & ~repeat]
    rows = np.sort(order[keep])
    examples = tuple(_describe(table, int(row), identity) for row in np.sort(rejected)[:3])
    return Deduplicated(table.take(pa.array(rows)), int(repeat.sum()), len(rejected), examples)


def _judge(
    codes: NDArray[np.int64], versions: NDArray[np.int64], *, revises: bool
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    first = np.r_[True, codes[1:] != codes[:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(codes)), 0))
    if revises:
        repeat = ~first & np.r_[False, versions[1:] == versions[:-1]]
        return ~repeat, repeat
    return first, ~first & (versions == versions[start])


def row_codes(table: pa.Table, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Rows with equal values in all the named columns (null equals null) get equal numbers."""
    codes = np.zeros(len(table), dtype=np.int64)
    for name in names:
        encoded = pc.dictionary_encode(table[name].combine_chunks(), null_encoding="encode")
        column = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        _, codes = np.unique(codes * (column.max(initial=0) + 1) + column, return_inverse=True)
    return codes.astype(np.int64)


def _describe(table: pa.Table, row: int, identity: tuple[str, ...]) -> str:
    return ", ".join(f"{name}={table[name][row].as_py()!r}" for name in identity)

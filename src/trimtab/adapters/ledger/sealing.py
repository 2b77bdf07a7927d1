"""Rows on their way into Parquet: written and synced as a file first, then counted by one transaction.

Between the two a crash leaves a file that no manifest names; it never counts and is removed at the next opening.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from trimtab.adapters.ledger import tables
from trimtab.adapters.ledger.commits import GroupCommit
from trimtab.adapters.ledger.rows import merged_schema, numbered
from trimtab.adapters.ledger.segments import Segment, write_segment
from trimtab.adapters.ledger.subjects import hashes
from trimtab.errors import LedgerError

ROWS_PER_SEGMENT = 1_000_000
Range = tuple[int, int, str | None]


class NewSegment:
    """New rows for a stream, as one file; only one may be under way at a time.

    The file is written before its transaction, so that others' appends need not wait for it. Should one of them
    take the expected sequence number meanwhile, the file is written again inside the transaction.
    """

    def __init__(self, folder: Path, stream: str, rows: pa.Table, at: int, subject: str | None) -> None:
        self._folder, self._stream, self._rows, self._at, self._subject = folder, stream, rows, at, subject
        self._hashes = hashes(rows[subject]) if subject is not None else None

    def append(self, commits: GroupCommit, expected: int) -> int:
        """Write and count the rows; return the sequence number of the first one."""
        self._segment = self._write(expected)
        try:
            return commits.run(self._count)
        except LedgerError:
            self._remove()
            raise

    def _count(self, db: sqlite3.Connection) -> int:
        stream = tables.stream_to_append(db, self._stream, "rows")
        columns = merged_schema(self._stream, stream.columns, self._rows.schema)
        if stream.frontier != self._segment.first:
            self._remove()
            self._segment = self._write(stream.frontier)
        tables.insert_segment(db, stream, self._segment, self._subject, self._hashes)
        tables.advance(db, stream, self._segment.until, columns)
        return self._segment.first

    def _write(self, first: int) -> Segment:
        return write_segment(self._folder, self._stream, numbered(self._rows, first, self._at))

    def _remove(self) -> None:
        (self._folder / self._segment.file).unlink(missing_ok=True)


def seal_range(
    folder: Path, commits: GroupCommit, stream: tables.Stream, rows: pa.Table, subject: str | None
) -> None:
    """Replace an open range, read as numbered rows, by one file."""
    segment = write_segment(folder, stream.name, rows)
    known = hashes(rows[subject]) if subject is not None else None
    commits.run(lambda db: tables.insert_segment(db, stream, segment, subject, known))


def ranges_to_seal(batches: Sequence[Range]) -> Iterator[Range]:
    """Neighbouring open batches joined: one subject column, at most a million rows or else one batch.

    >>> list(ranges_to_seal([(0, 2, None), (2, 3, None), (7, 9, None), (9, 10, "id")]))
    [(0, 3, None), (7, 9, None), (9, 10, 'id')]
    """
    joined: Range | None = None
    for batch in batches:
        if joined is not None and _fits(joined, batch):
            joined = (joined[0], batch[1], batch[2])
        else:
            if joined is not None:
                yield joined
            joined = batch
    if joined is not None:
        yield joined


def _fits(joined: Range, batch: Range) -> bool:
    return joined[1:] == (batch[0], batch[2]) and batch[1] - joined[0] <= ROWS_PER_SEGMENT

"""Many new rows at once: a file of their own, written before the transaction that counts it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pyarrow as pa

from trimtab.adapters.ledger import identities, tables
from trimtab.adapters.ledger.commits import GroupCommit
from trimtab.adapters.ledger.rows import merged_schema, numbered
from trimtab.adapters.ledger.segments import Segment, write_segment
from trimtab.adapters.ledger.subjects import hashes
from trimtab.errors import LedgerError


class NewSegment:
    """New rows for a stream, as one file; only one may be under way at a time.

    The file is written before its transaction, so that others' appends need not wait for it. Should one of them
    take the expected sequence number meanwhile, the file is written again inside the transaction.
    """

    def __init__(
        self,
        folder: Path,
        stream: str,
        rows: pa.Table,
        at: int,
        subject: str | None,
        pairs: identities.Sorted,
    ) -> None:
        self._folder, self._stream, self._rows, self._at = folder, stream, rows, at
        self._subject, self._pairs = subject, pairs
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
        tables.insert_segment(db, stream.id, self._segment, self._subject, self._hashes)
        tables.advance(db, stream, self._segment.until, columns)
        identities.keep(db, stream.id, self._pairs)
        return self._segment.first

    def _write(self, first: int) -> Segment:
        rows = numbered(self._rows, first, self._at)
        return write_segment(self._folder, self._stream, rows, first, first + len(rows))

    def _remove(self) -> None:
        (self._folder / self._segment.file).unlink(missing_ok=True)

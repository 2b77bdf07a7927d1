"""What stands in ledger.sqlite, as functions of a connection: writing inside a transaction, reading a snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trimtab.adapters.ledger.bodies import unpacked
from trimtab.adapters.ledger.rows import NUMBERING, Numbers, merged_schema
from trimtab.adapters.ledger.segments import Segment
from trimtab.adapters.ledger.subjects import hashes
from trimtab.errors import LedgerError
from trimtab.ports import Event

Hashes = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Stream:
    """A stream as it stands: what it holds, its next sequence number, its columns."""

    id: int
    name: str
    holds: str
    frontier: int
    columns: pa.Schema


@dataclass(frozen=True)
class Batch:
    """One open range [first, until) of a stream: the rows of one append, still encoded."""

    first: int
    until: int
    at: int
    subject: str | None
    layout: bytes
    content: bytes
    kept: bytes | None = None

    @property
    def sequences(self) -> Numbers:
        """The sequence numbers of its rows: all of the range unless some were erased."""
        if self.kept is None:
            return np.arange(self.first, self.until, dtype=np.int64)
        return np.frombuffer(self.kept, np.dtype("<i8"))


def decoded(batches: Sequence[Batch]) -> pa.Table:
    """The rows of batches that share one layout."""
    schema = pa.ipc.read_schema(pa.py_buffer(batches[0].layout))
    parts = [pa.ipc.read_record_batch(pa.py_buffer(batch.content), schema) for batch in batches]
    return pa.Table.from_batches(parts, schema)


def find_stream(db: sqlite3.Connection, name: str, holds: str | None = None) -> Stream | None:
    """The stream of a name or None; raises LedgerError when it holds something else."""
    row = db.execute("SELECT id, holds, frontier, columns FROM stream WHERE name = ?", (name,)).fetchone()
    if row is None:
        return None
    if holds is not None and row[1] != holds:
        raise LedgerError(f"stream {name!r} holds {row[1]}, not {holds}", do="use another stream")
    columns = pa.ipc.read_schema(pa.py_buffer(row[3])) if row[3] is not None else pa.schema([])
    return Stream(row[0], name, row[1], row[2], columns)


def stream_to_append(db: sqlite3.Connection, name: str, holds: str) -> Stream:
    """The stream of a name, made when missing."""
    found = find_stream(db, name, holds)
    if found is not None:
        return found
    columns = pa.schema([])
    cursor = db.execute(
        "INSERT INTO stream (name, holds, frontier, columns) VALUES (?, ?, 0, ?)",
        (name, holds, _packed(columns)),
    )
    return Stream(cursor.lastrowid or 0, name, holds, 0, columns)


def insert_events(db: sqlite3.Connection, name: str, events: Sequence[tuple[int, str, str, str]]) -> int:
    """Add (at, kind, subject, body) rows to a journal; return the sequence number of the first."""
    stream = stream_to_append(db, name, "events")
    first = stream.frontier
    db.executemany(
        "INSERT INTO event (stream, sequence, at, kind, subject, body) VALUES (?, ?, ?, ?, ?, ?)",
        [(stream.id, first + offset, *event) for offset, event in enumerate(events)],
    )
    advance(db, stream, first + len(events), stream.columns)
    return first


def insert_batch(
    db: sqlite3.Connection, name: str, rows: pa.Table, at: int, subject: str | None
) -> tuple[int, int]:
    """Add rows to a stream's open range as one record batch; return the stream's id and the first row's number."""
    stream = stream_to_append(db, name, "rows")
    first, until = stream.frontier, stream.frontier + len(rows)
    columns = merged_schema(name, stream.columns, rows.schema)
    numbers, layout = (stream.id, first, until, at), _layout(db, rows.schema)
    db.execute(
        "INSERT INTO batch (stream, first, until, at, subject, hashes, layout, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*numbers, subject, _hashes_of(rows, subject), layout, _content(rows)),
    )
    advance(db, stream, until, columns)
    return stream.id, first


def replace_batch(db: sqlite3.Connection, stream: int, batch: Batch, rows: pa.Table) -> None:
    """Keep only these numbered rows of a batch; without any, drop it."""
    if not len(rows):
        db.execute("DELETE FROM batch WHERE stream = ? AND first = ?", (stream, batch.first))
        return
    kept, own = rows["sequence"].to_numpy().astype("<i8").tobytes(), rows.drop_columns(NUMBERING.names)
    db.execute(
        "UPDATE batch SET hashes = ?, content = ?, kept = ? WHERE stream = ? AND first = ?",
        (_hashes_of(own, batch.subject), _content(own), kept, stream, batch.first),
    )


def insert_segment(
    db: sqlite3.Connection, stream: int, segment: Segment, subject: str | None, known: Hashes | None
) -> None:
    """Name a written file in the manifest."""
    numbers = (stream, segment.first, segment.until)
    db.execute(
        "INSERT INTO segment (stream, first, until, subject, hashes, file, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*numbers, subject, _packed_hashes(known), segment.file, segment.bytes),
    )


def delete_segment(db: sqlite3.Connection, stream: int, segment: Segment) -> None:
    """Take a file out of the manifest."""
    db.execute("DELETE FROM segment WHERE stream = ? AND first = ?", (stream, segment.first))


def subject_of(db: sqlite3.Connection, stream: int, segment: Segment) -> str | None:
    """The column that says whom the rows of a file are about."""
    query = "SELECT subject FROM segment WHERE stream = ? AND first = ?"
    name: str | None = db.execute(query, (stream, segment.first)).fetchone()[0]
    return name


def delete_batches(db: sqlite3.Connection, stream: int, first: int, until: int) -> None:
    """Delete the open range [first, until)."""
    db.execute("DELETE FROM batch WHERE stream = ? AND first >= ? AND first < ?", (stream, first, until))


def advance(db: sqlite3.Connection, stream: Stream, frontier: int, columns: pa.Schema) -> None:
    """Move a stream's frontier, and its columns where new ones came."""
    if columns is stream.columns:
        db.execute("UPDATE stream SET frontier = ? WHERE id = ?", (frontier, stream.id))
    else:
        db.execute(
            "UPDATE stream SET frontier = ?, columns = ? WHERE id = ?",
            (frontier, _packed(columns), stream.id),
        )


def segments_between(db: sqlite3.Connection, stream: int, since: int, until: int) -> list[Segment]:
    """The sealed ranges that overlap [since, until), in order."""
    query = (
        "SELECT first, until, file, bytes FROM segment"
        " WHERE stream = ? AND first < ? AND until > ? AND first >= coalesce("
        " (SELECT max(first) FROM segment WHERE stream = ? AND first <= ?), 0) ORDER BY first"
    )
    return [Segment(*row) for row in db.execute(query, (stream, until, since, stream, since))]


def batches_between(db: sqlite3.Connection, stream: int, since: int, until: int) -> list[Batch]:
    """The open ranges that overlap [since, until), in order."""
    query = (
        "SELECT first, until, at, subject, columns, content, kept FROM batch JOIN layout ON layout.id = layout"
        " WHERE stream = ? AND first < ? AND until > ? AND first >= coalesce("
        " (SELECT max(first) FROM batch WHERE stream = ? AND first <= ?), 0) ORDER BY first"
    )
    return [Batch(*row) for row in db.execute(query, (stream, until, since, stream, since))]


def open_ranges(db: sqlite3.Connection, stream: int) -> list[tuple[int, int, str | None]]:
    """(first, until, subject column) of each open batch, in order."""
    query = "SELECT first, until, subject FROM batch WHERE stream = ? ORDER BY first"
    return db.execute(query, (stream,)).fetchall()


def events_between(db: sqlite3.Connection, stream: Stream, since: int, until: int) -> list[Event]:
    """The events with since <= sequence < until, in order."""
    query = (
        "SELECT at, kind, subject, body FROM event"
        " WHERE stream = ? AND sequence >= ? AND sequence < ? ORDER BY sequence"
    )
    rows = db.execute(query, (stream.id, since, until))
    return [Event(at, kind, subject, unpacked(body)) for at, kind, subject, body in rows]


def open_count(db: sqlite3.Connection, stream: int) -> int:
    """How many rows are open."""
    query = "SELECT coalesce(sum(coalesce(length(kept) / 8, until - first)), 0) FROM batch WHERE stream = ?"
    count: int = db.execute(query, (stream,)).fetchone()[0]
    return count


def _layout(db: sqlite3.Connection, schema: pa.Schema) -> int:
    columns = _packed(schema)
    row = db.execute("SELECT id FROM layout WHERE columns = ?", (columns,)).fetchone()
    if row is None:
        return db.execute("INSERT INTO layout (columns) VALUES (?)", (columns,)).lastrowid or 0
    number: int = row[0]
    return number


def _packed(schema: pa.Schema) -> bytes:
    content: bytes = schema.serialize().to_pybytes()
    return content


def _content(rows: pa.Table) -> memoryview:
    return memoryview(rows.combine_chunks().to_batches()[0].serialize())


def _hashes_of(rows: pa.Table, subject: str | None) -> bytes | None:
    return _packed_hashes(hashes(rows[subject]) if subject is not None else None)


def _packed_hashes(known: Hashes | None) -> bytes | None:
    return None if known is None else known.astype("<u4").tobytes()

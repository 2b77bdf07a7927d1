"""Removing rows and records for good: new files first, then one transaction for all, then the old files go.

A crash before the transaction leaves the old state and stray new files, one after it the new state and stray old
files; strays are removed at the next opening.
"""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trimtab.adapters.ledger import open_records, tables
from trimtab.adapters.ledger.record_files import RECORDS_PER_GROUP
from trimtab.adapters.ledger.record_reading import holding
from trimtab.adapters.ledger.rows import Numbers, numbered, without
from trimtab.adapters.ledger.segments import Segment, read_segment, write_segment
from trimtab.adapters.ledger.subjects import hashes
from trimtab.adapters.ledger.tables import Batch, Stream
from trimtab.adapters.ledger.writer import Writer
from trimtab.errors import LedgerError


@dataclass(frozen=True)
class _Rewritten:
    """A segment and what takes its place: a file without the erased rows, or nothing once all are gone."""

    old: Segment
    new: Segment | None
    subject: str | None
    known: tables.Hashes | None
    removed: int


def erase(writer: Writer, name: str, sequences: Sequence[int]) -> int:
    """Remove these rows or records and return how many there were; only one may be under way at a time.

    Raises LedgerError for a stream of events, and when a reader holds on to a copy of what was removed.
    """
    stream = writer.reader.run(lambda db: tables.find_stream(db, name))
    if stream is None:
        return 0
    if stream.holds == "events":
        raise LedgerError(f"stream {name!r} holds events, which are never erased", do="use another stream")
    wanted = sorted({number for number in map(operator.index, sequences) if 0 <= number < stream.frontier})
    if not wanted:
        return 0
    removed = _erase(writer, stream, np.array(wanted, np.int64))
    if not writer.commits.alone(log_emptied):
        raise LedgerError(
            f"what was erased from {name!r} is gone from every answer, but a reader still holds the file"
            " ledger.sqlite-wal, in which its bytes may stand",
            do="wait for that reader or end its process, then erase the same again",
        )
    return removed


def log_emptied(db: sqlite3.Connection) -> bool:
    """Bring the write-ahead log into the database and cut it to nothing; False when a reader needs it."""
    busy: int = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy


def _erase(writer: Writer, stream: Stream, wanted: Numbers) -> int:
    segments, batches = writer.reader.run(lambda db: _places(db, stream, wanted))
    changes: list[_Rewritten] = []
    try:
        for segment, subject in segments:
            change = _rewrite(writer.folder, stream, segment, subject, wanted)
            changes += [change] if change.removed else []
    except Exception:
        _unlink(writer.folder, [change.new for change in changes])
        raise
    removed = writer.commits.run(lambda db: _swap(db, stream, changes, batches, wanted))
    _unlink(writer.folder, [change.old for change in changes])
    return removed


def _places(
    db: sqlite3.Connection, stream: Stream, wanted: Numbers
) -> tuple[list[tuple[Segment, str | None]], list[Batch]]:
    """The segments, each with its subject column, and the open batches whose range has some of the numbers."""
    since, until = int(wanted[0]), int(wanted[-1]) + 1
    segments = holding(tables.segments_between(db, stream.id, since, until), wanted)
    batches = holding(tables.batches_between(db, stream.id, since, until), wanted)
    return [(segment, tables.subject_of(db, stream.id, segment)) for segment in segments], batches


def _rewrite(
    folder: Path, stream: Stream, segment: Segment, subject: str | None, wanted: Numbers
) -> _Rewritten:
    rows = read_segment(folder, segment, segment.first, segment.until)
    kept = without(rows, wanted)
    removed = len(rows) - len(kept)
    if not removed or not len(kept):
        return _Rewritten(segment, None, subject, None, removed)
    group = RECORDS_PER_GROUP if stream.holds == "records" else None
    new = write_segment(folder, stream.name, kept, segment.first, segment.until, group=group)
    return _Rewritten(segment, new, subject, hashes(kept[subject]) if subject is not None else None, removed)


def _swap(
    db: sqlite3.Connection,
    stream: Stream,
    changes: Sequence[_Rewritten],
    batches: Sequence[Batch],
    wanted: Numbers,
) -> int:
    for change in changes:
        tables.delete_segment(db, stream.id, change.old)
        if change.new is not None:
            tables.insert_segment(db, stream.id, change.new, change.subject, change.known)
    removed = sum(change.removed for change in changes)
    removed += sum(_thin_out(db, stream, batch, wanted) for batch in batches)
    return removed + open_records.delete(db, stream.id, wanted.tolist())


def _thin_out(db: sqlite3.Connection, stream: Stream, batch: Batch, wanted: Numbers) -> int:
    rows = numbered(tables.decoded([batch]), batch.sequences, batch.at)
    kept = without(rows, wanted)
    if len(kept) < len(rows):
        tables.replace_batch(db, stream.id, batch, kept)
    return len(rows) - len(kept)


def _unlink(folder: Path, segments: Sequence[Segment | None]) -> None:
    for segment in segments:
        if segment is not None:
            (folder / segment.file).unlink(missing_ok=True)

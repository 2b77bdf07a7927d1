"""What is open on its way into Parquet: written and synced as a file first, then counted by one transaction.

Between the two a crash leaves a file that no manifest names; it never counts and is removed at the next opening.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial

from trimtab.adapters.ledger import open_records, reading, tables
from trimtab.adapters.ledger.record_files import RECORDS_PER_GROUP, SUBJECT, Sheet
from trimtab.adapters.ledger.segments import write_segment
from trimtab.adapters.ledger.subjects import hashes
from trimtab.adapters.ledger.tables import Stream
from trimtab.adapters.ledger.writer import Writer
from trimtab.errors import LedgerError

ROWS_PER_SEGMENT = 1_000_000
RECORDS_PER_SEGMENT = 50_000  # as many as are held as columns, and deleted in one transaction

Range = tuple[int, int, str | None]


def seal(writer: Writer, name: str, at_least: int) -> int:
    """Replace what is open of a stream by files once there is so much of it; return how much moved.

    Only one may be under way at a time. Raises LedgerError for a stream of events.
    """
    stream = writer.reader.run(lambda db: tables.find_stream(db, name))
    if stream is None:
        return 0
    if stream.holds == "events":
        raise LedgerError(f"stream {name!r} holds events, not rows or records", do="use another stream")
    return (_seal_records if stream.holds == "records" else _seal_rows)(writer, stream, max(at_least, 1))


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


def _seal_rows(writer: Writer, stream: Stream, at_least: int) -> int:
    count, batches = writer.reader.run(
        lambda db: (tables.open_count(db, stream.id), tables.open_ranges(db, stream.id))
    )
    if count < at_least:
        return 0
    for joined in ranges_to_seal(batches):
        _seal_range(writer, stream, joined)
    return count


def _seal_range(writer: Writer, stream: Stream, joined: Range) -> None:
    first, until, subject = joined
    found = writer.reader.run(lambda db: reading.look_up(db, stream.name, first, until))
    rows = reading.fetch(writer.folder, found)
    segment = write_segment(writer.folder, stream.name, rows, first, until)
    known = hashes(rows[subject]) if subject is not None else None

    def count(db: sqlite3.Connection) -> None:
        tables.insert_segment(db, stream.id, segment, subject, known)
        tables.delete_batches(db, stream.id, first, until)

    writer.commits.run(count)


def _seal_records(writer: Writer, stream: Stream, at_least: int) -> int:
    first, until = writer.reader.run(lambda db: open_records.open_range(db, stream.id))
    if until - first < at_least:  # the common answer, without counting
        return 0
    if writer.reader.run(lambda db: open_records.count(db, stream.id, first, until)) < at_least:
        return 0
    starts = range(first, until, RECORDS_PER_SEGMENT)
    return sum(_seal_some(writer, stream, start, min(start + RECORDS_PER_SEGMENT, until)) for start in starts)


def _seal_some(writer: Writer, stream: Stream, first: int, until: int) -> int:
    sheet = Sheet()
    for start in range(first, until, RECORDS_PER_GROUP):
        stop = min(start + RECORDS_PER_GROUP, until)
        sheet.add(writer.reader.run(partial(open_records.between, stream=stream.id, since=start, until=stop)))
    rows = sheet.table()
    if not len(rows):
        return 0  # all of them were erased
    segment = write_segment(writer.folder, stream.name, rows, first, until, group=RECORDS_PER_GROUP)
    known = hashes(rows[SUBJECT])

    def count(db: sqlite3.Connection) -> None:
        tables.insert_segment(db, stream.id, segment, SUBJECT, known)
        open_records.delete_between(db, stream.id, first, until)

    writer.commits.run(count)
    return len(rows)

"""The embedded ledger: a folder with one SQLite file for what is open and Parquet files for what is sealed."""

from __future__ import annotations

import operator
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Protocol, Self, TypeVar

import pyarrow as pa

from trimtab.adapters.durable import make_folder
from trimtab.adapters.ledger import erasing, finding, reading, record_reading, sealing, tables
from trimtab.adapters.ledger import identities as known
from trimtab.adapters.ledger.bodies import packed
from trimtab.adapters.ledger.bulk import NewSegment
from trimtab.adapters.ledger.commits import GroupCommit
from trimtab.adapters.ledger.format import DATABASE, open_to_write
from trimtab.adapters.ledger.lock import WriterLock
from trimtab.adapters.ledger.open_records import RecordAppends
from trimtab.adapters.ledger.problems import told_plainly
from trimtab.adapters.ledger.reading import Reader
from trimtab.adapters.ledger.records import check_records, checked_identities, erased, storable
from trimtab.adapters.ledger.rows import checked_rows, checked_stream
from trimtab.adapters.ledger.segments import Segment, any_segments, remove_strays
from trimtab.adapters.ledger.writer import Writer
from trimtab.errors import LedgerError
from trimtab.ports import Event, Identities, Record

BULK_ROWS = 20_000
BULK_BYTES = 16 * 1024 * 1024


class _Located(Protocol):
    """What a look at the database found, with the files that hold the rest."""

    @property
    def segments(self) -> Sequence[Segment]: ...


Result = TypeVar("Result")
Located = TypeVar("Located", bound=_Located)


class SqliteLedger:
    """A ledger in a folder, written by one process and read by many; safe to share between threads.

    An append is on disk when it returns: SQLite in WAL with synchronous=FULL, one sync for all the threads that
    wait. Appends of at least 20,000 rows go straight to Parquet. Everything raises LedgerError.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, SqliteLedger(Path(folder) / "ledger") as ledger:
    ...     ledger.append_events("journal", [Event(5, "trained", "v1", {"rows": 100})])
    ...     ledger.read_events("journal")
    0
    [Event(at=5, kind='trained', subject='v1', body={'rows': 100})]
    """

    def __init__(self, folder: str | Path, *, read_only: bool = False) -> None:
        self._folder = Path(folder)
        self._pid = os.getpid()
        self._bulk = threading.Lock()
        self._closed = False
        with told_plainly(self._folder), ExitStack() as resources:
            self._appends = RecordAppends()
            self._commits = None if read_only else _open_to_write(self._folder, resources, self._appends)
            self._reader = resources.enter_context(closing(Reader(self._folder)))
            self._resources = resources.pop_all()

    def append_rows(
        self,
        stream: str,
        rows: pa.Table,
        *,
        at: int,
        subject: str | None = None,
        identities: Identities | None = None,
    ) -> int:
        """Append rows to a stream and return the sequence number of the first one.

        Columns may be added by later rows (earlier ones read as null) and left out; a column never changes its
        type. `subject` names the column by which `find_subject` finds them, `identities` what `find_identities`
        answers.
        """
        commits = self._writer().commits
        table, at = checked_rows(checked_stream(stream), rows, subject), operator.index(at)
        kept = checked_identities(stream, identities, len(table)) if identities is not None else {}
        if not len(table):
            return self._next(stream, "rows")
        pairs = known.in_order(kept)  # before the write lock is held
        with told_plainly(self._folder):
            if len(table) >= BULK_ROWS or table.nbytes >= BULK_BYTES:
                segment = NewSegment(self._folder, stream, table, at, subject, pairs)
                return self._append_bulk(commits, segment, stream)
            return commits.run(lambda db: _append_rows(db, stream, table, at, subject, pairs))

    def find_identities(self, stream: str, ids: Sequence[str]) -> list[bytes | None]:
        """The content last kept for each id of a stream of rows, or None."""
        return self._read(lambda db: known.find(db, stream, ids))

    def append_records(self, stream: str, records: Sequence[Record]) -> list[Record | None]:
        """Append records whose ids are new; for each one None, or the earlier record that has its id.

        An id stays taken when its record is erased: it is told as a record at 0 without a body, `b""`.
        """
        commits = self._writer().commits
        check_records(checked_stream(stream), records)
        if not records:
            self._next(stream, "records")
            return []
        with told_plainly(self._folder):
            taken = commits.run(lambda db: self._appends.append(db, stream, records))
        numbers = [number for number in taken if number is not None]
        earlier = self._records_at(stream, numbers) if numbers else {}
        return [
            None if number is None else earlier.get(number, erased(record.id))
            for number, record in zip(taken, records, strict=True)
        ]

    def find_record(self, stream: str, id: str) -> Record | None:  # noqa: A002  # the field's word for it
        """The record of an id, sealed or not; None for an id never seen, or erased."""
        if not storable(id):
            return None
        found = self._settled(lambda db: record_reading.look_up_id(db, stream, id), record_reading.fetch)
        return found[0][1] if found else None

    def read_records(
        self, stream: str, *, since: int = 0, until: int | None = None
    ) -> list[tuple[int, Record]]:
        """The records with since <= sequence < until, in order, each with its sequence number."""
        look = partial(record_reading.look_up_range, name=stream, since=since, until=until)
        return self._settled(look, record_reading.fetch)

    def append_events(self, stream: str, events: Sequence[Event]) -> int:
        """Append events in order, all or none, and return the sequence number of the first one."""
        commits = self._writer().commits
        rows = [(operator.index(event.at), event.kind, event.subject, packed(event)) for event in events]
        if not rows:
            return self._next(checked_stream(stream), "events")
        with told_plainly(self._folder):
            return commits.run(lambda db: tables.insert_events(db, checked_stream(stream), rows))

    def read_rows(self, stream: str, *, since: int = 0, until: int | None = None) -> pa.Table:
        """The rows with since <= sequence < until, in order, behind `sequence` and `recorded_at`."""
        look = partial(reading.look_up, name=stream, since=since, until=until)
        return self._settled(look, reading.fetch)

    def read_events(self, stream: str, *, since: int = 0, until: int | None = None) -> list[Event]:
        """The events with since <= sequence < until, in order."""
        return self._read(lambda db: reading.events(db, stream, since, until))

    def seal(self, stream: str, *, at_least: int = 1) -> int:
        """Move what is open of a stream into Parquet once there is so much of it; return how much moved."""
        writer = self._writer()
        with told_plainly(self._folder), self._bulk:
            return sealing.seal(writer, stream, at_least)

    def erase(self, stream: str, sequences: Sequence[int]) -> int:
        """Remove rows or records for good and return how many there were; the rest keeps its numbers.

        Sealed files that held some are written again, and freed pages and the write-ahead log are overwritten. Ids
        stay taken.
        """
        writer = self._writer()
        with told_plainly(self._folder), self._bulk:
            return erasing.erase(writer, stream, sequences)

    def frontier(self, stream: str) -> int:
        """The sequence number that the next entry of the stream will get."""
        return self._next(stream, None)

    def streams(self) -> list[str]:
        """The names of all streams, sorted."""
        return sorted(self._read(lambda db: [name for (name,) in db.execute("SELECT name FROM stream")]))

    def find_subject(self, value: object) -> list[tuple[str, int]]:
        """Every (stream, sequence) whose declared subject column, or record's subject, is the value, sorted."""
        return self._settled(lambda db: finding.look_up(db, value), finding.fetch)

    def close(self) -> None:
        """Release files and locks; closing twice is fine."""
        if not self._closed and self._pid == os.getpid():
            self._closed = True
            self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _append_bulk(self, commits: GroupCommit, segment: NewSegment, stream: str) -> int:
        with self._bulk:
            return segment.append(commits, self.frontier(stream))

    def _writer(self) -> Writer:
        self._check_open()
        if self._commits is None:
            raise LedgerError(
                f"the ledger in {self._folder} was opened to read", do="open it without read_only=True"
            )
        return Writer(self._folder, self._commits, self._reader)

    def _read(self, look: Callable[[sqlite3.Connection], Result]) -> Result:
        self._check_open()
        with told_plainly(self._folder):
            return self._reader.run(look)

    def _settled(
        self, look: Callable[[sqlite3.Connection], Located], fetch: Callable[[Path, Located], Result]
    ) -> Result:
        """What stands at the places looked up; looks again where erasing took a file away between the two."""
        found = self._read(look)
        while True:
            try:
                with told_plainly(self._folder):
                    return fetch(self._folder, found)
            except LedgerError:
                again = self._read(look)
                if again.segments == found.segments:
                    raise
                found = again

    def _records_at(self, stream: str, numbers: Sequence[int]) -> dict[int, Record]:
        look = partial(record_reading.look_up_some, name=stream, sequences=numbers)
        return dict(self._settled(look, record_reading.fetch))

    def _next(self, stream: str, holds: str | None) -> int:
        found = self._read(lambda db: tables.find_stream(db, stream, holds))
        return found.frontier if found is not None else 0

    def _check_open(self) -> None:
        if self._closed:
            raise LedgerError(f"the ledger in {self._folder} is closed", do="open it again")
        if self._pid != os.getpid():
            raise LedgerError(
                f"the ledger in {self._folder} was opened by process {self._pid}, of which this one is a copy",
                do="open the ledger after starting the process",
            )


def _append_rows(
    db: sqlite3.Connection, stream: str, rows: pa.Table, at: int, subject: str | None, pairs: known.Sorted
) -> int:
    kept, first = tables.insert_batch(db, stream, rows, at, subject)
    known.keep(db, kept, pairs)
    return first


def _open_to_write(folder: Path, resources: ExitStack, appends: RecordAppends) -> GroupCommit:
    make_folder(folder)
    resources.enter_context(closing(WriterLock(folder / "ledger.lock")))
    if not (folder / DATABASE).exists() and any_segments(folder):
        raise LedgerError(
            f"the ledger in {folder} has sealed rows but no {DATABASE}", do="restore that file from a backup"
        )
    commits = resources.enter_context(closing(GroupCommit(open_to_write(folder), appends.forget)))
    commits.run(
        lambda db: remove_strays(folder, {file for (file,) in db.execute("SELECT file FROM segment")})
    )
    return commits

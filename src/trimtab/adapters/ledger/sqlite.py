"""The embedded ledger: a folder with one SQLite file for what is open and Parquet files for what is sealed."""

from __future__ import annotations

import operator
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self, TypeVar

import pyarrow as pa

from trimtab.adapters.durable import make_folder
from trimtab.adapters.ledger import finding, reading, tables
from trimtab.adapters.ledger.bodies import packed
from trimtab.adapters.ledger.commits import GroupCommit
from trimtab.adapters.ledger.format import DATABASE, open_to_write
from trimtab.adapters.ledger.lock import WriterLock
from trimtab.adapters.ledger.problems import told_plainly
from trimtab.adapters.ledger.reading import Reader
from trimtab.adapters.ledger.rows import checked_rows, checked_stream
from trimtab.adapters.ledger.sealing import NewSegment, ranges_to_seal, seal_range
from trimtab.adapters.ledger.segments import any_segments, remove_strays
from trimtab.errors import LedgerError
from trimtab.ports import Event

BULK_ROWS = 20_000
BULK_BYTES = 16 * 1024 * 1024

Result = TypeVar("Result")


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
            self._commits = None if read_only else _open_to_write(self._folder, resources)
            self._reader = resources.enter_context(closing(Reader(self._folder)))
            self._resources = resources.pop_all()

    def append_rows(self, stream: str, rows: pa.Table, *, at: int, subject: str | None = None) -> int:
        """Append rows to a stream and return the sequence number of the first one.

        Columns may be added by later rows (earlier ones read as null) and left out; a column never changes its
        type. `subject` names the column by which `find_subject` finds them.
        """
        commits = self._writer()
        table, at = checked_rows(checked_stream(stream), rows, subject), operator.index(at)
        if not len(table):
            return self._next(stream, "rows")
        with told_plainly(self._folder):
            if len(table) >= BULK_ROWS or table.nbytes >= BULK_BYTES:
                return self._append_bulk(
                    commits, NewSegment(self._folder, stream, table, at, subject), stream
                )
            return commits.run(lambda db: tables.insert_batch(db, stream, table, at, subject))

    def append_events(self, stream: str, events: Sequence[Event]) -> int:
        """Append events in order, all or none, and return the sequence number of the first one."""
        commits = self._writer()
        rows = [(operator.index(event.at), event.kind, event.subject, packed(event)) for event in events]
        if not rows:
            return self._next(checked_stream(stream), "events")
        with told_plainly(self._folder):
            return commits.run(lambda db: tables.insert_events(db, checked_stream(stream), rows))

    def read_rows(self, stream: str, *, since: int = 0, until: int | None = None) -> pa.Table:
        """The rows with since <= sequence < until, in order, behind `sequence` and `recorded_at`."""
        found = self._read(lambda db: reading.look_up(db, stream, since, until))
        with told_plainly(self._folder):
            return reading.fetch(self._folder, found)

    def read_events(self, stream: str, *, since: int = 0, until: int | None = None) -> list[Event]:
        """The events with since <= sequence < until, in order."""
        return self._read(lambda db: reading.events(db, stream, since, until))

    def seal(self, stream: str, *, at_least: int = 1) -> int:
        """Move the open rows of a stream into Parquet once there are so many of them; return how many moved."""
        commits = self._writer()
        with told_plainly(self._folder), self._bulk:
            found = self._read(lambda db: reading.open_rows(db, stream))
            if found is None or found.count < max(at_least, 1):
                return 0
            for first, until, subject in ranges_to_seal(found.ranges):
                rows = self.read_rows(stream, since=first, until=until)
                seal_range(self._folder, commits, found.stream, rows, subject)
            return found.count

    def frontier(self, stream: str) -> int:
        """The sequence number that the next row or event of the stream will get."""
        return self._next(stream, None)

    def streams(self) -> list[str]:
        """The names of all streams, sorted."""
        return sorted(self._read(lambda db: [name for (name,) in db.execute("SELECT name FROM stream")]))

    def find_subject(self, value: object) -> list[tuple[str, int]]:
        """Every (stream, sequence) whose declared subject column held the value, sorted."""
        hits = self._read(lambda db: finding.candidates(db, value))
        with told_plainly(self._folder):
            return finding.resolved(self._folder, hits, value)

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

    def _writer(self) -> GroupCommit:
        self._check_open()
        if self._commits is None:
            raise LedgerError(
                f"the ledger in {self._folder} was opened to read", do="open it without read_only=True"
            )
        return self._commits

    def _read(self, look: Callable[[sqlite3.Connection], Result]) -> Result:
        self._check_open()
        with told_plainly(self._folder):
            return self._reader.run(look)

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


def _open_to_write(folder: Path, resources: ExitStack) -> GroupCommit:
    make_folder(folder)
    resources.enter_context(closing(WriterLock(folder / "ledger.lock")))
    if not (folder / DATABASE).exists() and any_segments(folder):
        raise LedgerError(
            f"the ledger in {folder} has sealed rows but no {DATABASE}", do="restore that file from a backup"
        )
    commits = resources.enter_context(closing(GroupCommit(open_to_write(folder))))
    commits.run(
        lambda db: remove_strays(folder, {file for (file,) in db.execute("SELECT file FROM segment")})
    )
    return commits

"""The ledger in memory: the laws of the durable one without a disk, for tests and tutorials."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import pyarrow as pa

from trimtab.adapters.arrow import align
from trimtab.adapters.ledger.bodies import packed, unpacked
from trimtab.adapters.ledger.rows import (
    checked_rows,
    checked_stream,
    merged_schema,
    numbered,
    numbered_schema,
)
from trimtab.adapters.ledger.subjects import canonical, positions
from trimtab.errors import LedgerError
from trimtab.ports import Event


@dataclass
class _Stream:
    holds: str
    frontier: int = 0
    schema: pa.Schema | None = None
    batches: list[tuple[int, pa.Table, str | None]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class MemoryLedger:
    """A ledger that lives and dies with the process; raises LedgerError like the durable one.

    >>> with MemoryLedger() as ledger:
    ...     ledger.append_rows("landings", pa.table({"flight": ["UA7"]}), at=5, subject="flight")
    ...     ledger.read_rows("landings").to_pylist(), ledger.find_subject("UA7")
    0
    ([{'sequence': 0, 'recorded_at': 5, 'flight': 'UA7'}], [('landings', 0)])
    """

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self._lock = threading.Lock()
        self._closed = False

    def append_rows(self, stream: str, rows: pa.Table, *, at: int, subject: str | None = None) -> int:
        """Append rows to a stream and return the sequence number of the first one."""
        table = checked_rows(stream, rows, subject)
        with self._lock:
            kept = self._to_append(stream, "rows")
            first = kept.frontier
            if len(table):
                kept.schema = merged_schema(stream, kept.schema, table.schema)
                kept.batches.append((at, table, subject))
                self._keep(stream, kept, len(table))
            return first

    def append_events(self, stream: str, events: Sequence[Event]) -> int:
        """Append events in order, all or none, and return the sequence number of the first one."""
        fresh = [Event(event.at, event.kind, event.subject, unpacked(packed(event))) for event in events]
        with self._lock:
            kept = self._to_append(stream, "events")
            first = kept.frontier
            if fresh:
                kept.events.extend(fresh)
                self._keep(stream, kept, len(fresh))
            return first

    def read_rows(self, stream: str, *, since: int = 0, until: int | None = None) -> pa.Table:
        """The rows with since <= sequence < until, behind `sequence` and `recorded_at`."""
        with self._lock:
            kept = self._to_read(stream, "rows")
            schema = numbered_schema(kept.schema if kept.schema is not None else pa.schema([]))
            first, pieces = 0, [schema.empty_table()]
            for at, table, _ in kept.batches:
                pieces.append(align(numbered(table, first, at), schema))
                first += len(table)
        start = max(since, 0)
        stop = first if until is None else min(until, first)
        return pa.concat_tables(pieces).slice(start, max(stop - start, 0))

    def read_events(self, stream: str, *, since: int = 0, until: int | None = None) -> list[Event]:
        """The events with since <= sequence < until, in order."""
        with self._lock:
            events = self._to_read(stream, "events").events
            return events[max(since, 0) : None if until is None else max(until, 0)]

    def seal(self, stream: str, *, at_least: int = 1) -> int:
        """Nothing: memory has no long-term form."""
        del at_least
        with self._lock:
            self._to_read(stream, "rows")
        return 0

    def frontier(self, stream: str) -> int:
        """The sequence number that the next row or event of the stream will get."""
        with self._lock:
            self._check_open()
            kept = self._streams.get(stream)
            return kept.frontier if kept else 0

    def streams(self) -> list[str]:
        """The names of all streams, sorted."""
        with self._lock:
            self._check_open()
            return sorted(self._streams)

    def find_subject(self, value: object) -> list[tuple[str, int]]:
        """Every (stream, sequence) whose declared subject column held the value, sorted."""
        wanted = canonical(value)
        found: list[tuple[str, int]] = []
        with self._lock:
            self._check_open()
            for name, kept in self._streams.items():
                first = 0
                for _, table, subject in kept.batches:
                    if wanted is not None and subject is not None:
                        found += [(name, first + int(row)) for row in positions(table[subject], wanted)]
                    first += len(table)
        return sorted(found)

    def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise LedgerError("the ledger in memory is closed", do="make another one")

    def _to_append(self, stream: str, holds: str) -> _Stream:
        self._check_open()
        return self._checked(checked_stream(stream), holds)

    def _to_read(self, stream: str, holds: str) -> _Stream:
        self._check_open()
        return self._checked(stream, holds)

    def _checked(self, stream: str, holds: str) -> _Stream:
        kept = self._streams.get(stream) or _Stream(holds)
        if kept.holds != holds:
            raise LedgerError(f"stream {stream!r} holds {kept.holds}, not {holds}", do="use another stream")
        return kept

    def _keep(self, stream: str, kept: _Stream, count: int) -> None:
        kept.frontier += count
        self._streams[stream] = kept

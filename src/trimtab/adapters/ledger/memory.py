"""The ledger in memory: the laws of the durable one without a disk, for tests and tutorials."""

from __future__ import annotations

import operator
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pyarrow as pa

from trimtab.adapters.arrow import align
from trimtab.adapters.ledger.bodies import packed, unpacked
from trimtab.adapters.ledger.records import check_records, checked_identities, erased
from trimtab.adapters.ledger.rows import (
    between,
    checked_rows,
    checked_stream,
    merged_schema,
    numbered,
    numbered_schema,
    without,
)
from trimtab.adapters.ledger.subjects import Value, canonical, positions
from trimtab.errors import LedgerError
from trimtab.ports import Event, Identities, Record


@dataclass
class _Stream:
    holds: str
    frontier: int = 0
    schema: pa.Schema = field(default_factory=lambda: pa.schema([]))
    batches: list[tuple[pa.Table, str | None]] = field(
        default_factory=list
    )  # numbered rows, and their subject
    identities: dict[str, bytes] = field(default_factory=dict)
    records: dict[int, Record] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)  # of each id that a record ever had
    events: list[Event] = field(default_factory=list)

    def find_subject(self, wanted: Value) -> list[int]:
        """The sequence numbers of the rows and records about a subject."""
        found = [number for number, record in self.records.items() if record.subject == wanted]
        for rows, subject in self.batches:
            if subject is not None:
                found += rows["sequence"].to_numpy()[positions(rows[subject], wanted)].tolist()
        return found

    def erase(self, sequences: Sequence[int]) -> int:
        """Remove rows and records; return how many there were."""
        wanted = {operator.index(number) for number in sequences}
        removed = sum(self.records.pop(number, None) is not None for number in wanted)
        numbers = np.array([number for number in wanted if 0 <= number < self.frontier], np.int64)
        kept = [(without(rows, numbers), subject) for rows, subject in self.batches]
        removed += sum(len(rows) for rows, _ in self.batches) - sum(len(rows) for rows, _ in kept)
        self.batches = kept
        return removed


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

    def append_rows(
        self,
        stream: str,
        rows: pa.Table,
        *,
        at: int,
        subject: str | None = None,
        identities: Identities | None = None,
    ) -> int:
        """Append rows to a stream and return the sequence number of the first one."""
        table = checked_rows(checked_stream(stream), rows, subject)
        contents = checked_identities(stream, identities, len(table)) if identities is not None else {}
        with self._lock:
            kept = self._of(stream, "rows")
            first = kept.frontier
            if len(table):
                kept.schema = merged_schema(stream, kept.schema, table.schema)
                kept.batches.append((numbered(table, first, operator.index(at)), subject))
                kept.identities |= contents
                self._keep(stream, kept, len(table))
            return first

    def find_identities(self, stream: str, ids: Sequence[str]) -> list[bytes | None]:
        """The content last kept for each id of a stream of rows, or None."""
        with self._lock:
            known = self._of(stream, "rows").identities
            return [known.get(one) for one in ids]

    def append_records(self, stream: str, records: Sequence[Record]) -> list[Record | None]:
        """Append records whose ids are new; for each one None, or the earlier record that has its id.

        An id stays taken when its record is erased: it is told as a record at 0 without a body, `b""`.
        """
        check_records(checked_stream(stream), records)
        with self._lock:
            kept = self._of(stream, "records")
            return [self._append_record(stream, kept, record) for record in records]

    def find_record(self, stream: str, id: str) -> Record | None:  # noqa: A002  # the field's word for it
        """The record of an id; None for an id never seen, or erased."""
        with self._lock:
            kept = self._of(stream, "records")
            return kept.records.get(kept.numbers.get(id, -1))

    def read_records(
        self, stream: str, *, since: int = 0, until: int | None = None
    ) -> list[tuple[int, Record]]:
        """The records with since <= sequence < until, in order, each with its sequence number."""
        with self._lock:
            records = self._of(stream, "records").records.items()
            return [
                (number, record)
                for number, record in records
                if since <= number and (until is None or number < until)
            ]

    def append_events(self, stream: str, events: Sequence[Event]) -> int:
        """Append events in order, all or none, and return the sequence number of the first one."""
        checked_stream(stream)
        fresh = [Event(event.at, event.kind, event.subject, unpacked(packed(event))) for event in events]
        with self._lock:
            kept = self._of(stream, "events")
            first = kept.frontier
            if fresh:
                kept.events.extend(fresh)
                self._keep(stream, kept, len(fresh))
            return first

    def read_rows(self, stream: str, *, since: int = 0, until: int | None = None) -> pa.Table:
        """The rows with since <= sequence < until, behind `sequence` and `recorded_at`."""
        with self._lock:
            kept = self._of(stream, "rows")
            schema = numbered_schema(kept.schema)
            pieces = [schema.empty_table(), *(align(rows, schema) for rows, _ in kept.batches)]
        return between(pa.concat_tables(pieces), since, kept.frontier if until is None else until)

    def read_events(self, stream: str, *, since: int = 0, until: int | None = None) -> list[Event]:
        """The events with since <= sequence < until, in order."""
        with self._lock:
            events = self._of(stream, "events").events
            return events[max(since, 0) : None if until is None else max(until, 0)]

    def seal(self, stream: str, *, at_least: int = 1) -> int:
        """Nothing: memory has no long-term form."""
        del at_least
        self._refuse_events(stream)
        return 0

    def erase(self, stream: str, sequences: Sequence[int]) -> int:
        """Remove rows or records for good and return how many there were; ids stay taken."""
        self._refuse_events(stream)
        with self._lock:
            kept = self._streams.get(stream)
            return kept.erase(sequences) if kept is not None else 0

    def frontier(self, stream: str) -> int:
        """The sequence number that the next entry of the stream will get."""
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
        """Every (stream, sequence) whose declared subject column, or record's subject, is the value, sorted."""
        wanted = canonical(value)
        with self._lock:
            self._check_open()
            if wanted is None:
                return []
            return sorted(
                (name, number) for name, kept in self._streams.items() for number in kept.find_subject(wanted)
            )

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

    def _of(self, stream: str, holds: str) -> _Stream:
        self._check_open()
        kept = self._streams.get(stream) or _Stream(holds)
        if kept.holds != holds:
            raise LedgerError(f"stream {stream!r} holds {kept.holds}, not {holds}", do="use another stream")
        return kept

    def _refuse_events(self, stream: str) -> None:
        with self._lock:
            self._check_open()
            kept = self._streams.get(stream)
        if kept is not None and kept.holds == "events":
            raise LedgerError(f"stream {stream!r} holds events, not rows or records", do="use another stream")

    def _append_record(self, stream: str, kept: _Stream, record: Record) -> Record | None:
        number = kept.numbers.setdefault(record.id, kept.frontier)
        if number < kept.frontier:
            return kept.records.get(number, erased(record.id))
        kept.records[number] = record
        self._keep(stream, kept, 1)
        return None

    def _keep(self, stream: str, kept: _Stream, count: int) -> None:
        kept.frontier += count
        self._streams[stream] = kept

"""A ledger that another process owns: reads go to its files, writes through its door."""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from trimtab.adapters.door.connections import Connections, UnansweredError
from trimtab.adapters.door.frames import framed
from trimtab.adapters.door.messages import (
    Reply,
    error_of,
    event_fields,
    identities_fields,
    record_fields,
    rows_content,
)
from trimtab.adapters.ledger.records import check_records
from trimtab.adapters.ledger.rows import checked_stream
from trimtab.errors import LedgerError
from trimtab.ports import Event, Identities, Ledger, Record

_LOOK = "look whether it is there before doing it again"
_NUMBERS = 2**63  # no ledger gives more, and no message holds them
_AGAIN = "do it again, which is harmless"


class RemoteLedger:
    """A ledger written by the process that owns it; safe to share between threads, not with copies of the process.

    `reader` is a read-only ledger of the same folder, and is closed with this one. Everything raises LedgerError,
    and what the owner raises is raised here. When the owner ends in the middle of an append of rows or events, it
    is unknown whether they were written, and the error says so; an append of records is asked again by itself.
    """

    def __init__(self, folder: Path, reader: Ledger) -> None:
        self._folder, self._reader = Path(folder), reader
        self._connections = Connections(self._folder)
        self._pid = os.getpid()
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
        arguments = (rows_content(rows), operator.index(at), subject, identities_fields(identities))
        first: int = self._once("append_rows", stream, *arguments)
        return first

    def append_records(self, stream: str, records: Sequence[Record]) -> list[Record | None]:
        """Append records whose ids are new; for each one None, or the earlier record that has its id already.

        When the owner ends before it answers, they are sent once more; a record that is there by then, equal in
        all its parts, counts as appended.
        """
        check_records(checked_stream(stream), records)
        frame = framed(("append_records", (stream, [record_fields(record) for record in records])))
        try:
            found = self._result(frame)
        except UnansweredError:
            return _without_own(records, _records(self._asked_again(frame)))
        return _records(found)

    def append_events(self, stream: str, events: Sequence[Event]) -> int:
        """Append events in order, all or none, and return the sequence number of the first one."""
        first: int = self._once("append_events", stream, [event_fields(event) for event in events])
        return first

    def seal(self, stream: str, *, at_least: int = 1) -> int:
        """Move a stream's open rows into their long-term form once there are so many; return how many moved."""
        moved: int = self._once("seal", stream, operator.index(at_least), do=_AGAIN)
        return moved

    def erase(self, stream: str, sequences: Sequence[int]) -> int:
        """Remove rows or records for good; return how many there were."""
        numbers = [number for number in map(operator.index, sequences) if 0 <= number < _NUMBERS]
        erased: int = self._once("erase", stream, numbers, do=_AGAIN)
        return erased

    def call(self, service: str, *arguments: object) -> Any:
        """What a service of the owner returns for plain arguments."""
        return self._once("call", service, arguments)

    def find_identities(self, stream: str, ids: Sequence[str]) -> list[bytes | None]:
        """The content digest last kept for each id of a stream of rows, or None for an id never seen."""
        return self._reader.find_identities(stream, ids)

    def find_record(self, stream: str, id: str) -> Record | None:  # noqa: A002  # the field's word for it
        """The record of an id, sealed or not, or None."""
        return self._reader.find_record(stream, id)

    def read_records(
        self, stream: str, *, since: int = 0, until: int | None = None
    ) -> list[tuple[int, Record]]:
        """The records with since <= sequence < until, in order, each with its sequence number."""
        return self._reader.read_records(stream, since=since, until=until)

    def read_rows(self, stream: str, *, since: int = 0, until: int | None = None) -> pa.Table:
        """The rows with since <= sequence < until, in order, with `sequence` and `recorded_at` columns first."""
        return self._reader.read_rows(stream, since=since, until=until)

    def read_events(self, stream: str, *, since: int = 0, until: int | None = None) -> list[Event]:
        """The events with since <= sequence < until, in order."""
        return self._reader.read_events(stream, since=since, until=until)

    def frontier(self, stream: str) -> int:
        """The sequence number that the next row or event of the stream will get."""
        return self._reader.frontier(stream)

    def streams(self) -> list[str]:
        """The names of all streams, sorted."""
        return self._reader.streams()

    def find_subject(self, value: object) -> list[tuple[str, int]]:
        """Every (stream, sequence) whose declared subject column, or record's subject, held the value."""
        return self._reader.find_subject(value)

    def close(self) -> None:
        """Let go of the owner and of the reader; closing twice is fine."""
        self._closed = True
        self._connections.close()
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _once(self, method: str, target: str, *arguments: object, do: str = _LOOK) -> Any:
        """The result of a request that is never sent twice."""
        try:
            return self._result(framed((method, (target, *arguments))))
        except UnansweredError as error:
            raise self._unknown(f"{method} of {target!r} was done", do) from error

    def _asked_again(self, frame: bytearray) -> Any:
        try:
            reply = self._connections.ask(frame)
        except (UnansweredError, LedgerError) as error:
            raise self._unknown("the records were written", _AGAIN) from error
        return _result_of(reply)

    def _result(self, frame: bytearray) -> Any:
        self._check_open()
        return _result_of(self._connections.ask(frame))

    def _unknown(self, what: str, do: str) -> LedgerError:
        return LedgerError(
            f"it is unknown whether {what}: the process that owns the ledger in {self._folder} ended before it"
            " answered",
            do=do,
        )

    def _check_open(self) -> None:
        if self._closed:
            raise LedgerError(f"the ledger in {self._folder} is closed", do="open it again")
        if self._pid != os.getpid():
            raise LedgerError(
                f"the ledger in {self._folder} was opened by process {self._pid}, of which this one is a copy",
                do="open the ledger after starting the process",
            )


def _result_of(reply: Reply) -> Any:
    if reply.problem is not None:
        raise error_of(reply.problem)
    return reply.result


def _records(fields: Sequence[Sequence[Any] | None]) -> list[Record | None]:
    return [None if values is None else Record(*values) for values in fields]


def _without_own(records: Sequence[Record], earlier: Sequence[Record | None]) -> list[Record | None]:
    """What a first attempt would have told: a record that equals the one sent was appended by that attempt.

    >>> first, second = Record("a", 1, b"x"), Record("b", 1, b"x")
    >>> _without_own([first, second, first], [first, None, first])
    [None, None, Record(id='a', at=1, body=b'x', subject=None)]
    """
    told, seen = list(earlier), set[str]()
    for place, record in enumerate(records):
        if told[place] == record and record.id not in seen:
            told[place] = None
        seen.add(record.id)
    return told

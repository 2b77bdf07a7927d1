"""The seams between pure logic and the world: what the loop needs, never how it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa
from sqlglot import exp


@runtime_checkable
class Clock(Protocol):
    """The only source of time."""

    def now(self) -> int:
        """The present instant in epoch microseconds, UTC."""
        ...


@runtime_checkable
class Engine(Protocol):
    """Runs query plans over named Arrow tables."""

    def register(self, name: str, table: pa.Table) -> None:
        """Make a table visible to later queries under a name; a second call replaces it."""
        ...

    def query(self, plan: exp.Expression) -> pa.Table:
        """Run one plan and return its rows."""
        ...

    def close(self) -> None:
        """Give back memory and files."""
        ...


@runtime_checkable
class Tables(Protocol):
    """Reads what a source declares as its data."""

    def read(self, data: object, folder: Path) -> pa.Table:
        """The whole table; relative paths start at `folder`."""
        ...


@dataclass(frozen=True)
class Event:
    """One thing that happened, for the ledger's journals (versions, measurements, decisions).

    `at` is epoch microseconds of the loop's clock, `body` plain JSON-able values.
    """

    at: int
    kind: str
    subject: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One thing with an id of its own, such as a served prediction; the id is unique within its stream.

    `at` is epoch microseconds, `body` the bytes of a MessagePack mapping with text keys, `subject` the person or
    thing that it is about.
    """

    id: str
    at: int
    body: bytes
    subject: str | int | None = None


@dataclass(frozen=True)
class Identities:
    """Who each row of an append is: its id, and a short digest of its content by which a repeat is told."""

    ids: Sequence[str]
    contents: Sequence[bytes]


@runtime_checkable
class Ledger(Protocol):
    """The append-only record. A call returns once what it appended is on disk."""

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

        Sequence numbers start at 0, are dense within a stream, and are never reused. `subject` names the
        column whose values identify a person or thing for `find_subject`. `identities`, one a row, are kept for
        `find_identities`; an id that is there already takes the new content.
        """
        ...

    def find_identities(self, stream: str, ids: Sequence[str]) -> list[bytes | None]:
        """The content digest last kept for each id of a stream of rows, or None for an id never seen.

        The answer is the same before and after rows are sealed.
        """
        ...

    def append_records(self, stream: str, records: Sequence[Record]) -> list[Record | None]:
        """Append records whose ids are new; for each one None, or the earlier record that has its id already.

        Of two records with one id in the same call the first is appended and the second is told it.
        """
        ...

    def find_record(self, stream: str, id: str) -> Record | None:  # noqa: A002  # the field's word for it
        """The record of an id, sealed or not, or None."""
        ...

    def read_records(
        self, stream: str, *, since: int = 0, until: int | None = None
    ) -> list[tuple[int, Record]]:
        """The records with since <= sequence < until, in order, each with its sequence number."""
        ...

    def append_events(self, stream: str, events: Sequence[Event]) -> int:
        """Append events in order, all or none, and return the sequence number of the first one."""
        ...

    def read_rows(self, stream: str, *, since: int = 0, until: int | None = None) -> pa.Table:
        """The rows with since <= sequence < until, in order, with `sequence` and `recorded_at` columns first."""
        ...

    def read_events(self, stream: str, *, since: int = 0, until: int | None = None) -> list[Event]:
        """The events with since <= sequence < until, in order."""
        ...

    def frontier(self, stream: str) -> int:
        """The sequence number that the next row or event of the stream will get."""
        ...

    def streams(self) -> list[str]:
        """The names of all streams, sorted."""
        ...

    def seal(self, stream: str, *, at_least: int = 1) -> int:
        """Move a stream's open rows into their long-term form once there are so many; return how many moved.

        No answer of the ledger changes by it, and it may run beside appends and reads.
        """
        ...

    def find_subject(self, value: object) -> list[tuple[str, int]]:
        """Every (stream, sequence) whose declared subject column, or record's subject, held the value."""
        ...

    def erase(self, stream: str, sequences: Sequence[int]) -> int:
        """Remove rows or records for good, from sealed files and free pages too; return how many there were.

        Their sequence numbers stay unused, their ids stay taken, and no other answer changes.
        """
        ...

    def close(self) -> None:
        """Release files and locks."""
        ...


@runtime_checkable
class Blobs(Protocol):
    """Content-addressed bytes: the name of a blob is the SHA-256 of its content, in hex."""

    def put(self, content: bytes) -> str:
        """Store bytes durably and return their digest; storing the same bytes twice stores them once."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes of a digest, verified; raises ArtifactError when missing or changed on disk."""
        ...

    def remove(self, digest: str) -> None:
        """Delete the bytes of a digest for good; where there are none, nothing happens."""
        ...

    def __contains__(self, digest: object) -> bool: ...


@runtime_checkable
class OnlineStore(Protocol):
    """Bytes by key, for features at the time of a request: one process writes, many read."""

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys as of one instant, None where there is none."""
        ...

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Put (or, for None, delete) all of these at once or none; later readers in any process see them.

        What was written survives a crash of the process; the machine's crash may lose the latest writes, but never
        tears one.
        """
        ...

    def scan(self, prefix: bytes, *, after: bytes = b"", limit: int = 1000) -> list[tuple[bytes, bytes]]:
        """Up to `limit` pairs in byte order of their keys, which begin with prefix and are greater than `after`."""
        ...

    def close(self) -> None:
        """Release files and locks."""
        ...

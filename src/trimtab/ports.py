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


@runtime_checkable
class Ledger(Protocol):
    """The append-only record. A call returns once what it appended is on disk."""

    def append_rows(self, stream: str, rows: pa.Table, *, at: int, subject: str | None = None) -> int:
        """Append rows to a stream and return the sequence number of the first one.

        Sequence numbers start at 0, are dense within a stream, and are never reused. `subject` names the
        column whose values identify a person or thing for `find_subject`.
        """
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
        """Every (stream, sequence) whose declared subject column held the value."""
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

    def __contains__(self, digest: object) -> bool: ...

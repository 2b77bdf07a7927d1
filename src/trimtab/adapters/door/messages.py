"""What travels through the door, in either direction, and how the nouns of the ledger are written in it.

A connection begins with a Hello from each side. Then each Request is answered by one Reply.
"""

from __future__ import annotations

import operator
from typing import Any

import msgspec
import pyarrow as pa

from trimtab import errors
from trimtab.adapters.ledger.bodies import packed, unpacked
from trimtab.errors import LedgerError, TrimtabError
from trimtab.ports import Event, Identities, Record

VERSION = 1
"""Both sides must speak the same version; it changes with the meaning of any message."""

RecordFields = tuple[str, int, bytes, str | int | None]
EventFields = tuple[int, str, str, str]
IdentitiesFields = tuple[list[str], list[bytes]]

_ERRORS = {
    kind.__name__: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, TrimtabError)
}


class Hello(msgspec.Struct):
    """The first message of each side; it may gain fields, but these keep their names for ever."""

    version: int
    process: int


class Problem(msgspec.Struct, array_like=True):
    """An error as plain text: the name of its class, and its parts."""

    kind: str
    what: str
    where: str | None = None
    found: str | None = None
    nearest: str | None = None
    do: str | None = None


class Request(msgspec.Struct, array_like=True):
    """The name of a method of the door and its arguments, still packed."""

    method: str
    arguments: msgspec.Raw


class Reply(msgspec.Struct, array_like=True):
    """What a method returned, or the error that it raised."""

    result: Any = None
    problem: Problem | None = None


def record_fields(record: Record) -> RecordFields:
    """A record as a plain array."""
    return record.id, record.at, record.body, record.subject


def event_fields(event: Event) -> EventFields:
    """An event as a plain array, its body as JSON; raises LedgerError for a body beyond JSON."""
    return operator.index(event.at), event.kind, event.subject, packed(event)


def event_of(fields: EventFields) -> Event:
    """The event of a plain array."""
    at, kind, subject, body = fields
    return Event(at, kind, subject, unpacked(body))


def identities_fields(identities: Identities | None) -> IdentitiesFields | None:
    """The identities of rows as a plain array."""
    return None if identities is None else (list(identities.ids), list(identities.contents))


def rows_content(rows: pa.Table) -> memoryview:
    """A table as the bytes of an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    try:
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_table(rows)
    except pa.ArrowException as error:
        raise LedgerError("these rows cannot travel between processes", found=str(error)) from error
    return memoryview(sink.getvalue())


def rows_of(content: memoryview) -> pa.Table:
    """The table in the bytes of an Arrow IPC stream; raises ArrowException for anything else."""
    rows = pa.ipc.open_stream(pa.py_buffer(content)).read_all()
    rows.validate(full=True)  # a wrong offset would end the process when it is followed
    return rows


def problem_of(error: Exception, doing: str) -> Problem:
    """An error to be told to the other side; what is not ours becomes a LedgerError with a plain text.

    >>> problem_of(ValueError("too few"), "seal")
    Problem(kind='LedgerError', what='seal failed in the process that owns the ledger', where=None,
        found='ValueError: too few', nearest=None, do=None)
    """
    if not isinstance(error, TrimtabError):
        found = " ".join(f"{type(error).__name__}: {error}".split())
        error = LedgerError(f"{doing} failed in the process that owns the ledger", found=found)
    kind = next(base.__name__ for base in type(error).__mro__ if _ERRORS.get(base.__name__) is base)
    parts = (error.what, error.where, error.found, error.nearest, error.do)
    return Problem(kind, *(None if part is None else _plain(str(part)) for part in parts))  # type: ignore[arg-type]


def error_of(problem: Problem) -> TrimtabError:
    """The error that was told, of the same class and with the same text."""
    kind = _ERRORS.get(problem.kind, LedgerError)
    return kind(
        problem.what, where=problem.where, found=problem.found, nearest=problem.nearest, do=problem.do
    )


def _plain(text: str) -> str:
    """Text that UTF-8 can hold."""
    return text.encode(errors="backslashreplace").decode()

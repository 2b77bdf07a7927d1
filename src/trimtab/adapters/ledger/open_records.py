"""The open range of records in ledger.sqlite, and the ids that every record ever had."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from trimtab.adapters.ledger import tables
from trimtab.adapters.ledger.records import fits, storable
from trimtab.adapters.ledger.subjects import Value
from trimtab.ports import Record

SHIFT = 40  # a key is stream << 40 | sequence: room for a million million records in each stream
MASK = (1 << SHIFT) - 1

_TAKE = "INSERT OR IGNORE INTO record_id (stream, id, sequence) VALUES (?, ?, ?)"
_TAKEN = "SELECT sequence FROM record_id WHERE stream = ? AND id = ?"
_INSERT = "INSERT INTO record (key, id, at, subject, body) VALUES (?, ?, ?, ?, ?)"
_ADVANCE = "UPDATE stream SET frontier = ? WHERE id = ?"
_BETWEEN = "SELECT key, id, at, body, subject FROM record WHERE key >= ? AND key < ? ORDER BY key"
_FIND = (
    "SELECT stream.id, record_id.sequence, record.id, at, body, subject FROM stream"
    " JOIN record_id ON record_id.stream = stream.id LEFT JOIN record ON key = stream.id << 40 | sequence"
    " WHERE name = ? AND record_id.id = ?"
)


class RecordAppends:
    """Appends records, and remembers between transactions where each stream of them ends."""

    def __init__(self) -> None:
        self._ends: dict[str, tuple[int, int]] = {}

    def forget(self) -> None:
        """Trust nothing remembered: a transaction was undone."""
        self._ends.clear()

    def append(self, db: sqlite3.Connection, name: str, records: Sequence[Record]) -> list[int | None]:
        """Add the records with new ids; for each record None, or the sequence number that has its id."""
        stream, frontier = self._ends.get(name) or _end(db, name)
        taken: list[int | None] = []
        fresh: list[tuple[int, str, int, str | int | None, bytes]] = []
        execute, key = db.execute, (stream << SHIFT) + frontier
        for record in records:
            if execute(_TAKE, (stream, record.id, frontier + len(fresh))).rowcount:
                fresh.append((key + len(fresh), record.id, record.at, record.subject, record.body))
                taken.append(None)
            else:
                taken.append(execute(_TAKEN, (stream, record.id)).fetchone()[0])
        if fresh:
            db.executemany(_INSERT, fresh)
            frontier += len(fresh)
            execute(_ADVANCE, (frontier, stream))
        self._ends[name] = stream, frontier
        return taken


def find(db: sqlite3.Connection, name: str, record_id: str) -> tuple[int, int, Record | None] | None:
    """The stream, the sequence number and, while it is open, the record of an id; None for an id never seen."""
    row = db.execute(_FIND, (name, record_id)).fetchone()
    if row is None:
        return None
    return row[0], row[1], Record(*row[2:]) if row[2] is not None else None


def between(db: sqlite3.Connection, stream: int, since: int, until: int) -> list[tuple[int, Record]]:
    """The open records with since <= sequence < until, each with its sequence number, in order."""
    base, end = stream << SHIFT, MASK + 1
    rows = db.execute(_BETWEEN, (base + min(since, end), base + min(until, end)))
    return [(row[0] & MASK, Record(*row[1:])) for row in rows]


def at(db: sqlite3.Connection, stream: int, sequences: Iterable[int]) -> list[tuple[int, Record]]:
    """The open records with these sequence numbers, as far as they are there."""
    query = "SELECT id, at, body, subject FROM record WHERE key = ?"
    base = stream << SHIFT
    rows = ((number, db.execute(query, (base + number,)).fetchone()) for number in sequences)
    return [(number, Record(*row)) for number, row in rows if row is not None]


def about(db: sqlite3.Connection, wanted: Value) -> list[tuple[str, int]]:
    """The (stream, sequence) of each open record about a subject, by looking at all of them."""
    if not (storable(wanted) if isinstance(wanted, str) else isinstance(wanted, int) and fits(wanted)):
        return []
    rows = db.execute(
        "SELECT name, key FROM record JOIN stream ON stream.id = key >> 40 WHERE subject = ?", (wanted,)
    )
    return [(name, key & MASK) for name, key in rows]


def open_range(db: sqlite3.Connection, stream: int) -> tuple[int, int]:
    """The [first, until) within which a stream's open records lie; empty when there are none."""
    bounds = (stream << SHIFT, (stream + 1) << SHIFT)
    # two queries: SQLite goes straight to one end of a tree at a time
    lowest = db.execute("SELECT min(key) FROM record WHERE key >= ? AND key < ?", bounds).fetchone()[0]
    highest = db.execute("SELECT max(key) FROM record WHERE key >= ? AND key < ?", bounds).fetchone()[0]
    return (lowest & MASK, (highest & MASK) + 1) if lowest is not None else (0, 0)


def count(db: sqlite3.Connection, stream: int, first: int, until: int) -> int:
    """How many open records there are within [first, until)."""
    base = stream << SHIFT
    query = "SELECT count(*) FROM record WHERE key >= ? AND key < ?"
    found: int = db.execute(query, (base + first, base + until)).fetchone()[0]
    return found


def delete_between(db: sqlite3.Connection, stream: int, first: int, until: int) -> None:
    """Delete the open records of a range; their ids stay taken."""
    base = stream << SHIFT
    db.execute("DELETE FROM record WHERE key >= ? AND key < ?", (base + first, base + until))


def delete(db: sqlite3.Connection, stream: int, sequences: Iterable[int]) -> int:
    """Delete these open records and return how many there were; their ids stay taken."""
    base = stream << SHIFT
    return db.executemany(
        "DELETE FROM record WHERE key = ?", [(base + number,) for number in sequences]
    ).rowcount


def _end(db: sqlite3.Connection, name: str) -> tuple[int, int]:
    """A stream's number and frontier; the stream is made when missing."""
    found = tables.find_stream(db, name, "records")
    if found is not None:
        return found.id, found.frontier
    cursor = db.execute("INSERT INTO stream (name, holds, frontier) VALUES (?, 'records', 0)", (name,))
    return cursor.lastrowid or 0, 0

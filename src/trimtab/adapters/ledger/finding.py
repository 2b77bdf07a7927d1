"""Finding a subject's rows: the ranges whose hashes say perhaps, then the rows that really hold the value."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from trimtab.adapters.ledger.segments import Segment, read_segment
from trimtab.adapters.ledger.subjects import canonical, hash_of, holds, positions
from trimtab.adapters.ledger.tables import Batch, decoded


@dataclass(frozen=True)
class Hit:
    """A range that may hold the value in a column."""

    stream: str
    subject: str
    place: Segment | Batch


def candidates(db: sqlite3.Connection, value: object) -> list[Hit]:
    """The open and sealed ranges whose hashes include that of the value."""
    wanted = canonical(value)
    if wanted is None:
        return []
    number = hash_of(wanted)
    sealed = db.execute(
        "SELECT name, subject, hashes, first, until, file, bytes FROM segment JOIN stream ON stream.id = stream"
        " WHERE hashes IS NOT NULL"
    )
    hits = [Hit(row[0], row[1], Segment(*row[3:])) for row in sealed if holds(row[2], number)]
    unsealed = db.execute(
        "SELECT name, subject, hashes, stream, first FROM batch JOIN stream ON stream.id = stream"
        " WHERE hashes IS NOT NULL"
    )
    places = [row for row in unsealed if holds(row[2], number)]
    return hits + [Hit(row[0], row[1], _batch(db, row[3], row[4])) for row in places]


def resolved(folder: Path, hits: list[Hit], value: object) -> list[tuple[str, int]]:
    """The (stream, sequence) of each row of the hits that holds the value, sorted."""
    found: list[tuple[str, int]] = []
    wanted = canonical(value)
    if wanted is None:
        return found
    for hit in hits:
        if isinstance(hit.place, Segment):
            rows = read_segment(folder, hit.place, hit.place.first, hit.place.until, [hit.subject])
        else:
            rows = decoded([hit.place])
        found += [(hit.stream, hit.place.first + int(row)) for row in positions(rows[hit.subject], wanted)]
    return sorted(found)


def _batch(db: sqlite3.Connection, stream: int, first: int) -> Batch:
    query = (
        "SELECT first, until, at, subject, columns, content FROM batch JOIN layout ON layout.id = layout"
        " WHERE stream = ? AND first = ?"
    )
    return Batch(*db.execute(query, (stream, first)).fetchone())

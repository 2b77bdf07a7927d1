"""Finding a subject: the ranges whose hashes say perhaps, then the rows and records that really hold the value."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trimtab.adapters.ledger import open_records, record_files
from trimtab.adapters.ledger.segments import Segment, read_segment
from trimtab.adapters.ledger.subjects import Value, canonical, hash_of, holds, positions
from trimtab.adapters.ledger.tables import Batch, decoded


@dataclass(frozen=True)
class Hit:
    """A range that may hold the value: in a column of rows, or, without one, as the subject of records."""

    stream: str
    column: str | None
    place: Segment | Batch


@dataclass(frozen=True)
class Hits:
    """What one moment of the ledger says about a value: perhaps here, certainly there."""

    value: Value | None
    perhaps: Sequence[Hit] = ()
    certain: Sequence[tuple[str, int]] = ()

    @property
    def segments(self) -> list[Segment]:
        """The files among the places."""
        return [hit.place for hit in self.perhaps if isinstance(hit.place, Segment)]


def look_up(db: sqlite3.Connection, value: object) -> Hits:
    """The open and sealed ranges whose hashes include that of the value, and the open records about it."""
    wanted = canonical(value)
    if wanted is None:
        return Hits(None)
    number = hash_of(wanted)
    sealed = db.execute(
        "SELECT hashes, name, iif(holds = 'rows', subject, NULL), first, until, file, bytes"
        " FROM segment JOIN stream ON stream.id = stream WHERE hashes IS NOT NULL"
    )
    hits = [Hit(row[1], row[2], Segment(*row[3:])) for row in sealed if holds(row[0], number)]
    unsealed = db.execute(
        "SELECT hashes, name, subject, stream, first FROM batch JOIN stream ON stream.id = stream"
        " WHERE hashes IS NOT NULL"
    )
    places = [row for row in unsealed if holds(row[0], number)]
    hits += [Hit(row[1], row[2], _batch(db, row[3], row[4])) for row in places]
    return Hits(wanted, hits, open_records.about(db, wanted))


def fetch(folder: Path, hits: Hits) -> list[tuple[str, int]]:
    """The (stream, sequence) of each row and record that holds the value, sorted."""
    found = list(hits.certain)
    for hit in hits.perhaps:
        if hits.value is not None:
            found += [(hit.stream, number) for number in _sequences(folder, hit, hits.value)]
    return sorted(found)


def _sequences(folder: Path, hit: Hit, wanted: Value) -> list[int]:
    place = hit.place
    if isinstance(place, Segment):
        if hit.column is None:
            return record_files.about(folder, place, wanted)
        rows = read_segment(folder, place, place.first, place.until, [hit.column])
        numbers = rows["sequence"].to_numpy()
    else:
        rows, numbers = decoded([place]), place.sequences
    found: list[int] = numbers[positions(rows[hit.column], wanted)].tolist()
    return found


def _batch(db: sqlite3.Connection, stream: int, first: int) -> Batch:
    query = (
        "SELECT first, until, at, subject, columns, content, kept FROM batch JOIN layout ON layout.id = layout"
        " WHERE stream = ? AND first = ?"
    )
    return Batch(*db.execute(query, (stream, first)).fetchone())

"""Reading records: what one moment of the database says, then what the files hold of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from trimtab.adapters.ledger import open_records, record_files, tables
from trimtab.adapters.ledger.reading import END
from trimtab.adapters.ledger.record_files import Numbered
from trimtab.adapters.ledger.rows import Numbers
from trimtab.adapters.ledger.segments import Segment

Place = TypeVar("Place", Segment, tables.Batch)


@dataclass(frozen=True)
class Found:
    """Open records, and the files that hold the sealed ones: those of a range, or those in `some`."""

    records: Sequence[Numbered] = ()
    segments: Sequence[Segment] = ()
    since: int = 0
    until: int = 0
    some: Numbers | None = None


def look_up_range(db: sqlite3.Connection, name: str, since: int, until: int | None) -> Found:
    """The records with since <= sequence < until; none for a stream that does not exist."""
    stream = tables.find_stream(db, name, "records")
    since, until = max(since, 0), END if until is None else until
    if stream is None or since >= until:
        return Found()
    segments = tables.segments_between(db, stream.id, since, until)
    return Found(open_records.between(db, stream.id, since, until), segments, since, until)


def look_up_id(db: sqlite3.Connection, name: str, record_id: str) -> Found:
    """The record of an id, or the file that holds it."""
    place = open_records.find(db, name, record_id)
    if place is None:
        tables.find_stream(db, name, "records")  # refuses a stream that holds something else
        return Found()
    stream, sequence, record = place
    if record is not None:
        return Found([(sequence, record)])
    segments = tables.segments_between(db, stream, sequence, sequence + 1)
    return Found((), segments, some=np.array([sequence]))


def look_up_some(db: sqlite3.Connection, name: str, sequences: Sequence[int]) -> Found:
    """The records with these sequence numbers, as far as they are there; at least one is asked for."""
    stream = tables.find_stream(db, name, "records")
    if stream is None:
        return Found()
    some = np.array(sorted(set(sequences)), np.int64)
    segments = tables.segments_between(db, stream.id, int(some[0]), int(some[-1]) + 1)
    return Found(open_records.at(db, stream.id, some.tolist()), holding(segments, some), some=some)


def fetch(folder: Path, found: Found) -> list[Numbered]:
    """The records of the places looked up, in order."""
    records = list(found.records)
    for segment in found.segments:
        if found.some is not None:
            records += record_files.read_some(folder, segment, found.some)
        else:
            records += record_files.read_range(folder, segment, found.since, found.until)
    return sorted(records, key=lambda numbered: numbered[0])


def holding(places: Sequence[Place], some: Numbers) -> list[Place]:
    """The segments or batches whose range has some of the sorted sequence numbers."""
    bounds = [np.searchsorted(some, [place.first, place.until]) for place in places]
    return [place for place, (start, stop) in zip(places, bounds, strict=True) if start < stop]

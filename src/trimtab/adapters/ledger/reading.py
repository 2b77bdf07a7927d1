"""Reading a ledger: look up a snapshot under the database's protection, then fetch the rows without it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from trimtab.adapters.arrow import align
from trimtab.adapters.ledger import tables
from trimtab.adapters.ledger.format import open_to_read
from trimtab.adapters.ledger.rows import between, numbered, numbered_schema
from trimtab.adapters.ledger.segments import Segment, read_segment
from trimtab.ports import Event

END = 2**63 - 1

Result = TypeVar("Result")
Place = Segment | tables.Batch


class Reader:
    """One reading connection shared by threads; each `run` sees one moment of the ledger."""

    def __init__(self, folder: Path) -> None:
        self._db = open_to_read(folder)
        self._turn = threading.Lock()

    def run(self, look: Callable[[sqlite3.Connection], Result]) -> Result:
        """Look at the database inside one transaction, so that all it sees belongs together."""
        with self._turn:
            self._db.execute("BEGIN")
            try:
                return look(self._db)
            finally:
                self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        with self._turn:
            self._db.close()


@dataclass(frozen=True)
class Found:
    """Where the rows with since <= sequence < until are."""

    columns: pa.Schema
    since: int
    until: int
    segments: Sequence[Segment] = ()
    batches: Sequence[tables.Batch] = ()


def look_up(db: sqlite3.Connection, name: str, since: int, until: int | None) -> Found:
    """The places of a stream's rows; none for a stream that does not exist."""
    stream = tables.find_stream(db, name, "rows")
    since, until = max(since, 0), END if until is None else until
    if stream is None or since >= until:
        return Found(stream.columns if stream is not None else pa.schema([]), since, until)
    segments = tables.segments_between(db, stream.id, since, until)
    return Found(stream.columns, since, until, segments, tables.batches_between(db, stream.id, since, until))


def fetch(folder: Path, found: Found) -> pa.Table:
    """The rows of the places looked up, numbered, in the columns of the stream."""
    schema = numbered_schema(found.columns)
    places: list[Place] = sorted([*found.segments, *found.batches], key=lambda place: place.first)
    pieces = [schema.empty_table()]
    for _, group in groupby(places, key=_layout):
        pieces += [align(rows, schema) for rows in _decoded(folder, list(group), found.since, found.until)]
    return pa.concat_tables(pieces)


def events(db: sqlite3.Connection, name: str, since: int, until: int | None) -> list[Event]:
    """The events of a stream; none for a stream that does not exist."""
    stream = tables.find_stream(db, name, "events")
    if stream is None:
        return []
    return tables.events_between(db, stream, since, END if until is None else until)


def _layout(place: Place) -> bytes | None:
    return place.layout if isinstance(place, tables.Batch) else None


def _decoded(folder: Path, places: list[Place], since: int, until: int) -> list[pa.Table]:
    """The rows of neighbouring places: of segments one by one, of batches of one layout together."""
    segments = [place for place in places if isinstance(place, Segment)]
    batches = [place for place in places if isinstance(place, tables.Batch)]
    if not batches:
        return [read_segment(folder, segment, since, until) for segment in segments]
    sequences = [batch.sequences for batch in batches]
    at = np.repeat(
        np.array([batch.at for batch in batches], np.int64), [len(numbers) for numbers in sequences]
    )
    rows = tables.decoded(batches).combine_chunks()
    return [between(numbered(rows, np.concatenate(sequences), at), since, until)]

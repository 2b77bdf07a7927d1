"""Reading a ledger: look up a snapshot under the database's protection, then fetch the rows without it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from trimtab.adapters.arrow import align
from trimtab.adapters.ledger import tables
from trimtab.adapters.ledger.format import open_to_read
from trimtab.adapters.ledger.rows import numbered, numbered_schema
from trimtab.adapters.ledger.segments import Segment, read_segment
from trimtab.ports import Event

END = 2**63 - 1

Result = TypeVar("Result")


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


@dataclass(frozen=True)
class OpenRows:
    """The open range of a stream: (first, until, subject column) of each batch."""

    stream: tables.Stream
    ranges: Sequence[tuple[int, int, str | None]]

    @property
    def count(self) -> int:
        """How many rows are open."""
        return sum(until - first for first, until, _ in self.ranges)


def look_up(db: sqlite3.Connection, name: str, since: int, until: int | None) -> Found:
    """The places of a stream's rows; none for a stream that does not exist."""
    stream = tables.find_stream(db, name, "rows")
    since, until = max(since, 0), END if until is None else until
    if stream is None or since >= until:
        return Found(stream.columns if stream is not None else pa.schema([]), since, until)
    segments = tables.segments_between(db, stream, since, until)
    return Found(stream.columns, since, until, segments, tables.batches_between(db, stream, since, until))


def fetch(folder: Path, found: Found) -> pa.Table:
    """The rows of the places looked up, numbered, in the columns of the stream."""
    schema = numbered_schema(found.columns)
    sealed = (read_segment(folder, segment, found.since, found.until) for segment in found.segments)
    groups = groupby(found.batches, key=lambda batch: batch.layout)
    opened = (_decoded(list(group), found.since, found.until) for _, group in groups)
    pieces = [schema.empty_table(), *(align(rows, schema) for rows in chain(sealed, opened))]
    return pa.concat_tables(pieces)


def events(db: sqlite3.Connection, name: str, since: int, until: int | None) -> list[Event]:
    """The events of a stream; none for a stream that does not exist."""
    stream = tables.find_stream(db, name, "events")
    if stream is None:
        return []
    return tables.events_between(db, stream, since, END if until is None else until)


def open_rows(db: sqlite3.Connection, name: str) -> OpenRows | None:
    """What of a stream is open; None for a stream that does not exist."""
    stream = tables.find_stream(db, name, "rows")
    return OpenRows(stream, tables.open_ranges(db, stream)) if stream is not None else None


def _decoded(batches: Sequence[tables.Batch], since: int, until: int) -> pa.Table:
    rows = tables.decoded(batches).combine_chunks()
    at = np.repeat([batch.at for batch in batches], [batch.until - batch.first for batch in batches])
    first = batches[0].first
    table = numbered(rows, first, pa.array(at, pa.int64()))
    start, stop = max(since - first, 0), min(until - first, len(table))
    return table.slice(start, stop - start)

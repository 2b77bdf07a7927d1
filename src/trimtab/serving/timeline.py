"""Where in a stream a time begins, and an even sample of a stretch of time: a few reads, however long the stream is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

from trimtab.ports import Event, Ledger, Record

Entry = TypeVar("Entry")

PIECES = 28
"""How many places of a long stretch are read."""


class Placed(NamedTuple, Generic[Entry]):
    """An entry with its sequence number and when it was recorded, epoch microseconds."""

    sequence: int
    at: int
    entry: Entry


class Timeline(Generic[Entry]):
    """A stream whose entries were recorded in order of time; `read` gives those with since <= sequence < until.

    Entries may be missing where something was erased.
    """

    def __init__(self, frontier: int, read: Callable[[int, int], list[Placed[Entry]]]) -> None:
        self._frontier, self._read = frontier, read
        self._seen: dict[int, int] = {}

    @property
    def frontier(self) -> int:
        """The sequence number behind the last entry."""
        return self._frontier

    def at(self, sequence: int) -> int | None:
        """When the first entry from a place on was recorded; None where there is none."""
        found = self._next(sequence, self._frontier)
        return None if found is None else found.at

    def last(self) -> int | None:
        """When the last entry was recorded; None where there is none."""
        width = 1
        while True:
            found = self._read(max(self._frontier - width, 0), self._frontier)
            if found or width >= self._frontier:
                return found[-1].at if found else None
            width *= 4

    def first_since(self, instant: int) -> int:
        """The sequence number from which on entries were recorded at an instant or later."""
        low, high = 0, self._frontier
        while low < high:
            middle = (low + high) // 2
            found = self._next(middle, high)
            if found is None or found.at >= instant:
                high = middle
            else:
                low = found.sequence + 1
        return low

    def between(self, since: int, until: int, most: int) -> list[Placed[Entry]]:
        """The entries recorded at since <= at < until: all of them, or about `most` from places at even distances."""
        stretch = range(self.first_since(since), self.first_since(until))
        pieces = [self._read(*piece) for piece in _pieces(stretch, most)]
        return [placed for piece in pieces for placed in piece if since <= placed.at < until]

    def _next(self, first: int, end: int) -> Placed[None] | None:
        """The first entry from a place on, without its content; None where all up to the end are gone."""
        if first in self._seen:
            return Placed(first, self._seen[first], None)
        width = 1
        while first < end:
            for sequence, at, _ in self._read(first, min(first + width, end)):
                self._seen[sequence] = at
                return Placed(sequence, at, None)
            first, width = first + width, 4 * width
        return None


def predictions(ledger: Ledger, stream: str) -> Timeline[Record]:
    """A stream of records by when they were made."""

    def read(since: int, until: int) -> list[Placed[Record]]:
        records = ledger.read_records(stream, since=since, until=until)
        return [Placed(sequence, record.at, record) for sequence, record in records]

    return Timeline(ledger.frontier(stream), read)


def events(ledger: Ledger, stream: str) -> Timeline[Event]:
    """A journal by when its events happened."""

    def read(since: int, until: int) -> list[Placed[Event]]:
        found = enumerate(ledger.read_events(stream, since=since, until=until), since)
        return [Placed(sequence, event.at, event) for sequence, event in found]

    return Timeline(ledger.frontier(stream), read)


def rows(ledger: Ledger, stream: str) -> Timeline[None]:
    """A stream of rows by when they were taken in; the rows themselves are read from the ledger."""

    def read(since: int, until: int) -> list[Placed[None]]:
        table = ledger.read_rows(stream, since=since, until=until).select(["sequence", "recorded_at"])
        pairs = zip(*(column.to_pylist() for column in table.columns), strict=True)
        return [Placed(sequence, at, None) for sequence, at in pairs]

    return Timeline(ledger.frontier(stream), read)


def _pieces(stretch: range, most: int) -> Iterator[tuple[int, int]]:
    if len(stretch) <= most:
        yield stretch.start, stretch.stop
        return
    size = max(most // PIECES, 1)
    count = min(most // size, PIECES)
    for piece in range(count):
        start = stretch.start + (len(stretch) - size) * piece // max(count - 1, 1)
        yield start, start + size

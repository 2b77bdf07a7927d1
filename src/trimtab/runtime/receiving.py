"""Facts as they arrive: told from repeats by id, stamped with when they were taken in, appended, then folded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from trimtab.declare.arrow import ARROW
from trimtab.declare.closure import to_closure
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.ports import Clock, Identities, Ledger
from trimtab.runtime.history import ROW_NUMBER
from trimtab.sources.identity import KNOWN, SEQUENCE
from trimtab.sources.intake import GONE
from trimtab.sources.marks import Marks

Row = dict[str, Any]
Verdict = str | None
"""Why a fact was not appended: "" for a repeat, a reason for a refusal, None when it was appended."""


class Folds(Protocol):
    """Whoever keeps the online features up to date."""

    def receiving(self, stamp: int) -> None:
        """Facts known from `stamp` on are on their way; until they are folded no value is complete beyond it."""
        ...

    def fold(
        self,
        source: str,
        rows: Sequence[Mapping[str, Any]],
        known: Sequence[int],
        first: int,
        now: int | None = None,
    ) -> None:
        """Fold accepted facts stamped `now`, the first with the sequence number `first`, each known when said."""
        ...

    def tick(self, now: int) -> None:
        """Fold facts whose known time has come, and drop what no window reaches any more."""
        ...


class Receives(Protocol):
    """Whoever takes in facts that arrive live."""

    @property
    def busy(self) -> bool:
        """Whether commits should not be made on the caller's own thread just now."""
        ...

    def take(self, source: str, rows: Sequence[Row]) -> list[Verdict]:
        """What became of each fact; once this returns the accepted ones are on disk and folded."""
        ...


@dataclass(frozen=True)
class _Shape:
    source: Source
    kinds: Mapping[str, Kind]
    marks: Marks
    known: Callable[[Row], int | None]


class Receiver:
    """Takes facts of declared sources into the ledger, one call at a time; safe to share between threads.

    What arrives late is known when it arrived: the stamp is the present, or the asserted known time when that is
    still to come. `kinds` gives each source's columns as they are recorded.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        kinds: Mapping[str, Mapping[str, Kind]],
        ledger: Ledger,
        folds: Folds,
        clock: Clock,
    ) -> None:
        self._ledger, self._folds, self._clock = ledger, folds, clock
        self._one_at_a_time = threading.Lock()
        self._latest = 0
        self._shapes = {source.name: _shape(source, kinds[source.name]) for source in sources}

    @property
    def busy(self) -> bool:
        """Whether facts are being written just now."""
        return self._one_at_a_time.locked()

    def take(self, source: str, rows: Sequence[Row]) -> list[Verdict]:
        """What became of each fact; once this returns the accepted ones are on disk and folded.

        Raises LedgerError when nothing could be written; then none of them was taken.
        """
        with self._stamped() as stamp:
            shape = self._shapes[source]
            ids = [shape.marks.id_of(row) for row in rows] if shape.marks.identity else None
            contents = [shape.marks.content_of(row) for row in rows] if ids else []
            verdicts = self._judge(shape, rows, ids, contents)
            keep = [place for place, verdict in enumerate(verdicts) if verdict is None]
            if keep:
                accepted = self._numbered(shape, [rows[place] for place in keep])
                known = [_known(shape.known(row), stamp) for row in accepted]
                marks = (
                    None if ids is None else Identities([ids[i] for i in keep], [contents[i] for i in keep])
                )
                first = self._append(shape, _table(shape, accepted, known), marks, stamp)
                self._folds.fold(source, accepted, known, first, stamp)
            return verdicts

    def take_table(self, source: str, facts: pa.Table) -> int:
        """Take in what the record has not of facts read from the source's own data; returns how many."""
        rows = facts.select([name for name in facts.column_names if name != SEQUENCE])
        marks = self._shapes[source].marks
        return self._take_rows(source, rows, Identities(*marks.of_table(rows)) if marks.identity else None)[1]

    def append(self, source: str, rows: pa.Table, identities: Identities | None) -> int:
        """Append and fold facts in the form of the record, known from now on; returns the first sequence number.

        What has come on another way since they were found to be new is left out.
        """
        return self._take_rows(source, rows, identities)[0]

    def receives(self, source: str) -> bool:
        """Whether it is the one who takes in facts of a source."""
        return source in self._shapes

    @contextmanager
    def still(self) -> Iterator[None]:
        """Hold facts back while what is on record is changed."""
        with self._one_at_a_time:
            yield

    def tick(self) -> None:
        """Fold what has become known by now."""
        with self._one_at_a_time:
            self._folds.tick(self._clock.now())

    def _take_rows(self, source: str, rows: pa.Table, identities: Identities | None) -> tuple[int, int]:
        """The first sequence number of those taken, and how many they are."""
        shape = self._shapes[source]
        with self._stamped() as stamp:
            if identities is not None and not shape.source.snapshot:
                rows, identities = self._not_recorded(shape, rows, identities)
            known = pc.max_element_wise(rows[KNOWN], pa.scalar(stamp, pa.int64()))
            rows = rows.set_column(rows.column_names.index(KNOWN), KNOWN, known)
            first = self._append(shape, rows, identities, stamp)
            self._folds.fold(source, list(map(_present, rows.to_pylist())), known.to_pylist(), first, stamp)
        return first, len(rows)

    def _not_recorded(
        self, shape: _Shape, rows: pa.Table, identities: Identities
    ) -> tuple[pa.Table, Identities]:
        """Without facts on record by now: they were found to be new before this call had the record for itself."""
        ids, contents = identities.ids, identities.contents
        recorded = self._ledger.find_identities(f"facts/{shape.source.name}", ids)
        keep = [
            place
            for place, (earlier, content) in enumerate(zip(recorded, contents, strict=True))
            if earlier is None or (shape.source.revises and earlier != content)
        ]
        kept = Identities([ids[place] for place in keep], [contents[place] for place in keep])
        return rows.take(pa.array(keep, pa.int64())), kept

    @contextmanager
    def _stamped(self) -> Iterator[int]:
        """One writer at a time, with the present as the stamp of what it takes in."""
        with self._one_at_a_time:
            self._folds.receiving(self._clock.now())
            try:
                # read after the fold was told: a request that saw no fact on its way was asked before this instant
                self._latest = max(self._clock.now(), self._latest)
                yield self._latest
            finally:
                self._folds.fold("", (), (), 0)  # nothing is on its way any more, whatever became of it

    def _judge(
        self, shape: _Shape, rows: Sequence[Row], ids: list[str] | None, contents: list[bytes]
    ) -> list[Verdict]:
        verdicts: list[Verdict] = [_unknowable(shape, row) for row in rows]
        if ids is None:
            return verdicts
        seen = dict(zip(ids, self._ledger.find_identities(f"facts/{shape.source.name}", ids), strict=True))
        for i, (id_, content) in enumerate(zip(ids, contents, strict=True)):
            earlier = seen[id_]
            if verdicts[i] is not None:
                continue
            if earlier is None or (shape.source.revises and not shape.marks.same(earlier, content)):
                seen[id_] = content
            else:
                verdicts[i] = "" if shape.marks.same(earlier, content) else _contradiction(shape, id_)
        return verdicts

    def _numbered(self, shape: _Shape, rows: list[Row]) -> list[Row]:
        """The rows, with their place on record where that stands in for an id."""
        if ROW_NUMBER not in shape.kinds:
            return rows
        first = self._ledger.frontier(f"facts/{shape.source.name}")
        return [{**row, ROW_NUMBER: number} for number, row in enumerate(rows, first)]

    def _append(self, shape: _Shape, rows: pa.Table, marks: Identities | None, stamp: int) -> int:
        stream, subject = f"facts/{shape.source.name}", shape.source.subject
        return self._ledger.append_rows(stream, rows, at=stamp, subject=subject, identities=marks)


def _present(row: Row) -> Row:
    """A fact to be folded; one that says that a row is gone has no keys, so it counts nowhere."""
    return dict.fromkeys(row) if row.get(GONE) else row


def _shape(source: Source, kinds: Mapping[str, Kind]) -> _Shape:
    columns = [name for name in kinds if name not in {KNOWN, GONE}]
    known = (lambda _: None) if source.known is None else to_closure(source.known, kinds)
    return _Shape(source, {name: kinds[name] for name in columns}, Marks(source.id, columns), known)


def _known(asserted: int | None, stamp: int) -> int:
    return stamp if asserted is None else max(asserted, stamp)


def _unknowable(shape: _Shape, row: Row) -> Verdict:
    for name in shape.marks.identity:
        if row[name] is None:
            return f"no {name}, which identifies the fact"
    if shape.source.known is not None and shape.known(row) is None:
        return f"never became known: {', '.join(shape.source.known.columns())} is null"
    return None


def _contradiction(shape: _Shape, id_: str) -> str:
    name = shape.source.name
    return f"contradicts the fact of {name} with id {id_} on record; declare revises=True if facts may change"


def _table(shape: _Shape, rows: Sequence[Row], known: Sequence[int]) -> pa.Table:
    columns = {name: pa.array([row[name] for row in rows], ARROW[kind]) for name, kind in shape.kinds.items()}
    columns[KNOWN] = pa.array(known, pa.int64())
    if shape.source.snapshot:
        columns[GONE] = pa.array([False] * len(rows), pa.bool_())
    return pa.table(columns)

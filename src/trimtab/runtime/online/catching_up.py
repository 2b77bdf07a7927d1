"""From whatever the store holds to what the ledger holds, in steps that a kill may interrupt anywhere.

A series is whole or not; the watermark says which, and it turns whole in the last write of its building. New facts
are first made to wait in the store, where writing one again changes nothing; then one write says that they have been
taken up; then they are folded, each leaving in the write that folds it. So no fact is lost or folded twice.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from trimtab.features.online import Series, build
from trimtab.ports import Engine
from trimtab.runtime.online.later import Waiting, waiting_changes, waiting_of
from trimtab.runtime.online.watermark import BUILDING, NEVER
from trimtab.runtime.online.writing import Writing, batches
from trimtab.sources.identity import KNOWN, SEQUENCE

PREFIX = b"="


class CatchUp:
    """One run, at one present."""

    def __init__(self, writing: Writing, engine: Engine, now: int) -> None:
        self._writing, self._engine, self._now = writing, engine, now

    def run(self, tables: Mapping[str, pa.Table], frontiers: Mapping[str, int]) -> None:
        """Bring the store to the facts of all sources, which end at the frontiers; a source without facts has no table."""
        self._forget_unused()
        for series in self._writing.plan.series:
            if series.source not in tables and not self._writing.mark.series.get(series.name):
                self._turn_whole(series, NEVER)
        for source, table in tables.items():
            self._take_up(source, table, frontiers[source])
        begun = [each for each in self._writing.plan.series if not self._writing.mark.series.get(each.name)]
        if begun:
            self._writing.store.write({BUILDING: b"yes"})
        self._writing.drain(self._now)
        for series in begun:
            self._build(series, tables[series.source].filter(pc.field(KNOWN) <= self._now))
        self._writing.store.write({BUILDING: None})

    def _forget_unused(self) -> None:
        writing, used = self._writing, {series.name for series in self._writing.plan.series}
        for name in set(writing.mark.series) - used:
            writing.delete(PREFIX + bytes.fromhex(name))
            writing.mark = writing.mark.without(name)
            writing.store.write(writing.mark.change())

    def _take_up(self, source: str, table: pa.Table, frontier: int) -> None:
        """Let the new facts of a source wait."""
        writing = self._writing
        new = table.filter(pc.field(SEQUENCE) >= writing.mark.at(source).next)
        future = table.filter(pc.field(KNOWN) > self._now)
        series = writing.series_of(source)
        whole = [each.name for each in series if writing.mark.series.get(each.name)]
        if whole and self._is_better_built(source, new, len(table)):
            writing.mark = writing.mark.with_series(**dict.fromkeys(whole, False))
            whole = []
        if not whole:
            writing.store.write(writing.mark.change())
            for some in waiting_of(writing.store, source, writing.batch):
                writing.store.write(dict.fromkeys(each.key for each in some))
            new = future
        elif len(whole) < len(series):
            # those that wait lack the columns of the new series
            self._wait(source, future)
        self._wait(source, new)
        writing.mark = writing.mark.moved(source, next=frontier)
        writing.store.write(writing.mark.change())

    def _is_better_built(self, source: str, new: pa.Table, facts: int) -> bool:
        """Whether the new facts are most of all facts, or some were known before those that are folded."""
        earliest = pc.min(new[KNOWN]).as_py()
        out_of_order = earliest is not None and earliest < self._writing.mark.at(source).newest
        return out_of_order or 2 * len(new) > facts + self._writing.batch

    def _wait(self, source: str, facts: pa.Table) -> None:
        """Let facts wait; those that wait already are written once more, and nothing is folded in between."""
        writing = self._writing
        columns = [*writing.columns(source), KNOWN, SEQUENCE]
        for some in batches(facts.select(columns).to_pylist(), writing.batch):
            waiting = [Waiting(source, row.pop(KNOWN), row.pop(SEQUENCE), row) for row in some]
            writing.store.write(waiting_changes(waiting))

    def _build(self, series: Series, facts: pa.Table) -> None:
        writing = self._writing
        writing.mark = writing.mark.with_series(**{series.name: False})
        writing.store.write(writing.mark.change())
        writing.delete(series.prefix)
        writing.write_all(build(series, facts, self._engine, self._now, writing.retention))
        newest = pc.max(facts[KNOWN]).as_py()
        self._turn_whole(series, NEVER if newest is None else newest)

    def _turn_whole(self, series: Series, newest: int) -> None:
        writing = self._writing
        mark = writing.mark.with_series(**{series.name: True})
        writing.mark = mark.moved(series.source, newest=newest)
        writing.store.write(writing.mark.change())

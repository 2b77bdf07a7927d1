"""The one writer of an online store: folds facts as they come, in order of known time, each exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trimtab.declare.system import System
from trimtab.errors import LedgerError
from trimtab.features.online import OnlinePlan, Retention, is_dead
from trimtab.ports import Engine, Ledger, OnlineStore
from trimtab.runtime.intake import facts_from
from trimtab.runtime.online.catching_up import CatchUp
from trimtab.runtime.online.erasing import rebuilt
from trimtab.runtime.online.later import Waiting, earliest_waiting, waiting_changes, waiting_of
from trimtab.runtime.online.watermark import SWEPT, swept_bytes, swept_of
from trimtab.runtime.online.writing import BATCH, Writing
from trimtab.sources.identity import KNOWN, SEQUENCE

SWEPT_PER_TICK = 100
"""Keys looked at by one tick, so that a tick stays short: it shares the processor with requests."""
RECEIVING = 60_000_000
"""Microseconds in which facts are stamped once they were said to be on their way."""


class Folder:
    """Keeps a store equal to the ledger's facts for the series of a plan; one process has one.

    Folding calls (`catch_up`, `receiving`, `fold`, `tick`) may come from any thread, one at a time, or they wait for
    each other. Why what a reader gets is complete, though it does not wait for them:

    - The receiver calls `receiving` with the present, then reads the clock for the stamp of the new facts, appends
      them, and calls `fold`; only when that has written the store are the facts no longer on their way.
    - A request reads the clock for its `now`, then asks `complete_until`, then reads the store.
    - If the request asked after `receiving`, it is told not to look beyond that instant, and no new fact is known
      before it. If it asked before, then so it had read its clock, and the stamp, read later, is not before its
      `now`; a window ends before `now`. If it asked after the store was written, it reads the facts.
    - So the store may hold facts that the request must not count, but all those are known at `as_of` or later.

    `tell` is called with the instant beyond which nothing is complete, None for none, whenever it may have changed.
    """

    def __init__(
        self,
        plan: OnlinePlan,
        store: OnlineStore,
        *,
        retention: Retention | None = None,
        batch: int = BATCH,
        tell: Callable[[int | None], None] | None = None,
    ) -> None:
        self._plan, self._store, self._retention = plan, store, retention or Retention()
        self._writing = Writing(plan, store, self._retention, batch)
        self._one_at_a_time = threading.RLock()
        self._told = threading.Lock()
        self._on_their_way: int | None = None
        self._lost_since: int | None = None
        # others go on by what was told last, until this process has caught up
        self._waits_until = earliest_waiting(store)
        self._tell_others = tell or (lambda _: None)
        self._swept = swept_of(store.get_many([SWEPT])[0])
        self._sweeping = (0, b"")

    def catch_up(self, ledger: Ledger, engine: Engine, system: System, now: int) -> None:
        """Fold what the ledger holds and the store does not; a kill on the way leaves it to the next start.

        Few new facts are folded; many, or those of a new series, or any that came out of order, are built at once.
        Series that no feature needs any more go. Raises LedgerError and DataError.
        """
        with self._one_at_a_time:
            # read before the facts: what is appended meanwhile is left to the next time
            frontiers = {source: ledger.frontier(f"facts/{source}") for source in self._plan.sources}
            if self._writing.is_current(frontiers):
                self._writing.drain(now)
                self._tell(lost_since=None, on_their_way=None)
                return
            facts = facts_from(ledger, system, engine) if self._plan.sources else {}
            tables = {
                source: facts[source].table.filter(pc.field(SEQUENCE) < frontier)
                for source, frontier in frontiers.items()
                if frontier
            }
            CatchUp(self._writing, engine, now).run(tables, frontiers)
            self._tell(lost_since=None, on_their_way=None)

    def distrust(self, source: str) -> None:
        """Have the next `catch_up` build everything of a source again."""
        with self._one_at_a_time:
            names = [series.name for series in self._writing.series_of(source)]
            self._writing.mark = self._writing.mark.with_series(**dict.fromkeys(names, False))
            self._store.write(self._writing.mark.change())

    def erase(self, source: str, erased: pa.Table, left: pa.Table, engine: Engine, now: int) -> None:
        """Build the keys of erased facts again from the facts that are left of their source; readers see no gap."""
        with self._one_at_a_time:
            gone = set(erased.column(SEQUENCE).to_pylist())
            for some in waiting_of(self._store, source, BATCH):
                self._store.write(dict.fromkeys(each.key for each in some if each.sequence in gone))
            self._writing.drain(now)
            past = left.filter(pc.field(KNOWN) <= now)
            rows = erased.to_pylist()
            for series in self._writing.series_of(source):
                self._store.write(rebuilt(series, rows, past, (engine, now, self._retention)))
            self._tell(lost_since=self._lost_since, on_their_way=self._on_their_way)

    def receiving(self, stamp: int) -> None:
        """Facts known from `stamp` on are on their way; until they are folded no value is complete beyond it."""
        with self._one_at_a_time, self._told:
            self._on_their_way = stamp
            self._tell_others(self._held())

    def fold(
        self,
        source: str,
        rows: Sequence[Mapping[str, Any]],
        known: Sequence[int],
        first: int,
        now: int | None = None,
    ) -> None:
        """Fold facts that have just been appended, the first with the sequence number `first`, each known when said.

        Those known after `now`, which is the stamp of new facts, wait until `tick`. Facts of a source that no
        feature reads are passed over. Raises LedgerError where facts before these were never folded; what is served
        then stays as of the instant before them until the next `catch_up`.
        """
        with self._one_at_a_time:
            try:
                if rows and source in self._plan.sources:
                    facts = self._writing.waiting(source, rows, known, first)
                    self._fold(facts, self._present(known) if now is None else now)
            except BaseException:
                held = [each for each in (self._lost_since, self._on_their_way) if each is not None]
                self._tell(lost_since=min([*known, *held]), on_their_way=None)
                raise
            self._tell(lost_since=self._lost_since, on_their_way=None)

    def tick(self, now: int) -> None:
        """Fold the facts that have become known by `now`, and sweep away some keys that no request can ask for."""
        with self._one_at_a_time:
            held = [each for each in (self._on_their_way, self._lost_since) if each is not None]
            self._drain(min([now, *held]))
            self._sweep(now - self._retention.grace)

    def complete_until(self, now: int) -> int:
        """The instant, `now` or earlier, before which every known fact is in the store."""
        with self._told:
            held = self._held()
            return now if held is None else min(now, held)

    def _held(self) -> int | None:
        """The instant beyond which nothing is complete."""
        held = (self._on_their_way, self._lost_since, self._waits_until)
        return min((each for each in held if each is not None), default=None)

    def _fold(self, facts: Sequence[Waiting], present: int) -> None:
        source, first = facts[0].source, facts[0].sequence
        taken_up = self._writing.mark.at(source).next
        if first != taken_up:
            raise LedgerError(
                f"facts of {source!r} were appended and never folded",
                found=f"the next is number {taken_up}, these begin with {first}",
                do="start again, which catches up",
            )
        self._drain(present)
        due = sorted(
            (each for each in facts if each.known <= present), key=lambda each: (each.known, each.sequence)
        )
        later = [each for each in facts if each.known > present]
        mark = self._writing.mark.moved(source, next=facts[-1].sequence + 1)
        self._writing.fold(due, waiting_changes(later), mark)

    def _present(self, known: Sequence[int]) -> int:
        """The stamp of new facts, where it is not told: the earliest known time, unless all are still to come."""
        told = self._on_their_way
        return min(known) if told is None else min(*known, told + RECEIVING)

    def _drain(self, until: int) -> None:
        if self._waits_until is not None and self._waits_until <= until:
            self._writing.drain(until)
            self._tell(lost_since=self._lost_since, on_their_way=self._on_their_way)

    def _tell(self, *, lost_since: int | None, on_their_way: int | None) -> None:
        """Let readers know how far they may look; always after the store was written."""
        waits_until = earliest_waiting(self._store)
        with self._told:
            self._lost_since, self._on_their_way = lost_since, on_their_way
            self._waits_until = waits_until
            self._tell_others(self._held())

    def _sweep(self, at: int) -> None:
        place, after = self._sweeping
        if not self._plan.series:
            return
        series = self._plan.series[place % len(self._plan.series)]
        found = self._store.scan(series.prefix, after=after, limit=SWEPT_PER_TICK)
        dead = [key for key, blob in found if is_dead(series, blob, at)]
        self._sweeping = (place, found[-1][0]) if len(found) == SWEPT_PER_TICK else (place + 1, b"")
        if dead:
            self._swept = max(self._swept, at)
            self._store.write({**dict.fromkeys(dead), SWEPT: swept_bytes(self._swept)})

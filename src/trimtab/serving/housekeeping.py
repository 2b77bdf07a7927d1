"""What the owner of a record does beside answering: fold what has become known, read sources, sample, seal, watch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from trimtab.errors import TrimtabError
from trimtab.ports import Event
from trimtab.serving.attendance import BEAT_SECONDS, HEARTBEATS
from trimtab.serving.logged import PREDICTIONS
from trimtab.serving.measuring import MEASUREMENTS, PARITY
from trimtab.serving.opening import Home, Owner
from trimtab.serving.operations import note_operations
from trimtab.serving.parity import parity
from trimtab.serving.watching import Watch

TROUBLE = "trouble"
"""The journal of what went wrong beside the requests."""
SAMPLE = 500
"""Predictions in one sample of parity."""
SEAL_AT_LEAST = 100_000

TOLD_EVERY = 600_000_000
"""Microseconds after which a chore that still fails is put on record again."""

Chore = tuple[float, str, Callable[[], object]]
"""Seconds between two turns, its name, and what to do."""


class Housekeeping:
    """Chores in threads of their own; one that fails is put on record and tried again, and never stops the answers."""

    def __init__(self, owner: Owner, home: Home) -> None:
        self._owner, self._home = owner, home
        self._stopped = threading.Event()
        self._told: dict[str, int] = {}
        self._began: int | None = None
        quick: list[Chore] = [(0.2, "folding", owner.receiver.tick)]
        slow: list[Chore] = [
            (60.0, "reading sources", owner.intake.look),
            (600.0, "sealing", self.seal),
            (3600.0, "sampling parity", self.sample),
            (3600.0, "noting operations", self.note),
            (BEAT_SECONDS, "telling that it runs", self.beat),
        ]
        system, how = owner.intake.system, home.watching
        self._watch = None if how is None else Watch(system, home.ledger, home.clock, how)
        apart: list[Chore] = [] if self._watch is None else [(60.0, "watching", self._watch.look)]
        self._threads = [
            threading.Thread(target=self._run, args=(chores,), name="trimtab-housekeeping", daemon=True)
            for chores in (quick, slow, apart)
            if chores
        ]

    def __enter__(self) -> Self:
        self._try("telling that it runs", self.beat)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stopped.set()
        if self._watch is not None:
            self._watch.stop()
        for thread in self._threads:
            thread.join()

    def seal(self) -> None:
        """Move predictions into Parquet once there are many."""
        self._home.ledger.seal(PREDICTIONS, at_least=SEAL_AT_LEAST)

    def sample(self) -> None:
        """Compare some of what was served with the batch plan, and put the count on record."""
        engine = self._home.engine()
        try:
            found = parity(self._owner.intake.system, self._home.ledger, engine, sample=SAMPLE)
        finally:
            engine.close()
        if found.rows:
            body = {"rows": found.rows, "values": found.values, "differing": found.differing}
            event = Event(self._home.clock.now(), PARITY, found.system, body)
            self._home.ledger.append_events(MEASUREMENTS, [event])

    def note(self) -> None:
        """Put the figures of operation on record, for whoever must not wait until they are gathered."""
        note_operations(self._owner.intake.system, self._home.ledger, self._home.clock.now())

    def beat(self) -> None:
        """Put on record that this process takes facts in, and since when, so that silence is told from absence."""
        now = self._home.clock.now()
        self._began = now if self._began is None else self._began
        body = {"since": self._began}
        self._home.ledger.append_events(
            HEARTBEATS, [Event(now, "alive", self._owner.intake.system.name, body)]
        )

    def _run(self, chores: list[Chore]) -> None:
        step = min(seconds for seconds, _, _ in chores)
        turn = 0
        while not self._stopped.wait(step):
            turn += 1
            for seconds, name, chore in chores:
                if turn % round(seconds / step) == 0 and not self._stopped.is_set():
                    self._try(name, chore)

    def _try(self, name: str, chore: Callable[[], object]) -> None:
        try:
            chore()
        except TrimtabError as problem:
            self._record(name, str(problem))
        except Exception as problem:  # noqa: BLE001  # a fault of ours must not end the thread, and all its chores with it
            self._record(name, f"{type(problem).__name__}: {problem}")

    def _record(self, name: str, why: str) -> None:
        now = self._home.clock.now()
        if name in self._told and now - self._told[name] < TOLD_EVERY:
            return
        with suppress(TrimtabError):
            self._home.ledger.append_events(TROUBLE, [Event(now, "failed", name, {"why": why})])
            self._told[name] = now

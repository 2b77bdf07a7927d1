"""A small live system in memory: late orders, with a clock that a test moves by hand."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orders import DAY, START, orders_system, orders_tables
from trimtab import wiring
from trimtab.adapters.blobs.memory import MemoryBlobs
from trimtab.adapters.online.memory import MemoryStore
from trimtab.declare.system import System
from trimtab.ports import Ledger
from trimtab.runtime.history import assemble
from trimtab.runtime.intake import facts_from, take_in
from trimtab.runtime.versions import train_version
from trimtab.serving.engines import engine_record
from trimtab.serving.opening import Home, Live, Owner, open_live, open_owner
from trimtab.testing import ManualClock, MemoryLedger

NOW = START + 121 * DAY


@dataclass
class World:
    """A live system with everything it stands on."""

    system: System
    home: Home
    owner: Owner
    live: Live
    clock: ManualClock

    @property
    def service(self):
        return self.live.service

    def row(self, order: int = 900_000, **changed: Any) -> dict[str, Any]:
        """A request as decoded: times in microseconds."""
        return {
            "order": order,
            "ordered": self.clock.now(),
            "shop": "north",
            "weight": 3.5,
            **changed,
        }


def train(system: System, home: Home, as_of: int) -> str:
    """Train one version from the record."""
    engine = wiring.engine()
    try:
        history = assemble(system, facts_from(home.ledger, system, engine), engine)
        choose = functools.partial(engine_record, threshold=0.25)
        return train_version(history, as_of, home.ledger, home.blobs, wiring.dump, choose).name
    finally:
        engine.close()


@contextmanager
def world(system: System | None = None, *, ledger: Ledger | None = None, versions: int = 1, rows: int = 600):
    """A live system over a few hundred orders, with so many trained versions."""
    system = system or orders_system(orders_tables(rows=rows))
    clock = ManualClock(NOW)
    home = Home(
        ledger or MemoryLedger(),
        MemoryBlobs(),
        MemoryStore(),
        wiring.engine,
        wiring.tables(),
        clock,
        wiring.load,
        lambda _: None,
    )
    engine = wiring.engine()
    take_in(system, engine, home.tables, home.ledger, NOW - 20 * DAY)
    engine.close()
    for number in range(versions):
        train(system, home, NOW - (10 - number) * DAY)
    owner = open_owner(system, home)
    live = open_live(system, home, owner.receiver, owner.folder)
    try:
        yield World(system, home, owner, live, clock)
    finally:
        live.service.close()

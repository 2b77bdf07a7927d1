"""A shop that serves for days on end: orders asked every four hours, labels and queue readings as they would come."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pyarrow as pa
from live_worlds import World

from orders import DAY, HOUR
from trimtab.adapters.online.memory import MemoryStore
from trimtab.ports import Event
from trimtab.serving.http.metrics import Tally
from trimtab.serving.measuring import CALLS, MEASUREMENTS
from trimtab.serving.opening import open_live, open_owner
from trimtab.serving.status import status
from trimtab.testing import ManualClock, MemoryLedger
from trimtab.units import hours

STEP = 4 * HOUR
ORDERS = 8
"""Orders a step."""


class Shop:
    """Lets days pass in a live world; settings of a day say what goes wrong on it."""

    def __init__(self, world: World) -> None:
        self.world, self.next, self.rng = world, 2_000_000, np.random.default_rng(3)
        self.underway: list[tuple[int, int]] = []

    def run(self, days: float, *, labelled=0.97, lag_hours=(2, 30), queue=True, asks=True) -> None:
        for _ in range(round(days * DAY / STEP)):
            self.world.clock.advance(hours(4))
            self.world.owner.receiver.tick()
            if asks:
                self._ask(labelled, lag_hours)
            self._deliver()
            if queue:
                now = self.world.clock.now()
                rows = [
                    {"shop": shop, "seen": now - HOUR, "length": 4} for shop in ("north", "south", "west")
                ]
                asyncio.run(self.world.service.take_facts("queue", rows))

    def status(self):
        return status(self.world.system, self.world.home.ledger, self.world.clock.now())

    def one(self, words):
        (found,) = [each for each in self.status().findings if words in each.what]
        return found

    def _ask(self, labelled, lag_hours) -> None:
        orders = range(self.next, self.next + ORDERS)
        self.next += ORDERS
        rows = [self.world.row(order) for order in orders]
        answers = asyncio.run(self.world.service.predict(rows, [None] * ORDERS))
        self._count(answers)
        now = self.world.clock.now()
        for order in orders:
            if self.rng.random() < labelled:
                self.underway.append((now + int(self.rng.uniform(*lag_hours) * HOUR), order))

    def _count(self, answers) -> None:
        """What the transport would put on record."""
        tally = Tally()
        for _ in answers:
            tally.record(200, 3_000)
        body = {"requests": len(answers), "unanswered": 0, "buckets": tally.buckets}
        event = Event(self.world.clock.now(), CALLS, "late-orders", body)
        self.world.home.ledger.append_events(MEASUREMENTS, [event])

    def _deliver(self) -> None:
        now = self.world.clock.now()
        come = [order for at, order in self.underway if at <= now]
        self.underway = [(at, order) for at, order in self.underway if at > now]
        rows = [{"order": order, "delivered": now, "shop": "north", "hours_late": 0.0} for order in come]
        if rows:
            taken = asyncio.run(self.world.service.take_facts("deliveries", rows))
            assert taken.accepted == len(rows)


@contextmanager
def going_on(shop: Shop) -> Iterator[Shop]:
    """Another shop with the same past, which goes its own way."""
    world, store = shop.world, MemoryStore()
    store.write(dict(world.home.store._contents))
    clock = ManualClock(world.clock.now())
    home = replace(world.home, ledger=copied(world.home.ledger), store=store, clock=clock)
    owner = open_owner(world.system, home)
    live = open_live(world.system, home, owner.receiver, owner.folder)
    other = Shop(World(world.system, home, owner, live, clock))
    other.next, other.underway = shop.next, list(shop.underway)
    try:
        yield other
    finally:
        live.service.close()


def copied(ledger: MemoryLedger) -> MemoryLedger:
    """A record of its own with the same content."""
    other = MemoryLedger()
    for name, stream in ledger._streams.items():
        batches = itertools.groupby(stream.batches, key=lambda batch: (batch[1], batch[0].schema))
        other._streams[name] = replace(
            stream,
            batches=[
                (pa.concat_tables([rows for rows, _ in group]).combine_chunks(), subject)
                for (subject, _), group in batches
            ],
            identities=dict(stream.identities),
            records=dict(stream.records),
            numbers=dict(stream.numbers),
            events=list(stream.events),
        )
    return other

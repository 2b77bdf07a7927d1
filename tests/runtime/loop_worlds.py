"""A live system whose days pass by hand: orders are asked, labels come, and the loop turns every midnight and noon."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

import trimtab as tt
from orders import DAY, HOUR, START, orders_tables
from trimtab import col, days, wiring
from trimtab.adapters.blobs.memory import MemoryBlobs
from trimtab.adapters.online.memory import MemoryStore
from trimtab.ports import Ledger
from trimtab.runtime.intake import take_in
from trimtab.runtime.live_loop.carrying import VERSIONS, stored_versions
from trimtab.runtime.live_loop.challenging import challenge
from trimtab.runtime.live_loop.learning import Keeping, learn
from trimtab.runtime.live_loop.means import Means
from trimtab.runtime.live_loop.routes import table
from trimtab.runtime.live_loop.turn import Turned, train, turn
from trimtab.serving.engines import engine_record, load_scorer
from trimtab.serving.opening import Home, Live, Owner, open_live, open_owner
from trimtab.testing import ManualClock, MemoryLedger

LENGTH = 60
"""Days of orders before the system goes live."""
BEGIN = START + (LENGTH + 1) * DAY


def system(tables: dict[str, Any], **options: Any) -> tt.System:
    """Late orders by shop and weight alone: a straight line, quickly fitted."""
    orders = tt.Source(tables["orders"], name="orders", id="order", known="ordered")
    deliveries = tt.Source(tables["deliveries"], name="deliveries", id="order", known="delivered")
    features = options.pop("features", tt.Features(shop=col("shop"), weight=col("weight")))
    learner = options.pop("learner", LogisticRegression())
    label = tt.Label({deliveries: col("hours_late") > 1}, matures_after=days(2))
    release = tt.Release(canary=(), exposures=20)
    told = {"release": release, "retrain": tt.Retrain(tt.every(days(7)), tt.sliding(days(28))), **options}
    return tt.System(
        "late-orders", tt.Request(orders, at="ordered"), tt.Model(learner, features, label), **told
    )


@dataclass
class Shop:
    """A live system with its loop; `per_day` orders come a day, late by a rule that a test changes."""

    system: tt.System
    home: Home
    owner: Owner
    live: Live
    clock: ManualClock
    per_day: int = 16
    next: int = 1_000_000
    sign: float = 1.0
    underway: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(7)

    @property
    def ledger(self) -> Ledger:
        return self.home.ledger

    @property
    def table(self):
        return table(self.ledger.read_events(VERSIONS))

    @property
    def answers(self) -> str:
        """Who answers, as the server has it."""
        self.live.champions.follow()
        return self.live.champions.champion.name

    def means(self, **changed: Any) -> Means:
        return replace(means_of(self.system, self.home), **changed)

    def turn(self, **changed: Any) -> Turned:
        """A turn with its training, as `trimtab loop --once` makes it."""
        return once(self.means(**changed), self.clock.now())

    def run(self, count: int, *, turns: bool = True) -> None:
        for _ in range(count):
            self.day()
            if turns:
                self.turn()

    def day(self) -> None:
        """A day goes by; orders of a canary's and a control's units alike."""
        for _ in range(2):
            self.clock.advance(days(0.5))
            self.owner.receiver.tick()
            self.live.champions.follow()
            self._ask(self.per_day // 2)
            self.live.service._parts.answering.shadowing.work()
            self._deliver()

    def _ask(self, count: int) -> None:
        orders = range(self.next, self.next + count)
        self.next += count
        now = self.clock.now()
        rows = [
            {"order": order, "ordered": now, "shop": "south", "weight": float(self.rng.gamma(2.0, 2.0))}
            for order in orders
        ]
        asyncio.run(self.live.service.predict(rows, [None] * count))
        for row in rows:
            chance = 1 / (1 + np.exp(-(self.sign * (row["weight"] - 4) - 0.5)))
            late = 2.5 if self.rng.random() < chance else 0.0
            known = now + int(self.rng.uniform(2, 30) * HOUR)
            self.underway.append(
                (known, {"order": row["order"], "delivered": known, "shop": "south", "hours_late": late})
            )

    def _deliver(self) -> None:
        now = self.clock.now()
        rows = [{**row, "delivered": now} for at, row in self.underway if at <= now]
        self.underway = [(at, row) for at, row in self.underway if at > now]
        if rows:
            asyncio.run(self.live.service.take_facts("deliveries", rows))


def once(means: Means, now: int) -> Turned:
    done = turn(means, now)
    while done.training is not None:
        train(means, done.training, now)
        done = turn(means, now)
    if done.challenge is not None:
        challenge(means, done.challenge, lambda: now)
    return done


def means_of(system: tt.System, home: Home) -> Means:
    def fit(history, order):
        choose = functools.partial(engine_record, threshold=None)
        return learn(history, order, Keeping(home.ledger, home.blobs, wiring.dump, wiring.load), choose)

    def try_out(version):
        load_scorer(version, home.blobs, wiring.load)

    return Means(
        system,
        home.ledger,
        home.blobs,
        wiring.engine,
        wiring.load,
        fit,
        lambda *_: (),
        try_out,
        wiring.dump,
    )


@contextmanager
def shop(
    declared: tt.System | None = None, *, ledger: Ledger | None = None, rows: int = 1500
) -> Iterator[Shop]:
    """A shop that begins to serve, without a version."""
    declared = declared or system(orders_tables(rows=rows, length_days=LENGTH))
    clock = ManualClock(BEGIN)
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
    take_in(declared, engine, home.tables, home.ledger, BEGIN - DAY)
    engine.close()
    owner = open_owner(declared, home)
    live = open_live(declared, home, owner.receiver, owner.folder)
    found = Shop(declared, home, owner, live, clock)
    found.turn()
    found.live.champions.follow()
    try:
        yield found
    finally:
        live.service.close()


__all__ = ["BEGIN", "Shop", "means_of", "once", "shop", "stored_versions", "system"]

"""A served system whose days pass in a moment: a file tells the time, orders are asked over HTTP, their labels follow."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from served import Patient, trimtab

from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.runtime.clock import CLOCK_FILE
from trimtab.runtime.live_loop.due import Due
from trimtab.runtime.live_loop.journal import DECIDED, LOOP
from trimtab.runtime.live_loop.lock import LOOP as TURN
from trimtab.runtime.live_loop.lock import TRAINING, held
from trimtab.runtime.live_loop.shadow_log import SHADOW

HOUR = 3_600_000_000
DAY = 24 * HOUR
BEGIN = 1_700_000_000_000_000 // DAY * DAY + 9 * HOUR
"""When the system goes live: nine in the morning, UTC."""
PATIENCE_SECONDS = 120
LANES = ("sea", "air")

SYSTEM = """
from sklearn.linear_model import LogisticRegression

import trimtab as tt
from trimtab import col, days

orders = tt.Source("orders.parquet", id="order", known="ordered", subject="customer")
deliveries = tt.Source("deliveries.parquet", id="order", known="delivered")

system = tt.System(
    "late-orders",
    tt.Request(orders, at="ordered"),
    tt.Model(
        {learner},
        tt.Features({features}),
        tt.Label({{deliveries: col("late")}}, matures_after=days(2)),
    ),
    retrain=tt.Retrain(tt.every(days(7)).at_most({trainings}, per=days(365)), tt.sliding(days(14))),
    release=tt.Release(canary=(0.5,), exposures=20{release}),
)
"""


def write(folder: Path, name: str = "system.py", **changed: Any) -> Path:
    """The system file, with what a test changes."""
    told = {
        "learner": "LogisticRegression()",
        "features": 'weight=col("weight")',
        "trainings": 3,
        "release": "",
        **changed,
    }
    path = folder / name
    path.write_text(SYSTEM.format(**told))
    return path


def times(values: list[int]) -> pa.Array:
    return pa.array(values, pa.timestamp("us", "UTC"))


@dataclass
class World:
    """A shop of which every day `per_day` orders are asked; heavy ones are late, or light ones while `sign` is -1."""

    folder: Path
    system: Path
    per_day: int = 60
    now: int = BEGIN
    sign: float = 1.0
    next: int = 1_000_000
    asks: tuple[str, ...] = ("order", "ordered", "customer", "weight")
    delivers: tuple[str, ...] = ("order", "late", "delivered")
    server: Patient | None = None
    underway: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(3)

    @property
    def home(self) -> Path:
        return self.folder / ".trimtab"

    def tell_time(self) -> None:
        """Let every process have the present time."""
        fresh = self.folder / "clock.new"
        fresh.write_text(str(self.now))
        fresh.rename(self.folder / "clock")

    def history(self, length_days: int = 30) -> None:
        """What the shop knows when it goes live."""
        count = length_days * self.per_day
        at = np.sort(self.rng.integers(BEGIN - length_days * DAY, BEGIN - DAY, count))
        weight = self.rng.gamma(2.0, 2.0, count).round(3)
        orders = {"order": list(range(count)), "ordered": times(at.tolist()), "weight": weight}
        customers = [f"c{number % 200}" for number in range(count)]
        lanes = [LANES[number % 2] for number in range(count)]
        more = {"customer": customers, "size": self.rng.gamma(2.0, 1.0, count), "lane": lanes}
        pq.write_table(pa.table({**orders, **more}), self.folder / "orders.parquet")
        late = [self.late(one) for one in weight]
        delivered = times((at + 20 * HOUR).tolist())
        table = pa.table({"order": orders["order"], "delivered": delivered, "late": late, "lane": lanes})
        pq.write_table(table, self.folder / "deliveries.parquet")

    def late(self, weight: float) -> bool:
        return bool(self.rng.random() < 1 / (1 + np.exp(-2 * self.sign * (weight - 4))))

    def start(self) -> Patient:
        """Serve, as often as a supervisor would try: what a killed server left behind may own the record for a moment."""
        for _ in range(5):
            try:
                self.server = Patient(self.system, loop=True)
                break
            except AssertionError as problem:
                if "is being written by" not in str(problem):
                    raise
        self.server.until("/healthz/ready")
        return self.server

    def days(self, count: int) -> None:
        """So many days go by, each with its orders and deliveries; the loop turns beside it as it likes."""
        states = [each["state"] for each in self.server.call("GET", "/versions")[1]["versions"]]
        with SqliteLedger(self.home / "ledger", read_only=True) as ledger:
            for _ in range(count):
                self.now += DAY
                self.tell_time()
                seen = ledger.frontier(SHADOW)
                self.ask()
                self.deliver()
                self.scored(ledger, seen + states.count("shadow"))

    def scored(self, ledger: SqliteLedger, least: int) -> None:
        """Wait until scores of this day's shadows are on record, which are written twice a second, and dated then."""
        end = time.monotonic() + PATIENCE_SECONDS
        while ledger.frontier(SHADOW) < least and time.monotonic() < end:
            time.sleep(0.05)

    def ask(self) -> None:
        """A day's orders, asked over HTTP."""
        rows = [self.order(self.next + place) for place in range(self.per_day)]
        self.next += self.per_day
        status, told = self.server.call("POST", "/predict", [{"row": row} for row in rows])
        assert status == 200, told
        for row, answer in zip(rows, told, strict=True):
            self.answers.append({**answer, "customer": row["customer"]})
            fact = {"order": row["order"], "late": self.late(row["weight"]), "lane": LANES[row["order"] % 2]}
            self.underway.append((self.now + 20 * HOUR, fact))

    def order(self, number: int) -> dict[str, Any]:
        whole = {
            "order": number,
            "ordered": instant(self.now),
            "customer": f"c{number % 200}",
            "weight": float(self.rng.gamma(2.0, 2.0)),
            "size": float(self.rng.gamma(2.0, 1.0)),
            "lane": LANES[number % 2],
        }
        return {name: whole[name] for name in self.asks}

    def deliver(self) -> None:
        """What has been delivered by now, pushed over HTTP."""
        known = [{**fact, "delivered": instant(self.now)} for at, fact in self.underway if at <= self.now]
        facts = [{name: fact[name] for name in self.delivers} for fact in known]
        self.underway = [(at, fact) for at, fact in self.underway if at > self.now]
        if facts:
            status, told = self.server.call("POST", "/facts/deliveries", facts)
            assert status == 200, told

    def settle(self) -> None:
        """Wait until the loop finds nothing to do any more, and the server has followed."""
        end = time.monotonic() + PATIENCE_SECONDS
        with SqliteLedger(self.home / "ledger", read_only=True) as ledger:
            while time.monotonic() < end:
                assert self.server.process.poll() is None, self.server.output
                busy = held(self.home, TURN) or held(self.home, TRAINING)
                why = None if busy else Due(ledger, "UTC").why(self.now, training=False)
                if not busy and why in {None, "guards are to be looked at"}:
                    time.sleep(0.5)
                    return
                time.sleep(0.1)
        raise AssertionError(f"the loop never settled: {why}")

    def decided(self, *kinds: str) -> list[tuple[str, str]]:
        """What the loop decided of some kinds, oldest first."""
        with SqliteLedger(self.home / "ledger", read_only=True) as ledger:
            events = [event for event in ledger.read_events(LOOP) if event.kind == DECIDED]
        return [(each.body["kind"], each.subject) for each in events if each.body["kind"] in kinds]

    def champion(self) -> str:
        """Who answers, as the server says."""
        versions = self.server.call("GET", "/versions")[1]["versions"]
        return next(each["name"] for each in versions if each["state"] == "champion")

    def command(self, *words: object) -> str:
        """What a command prints, on one line."""
        return " ".join(trimtab(*words).stdout.split())


def instant(microseconds: int) -> str:
    return str(np.datetime64(microseconds, "us")) + "Z"


@contextmanager
def living(folder: Path, monkeypatch, **changed: Any) -> Iterator[World]:
    """A shop that goes live, with a file for its clock, until the test ends."""
    world = World(folder, write(folder, **changed))
    monkeypatch.setenv(CLOCK_FILE, str(folder / "clock"))
    world.tell_time()
    world.history()
    try:
        yield world
    finally:
        if world.server is not None and world.server.process.poll() is None:
            world.server.stop()
    assert os.environ[CLOCK_FILE] == str(folder / "clock")

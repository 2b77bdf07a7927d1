"""Records to look at: a replay made up by hand, and a watched system that was harmed; and a server to show them."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import uvicorn

sys.path.insert(0, str(Path(__file__).parent.parent / "runtime"))

from watched_worlds import DAYS, LAST, TRAINED, watched

from trimtab.console import Acts, Book, Console, Sessions
from trimtab.console.mounting import Alone
from trimtab.ports import Event
from trimtab.runtime.watching.live import GRACE
from trimtab.runtime.watching.passing import run_pass
from trimtab.serving.http.keys import KeyRing
from trimtab.serving.running import listening
from trimtab.testing import ManualClock, MemoryLedger

DAY = 86_400_000_000
HOUR = DAY // 24
FIRST = 1_357_344_000_000_000 // DAY * DAY
"""The first day of the replay."""
REPLAYED = 120


def replay_tables(days: int = REPLAYED, rows: int = 4000, seed: int = 1):
    """Predictions and labels as a replay records them: labels come within two days, some are corrected later."""
    rng = np.random.default_rng(seed)
    at = np.sort(FIRST + rng.integers(0, days * DAY, rows))
    score = rng.uniform(0.05, 0.95, rows).round(3)
    value = (rng.random(rows) < score).astype(float)
    known = at + rng.integers(2 * HOUR, 40 * HOUR, rows)
    version = np.array([f"v{1 + (moment - FIRST) // (30 * DAY)}" for moment in at])
    columns = {"order": np.arange(rows), "at": at, "version": version, "score": score}
    again = rng.choice(rows, rows // 50, replace=False)
    labels = {
        "order": np.concatenate([np.arange(rows), again]),
        "known": np.concatenate([known, known[again] + 5 * DAY]),
        "value": np.concatenate([value, 1 - value[again]]),
    }
    return pa.table(columns), pa.table(labels)


def replay_ledger(days: int = REPLAYED) -> MemoryLedger:
    """The record of a replay of two policies."""
    ledger, end = MemoryLedger(), FIRST + days * DAY
    predictions, labels = replay_tables(days)
    for policy, every in (("never", 10_000), ("own", 30)):
        starts = range(0, days, every)
        versions = [
            Event(
                FIRST + day * DAY, "trained", f"{policy}/v{n + 1}", {"rows": 900 + 40 * day, "problem": None}
            )
            for n, day in enumerate(starts)
        ]
        ledger.append_events("versions", versions)
        decisions = []
        for n, day in enumerate(starts):
            at = FIRST + day * DAY
            reason = {"reason": f"{every} days since the last attempt", "since_days": float(every)}
            decisions.append(Event(at, "train", f"{policy}/v{n + 1}", reason))
            decisions.append(
                Event(at, "promote", f"{policy}/v{n + 1}", {"reason": "replaces the one before"})
            )
        decisions.append(
            Event(end - DAY, "train", f"{policy}/not now", {"reason": "29 days since the last attempt"})
        )
        ledger.append_events("decisions", decisions)
        body = {"loss": 0.5, "low": 0.45, "high": 0.55, "fits": len(starts)}
        ledger.append_events("measurements", [Event(end, "log_loss", policy, body)])
    ledger.append_rows("predictions", predictions, at=end)
    ledger.append_rows("labels", labels, at=end)
    return ledger


def replay_book() -> Book:
    return Book(
        "replay-orders", "orders", replay_ledger(), ManualClock(LAST), target="orders.py", replay=True
    )


def watched_book() -> Book:
    """A live record: two versions, every day watched, harm that paged."""
    world = watched()
    world.train(112)
    world.activate("v2", 126)
    world.answer("v1", TRAINED, 126)
    world.answer("v2", 126, DAYS)
    now = LAST + GRACE.microseconds
    run_pass(world.place(), [], now)
    body = {"rows": 500, "values": 3500, "differing": 0}
    calls = {"requests": 300, "unanswered": 0, "buckets": [0, 250, 40, 10]}
    ledger = world.ledger
    ledger.append_events("measurements", [Event(now - DAY, "parity", "late-orders", body)])
    days = [Event(now - n * DAY, "calls", "late-orders", calls) for n in range(10, 0, -1)]
    ledger.append_events("measurements", days)
    return Book("live", "late-orders", ledger, ManualClock(now), world.system, "system.py")


def acts_of(book: Book) -> Acts:
    """Acts that put on record what a champion's switch would."""

    def activate(name: str) -> None:
        book.ledger.append_events("versions", [Event(book.clock.now(), "activated", name, {})])

    return Acts(activate)


def console_of(*books: Book, folder: Path, clock=None) -> Console:
    """A console on which everyone on this machine may act, until there is a key."""
    sessions = Sessions(KeyRing(folder / "keys.json"), b"s" * 32, everyone=True)
    return Console(lambda: books, clock or books[0].clock, sessions=sessions, acts=acts_of(books[0]))


@contextmanager
def shown(console: Console):
    """The address of a server of the console, for the time of a test."""
    listener = listening("127.0.0.1", 0)
    listener.listen()
    config = uvicorn.Config(
        Alone(console), log_level="error", lifespan="on", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/console"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()

"""Records to look at: a replay made up by hand, and a watched system that was harmed; and a server to show them."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import uvicorn

sys.path.insert(0, str(Path(__file__).parent.parent / "runtime"))

from watched_worlds import DAYS, LAST, TRAINED, watched

from trimtab import wiring
from trimtab.declare.releasing import Release
from trimtab.finding import Finding, Severity
from trimtab.ports import Event
from trimtab.release.state import Candidate, Watch, start
from trimtab.runtime.loop import State
from trimtab.runtime.watching.live import GRACE
from trimtab.runtime.watching.passing import run_pass
from trimtab.screens import Acts, Book, Console, Means, Sessions
from trimtab.screens.mounting import Alone
from trimtab.serving.http.keys import KeyRing
from trimtab.serving.running import listening
from trimtab.testing import ManualClock, MemoryLedger

DAY = 86_400_000_000
HOUR = DAY // 24
FIRST = 1_357_344_000_000_000 // DAY * DAY
"""The first day of the replay."""
REPLAYED = 120
RELEASED = LAST - 100 * DAY
"""The first day of the record with a loop."""


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


def replay_ledger(days: int = REPLAYED, *, told: bool = True) -> MemoryLedger:
    """The record of a replay of two policies, with what their monitors said where `told`."""
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
    if told:
        tell(ledger, days)
    return ledger


def tell(ledger: MemoryLedger, days: int) -> None:
    """What the monitors said of both policies: the one that is never retrained goes bad on the seventieth day."""
    for policy in ("never", "own"):
        said, came = [], []
        for day in range(days):
            end, bad = FIRST + (day + 1) * DAY, policy == "never" and day >= 70
            loss = 0.5 + (0.004 * (day - 60) if policy == "never" and day > 60 else 0.0)
            severity = "ACT" if bad else "WATCH" if 60 < day < 64 else "OK"
            ends = [None, None] if day < 10 else [loss - 0.03, loss + 0.03]
            body = {
                "start": end - DAY,
                "requests": 33,
                "matured": [[end - 3 * DAY, 33, 33 * loss, 33 * 0.49, 33 * 0.7]] if day > 2 else [],
                "loss": [loss, *ends] if day > 2 else [None] * 3,
                "skill": [None] * 3,
                "gap": [loss - 0.49, None, None] if day > 2 else [None] * 3,
                "verdict": severity,
                "what": "orders loses more than a fresh model" if bad else "no harm is seen",
                "evidence": 1.0,
                "page": bad,
            }
            said.append(Event(end, "day", policy, body))
        if policy == "own":
            for n, day in enumerate(range(0, days, 30)):
                version = {"version": f"v{n + 1}", "reason": "30 days since the last attempt"}
                came.append(Event(FIRST + day * DAY, "trained", policy, version))
                came.append(
                    Event(FIRST + day * DAY + DAY // 48, "promoted", policy, {**version, "replaced": None})
                )
            came.append(Event(FIRST + 75 * DAY, "refused", policy, {"version": "v9", "reason": "not better"}))
            paged, over = FIRST + 64 * DAY, FIRST + 68 * DAY
        else:
            paged, over = FIRST + 71 * DAY, None
        finding = Finding(f"{policy} loses more than a fresh model", Severity.ACT, since=paged - 9 * DAY)
        told = {"incident": "i1", "since": paged - 9 * DAY, "finding": finding.to_json()}
        came.append(Event(paged, "paged", policy, told))
        if over is not None:
            came.append(Event(over, "resolved", policy, {"incident": "i1", "why": "recovered"}))
        ledger.append_events("watched", said)
        ledger.append_events("happened", sorted(came, key=lambda event: event.at))


def replay_book(*, told: bool = True) -> Book:
    return Book(
        "replay-orders",
        "orders",
        replay_ledger(told=told),
        ManualClock(LAST),
        target="orders.py",
        replay=True,
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
    means = Means(world.blobs, wiring.engine, wiring.load)
    return Book("live", "late-orders", ledger, ManualClock(now), world.system, "system.py", means=means)


def released_book() -> Book:
    """A live record with a loop: a change that waits for a person after weeks in shadow, and a column that changed."""
    ledger, now = MemoryLedger(), LAST + GRACE.microseconds
    declared = [
        ["feature", "weight", "d1", "weight of the order"],
        ["feature", "queue", "d2", "last length, 6 hours"],
    ]
    for name, day in (("v1", 1), ("v2", 50), ("v3", 70)):
        body = {
            "name": name,
            "as_of": RELEASED + day * DAY,
            "rows": 900 + day,
            "features": ["weight", "queue"],
        }
        body |= {"recipe": "b" if name == "v3" else "a", "declared": declared, "packages": {"numpy": "2"}}
        body |= {"artifact": "0" * 64, "format": "skops", "dataset": name * 32}
        ledger.append_events("versions", [Event(RELEASED + day * DAY, "trained", name, body)])
        if name != "v3":
            ledger.append_events("versions", [Event(RELEASED + day * DAY + 1, "activated", name, {})])
    _loop(ledger, now)
    kinds = {"order": "number", "shop": "text", "weight": "number"}
    for at, more in ((RELEASED, {}), (now - 2 * DAY, {"weight": "text", "colour": "text"})):
        body = {"facts": 500, "excluded": {}, "kinds": {**kinds, **more}}
        ledger.append_events("sources", [Event(at, "taken in", "orders", body)])
    ledger.append_events("evaluations", [Event(now - DAY, "evaluated", "v2", evaluation())])
    return Book("released", "late-orders", ledger, ManualClock(now), None, "system.py")


def _loop(ledger: MemoryLedger, now: int) -> None:
    waiting = Candidate("v3", "b", "change", 0.01, RELEASED + 72 * DAY, "ready", awaiting="canary")
    released = replace(
        start(Release()),
        champion="v2",
        previous="v1",
        candidates=(waiting,),
        versions={"v1": "a", "v2": "a", "v3": "b"},
    )
    state = State(champion="v2", last_attempt=RELEASED + 70 * DAY, trained=3, release=released).to_json()
    for n, day in enumerate(range(74, 100, 2)):
        numbers = {
            "days": n + 2,
            "estimate": -0.004 - 0.002 * n,
            "upper": 0.03 - 0.004 * n,
            "evidence": 1.3**n,
        }
        event = {"kind": "ShadowJudged", "version": "v3", "verdict": "continue", "numbers": numbers}
        body = {"event": event, "read": {}, "state": state}
        ledger.append_events("loop", [Event(RELEASED + day * DAY, "heard", "v3", body)])
    said = {"kind": "ask", "reason": "v3 waits for approval: canary", "numbers": {}}
    ledger.append_events("loop", [Event(now - DAY, "decided", "v3", said)])


def watching_book() -> Book:
    """A live record whose champion is compared with two versions that its line replaced."""
    ledger, until = MemoryLedger(), FIRST + 60 * DAY
    watches = (
        Watch("v1", "a", FIRST + DAY, until, 0.01, "v2"),
        Watch("v2", "a", FIRST + 4 * DAY, until, 0.02, "v3"),
    )
    released = replace(
        start(Release()), champion="v3", watches=watches, versions=dict.fromkeys(("v1", "v2", "v3"), "a")
    )
    state = State(champion="v3", last_attempt=FIRST, trained=3, release=released).to_json()
    for day, anchor in ((3, "v1"), (4, "v1"), (6, "v2"), (7, "v1"), (8, "v2")):
        numbers = {"units": day, "estimate": 0.001 * day, "lower": -0.01}
        judged = {"kind": "ReverseJudged", "version": "v3", "verdict": "continue", "numbers": numbers}
        body = {"event": {**judged, "anchor": anchor}, "read": {}, "state": state}
        ledger.append_events("loop", [Event(FIRST + day * DAY, "heard", "v3", body)])
    return Book("watching", "orders", ledger, ManualClock(FIRST + 10 * DAY))


def chained_book() -> Book:
    """A live record of a version from before chains, one that begins a chain, and one that goes on after a race."""
    ledger = MemoryLedger()
    race = {
        "continued_loses": 0.002,
        "keeps_up": True,
        "reason": "relative to the fit from scratch +0.2% loss [-0.1%, +0.5%], within 1.0%: the chain goes on",
        "saves": "an update costs 0.05 s of CPU, a fit from scratch 1.20 s: 1.15 s less, 24 times cheaper",
        "cpu_seconds": [0.05, 1.2],
        "days": [[FIRST // DAY + n, 50.0 + n, 49.0, 100] for n in range(12)],
    }
    scratch = {"manner": "stateful", "reason": "no version answers that could be continued", "race": None}
    raced = {"manner": "stateful", "reason": f"continues v2: {race['reason']}", "race": race}
    chain = {"parent": "v2", "manner": "leaf_refit", "chain": 1, "parent_artifact": "0" * 64}
    for n, told in enumerate(({}, {"learning": scratch}, {"learning": raced, **chain})):
        body = {"name": f"v{n + 1}", "as_of": FIRST + n * DAY, "rows": 900, "features": ["weight"], **told}
        ledger.append_events("versions", [Event(FIRST + n * DAY, "trained", f"v{n + 1}", body)])
    return Book("chained", "orders", ledger, ManualClock(FIRST + 10 * DAY))


def evaluation() -> dict:
    """What an evaluation puts on record, with the fields that pages read."""

    def interval(value):
        return {"estimate": value, "low": value - 0.01, "high": value + 0.01, "units": 40}

    def feature(name, rise, share):
        cost = {"meaning": name, "source": "orders", "pieces": 1, "freshness": "at once"}
        importance = {"feature": name, "rise": interval(rise), "share": share}
        return {"importance": importance, "outage": interval(rise / 2), "nulls": 0.02, "cost": cost}

    weak = Finding(
        "weak slice: it loses more where shop = north", Severity.WATCH, estimate=0.1, action="look at north"
    )
    return {
        "metric": "log_loss",
        "value": 0.52,
        "rows": 4000,
        "days": 40,
        "start": FIRST,
        "stop": FIRST + 40 * DAY,
        "verdict": "1 of 30 checks asks for a look.",
        "headline": "the top 2 features carry 100 % of importance, the bottom 0 under 1 %",
        "findings": {"slices": [weak.to_json()], "contracts": [Finding("it is one", Severity.OK).to_json()]},
        "features": [feature("weight", 0.08, 0.8), feature("queue", 0.02, 0.2)],
    }


def acts_of(book: Book) -> Acts:
    """Acts that put on record what a champion's switch would."""

    def activate(name: str, who: str, reason: str) -> None:
        body = {"who": who, "reason": reason}
        book.ledger.append_events("versions", [Event(book.clock.now(), "activated", name, body)])

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

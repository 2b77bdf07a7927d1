"""Records to measure the console on: a served year, and a replayed one, with as many predictions as one likes.

Everything is appended by the ledger's own calls, in bunches. The first 130 days are the watched system of the tests,
with real versions, windows and an incident; the year behind them repeats its last windows and verdicts with new dates.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

TESTS = Path(__file__).parents[2] / "tests"
for folder in (TESTS, TESTS / "runtime"):
    sys.path.insert(0, str(folder))

from watched_worlds import DAY, DAYS, LAST, TRAINED, harmed_tables, watched  # noqa: E402

from orders import orders_system  # noqa: E402
from trimtab.adapters.ledger.sqlite import SqliteLedger  # noqa: E402
from trimtab.ports import Event, Record  # noqa: E402
from trimtab.runtime.logged import PREDICTIONS, Logged, encode  # noqa: E402
from trimtab.runtime.watching.live import GRACE  # noqa: E402
from trimtab.runtime.watching.packing import packed, unpacked  # noqa: E402
from trimtab.runtime.watching.passing import run_pass  # noqa: E402

YEAR = 365
BUNCH = 50_000
SEALED = 500_000
"""Predictions in one append, and in one file."""


END = LAST + YEAR * DAY
"""The last instant of the records."""


def declared():
    """The system of the served year."""
    return orders_system(harmed_tables())


def serve_a_year(folder: Path, predictions: int) -> None:
    """Put a served system with so many predictions on record."""
    with SqliteLedger(folder) as ledger:
        world = watched(ledger=ledger)
        world.train(112)
        world.activate("v2", 126)
        world.answer("v1", TRAINED, 126)
        world.answer("v2", 126, DAYS)
        run_pass(world.place(), [], LAST + GRACE.microseconds)
        _journals(ledger)
        _answers(ledger, predictions - ledger.frontier(PREDICTIONS))
        _labels(ledger, predictions)


def _journals(ledger: SqliteLedger) -> None:
    """A year of closed windows, verdicts, weekly versions, decisions, and calls counted every minute."""
    window, verdict = (ledger.read_events(name)[-1] for name in ("windows", "verdicts"))
    version = next(each for each in ledger.read_events("versions") if each.kind == "trained")
    for day in range(YEAR):
        start = LAST + day * DAY
        ledger.append_events("windows", [_redated(window, start)])
        ledger.append_events("verdicts", [Event(start + DAY // 4, verdict.kind, "", verdict.body)])
        said = {"kind": "train", "reason": "the schedule is not due", "numbers": {"since_days": day % 7}}
        ledger.append_events("loop", [Event(start, "decided", "not now", said)])
        if day % 7 == 0:
            name = f"v{3 + day // 7}"
            body = {**version.body, "name": name, "as_of": start}
            turn = Event(start + 1, "activated", name, {"by": "loop", "why": "promoted"})
            ledger.append_events("versions", [Event(start, "trained", name, body), turn])
        calls = {"requests": 20, "unanswered": 0, "buckets": [0, 16, 3, 1]}
        minutes = [Event(start + n * (DAY // 1440), "calls", "late-orders", calls) for n in range(1440)]
        ledger.append_events("measurements", minutes)


def _redated(window: Event, start: int) -> Event:
    inputs, outcomes = unpacked(window.body["summaries"])
    text = packed((replace(inputs, start=start), [replace(each, start=start - 2 * DAY) for each in outcomes]))
    body = {**window.body, "start": start, "stop": start + DAY, "ripe_at": start + 3 * DAY, "summaries": text}
    return Event(start + DAY, window.kind, window.subject, body)


def _answers(ledger: SqliteLedger, count: int) -> None:
    at = LAST + (np.arange(count) * (YEAR * DAY / max(count, 1))).astype(np.int64)
    sample = next(record for _, record in ledger.read_records(PREDICTIONS, since=0, until=1))
    import msgspec

    one = msgspec.msgpack.decode(sample.body, type=Logged)
    since = 0
    for first in range(0, count, BUNCH):
        records = []
        for place in range(first, min(first + BUNCH, count)):
            moment = int(at[place])
            one.request["order"] = 10**6 + place
            one.at = one.as_of = moment
            records.append(Record(f"p{place}", moment, encode(one), None))
        ledger.append_records(PREDICTIONS, records)
        since += len(records)
        if since >= SEALED:
            ledger.seal(PREDICTIONS)
            since = 0


def _labels(ledger: SqliteLedger, count: int) -> None:
    """A label for each answer, a day after it."""
    held = ledger.read_rows("facts/deliveries", since=0, until=1)
    for first in range(0, count, SEALED):
        places = np.arange(first, min(first + SEALED, count))
        at = LAST + (places * (YEAR * DAY / count)).astype(np.int64) + DAY
        rows = held.select(held.column_names[2:]).take(pa.array(np.zeros(len(places), np.int64)))
        rows = rows.set_column(rows.column_names.index("order"), "order", pa.array(10**6 + places))
        known = next(place for place, name in enumerate(rows.column_names) if "known" in name)
        rows = rows.set_column(known, rows.column_names[known], pa.array(at))
        ledger.append_rows("facts/deliveries", rows, at=int(at[-1]))


def replay_a_year(folder: Path, predictions: int) -> None:
    """Put a replay of two policies over a year with so many predictions on record."""
    rng = np.random.default_rng(1)
    start, end = LAST, LAST + YEAR * DAY
    at = np.sort(start + rng.integers(0, YEAR * DAY, predictions))
    score = rng.uniform(0.05, 0.95, predictions).round(4)
    value = (rng.random(predictions) < score).astype(np.float64)
    known = at + rng.integers(DAY // 12, 2 * DAY, predictions)
    week = ((at - start) // (7 * DAY)).astype(np.int64)
    with SqliteLedger(folder) as ledger:
        for policy, every in (("never", 10_000), ("own", 7)):
            days = range(0, YEAR, every)
            names = [f"{policy}/v{n + 1}" for n in range(len(days))]
            moments = [start + day * DAY for day in days]
            trained = {"rows": 100_000, "problem": None}
            ledger.append_events(
                "versions", [Event(t, "trained", n, trained) for t, n in zip(moments, names, strict=True)]
            )
            turns = []
            for moment, name in zip(moments, names, strict=True):
                turns.append(Event(moment, "train", name, {"reason": "7 days since the last attempt"}))
                turns.append(
                    Event(moment + DAY // 48, "promote", name, {"reason": "replaces the one before"})
                )
            ledger.append_events("decisions", turns)
            body = {"loss": 0.5, "low": 0.49, "high": 0.51, "fits": len(days)}
            ledger.append_events("measurements", [Event(end, "log_loss", policy, body)])
        names = pa.array([f"v{n + 1}" for n in range(int(week.max()) + 1)])
        order = pa.array(np.arange(predictions))
        columns = {"order": order, "at": at, "version": names.take(pa.array(week)), "score": score}
        ledger.append_rows("predictions", pa.table(columns), at=end)
        ledger.append_rows("labels", pa.table({"order": order, "known": known, "value": value}), at=end)

"""Calls and samples of parity by day, from a journal that grows every minute: a day that is over is added up once."""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.console.book import View
from trimtab.ports import Event
from trimtab.serving.measuring import CALLS, MEASUREMENTS, PARITY, Calls
from trimtab.serving.timeline import Timeline, events

DAY = 86_400_000_000
DAYS = 30
"""How many days back are looked at."""
MOST = 50_000
"""Measurements of one day that are read at most."""


@dataclass(frozen=True)
class Measured:
    """One day: its calls, and how many samples of parity were taken, of how many values, and how many differed."""

    start: int
    calls: Calls
    samples: int = 0
    values: int = 0
    differing: int = 0


def measured_days(view: View) -> tuple[Measured, ...]:
    """The last days up to the instant of a view, those on which something was measured."""
    timeline = events(view.book.ledger, MEASUREMENTS)
    today = view.at // DAY
    found = (_day(view, timeline, day * DAY) for day in range(today - DAYS + 1, today + 1))
    return tuple(day for day in found if day.calls.requests or day.samples)


def _day(view: View, timeline: Timeline[Event], start: int) -> Measured:
    end = min(start + DAY, view.at + 1)
    # a day that is over now is the same at every later look
    over = end == start + DAY and end <= view.book.now()
    state = "over" if over else (view.at, timeline.frontier)
    return view.book.journals.folded(("measured", start), state, lambda: _added(timeline, start, end))


def _added(timeline: Timeline[Event], start: int, end: int) -> Measured:
    found = [placed.entry for placed in timeline.between(start, end, MOST)]
    calls = Calls()
    for event in found:
        if event.kind == CALLS:
            body = event.body
            calls += Calls(body["requests"], body["unanswered"], tuple(body["buckets"]))
    samples = [event.body for event in found if event.kind == PARITY]
    values, differing = (sum(body[name] for body in samples) for name in ("values", "differing"))
    return Measured(start, calls, len(samples), values, differing)

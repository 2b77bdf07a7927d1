"""Calls and samples of parity by day, from a journal that grows every minute: a day that is over is added up once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.ports import Event
from trimtab.screens.book import View
from trimtab.serving.http.metrics import BOUNDS
from trimtab.serving.measuring import CALLS, MEASUREMENTS, PARITY, Calls
from trimtab.serving.timeline import Timeline, events

DAY = 86_400_000_000
DAYS = 30
"""How many days back are looked at."""
MOST = 50_000
"""Measurements of one day that are read at most."""
_NAME = "calls"
_WIDTH = 6 + len(BOUNDS) + 1


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
    today, last = view.at // DAY, view.book.now() // DAY
    wanted = range(today - DAYS + 1, today + 1)
    ended = {day for day in wanted if (day + 1) * DAY <= view.at + 1 and day < last}
    over = _over(view, timeline, ended)
    found = [over[day] if day in ended else _under_way(view, timeline, day * DAY) for day in wanted]
    return tuple(day for day in found if day.calls.requests or day.samples)


def _over(view: View, timeline: Timeline[Event], wanted: set[int]) -> Mapping[int, Measured]:
    """Days that are over, which are the same at every later look: from what was kept, or added up now."""
    journals = view.book.journals
    born = str(timeline.at(0) or "")
    held: dict[int, Measured] = journals.folded(_NAME, born, lambda: _read(view, born))
    missing = sorted(wanted - set(held))
    if missing:
        held |= {day: _added(timeline, day * DAY, (day + 1) * DAY) for day in missing}
        table = np.array([_row(each) for each in list(held.values())], np.int64)
        journals.kept.write(_NAME, born, {"days": table})
    return held


def _read(view: View, born: str) -> dict[int, Measured]:
    found = view.book.journals.kept.read(_NAME, born)
    if found is None or found["days"].shape[1:] != (_WIDTH,):
        return {}
    return {int(row[0]) // DAY: _measured(row) for row in found["days"]}


def _under_way(view: View, timeline: Timeline[Event], start: int) -> Measured:
    state = (view.at, timeline.frontier)
    end = min(start + DAY, view.at + 1)
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


def _row(day: Measured) -> list[int]:
    buckets = (*day.calls.buckets, *(0,) * _WIDTH)[: _WIDTH - 6]
    counts = [day.calls.requests, day.calls.unanswered, day.samples, day.values, day.differing]
    return [day.start, *counts, *buckets]


def _measured(row: NDArray[np.int64]) -> Measured:
    start, requests, unanswered, samples, values, differing, *buckets = row.tolist()
    return Measured(start, Calls(requests, unanswered, tuple(buckets)), samples, values, differing)

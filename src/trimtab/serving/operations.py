"""The numbers of a live system beside its model, gathered from its record; a bounded part of it is read."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.needs import explicit_features
from trimtab.declare.system import System
from trimtab.monitoring.operational import HOUR, Answers, Operations, ParitySample, Served, Unseen
from trimtab.monitoring.usual import DAY, Days, Share
from trimtab.ports import Event, Ledger, Record
from trimtab.runtime.training_set import Version
from trimtab.serving.http.metrics import BOUNDS
from trimtab.serving.label_arrivals import BEFORE, label_arrivals
from trimtab.serving.logged import PREDICTIONS, Logged, decode
from trimtab.serving.measuring import CALLS, MEASUREMENTS, PARITY, SHADOW, Calls
from trimtab.serving.shadow_scores import ShadowScores
from trimtab.serving.source_flow import source_flows
from trimtab.serving.timeline import Timeline, events, predictions

SAMPLE = 4_000
"""Answers in one sample; two are drawn, so that with four of requests that are due at most 20,000 are read."""

COUNTS_AT_MOST = 8_000
"""Counts of calls read of the days before, evenly; there is one a minute and process."""

LATEST_AMONG = 10_000
"""Among how many of the last measurements one of a kind is looked for."""

BEHIND = 60_000_000
"""Microseconds by which an answer may look further back than it was asked for before the store counts as behind."""

LONGEST_SECONDS = 3_600.0
"""As what a gauge shows a time that is longer than is measured."""

CAUSES = ("features failed", "model failed", "timeout")
OPERATIONS = "operations"
"""The kind of measurement that holds the figures of `figures_of`."""


@dataclass(frozen=True)
class _Answer:
    at: int
    logged: Logged


def measure_operations(system: System, ledger: Ledger, champion: Version | None, now: int) -> Operations:
    """The numbers of a system at an instant (epoch microseconds), the last 24 hours against the 28 days before."""
    served, measured = predictions(ledger, PREDICTIONS), events(ledger, MEASUREMENTS)
    return Operations(
        now,
        _calls(measured, now),
        _served(system, served, now),
        label_arrivals(system, ledger, served, now),
        _parity(ledger),
        None if champion is None else (champion.name, champion.as_of),
        source_flows(system, ledger, now),
        _unseen(measured, now),
    )


def figures_of(operations: Operations) -> dict[str, float]:
    """What of the numbers is worth a gauge, by name without its prefix; what is not known is left out."""
    labels, fallbacks = operations.labels, operations.served.fallbacks.today
    figures = {"fallback_share": fallbacks.rate, **_unseen_figures(operations.unseen)}
    if labels is not None:
        figures["label_share"] = 1 - labels.missing.today.rate
        figures["labels_pending"] = float(labels.pending)
        if labels.lag is not None:
            figures["label_lag_seconds"] = labels.lag[1] / 1e6
    return {name: value for name, value in figures.items() if not math.isnan(value)}


def note_operations(system: System, ledger: Ledger, now: int) -> None:
    """Put the figures of an instant on record, for whoever must not wait until they are gathered."""
    body = figures_of(measure_operations(system, ledger, None, now))
    ledger.append_events(MEASUREMENTS, [Event(now, OPERATIONS, system.name, body)])


def latest_operations(ledger: Ledger) -> Mapping[str, float]:
    """The figures that were put on record last; nothing where none were."""
    latest = _latest(ledger, OPERATIONS)
    return {} if latest is None else latest.body


def calls_of_day(ledger: Ledger, now: int) -> Calls:
    """The calls of the last 24 hours."""
    return _total(_counted(events(ledger, MEASUREMENTS), now - DAY + 1, now + 1))


def _calls(journal: Timeline[Event], now: int) -> Answers:
    today = _counted(journal, now - DAY + 1, now + 1)
    before = _counted(journal, now - DAY - BEFORE + 1, now - DAY + 1, COUNTS_AT_MOST)
    usual_p99 = _total(before).p99_microseconds(BOUNDS)
    hour = _total([(at, calls) for at, calls in today if at > now - HOUR])
    limit = len(BOUNDS) if usual_p99 is None else bisect_left(BOUNDS, usual_p99 / 1e6)
    every = [*before, *today]
    return Answers(
        failed=Days.of(((at, calls.unanswered, calls.requests) for at, calls in every), now),
        failed_hour=Share(hour.unanswered, hour.requests),
        slow=Days.of(((at, sum(calls.buckets[limit + 1 :]), sum(calls.buckets)) for at, calls in every), now),
        p99=_total(today).p99_microseconds(BOUNDS),
        usual_p99=usual_p99,
    )


def _counted(
    journal: Timeline[Event], since: int, until: int, most: int | None = None
) -> list[tuple[int, Calls]]:
    found = journal.between(since, until, journal.frontier if most is None else most)
    bodies = [(placed.at, placed.entry.body) for placed in found if placed.entry.kind == CALLS]
    return [(at, Calls(body["requests"], body["unanswered"], tuple(body["buckets"]))) for at, body in bodies]


def _unseen(journal: Timeline[Event], now: int) -> Unseen:
    """What became of the shadow scores of the last 24 hours, over all processes."""
    found = journal.between(now - DAY + 1, now + 1, journal.frontier)
    told = [placed.entry.body[SHADOW] for placed in found if SHADOW in placed.entry.body]
    total = sum((ShadowScores.of_json(each) for each in told), ShadowScores())
    return Unseen(total.offered, total.dropped, total.failed, total.p99_microseconds)


def _unseen_figures(unseen: Unseen) -> dict[str, float]:
    if not unseen.offered:
        return {}
    late = math.nan if unseen.late is None else min(unseen.late / 1e6, LONGEST_SECONDS)
    return {
        "shadow_dropped_share": unseen.dropped / unseen.offered,
        "shadow_failed_share": unseen.failed / unseen.offered,
        "shadow_late_seconds": late,
    }


def _total(counted: Iterable[tuple[int, Calls]]) -> Calls:
    return sum((calls for _, calls in counted), Calls())


def _served(system: System, served: Timeline[Record], now: int) -> Served:
    today = _answers(served, now - DAY + 1, now + 1)
    every = [*_answers(served, now - DAY - BEFORE + 1, now - DAY + 1), *today]
    whole = [one for one in every if one.logged.features]
    fallbacks = [(one.at, one.logged.served == "fallback", 1) for one in every]
    lags = [max(_lag(one), 0) for one in today if one.logged.features]
    return Served(
        fallbacks=Days.of(fallbacks, now),
        fallbacks_hour=Days.of([case for case in fallbacks if case[0] > now - HOUR], now).today,
        causes=Counter(_cause(one.logged) for one in today if one.logged.served == "fallback"),
        behind=Days.of([(one.at, _lag(one) > BEHIND, 1) for one in whole], now),
        lag=float(np.quantile(lags, 0.99, method="higher")) if lags else 0.0,
        nulls=_nulls(whole, today, now),
        owners={
            name: each.source.owner for name, each in explicit_features(system) if isinstance(each, Aggregate)
        },
        of=served.first_since(now + 1) - served.first_since(now - DAY + 1),
    )


def _answers(served: Timeline[Record], since: int, until: int) -> list[_Answer]:
    decoded = [(placed.at, decode(placed.entry)) for placed in served.between(since, until, SAMPLE)]
    return [_Answer(at, logged) for at, logged in decoded if logged is not None]


def _lag(answer: _Answer) -> int:
    """How far the features lie before the instant that was asked for, or the present where that is earlier."""
    return min(answer.logged.at, answer.at) - answer.logged.as_of


def _cause(logged: Logged) -> str:
    return next((cause for cause in CAUSES if cause in logged.flags), "no score")


def _nulls(whole: Sequence[_Answer], today: Sequence[_Answer], now: int) -> dict[str, Days]:
    """Nulls by day of each feature that is served now."""
    names = dict.fromkeys(name for one in today for name in one.logged.features)
    return {
        name: Days.of(
            ((one.at, one.logged.features[name] is None, 1) for one in whole if name in one.logged.features),
            now,
        )
        for name in names
    }


def _parity(ledger: Ledger) -> ParitySample | None:
    latest = _latest(ledger, PARITY)
    if latest is None:
        return None
    body: Mapping[str, Any] = latest.body
    return ParitySample(latest.at, body["values"], body["differing"])


def _latest(ledger: Ledger, kind: str) -> Event | None:
    """The last measurement of a kind, looked for from the end."""
    end, width = ledger.frontier(MEASUREMENTS), 256
    first = max(end - LATEST_AMONG, 0)
    while end > first:
        begin = max(end - width, first)
        for event in reversed(ledger.read_events(MEASUREMENTS, since=begin, until=end)):
            if event.kind == kind:
                return event
        end, width = begin, 4 * width
    return None

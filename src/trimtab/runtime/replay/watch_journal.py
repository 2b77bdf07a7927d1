"""What the monitors of a replay said, on its record day by day, and what happened to versions and incidents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from trimtab.ports import Event, Ledger
from trimtab.runtime.loop import Decision
from trimtab.runtime.replay.timeline import Timeline
from trimtab.runtime.replay.watched import Matured, WatchedDay, WatchedPolicy
from trimtab.stats import Interval

WATCHED, HAPPENED = "watched", "happened"
"""The journals: one event a day and policy; and what came of it."""

TOLD = {"train": "trained", "promote": "promoted", "refuse": "refused", "roll back": "rolled back"}
"""The decisions that are told, by what they led to."""


def record_watched(ledger: Ledger, watched: Sequence[WatchedPolicy], timelines: Sequence[Timeline]) -> None:
    """Append what was said of each watched policy, and what happened to it, in order of time."""
    lines = {each.policy.name: each for each in timelines}
    for each in watched:
        ledger.append_events(WATCHED, [_day(each.name, day) for day in each.days])
        happened = [*_versions(lines[each.name]), *_incidents(each)]
        ledger.append_events(HAPPENED, sorted(happened, key=lambda event: event.at))


def _day(policy: str, day: WatchedDay) -> Event:
    body = {
        "start": day.start,
        "requests": day.requests,
        "matured": [_matured(each) for each in day.matured],
        "loss": _ends(day.loss),
        "skill": _ends(day.skill),
        "gap": _ends(day.gap),
        "verdict": str(day.severity),
        "what": day.what,
        "evidence": day.evidence,
        "page": day.page is not None,
    }
    return Event(day.stop, "day", policy, body)


def _matured(day: Matured) -> list[float | None]:
    return [day.start, day.rows, day.loss, day.fresh, day.constant]


def _ends(interval: Interval | None) -> list[float | None]:
    if interval is None:
        return [None, None, None]
    return [interval.estimate, *((interval.low, interval.high) if interval.known else (None, None))]


def _versions(line: Timeline) -> Iterator[Event]:
    """What happened to versions; `replaced` is who answered before, or who answers again after a rollback."""
    before: str | None = None
    for decision in line.decisions:
        kind = TOLD.get(decision.kind)
        if kind is None or (decision.kind == "train" and decision.subject == "not now"):
            continue
        body: dict[str, Any] = {"version": decision.subject, "reason": decision.reason}
        if kind in {"promoted", "rolled back"}:
            after = _answering(line, decision)
            body["replaced"] = before if kind == "promoted" else after
            before = after
        yield Event(decision.at, kind, line.policy.name, body)


def _answering(line: Timeline, decision: Decision) -> str | None:
    """Who answers from the instant of a decision on."""
    served = [each.version for each in line.served if each.since <= decision.at]
    return served[-1] if served else None


def _incidents(watched: WatchedPolicy) -> Iterator[Event]:
    """Pages and their ends, at the end of the day that led to them: nobody knew before."""
    ends = {day.start: day.stop for day in watched.days}
    for number, sent in enumerate(watched.pages, 1):
        name, since = f"i{number}", sent.finding.since or sent.page.since
        told = {"incident": name, "since": since, "finding": sent.finding.to_json()}
        yield Event(ends[sent.page.at], "paged", watched.name, told)
        if sent.closed is not None:
            closed = {"incident": name, "why": sent.closed.why}
            yield Event(ends[sent.closed.at], "resolved", watched.name, closed)

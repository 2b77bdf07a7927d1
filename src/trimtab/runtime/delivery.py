"""Notices on record are given to every sink at least once, with each attempt and its result on record.

A notice is tried again with growing pauses until a sink took it or a day has gone by. An attempt is recorded after it
was made: a crash in between sends twice, never not at all. One process delivers, the owner of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from trimtab.errors import TrimtabError, UsageError
from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import INCIDENTS, SILENT, Change, incidents_of
from trimtab.monitoring.message import Message, message_of
from trimtab.ports import Event, Ledger
from trimtab.units import Duration, hours, minutes

DELIVERIES = "deliveries"
"""The journal of attempts; the subject of each event is the name of a sink."""
STARTED, DELIVERED, FAILED = "started", "delivered", "failed"

FIRST_PAUSE, LONGEST_PAUSE = minutes(1), hours(1)
"""The pause after a first failure, doubled after each further one, and its limit."""

GIVE_UP = hours(24)
"""A notice whose attempts failed for so long is given up."""


class Sink(Protocol):
    """Where people hear of incidents.

    With an `owner` it hears only of incidents that name that owner. One that `keeps_state` hears of every end, even in
    a snooze, as it would hold the incident for open otherwise.
    """

    @property
    def name(self) -> str:
        """Its name on record; another name is another sink."""
        ...

    @property
    def owner(self) -> str | None:
        """Whose incidents it is for, None for all."""
        ...

    @property
    def keeps_state(self) -> bool:
        """Whether it holds incidents open until it is told of their end."""
        ...

    def send(self, message: Message) -> None:
        """Give over one message; whatever is raised is a failure."""
        ...


@dataclass
class _Past:
    """What is on record of one sink: where it started, what it took, and when attempts failed, by sequence."""

    first: int | None = None
    before: frozenset[int] = frozenset()
    taken: set[int] = field(default_factory=set)
    failures: dict[int, list[int]] = field(default_factory=dict)

    def take_in(self, event: Event) -> None:
        """Take in one event of this sink."""
        body = event.body
        if event.kind == STARTED:
            self.first, self.before = body["first"], frozenset(body["before"])
        elif event.kind == DELIVERED:
            self.taken.add(body["notice"])
        else:
            self.failures.setdefault(body["notice"], []).append(event.at)

    def waits(self, sequence: int) -> bool:
        """True for a notice that the sink should still get."""
        meant = self.first is not None and (sequence >= self.first or sequence in self.before)
        return meant and sequence not in self.taken and not self.given_up(sequence)

    def given_up(self, sequence: int) -> bool:
        """True when attempts failed for a day."""
        failures = self.failures.get(sequence)
        return failures is not None and failures[-1] - failures[0] >= GIVE_UP.microseconds

    def due_at(self, sequence: int) -> int:
        """The instant of the next attempt; 0 before the first."""
        failures = self.failures.get(sequence)
        return failures[-1] + pause(len(failures)).microseconds if failures else 0


def pause(failures: int) -> Duration:
    """How long to wait after so many failures.

    >>> [str(pause(count)) for count in (1, 2, 6, 7, 1000)]
    ['1 minute', '2 minutes', '32 minutes', '1 hour', '1 hour']
    """
    return min(FIRST_PAUSE * (1 << min(failures - 1, 10)), LONGEST_PAUSE)


def deliver(
    ledger: Ledger, sinks: Sequence[Sink], now: int, *, system: str, file: str | None = None
) -> tuple[Finding, ...]:
    """Send what is on record and due to every sink, and say what was sent, what waits and what was given up.

    `now` is epoch microseconds; `system` and `file` are what people and commands call the system. A sink that was never
    seen hears of what is open, not of the past. Raises UsageError when two sinks have one name.

    >>> from trimtab.testing import MemoryLedger
    >>> deliver(MemoryLedger(), [], 0, system="flight-delay")
    ()
    """
    names = [sink.name for sink in sinks]
    if len(set(names)) < len(names):
        raise UsageError("two sinks have one name", found=", ".join(names), do="name them apart with name=")
    events = ledger.read_events(INCIDENTS)
    pasts = _pasts(ledger.read_events(DELIVERIES), names)
    new = [_started(name, events, now) for name, past in pasts.items() if past.first is None]
    for event in new:
        pasts[event.subject].take_in(event)
    ledger.append_events(DELIVERIES, new)
    findings: list[Finding] = []
    for sink in sinks:
        past = pasts[sink.name]
        messages = [
            (n, message_of(change, system=system, file=file)) for n, change in _for(sink, past, events)
        ]
        findings += _serve(ledger, sink, past, messages, now)
    return tuple(findings)


def _for(sink: Sink, past: _Past, events: Sequence[Event]) -> Iterator[tuple[int, Change]]:
    """Yield the notices, with their sequence, that a sink should still get."""
    for sequence, event in enumerate(events):
        if event.kind not in SILENT and past.waits(sequence):
            change = Change.from_event(event)
            told = not change.quiet or (sink.keeps_state and change.kind == "resolved")
            if told and (sink.owner is None or sink.owner in change.incident.owners):
                yield sequence, change


def _serve(
    ledger: Ledger, sink: Sink, past: _Past, waiting: Iterable[tuple[int, Message]], now: int
) -> Iterator[Finding]:
    """Send one sink what is due, in order within each incident, until an attempt fails."""
    held: set[str] = set()
    for sequence, message in waiting:
        if message.incident in held:
            continue
        if past.due_at(sequence) > now:
            # an end must not overtake its beginning
            held.add(message.incident)
            yield _waiting(sink, message, past, sequence)
            continue
        problem = _attempt(sink, message)
        attempts = len(past.failures.get(sequence, ())) + 1
        body = {"notice": sequence, "incident": message.incident, "attempt": attempts, "problem": problem}
        event = Event(now, DELIVERED if problem is None else FAILED, sink.name, body)
        ledger.append_events(DELIVERIES, [event])
        past.take_in(event)
        if problem is not None:
            # likely it is down: the rest waits for the next call, and other sinks do not wait for its time-outs
            yield _failed(sink, message, past, sequence, problem)
            return
        yield Finding(f"{_words(message)} was sent to {sink.name}", Severity.OK)


def _attempt(sink: Sink, message: Message) -> str | None:
    """Send; return what went wrong, or None."""
    try:
        sink.send(message)
    except TrimtabError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  # whatever one sink raises, the others must be served
        # its text may hold what a sink would never tell
        return type(error).__name__
    return None


def _pasts(events: Iterable[Event], names: Iterable[str]) -> Mapping[str, _Past]:
    found = {name: _Past() for name in names}
    for event in events:
        if event.subject in found:
            found[event.subject].take_in(event)
    return found


def _started(name: str, events: Sequence[Event], now: int) -> Event:
    """Return the beginning of a sink: all that comes, and the latest notice of each incident that is still open."""
    unresolved = {one.id for one in incidents_of(events) if one.state != "resolved"}
    told = ((n, event) for n, event in enumerate(events) if not event.body["quiet"])
    latest = {event.subject: n for n, event in told if event.subject in unresolved}
    return Event(now, STARTED, name, {"first": len(events), "before": sorted(latest.values())})


def _failed(sink: Sink, message: Message, past: _Past, sequence: int, problem: str) -> Finding:
    if not past.given_up(sequence):
        return _waiting(sink, message, past, sequence, problem)
    return Finding(
        f"{_words(message)} was given up: {sink.name} did not take it for {GIVE_UP}",
        Severity.ACT,
        cause=problem,
        action="repair the sink; tell whoever should know",
    )


def _waiting(sink: Sink, message: Message, past: _Past, sequence: int, problem: str | None = None) -> Finding:
    return Finding(
        f"{_words(message)} was not yet taken by {sink.name}",
        Severity.WATCH,
        since=past.failures[sequence][0],
        cause=problem,
        action="repair the sink; it is tried again by itself",
        evidence=(("attempts", len(past.failures[sequence])),),
    )


def _words(message: Message) -> str:
    return f"the notice {message.kind!r} of {message.system} {message.incident}"

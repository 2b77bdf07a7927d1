"""What a person says to an incident, and a message to see whether sinks take one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trimtab.declare.system import System
from trimtab.errors import TrimtabError
from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import INCIDENTS, Acknowledge, Alert, Incident, Snooze, incidents_of, step
from trimtab.monitoring.message import iso, message_of
from trimtab.ports import Ledger
from trimtab.runtime.delivery import Sink
from trimtab.runtime.watching.passing import told_on
from trimtab.runtime.watching.telling import record


@dataclass(frozen=True)
class Responded:
    """An incident after a person answered it; `new` says whether that changed anything, `sent` who was told."""

    incident: Incident
    new: bool
    sent: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        one = self.incident
        state = f"{one.id} is {one.state}"
        if one.snoozed_until is not None and one.state != "resolved":
            state += f", and nothing of it is sent until {iso(one.snoozed_until)}"
        if not self.new:
            return f"{state} already: nothing changed"
        if one.why == "benign":
            state += "; a new reference begins where the change did, with the next pass of the monitors"
        return "\n".join([f"{state}: {one.finding.what}", *(f"{f.severity}: {f.what}" for f in self.sent)])


def respond(
    system: System,
    ledger: Ledger,
    sinks: Sequence[Sink],
    signal: Acknowledge | Snooze,
    now: int,
    *,
    file: str | None = None,
) -> Responded:
    """Put on record what a person said of an incident, and tell the sinks; raises UsageError for an unknown incident."""
    incidents, changes = step(incidents_of(ledger.read_events(INCIDENTS)), signal, now=now)
    record(ledger, changes)
    sent = told_on(system, ledger, sinks, now, file=file)
    one = next(each for each in incidents if each.id == signal.id)
    new = any(change.incident.id == signal.id and change.kind != "reminder" for change in changes)
    return Responded(one, new, sent)


def send_test(
    system: System, sinks: Sequence[Sink], now: int, *, file: str | None = None
) -> tuple[Finding, ...]:
    """Send a message that says it is a test to every sink, and say which took it."""
    return tuple(_tested(system, sinks, now, file)) or (
        Finding("no sink is declared", Severity.NOT_RUN, cause="tt.Watch(sinks=...) names none"),
    )


def _tested(system: System, sinks: Sequence[Sink], now: int, file: str | None) -> Iterator[Finding]:
    finding = Finding("this is a test; nothing is wrong", Severity.INFO, since=now, action="nothing")
    _, (opened,) = step((), Alert("test", finding, now), now=now)
    message = message_of(opened, system=system.name, file=file)
    for sink in sinks:
        try:
            sink.send(message)
        except TrimtabError as problem:
            yield Finding(f"{sink.name} did not take the test", Severity.ACT, cause=str(problem))
        else:
            yield Finding(f"the test was sent to {sink.name}", Severity.OK)

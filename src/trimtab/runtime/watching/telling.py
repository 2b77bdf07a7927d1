"""From what the monitors said to incidents on record, each turn told once, whatever was cut short in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import (
    INCIDENTS,
    Change,
    Incident,
    Signal,
    finding_from_json,
    incidents_of,
    step,
)
from trimtab.ports import Event, Ledger
from trimtab.runtime.watching.windows import Folded, Happening
from trimtab.units import days

VERDICTS = "verdicts"
"""The journal of what the monitors said last."""

STALE = days(2)
"""Verdicts that are older than a day and this are to be watched themselves."""

FROM = "window"
"""Where an event of an incident names the place in the journal of windows that it came from."""


def tell(ledger: Ledger, happenings: Sequence[Happening], now: int) -> tuple[Change, ...]:
    """Put on record what pages and their ends make of the incidents, and the reminders that are due.

    What is on record already is left out: changes of one signal are one append, and name where they came from.
    """
    events = ledger.read_events(INCIDENTS)
    last = max((event.body.get(FROM, -1) for event in events), default=-1)
    incidents, told = incidents_of(events), list[Change]()
    new = [(each.signal, each.sequence) for each in happenings if each.sequence > last]
    signals: list[tuple[Signal | None, int | None]] = [*new, (None, None)]
    for signal, sequence in signals:
        incidents, changes = step(incidents, signal, now=now)
        record(ledger, changes, sequence)
        told += changes
    return tuple(told)


def record(ledger: Ledger, changes: Iterable[Change], sequence: int | None = None) -> None:
    """Append changes, all or none, with the place in the journal of windows that they came from."""
    events = [change.to_event() for change in changes]
    if sequence is not None:
        events = [replace(event, body={**event.body, FROM: sequence}) for event in events]
    if events:
        ledger.append_events(INCIDENTS, events)


def note_verdicts(
    ledger: Ledger, folded: Folded, findings: Sequence[Finding], now: int, cache: str | None
) -> None:
    """Put on record what the monitors say, and the blob of a short cut to what they know."""
    body: dict[str, Any] = {"windows": folded.sequence, "until": folded.until, "noted": folded.noted}
    body["cache"] = cache
    body["findings"] = [finding.to_json() for finding in findings]
    ledger.append_events(VERDICTS, [Event(now, "judged", "", body)])


def latest_verdicts(ledger: Ledger) -> Event | None:
    """The verdicts that were put on record last."""
    frontier = ledger.frontier(VERDICTS)
    return ledger.read_events(VERDICTS, since=frontier - 1)[-1] if frontier else None


def judged(ledger: Ledger, now: int, command: str = "trimtab watch SYSTEM") -> tuple[Finding, ...]:
    """What is known of the model: the incidents that are open, and the latest verdicts, both from the record."""
    latest = latest_verdicts(ledger)
    found = [_of_incident(one, now) for one in incidents_of(ledger.read_events(INCIDENTS))]
    kept = [finding for finding in found if finding is not None]
    if latest is None:
        why = "a day with answers has to end first"
        return (*kept, Finding("the monitors have not looked", Severity.NOT_RUN, cause=why))
    until = latest.body["until"]
    if until is not None and now - until > days(1).microseconds + STALE.microseconds:
        what = "the monitors have not looked since"
        kept.append(Finding(what, Severity.WATCH, since=until, action=command))
    return (*kept, *(finding_from_json(each) for each in latest.body["findings"]))


def _of_incident(incident: Incident, now: int) -> Finding | None:
    if incident.state == "resolved":
        return None
    finding, state = incident.finding, "snoozed" if incident.snoozed(now) else incident.state
    # who has it in hand need not be called again
    calm = state != "open" and finding.severity is Severity.ACT
    severity = Severity.WATCH if calm else finding.severity
    what = f"incident {incident.id} ({state}): {finding.what}"
    return replace(finding, what=what, severity=severity, since=incident.since)

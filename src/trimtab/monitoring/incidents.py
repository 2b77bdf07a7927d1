"""From alerts to incidents: the open matters that a person sees, one for each cause, told no more often than needed.

An incident is a fold over the journal "incidents". Each event of it is a `Change` and holds the whole incident as it
is from then on, so that the record reads the same when the rules have changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from trimtab.errors import UsageError, nearest
from trimtab.finding import Finding, Severity
from trimtab.monitoring.watching import Answer
from trimtab.ports import Event
from trimtab.units import Duration, days, hours

INCIDENTS = "incidents"
"""The journal of incidents."""

COOLDOWN = days(7)
"""An alert within this time after its incident was resolved opens that one again."""

REMINDER = hours(24)
"""An incident that needs action and that nobody took is told once more after this time."""

State = Literal["open", "acknowledged", "resolved"]
Kind = Literal["opened", "reopened", "worsened", "reminder", "acknowledged", "resolved", "joined", "snoozed"]
SILENT = ("joined", "snoozed")
"""The changes that nobody is told of; all others are notices."""


@dataclass(frozen=True)
class Incident:
    """One open matter; times are epoch microseconds.

    `cause` is what its alerts have in common, `finding` the worst of them since it (re)opened, `since` when that
    harm began, `alerts` how many joined in all, `owners` all whom they named.
    """

    id: str
    cause: str
    opened_at: int
    since: int
    finding: Finding
    owners: tuple[str, ...] = ()
    state: State = "open"
    alerts: int = 1
    acknowledged_by: str | None = None
    answer: Answer | None = None
    acknowledged_at: int | None = None
    snoozed_until: int | None = None
    snoozed_by: str | None = None
    resolved_at: int | None = None
    why: str | None = None
    last_sent_at: int | None = None
    reminded: bool = False

    def snoozed(self, now: int) -> bool:
        """True while nothing may be told of it."""
        return self.snoozed_until is not None and now < self.snoozed_until


Incidents = tuple[Incident, ...]
"""All incidents of a system, in the order in which they first opened."""


@dataclass(frozen=True)
class Alert:
    """A monitor says that something is wrong."""

    cause: str
    finding: Finding
    at: int


@dataclass(frozen=True)
class Clear:
    """A monitor, or a promotion, says that it is over; `of` is the cause or the id of an incident."""

    of: str
    why: str
    at: int


@dataclass(frozen=True)
class Acknowledge:
    """A person answers: "benign" and "fixed" resolve the incident, "working" says that somebody has it in hand."""

    id: str
    answer: Answer
    by: str
    at: int


@dataclass(frozen=True)
class Snooze:
    """A person wants to hear nothing of an incident until an instant."""

    id: str
    until: int
    by: str
    at: int


Signal = Alert | Clear | Acknowledge | Snooze


@dataclass(frozen=True)
class Change:
    """What happened to an incident, which is `incident` from now on; a notice for people unless it is `quiet`."""

    at: int
    kind: Kind
    incident: Incident
    quiet: bool = False

    def to_event(self) -> Event:
        """The change for the journal of incidents."""
        body = {field.name: getattr(self.incident, field.name) for field in dataclasses.fields(Incident)}
        body |= {"finding": self.incident.finding.to_json(), "owners": list(self.incident.owners)}
        return Event(self.at, self.kind, self.incident.id, {"quiet": self.quiet, "incident": body})

    @classmethod
    def from_event(cls, event: Event) -> Change:
        """The change that `to_event` made an event of.

        >>> _, (opened,) = step((), Alert("realised", Finding("worse", Severity.ACT), at=5), now=7)
        >>> Change.from_event(opened.to_event()) == opened
        True
        """
        found = event.body["incident"]
        named = {"finding": finding_from_json(found["finding"]), "owners": tuple(found["owners"])}
        return cls(event.at, cast("Kind", event.kind), Incident(**{**found, **named}), event.body["quiet"])


def step(
    incidents: Incidents, signal: Signal | None, *, now: int, cooldown: Duration = COOLDOWN
) -> tuple[Incidents, tuple[Change, ...]]:
    """Take in one signal, or none when only time has passed; return all incidents and what changed, for the record.

    Raises UsageError where a person names an incident that there is not, or a snooze that has ended already.

    >>> worse = Finding("the loss is 0.05 higher", Severity.ACT)
    >>> incidents, opened = step((), Alert("realised", worse, at=5), now=7)
    >>> incidents, joined = step(incidents, Alert("realised", worse, at=9), now=9)
    >>> [(one.kind, one.incident.id, one.quiet) for one in opened + joined]
    [('opened', 'i1', False), ('joined', 'i1', True)]
    """
    first = _react(incidents, signal, now, cooldown)
    incidents = _with(incidents, first)
    due = [change for one in incidents if (change := _due(one, now))]
    for change in due:
        incidents = _with(incidents, change)
    return incidents, (*((first,) if first else ()), *due)


def incidents_of(events: Iterable[Event]) -> Incidents:
    """The incidents that a journal tells of, as they are after its last event.

    >>> incidents, changes = step((), Alert("realised", Finding("worse", Severity.ACT), at=5), now=7)
    >>> incidents_of(change.to_event() for change in changes) == incidents
    True
    """
    latest = {event.subject: event for event in events}
    return tuple(Change.from_event(event).incident for event in latest.values())


def cause_of(kinds: Iterable[str], named: str | None = None) -> str:
    """The cause under which alerts join: the kinds of monitors that carried it, and what they name, if anything.

    >>> cause_of(["realised", "breakage"], "carrier")
    'breakage+realised: carrier'
    """
    carried = "+".join(sorted(set(kinds)))
    return f"{carried}: {named}" if named else carried


def finding_from_json(values: Mapping[str, Any]) -> Finding:
    """The finding of what `Finding.to_json` gave; what was not finite stays None.

    >>> late = Finding("late", Severity.WATCH, interval=(0.1, 0.2), evidence=("so", ("rows", 7)))
    >>> finding_from_json(late.to_json()) == late
    True
    """
    interval, evidence = values["interval"], values["evidence"]
    known = interval is not None and None not in interval
    return Finding(
        **{
            **values,
            "severity": Severity(values["severity"]),
            "interval": tuple(interval) if known else None,
            "evidence": tuple(tuple(fact) if isinstance(fact, list) else fact for fact in evidence),
        }
    )


def _react(incidents: Incidents, signal: Signal | None, now: int, cooldown: Duration) -> Change | None:
    """Return what a signal changes, if anything."""
    match signal:
        case Alert():
            return _alerted(incidents, signal, now, cooldown)
        case Clear(of, why, at):
            open_ones = (one for one in incidents if one.state != "resolved" and of in (one.id, one.cause))
            return next((_resolved(one, why, at, now) for one in open_ones), None)
        case Acknowledge():
            return _acknowledged(_named(incidents, signal.id), signal, now)
        case Snooze():
            return _snoozed(_named(incidents, signal.id), signal, now)
    return None


def _with(incidents: Incidents, change: Change | None) -> Incidents:
    """Return the incidents with the changed one in its place, or behind them when it is new."""
    found = {one.id: one for one in incidents}
    if change is not None:
        found[change.incident.id] = change.incident
    return tuple(found.values())


def _alerted(incidents: Incidents, alert: Alert, now: int, cooldown: Duration) -> Change:
    # what cannot go on record, such as NaN, must not be in the state either
    finding = finding_from_json(alert.finding.to_json())
    since = alert.at if finding.since is None else finding.since
    last = next((one for one in reversed(incidents) if one.cause == alert.cause), None)
    if last is not None and last.resolved_at is None:
        return _joined(last, finding, now)
    fresh = Incident(f"i{len(incidents) + 1}", alert.cause, alert.at, since, finding, _owners((), finding))
    if last is None or last.resolved_at is None or alert.at - last.resolved_at > cooldown.microseconds:
        return _told("opened", fresh, now)
    # a snooze outlives the pause; everything else begins anew
    again = replace(
        fresh,
        id=last.id,
        opened_at=last.opened_at,
        owners=_owners(last.owners, finding),
        alerts=last.alerts + 1,
        snoozed_until=last.snoozed_until,
        snoozed_by=last.snoozed_by,
        last_sent_at=last.last_sent_at,
    )
    return _told("reopened", again, now)


def _joined(incident: Incident, finding: Finding, now: int) -> Change:
    """Return the incident with one more alert: silent, unless it is the first that needs action."""
    worse = finding.severity > incident.finding.severity
    joined = replace(
        incident,
        alerts=incident.alerts + 1,
        finding=finding if worse else incident.finding,
        owners=_owners(incident.owners, finding),
    )
    if worse and finding.severity is Severity.ACT:
        return _told("worsened", replace(joined, reminded=False), now)
    return Change(now, "joined", joined, quiet=True)


def _acknowledged(incident: Incident, signal: Acknowledge, now: int) -> Change | None:
    """Return the answered incident; None where it says nothing new."""
    working = signal.answer == "working"
    if incident.state == "resolved" or (working and incident.state == "acknowledged"):
        return None
    answered = replace(incident, acknowledged_by=signal.by, answer=signal.answer, acknowledged_at=signal.at)
    if working:
        return _told("acknowledged", replace(answered, state="acknowledged"), now)
    return _resolved(answered, signal.answer, signal.at, now)


def _snoozed(incident: Incident, signal: Snooze, now: int) -> Change | None:
    if signal.until <= now:
        raise UsageError("the snooze has ended already", do="give an instant in the future")
    if incident.state == "resolved":
        return None
    snoozed = replace(incident, snoozed_until=signal.until, snoozed_by=signal.by)
    return None if snoozed == incident else Change(now, "snoozed", snoozed, quiet=True)


def _resolved(incident: Incident, why: str, at: int, now: int) -> Change:
    return _told("resolved", replace(incident, state="resolved", resolved_at=at, why=why), now)


def _due(incident: Incident, now: int) -> Change | None:
    """Return the reminder that an incident needs now: after a snooze, or once when nobody took it."""
    if incident.state == "resolved" or incident.snoozed(now):
        return None
    waited = now - (now if incident.last_sent_at is None else incident.last_sent_at)
    untaken = incident.state == "open" and incident.finding.severity is Severity.ACT and not incident.reminded
    if incident.snoozed_until is not None or (untaken and waited >= REMINDER.microseconds):
        return _told("reminder", replace(incident, reminded=True), now)
    return None


def _told(kind: Kind, incident: Incident, now: int) -> Change:
    """Return the change as a notice, or quietly in a snooze; whoever is told needs no reminder of a snooze's end."""
    if incident.snoozed(now):
        return Change(now, kind, incident, quiet=True)
    return Change(now, kind, replace(incident, last_sent_at=now, snoozed_until=None, snoozed_by=None))


def _owners(owners: tuple[str, ...], finding: Finding) -> tuple[str, ...]:
    known = finding.owner is None or finding.owner in owners
    return owners if known else (*owners, cast("str", finding.owner))


def _named(incidents: Incidents, id: str) -> Incident:  # noqa: A002  # the field's word for it
    """Return the incident of an id; raises UsageError where there is none."""
    found = {one.id: one for one in incidents}
    if id not in found:
        known = ", ".join(found) or "no incident"
        raise UsageError(
            f"no incident {id!r}", found=known, nearest=nearest(id, found), do="name one of them"
        )
    return found[id]

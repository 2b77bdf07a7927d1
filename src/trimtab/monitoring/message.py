"""What a person is told of an incident: what, since when, how sure, at what cost, who can fix it, and what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from trimtab.finding import Fact, Finding, Severity
from trimtab.monitoring.incidents import Change, Incident, Kind

LEADS = {
    "reopened": "again: ",
    "worsened": "worse now: ",
    "reminder": "still open: ",
    "acknowledged": "taken in hand: ",
    "resolved": "over: ",
}
"""How a title begins, by what happened."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Message:
    """One notice, ready for any sink; times are epoch microseconds.

    `key` is the same for every sending of one notice, so that a receiver can drop a repeat. `labels` are the same for
    all notices of one incident. `severity` is OK once the incident is resolved. Texts are of one printable line each.
    """

    key: str
    at: int
    kind: Kind
    title: str
    lines: tuple[str, ...]
    severity: Severity
    incident: str
    system: str
    owner: str | None
    started_at: int
    ended_at: int | None
    check_command: str | None
    acknowledge_command: str | None
    labels: tuple[tuple[str, str], ...]
    finding: Finding

    @property
    def thread(self) -> str:
        """The same for all messages of one incident."""
        return _digest(self.system, self.incident)

    def text(self) -> str:
        """The title and the lines, each on a line of its own."""
        return "\n".join((self.title, "", *self.lines)) + "\n"

    def to_json(self) -> Mapping[str, Any]:
        """Every field as plain JSON values, times in ISO 8601."""
        return {
            "id": self.key,
            "at": iso(self.at),
            "kind": self.kind,
            "title": self.title,
            "lines": list(self.lines),
            "severity": self.severity.value,
            "incident": self.incident,
            "system": self.system,
            "owner": self.owner,
            "started_at": iso(self.started_at),
            "ended_at": None if self.ended_at is None else iso(self.ended_at),
            "check_command": self.check_command,
            "acknowledge_command": self.acknowledge_command,
            "labels": dict(self.labels),
            "finding": self.finding.to_json(),
        }


def message_of(change: Change, *, system: str, file: str | None = None) -> Message:
    """Make the message of one change; `file` is what commands call the system, its name without one.

    >>> from trimtab.monitoring.incidents import Alert, step
    >>> worse = Finding("the loss is 0.05 higher", Severity.ACT, owner="ops-data", action="fix carrier")
    >>> _, (opened,) = step((), Alert("realised", worse, at=0), now=0)
    >>> print(message_of(opened, system="flight-delay", file="flights.py").text())
    ACT flight-delay i1: the loss is 0.05 higher
    <BLANKLINE>
    since: 1970-01-01 00:00 UTC
    owner: ops-data
    do: fix carrier
    acknowledge: trimtab acknowledge flights.py i1 --as fixed (or benign, or working)
    """
    incident, finding = change.incident, change.incident.finding
    over = incident.state == "resolved"
    severity = Severity.OK if over else finding.severity
    title = f"{severity} {system} {incident.id}: {LEADS.get(change.kind, '')}{finding.what}"
    command = None if over else f"trimtab acknowledge {file or system} {incident.id} --as fixed"
    return Message(
        key=_digest(system, incident.id, change.kind, change.at),
        at=change.at,
        kind=change.kind,
        title=one_line(title),
        lines=tuple(one_line(f"{name}: {text}") for name, text in _lines(incident, command)),
        severity=severity,
        incident=incident.id,
        system=system,
        owner=finding.owner,
        started_at=incident.since,
        ended_at=incident.resolved_at,
        check_command=finding.check_command,
        acknowledge_command=command,
        labels=tuple(
            (name, one_line(text))
            for name, text in (("system", system), ("incident", incident.id), ("cause", incident.cause))
        ),
        finding=finding,
    )


def one_line(text: str) -> str:
    r"""The text on one line and without signs that steer a terminal or a mail.

    >>> one_line("carrier\r\nBcc: all@example.com \x1b[31m")
    'carrier Bcc: all@example.com [31m'
    """
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def iso(at: int) -> str:
    """The instant in ISO 8601 (and RFC 3339), UTC.

    >>> iso(1_364_864_460_000_000)
    '2013-04-02T01:01:00Z'
    """
    return _instant(at).isoformat().replace("+00:00", "Z")


def _lines(incident: Incident, acknowledge: str | None) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of what is known, in the order in which a person asks."""
    finding = incident.finding
    yield "since", _moment(incident.since)
    if incident.resolved_at is not None:
        yield "over since", f"{_moment(incident.resolved_at)} ({incident.why})"
    yield from _measured(finding)
    for name, text in (("likely cause", finding.cause), ("owner", finding.owner)):
        if text:
            yield name, text
    if incident.alerts > 1:
        yield "alerts", str(incident.alerts)
    if incident.acknowledged_by is not None:
        yield "acknowledged", f"{incident.answer}, by {incident.acknowledged_by}"
    if acknowledge is None:
        return
    for name, text in (("do", finding.action), ("check", finding.check_command)):
        if text:
            yield name, text
    yield "acknowledge", f"{acknowledge} (or benign, or working)"


def _measured(finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield how large and how sure it is, what it costs, and the evidence."""
    if finding.estimate is not None:
        low, high = finding.interval or (None, None)
        between = "" if low is None or high is None else f", between {low:.4g} and {high:.4g}"
        yield "how much", f"{finding.estimate:.4g}{between}"
    if finding.cost is not None:
        own = isinstance(finding.cost, str)
        yield "cost", str(finding.cost) if own else f"{finding.cost:.4g} in units of the metric"
    if finding.evidence:
        yield "evidence", "; ".join(_fact(fact) for fact in finding.evidence)


def _fact(fact: Fact) -> str:
    if isinstance(fact, str):
        return fact
    name, value = fact
    return f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"


def _digest(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]


def _instant(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def _moment(at: int) -> str:
    return f"{_instant(at):%Y-%m-%d %H:%M} UTC"

"""The journal of acceptances: which findings people took on, with name, reason and expiry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.errors import UsageError
from trimtab.evaluation.acceptances import Acceptance, day, name_of, named
from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import finding_from_json
from trimtab.ports import Event, Ledger
from trimtab.runtime.auditing.evaluations import EVALUATIONS
from trimtab.runtime.live_loop.journal import LOOKED, LOOP

ACCEPTANCES = "acceptances"
"""The journal's name."""


@dataclass(frozen=True)
class Accepted:
    """What a person accepted: the finding as it was on record, and the acceptance."""

    finding: Finding
    acceptance: Acceptance

    def __str__(self) -> str:
        taken = self.acceptance
        return f"accepted by {taken.by} until {day(taken.until)}: {self.finding.what} ({taken.reason})"

    def to_json(self) -> dict[str, Any]:
        """The acceptance as plain JSON values."""
        return {"finding": self.finding.to_json(), **_body(self.acceptance), "name": self.acceptance.name}


def read_acceptances(ledger: Ledger) -> tuple[Acceptance, ...]:
    """Every acceptance ever given, in the order of time; whether one still holds is for its reader to tell."""
    return tuple(_of(event) for event in ledger.read_events(ACCEPTANCES))


def open_findings(ledger: Ledger) -> tuple[Finding, ...]:
    """The findings of the newest evaluation of each version, and of the newest look of the gate at each candidate."""
    evaluated = {event.subject: event for event in ledger.read_events(EVALUATIONS)}
    looked = {event.subject: event for event in ledger.read_events(LOOP) if event.kind == LOOKED}
    told = [
        each for event in evaluated.values() for found in event.body["findings"].values() for each in found
    ]
    told += [each for event in looked.values() for each in event.body["findings"]]
    return tuple(finding_from_json(each) for each in told)


def accept(ledger: Ledger, given: str, *, by: str, reason: str, until: int, now: int) -> Accepted:
    """Put on record that a person accepts a finding until an instant (epoch microseconds).

    Raises UsageError for a finding that is not on record, and without a name, a reason or a day to come.
    """
    for what, text, do in (("name", by, '--by "NAME"'), ("reason", reason, '--reason "..."')):
        if not text.strip():
            raise UsageError(f"an acceptance needs a {what}", do=f"add {do}")
    if until <= now:
        raise UsageError(
            "an acceptance ends on a day to come", found=day(until), do=f"name one after {day(now)}"
        )
    finding = named(open_findings(ledger), given)
    taken = Acceptance(name_of(finding.what), finding.severity, by.strip(), reason.strip(), now, until)
    ledger.append_events(ACCEPTANCES, [Event(now, "accepted", taken.name, _body(taken))])
    return Accepted(finding, taken)


def _body(taken: Acceptance) -> dict[str, Any]:
    return {
        "severity": str(taken.severity),
        "by": taken.by,
        "reason": taken.reason,
        "until": taken.until,
    }


def _of(event: Event) -> Acceptance:
    body = event.body
    return Acceptance(
        event.subject, Severity(body["severity"]), body["by"], body["reason"], event.at, body["until"]
    )

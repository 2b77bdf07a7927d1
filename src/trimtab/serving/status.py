"""What is live, and whether it keeps to what was declared: verdicts from the record alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trimtab.declare.system import System
from trimtab.finding import Finding, Severity, by_severity, worst
from trimtab.monitoring.operational import operational_findings
from trimtab.monitoring.usual import DAY
from trimtab.ports import Event, Ledger
from trimtab.report import Document, FindingsList, Section
from trimtab.report.shown import Shown
from trimtab.runtime.training_set import Version
from trimtab.serving.attendance import attended
from trimtab.serving.champion import VERSIONS, version_of
from trimtab.serving.erasures import cut_short
from trimtab.serving.housekeeping import TROUBLE
from trimtab.serving.http.metrics import BOUNDS
from trimtab.serving.logged import PREDICTIONS
from trimtab.serving.operations import calls_of_day, measure_operations
from trimtab.serving.requirements import judge, measured_at_registration


@dataclass(frozen=True)
class Status(Shown):
    """The state of a system as verdicts, worst first; `title` is how its page is called."""

    system: str
    findings: tuple[Finding, ...]
    title: str = "Status of"

    @property
    def severity(self) -> Severity:
        """The worst finding."""
        return worst(self.findings)

    def to_json(self) -> dict[str, Any]:
        """The state as plain JSON values."""
        found = [finding.to_json() for finding in self.findings]
        return {"system": self.system, "severity": str(self.severity), "findings": found}

    @property
    def lines(self) -> tuple[str, ...]:
        """One line a matter: the verdict, since when, and who can look where."""
        return tuple(f"{finding.severity!s:<7}  {_line(finding)}" for finding in self.findings)

    @property
    def _verdict(self) -> str:
        if self.severity >= Severity.WATCH:
            return self.findings[0].what
        missing = sum(finding.severity is Severity.NOT_RUN for finding in self.findings)
        return "nothing to look at" + (f"; {missing} checks could not run" if missing else "")

    def document(self) -> Document:
        """The state as a page: one line a matter, then what is known of those to watch or to act on."""
        ran = worst(finding for finding in self.findings if finding.severity is not Severity.NOT_RUN)
        short = FindingsList(tuple(Finding(_line(each), each.severity) for each in self.findings))
        matters = tuple(each for each in self.findings if each.severity >= Severity.WATCH)
        sections = [Section("Verdicts", (short,))]
        if matters:
            sections.append(Section("To look at", (FindingsList(matters),)))
        return Document(f"{self.title} {self.system}", self._verdict, severity=ran, sections=tuple(sections))


def status(system: System, ledger: Ledger, now: int, judged: Iterable[Finding] = ()) -> Status:
    """The state of a system at `now`, as its record tells it; `judged` is what is known of the model itself."""
    champion = _champion(ledger)
    findings = [*_serving(champion, ledger), *judged, *_required(system, champion, ledger, now)]
    findings += operational_findings(attended(measure_operations(system, ledger, champion, now), ledger))
    findings += [*_trouble(ledger, now), *_cut_short(ledger)]
    return Status(system.name, by_severity(findings))


def _champion(ledger: Ledger) -> Version | None:
    events = ledger.read_events(VERSIONS)
    stored = {event.subject: event for event in events if event.kind == "trained"}
    activated = [event.subject for event in events if event.kind == "activated"]
    name = activated[-1] if activated else next(reversed(stored), None)
    return version_of(stored[name].body) if name in stored else None


def _serving(champion: Version | None, ledger: Ledger) -> Iterator[Finding]:
    if champion is None:
        yield Finding("no version has been trained", Severity.ACT, action="trimtab train")
        return
    yield Finding(f"{champion}", Severity.OK)
    count = ledger.frontier(PREDICTIONS)
    what = f"{count:,} predictions on record" if count else "no prediction has been asked for"
    yield Finding(what, Severity.INFO)


def _required(system: System, champion: Version | None, ledger: Ledger, now: int) -> Iterator[Finding]:
    if system.requires is None or champion is None:
        return
    calls = calls_of_day(ledger, now)
    measured = replace(
        measured_at_registration(champion, now),
        p99_microseconds=calls.p99_microseconds(BOUNDS),
        requests=calls.requests,
        unanswered=calls.unanswered,
    )
    yield from judge(system.requires, measured)


def _trouble(ledger: Ledger, now: int) -> Iterator[Finding]:
    recent: list[Event] = [event for event in ledger.read_events(TROUBLE) if event.at >= now - DAY]
    for event in recent[-3:]:
        at = np.datetime64(event.at, "us").astype("datetime64[s]")
        yield Finding(f"{event.subject} failed at {at}: {event.body['why']}", Severity.WATCH, since=event.at)


def _cut_short(ledger: Ledger) -> Iterator[Finding]:
    for source in cut_short(ledger):
        action = f"repeat it: trimtab forget SYSTEM {source} KEY"
        yield Finding(f"an erasure in {source} was cut short", Severity.WATCH, action=action)


def _line(finding: Finding) -> str:
    """A finding as one line; where nothing was found out the cause says why."""
    words = [finding.what]
    if finding.severity is Severity.NOT_RUN and finding.cause:
        words = [f"{finding.what}: {finding.cause}"]
    if finding.severity < Severity.WATCH:
        return words[0]
    if finding.since is not None:
        words.append(f", since {np.datetime64(finding.since, 'us').astype('datetime64[D]')}")
    who = f"owner {finding.owner}: " if finding.owner else ""
    do = finding.check_command or finding.action or ""
    if who or do:
        words.append(f" \u2192 {(who + do).removesuffix(': ')}")
    return "".join(words)

"""Which version answered when, and why: the journals of versions and of the loop, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.finding import Finding, Severity
from trimtab.ports import Event, Ledger
from trimtab.report import Document, FindingsList, Section
from trimtab.report.shown import Shown
from trimtab.runtime.live_loop.asked import ASKED
from trimtab.runtime.live_loop.carrying import BY_LOOP, VERSIONS
from trimtab.runtime.live_loop.journal import DECIDED, LOOP
from trimtab.runtime.live_loop.routes import ACTIVATED, Table, table
from trimtab.runtime.training_set import lineage

QUIET = ("not now",)
"""Decisions about nothing: they are on record, and not told."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened to a version, at an instant in epoch microseconds."""

    at: int
    what: str
    version: str
    why: str

    def __str__(self) -> str:
        why = f": {self.why}" if self.why else ""
        return f"{shown(self.at)}  {self.what:<10} {self.version}{why}"


@dataclass(frozen=True)
class ReleaseHistory(Shown):
    """What happened to the versions of a system until an instant, and who answered then."""

    system: str
    at: int
    answered: Table
    entries: tuple[Entry, ...]

    @property
    def sentence(self) -> str:
        """Who answered, and why."""
        champion = self.answered.champion
        if champion is None:
            return f"no version answered at {shown(self.at)}"
        since = [each for each in self.entries if each.what == "answers" and each.version == champion]
        why = f", because {since[-1].why}" if since and since[-1].why else ""
        others = [f"{r.version} as {r.mode}" for r in self.answered.routes if r.mode == "shadow"]
        others += [f"{r.version} for {r.share:.0%}" for r in self.answered.routes if r.mode == "canary"]
        beside = f"; beside it {', '.join(others)}" if others else ""
        since_when = f" since {shown(since[-1].at)}" if since else ""
        return f"{champion} answers at {shown(self.at)}{since_when}{why}{beside}"

    def to_json(self) -> dict[str, Any]:
        """The history as plain JSON values."""
        return {
            "system": self.system,
            "at": self.at,
            "answered": [vars(route) for route in self.answered.routes],
            "entries": [vars(entry) for entry in self.entries],
        }

    def document(self) -> Document:
        """The history as a page, newest first."""
        lines = tuple(Finding(str(each), Severity.INFO) for each in reversed(self.entries))
        section = Section("What happened", (FindingsList(lines),))
        return Document(
            f"History of {self.system}", self.sentence, severity=Severity.INFO, sections=(section,)
        )

    def __str__(self) -> str:
        return "\n".join((self.sentence, *map(str, self.entries)))


def release_history(system: str, ledger: Ledger, at: int) -> ReleaseHistory:
    """The history of a system's versions until an instant."""
    versions = [event for event in ledger.read_events(VERSIONS) if event.at <= at]
    decided = [event for event in ledger.read_events(LOOP) if event.kind == DECIDED and event.at <= at]
    wishes = [event for event in ledger.read_events(ASKED) if event.at <= at]
    entries = [*_of_versions(versions), *_of_wishes(wishes), *_of_decisions(decided)]
    return ReleaseHistory(system, at, table(versions), tuple(sorted(entries, key=lambda each: each.at)))


def shown(instant: int) -> str:
    """An instant as people read it, in UTC.

    >>> shown(0)
    '1970-01-01 00:00 UTC'
    """
    minute = str(np.datetime64(instant, "us").astype("datetime64[m]"))
    return f"{minute.replace('T', ' ')} UTC"


def _of_versions(events: list[Event]) -> Iterator[Entry]:
    for event in events:
        why = str(event.body.get("why", ""))
        if event.kind == "trained":
            told = f"{event.body['rows']:,} rows{lineage(event.body)}"
            yield Entry(event.at, "trained", event.subject, told)
        elif event.kind == ACTIVATED:
            told = "a server began with it" if why == "start" else _chosen(event)
            yield Entry(event.at, "answers", event.subject, told)


def _chosen(event: Event) -> str:
    """Why a version answers, with who asked for it and for what reason."""
    who, reason = (str(event.body.get(name, "")) for name in ("who", "reason"))
    by_loop = event.body.get("by") == BY_LOOP
    why = str(event.body.get("why", "")) or ("" if by_loop else "chosen by a person")
    asked = f" ({who})" if who else ""
    return f"{why}{asked}{': ' if reason else ''}{reason}"


def _of_wishes(events: list[Event]) -> Iterator[Entry]:
    for event in events:
        step = f" ({event.body['step']})" if event.body.get("step") else ""
        by = f" by {event.body['by']}" if event.body.get("by") else ""
        why = f": {event.body['reason']}" if event.body.get("reason") else ""
        yield Entry(event.at, "asked", event.subject, f"to {event.kind}{step}{by}{why}")


def _of_decisions(events: list[Event]) -> Iterator[Entry]:
    for event in events:
        if event.subject not in QUIET:
            yield Entry(event.at, event.body["kind"], event.subject, event.body["reason"])

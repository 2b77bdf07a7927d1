"""The columns of each source as they were accepted and as they came last, and what people accept of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trimtab.errors import UsageError
from trimtab.ports import Event, Ledger
from trimtab.runtime.intake import SOURCES
from trimtab.screens.book import View

ACCEPTED = "contracts"
"""The journal of what people accepted of sources."""


@dataclass(frozen=True)
class Columns:
    """A source's columns by kind: as expected since an instant, because of whom, and as they came last."""

    source: str
    expected: Mapping[str, str]
    since: int
    by: str
    last: Mapping[str, str]
    at: int

    @property
    def changed(self) -> tuple[str, ...]:
        """The columns that are not as expected."""
        names = dict.fromkeys((*self.expected, *self.last))
        return tuple(name for name in names if self.expected.get(name) != self.last.get(name))


def columns_of(view: View) -> tuple[Columns, ...]:
    """Every source that was taken in by the instant of a view."""
    found: dict[str, Columns] = {}
    for event in view.events(SOURCES):
        if "kinds" in event.body:
            kinds, name = event.body["kinds"], event.subject
            one = found.get(name) or Columns(name, kinds, event.at, "", kinds, event.at)
            found[name] = Columns(name, one.expected, one.since, one.by, kinds, event.at)
    for event in view.events(ACCEPTED):
        one = found.get(event.subject) or Columns(event.subject, {}, event.at, "", {}, event.at)
        body = event.body
        found[event.subject] = Columns(one.source, body["kinds"], event.at, body["by"], one.last, one.at)
    return tuple(found.values())


def accept_columns(ledger: Ledger, source: str, by: str, why: str, now: int) -> None:
    """Put on record that somebody accepts a source's columns as they came last; raises UsageError for no such source."""
    taken = [
        event for event in ledger.read_events(SOURCES) if event.subject == source and "kinds" in event.body
    ]
    if not taken:
        raise UsageError(f"nothing of source {source!r} has been taken in", do="serve or train first")
    body = {"kinds": dict(taken[-1].body["kinds"]), "by": by, "why": why}
    ledger.append_events(ACCEPTED, [Event(now, "accepted", source, body)])

"""Decisions, versions and people's acts, read from whichever journals a record has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from trimtab.monitoring.incidents import INCIDENTS, Incidents, incidents_of
from trimtab.ports import Event
from trimtab.report.document import Entry
from trimtab.runtime.live_loop.journal import DECIDED, FAILED, LOOP
from trimtab.runtime.live_loop.routes import Table, table
from trimtab.screens.book import View
from trimtab.screens.folds.told import replayed_incidents

VERSIONS = "versions"
PEOPLE = "people"
"""The journal of what people did in the console: who, what and why."""
NOT_NOW = "not now"


@dataclass(frozen=True)
class Kept:
    """A version on record: when it was trained, what it was made from, and the spans in which it was champion."""

    name: str
    trained_at: int
    body: dict[str, Any]
    spans: tuple[tuple[int, int | None], ...] = field(default=())

    @property
    def serving(self) -> bool:
        """Whether it is the champion now."""
        return bool(self.spans) and self.spans[-1][1] is None

    @property
    def as_of(self) -> int:
        """What was known until then could be learned, epoch microseconds."""
        return int(self.body.get("as_of", self.trained_at))


def turns(view: View) -> list[tuple[int, str]]:
    """Who became champion when, in order of time."""
    if view.book.replay:
        made = [
            (each.at, each.subject) for each in view.own("decisions") if each.kind in {"promote", "roll back"}
        ]
    else:
        made = [(each.at, each.subject) for each in view.events(VERSIONS) if each.kind == "activated"]
    found: list[tuple[int, str]] = []
    for at, name in sorted(made, key=lambda turn: turn[0]):
        if not found or found[-1][1] != name:
            found.append((at, name))
    return found


def kept_versions(view: View) -> tuple[Kept, ...]:
    """Every version trained by the instant of a view, oldest first."""
    changes = turns(view)
    ends = [at for at, _ in changes[1:]]
    spans: dict[str, list[tuple[int, int | None]]] = {}
    # without any turn there is no end either
    for (at, name), end in zip(changes, [*ends, None][: len(changes)], strict=True):
        spans.setdefault(name, []).append((at, end))
    return tuple(
        Kept(each.subject, each.at, dict(each.body), tuple(spans.get(each.subject, ())))
        for each in view.own(VERSIONS)
        if each.kind == "trained"
    )


def champion(view: View) -> Kept | None:
    """The version that answers at the instant of a view; without any turn on record the newest."""
    versions = kept_versions(view)
    return next(
        (each for each in versions if each.serving), versions[-1] if versions and not turns(view) else None
    )


def previous(view: View) -> str | None:
    """The version that answered before the present one and is not barred, None where there is none."""
    changes, barred = turns(view), routing(view).barred
    if not changes:
        return None
    last = changes[-1][1]
    return next((name for _, name in reversed(changes[:-1]) if name != last and name not in barred), None)


def routing(view: View) -> Table:
    """Who answers whom at the instant of a view."""
    if view.book.replay:
        changes = turns(view)
        return Table(changes[-1][1] if changes else None)
    return table(view.events(VERSIONS))


def incidents(view: View) -> Incidents:
    """Every incident as it was at the instant of a view; of a replay those that its monitors would have opened."""
    if view.book.replay:
        return replayed_incidents(view, view.policy)
    return incidents_of(view.events(INCIDENTS))


def entries(view: View) -> tuple[Entry, ...]:
    """What was decided, by the loop and by people, in order of time; "not now" is left out."""
    return tuple(sorted(_entries(view), key=lambda entry: entry.at))


def considered(view: View) -> Entry | None:
    """The last look at whether to train, also where it said "not now"."""
    looks = [each for each in _decisions(view) if each[1] == "train"]
    if not looks:
        return None
    at, kind, subject, reason, numbers = looks[-1]
    return Entry(at, kind, subject, reason, tuple(numbers.items()))


def _entries(view: View) -> Iterator[Entry]:
    decisions = _decisions(view)
    for at, kind, subject, reason, numbers in decisions:
        if subject != NOT_NOW:
            yield Entry(at, kind, subject, reason, tuple(numbers.items()))
    for event in view.events(LOOP):
        if event.kind == FAILED:
            yield Entry(event.at, "failed", event.subject, str(event.body["problem"]))
    if not decisions:
        yield from (_version_entry(each) for each in view.own(VERSIONS))
    for event in view.events(PEOPLE):
        body = event.body
        yield Entry(event.at, event.kind, event.subject, f"{body['why']} ({body['by']}, in the console)")


def _version_entry(event: Event) -> Entry:
    body = event.body
    if event.kind == "trained":
        return Entry(event.at, "trained", event.subject, f"{body['rows']:,} rows as known then")
    by, why = body.get("who") or body.get("by"), body.get("reason") or body.get("why") or ""
    return Entry(event.at, event.kind, event.subject, f"{why} ({by})" if by else str(why))


Told = tuple[int, str, str, str, dict[str, Any]]


def _decisions(view: View) -> list[Told]:
    if view.book.replay:
        found = view.own("decisions")
        return [(e.at, e.kind, e.subject, str(e.body["reason"]), _numbers(e.body)) for e in found]
    made = (each for each in view.events(LOOP) if each.kind == DECIDED)
    return [
        (e.at, str(e.body["kind"]), e.subject, str(e.body["reason"]), dict(e.body.get("numbers", {})))
        for e in made
    ]


def _numbers(body: Any) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "reason"}

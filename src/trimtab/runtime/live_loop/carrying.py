"""The journal of versions is made to say what the loop's state says: who answers, who scores unseen, who is barred.

Commands are not carried out one by one: what is missing on record is appended, so that nothing is done twice and a
crash between any two appends leaves only less to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trimtab.errors import TrimtabError
from trimtab.ports import Event, Ledger
from trimtab.runtime.live_loop.journal import failed
from trimtab.runtime.live_loop.means import Means
from trimtab.runtime.live_loop.routes import (
    ACTIVATED,
    QUARANTINED,
    RETIRED,
    ROUTED,
    SHADOWED,
    Table,
    table,
)
from trimtab.runtime.loop import Declared, State
from trimtab.runtime.training_set import Version

VERSIONS, BY_LOOP = "versions", "loop"
"""The journal of versions, and who is named in it where the loop says who answers."""


def stored_versions(ledger: Ledger) -> dict[str, Version]:
    """Every stored version by name, oldest first."""
    events = ledger.read_events(VERSIONS)
    return {event.subject: _version(event.body) for event in events if event.kind == "trained"}


def wanted(state: State, declared: Declared) -> Table:
    """Who should answer by the loop's state."""
    released = state.release
    if released is None or declared.release is None:
        return Table(state.champion)
    canary = next((each for each in released.candidates if each.stage == "canary"), None)
    shadows = [each.version for each in released.candidates if each.stage == "shadow"]
    shadows += [watch.anchor for watch in released.watches if watch.anchor != state.champion]
    return Table(
        state.champion,
        None if canary is None else (canary.version, declared.release.canary[canary.share]),
        tuple(dict.fromkeys(shadows)),
        released.quarantined,
    )


def carry_out(means: Means, state: State, declared: Declared, told: Mapping[str, str], now: int) -> None:
    """Append what the journal of versions lacks; a version is tried out before units are moved to it.

    `told` says in words why the champion answers, and who asked for it.
    """
    ledger = means.ledger
    found, goal = table(ledger.read_events(VERSIONS)), wanted(state, declared)
    stored = stored_versions(ledger)
    for event in _missing(found, goal, told, now):
        if event.kind in {ACTIVATED, ROUTED}:
            problem = _problem(means, stored.get(event.subject))
            if problem is not None:
                failed(ledger, event.subject, problem, now)
                continue
        ledger.append_events(VERSIONS, [event])


def _missing(found: Table, goal: Table, told: Mapping[str, str], now: int) -> Iterator[Event]:
    """The champion first: whatever else is wrong, somebody answers."""

    def event(kind: str, name: str, **body: Any) -> Event:
        return Event(now, kind, name, {"by": BY_LOOP, **body})

    if goal.champion is not None and goal.champion != found.champion:
        yield event(ACTIVATED, goal.champion, **told)
    for name in goal.barred:
        if name not in found.barred:
            yield event(QUARANTINED, name)
    used = {goal.champion, *goal.shadows, goal.canary[0] if goal.canary else None}
    for name in (*found.shadows, *([found.canary[0]] if found.canary else [])):
        if name not in used and name not in goal.barred:
            yield event(RETIRED, name)
    for name in goal.shadows:
        if name not in found.shadows:
            yield event(SHADOWED, name)
    if goal.canary is not None and goal.canary != found.canary:
        yield event(ROUTED, goal.canary[0], share=goal.canary[1])


def _problem(means: Means, version: Version | None) -> str | None:
    """Why a version cannot be let answer; None when it can."""
    if version is None:
        return "there is no such version on record"
    try:
        means.try_out(version)
    except TrimtabError as problem:
        return str(problem)
    return None


def _version(body: Mapping[str, Any]) -> Version:
    own = {key: body[key] for key in ("name", "artifact", "format", "as_of", "rows", "dataset")}
    return Version(**own, provenance={key: value for key, value in body.items() if key not in own})

"""Whenever the loop needs a person, an incident opens, which the sinks are told of; it is over once nobody is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import (
    INCIDENTS,
    Alert,
    Change,
    Clear,
    Incident,
    Signal,
    incidents_of,
    step,
)
from trimtab.ports import Event, Ledger
from trimtab.release.state import State as Released
from trimtab.runtime.live_loop.journal import CALLED, LOOP, recall

CALL = "call"
"""Where an event of an incident names the place in the loop's journal of the call that it came from."""

PREFIX, HARM = "call: ", " as champion"
"""How the cause of such an incident begins, before the version, and how it ends where that does harm."""


def call_people(ledger: Ledger, now: int, *, file: str | None = None) -> tuple[Change, ...]:
    """Open an incident for each call of the loop, and resolve those that are over; `file` is what commands call the system.

    Each call is on record with the place that it came from, so that it is told once whatever is cut short. Whoever
    calls this keeps others from changing incidents meanwhile.
    """
    events = ledger.read_events(INCIDENTS)
    last = max((event.body.get(CALL, -1) for event in events), default=-1)
    incidents, told = incidents_of(events), list[Change]()
    open_ones = [one for one in incidents if one.cause.startswith(PREFIX) and one.state != "resolved"]
    calls = [
        (place, event)
        for place, event in enumerate(ledger.read_events(LOOP, since=last + 1), last + 1)
        if event.kind == CALLED
    ]
    if not open_ones and not calls:
        return ()
    memory = recall(ledger)
    released = None if memory is None else memory.state.release
    for signal, place in [*_over(open_ones, released, now), *_new(calls, released, file)]:
        incidents, changes = step(incidents, signal, now=now)
        mine = [change for change in changes if change.incident.cause.startswith(PREFIX)]
        _record(ledger, mine, place)
        told += mine
    return tuple(told)


def is_call(event: Event) -> bool:
    """Whether an event of the journal of incidents is about a call of the loop, and so about no harm of the model."""
    return str(event.body["incident"]["cause"]).startswith(PREFIX)


def _new(
    calls: Iterable[tuple[int, Event]], released: Released | None, file: str | None
) -> Iterator[tuple[Signal, int | None]]:
    """An alert for each call that was not told yet and still waits."""
    for place, event in calls:
        if _needed(released, cause := _cause(event)):
            yield Alert(cause, _finding(event, file or "SYSTEM"), event.at), place


def _over(
    open_ones: Iterable[Incident], released: Released | None, now: int
) -> Iterator[tuple[Signal, int | None]]:
    """What ends the incidents of versions that wait for nobody any more."""
    for one in open_ones:
        if not _needed(released, one.cause):
            yield Clear(one.id, "nobody is waited for any more", now), None


def _needed(released: Released | None, cause: str) -> bool:
    """Whether a version waits for a person: at a step, held, or as a champion that cannot be taken back by itself."""
    if released is None:
        return False
    version = cause.removeprefix(PREFIX)
    if version.endswith(HARM):
        return version.removesuffix(HARM) == released.champion and (
            released.frozen or released.target is None
        )
    candidate = released.candidate(version)
    return candidate is not None and (candidate.held or candidate.awaiting is not None)


def _is_harm(event: Event) -> bool:
    """Whether a call is about a champion that does harm, and not about a step of a candidate."""
    return str(event.body["reason"]).startswith(f"{event.subject}: ")


def _cause(event: Event) -> str:
    return f"{PREFIX}{event.subject}{HARM if _is_harm(event) else ''}"


def _finding(event: Event, file: str) -> Finding:
    """What a person is told: harm that the loop cannot end by itself needs action, a step only a look."""
    harm, reason = _is_harm(event), str(event.body["reason"])
    act = f"promote {file} VERSION" if harm else f"approve {file} {event.subject}"
    if reason.endswith("is held in its canary"):
        act = f"promote {file} {event.subject}"
    return Finding(
        reason,
        Severity.ACT if harm else Severity.WATCH,
        since=event.at,
        action=f"look why, then: trimtab {act}",
        check_command=f"trimtab history {file}",
    )


def _record(ledger: Ledger, changes: list[Change], place: int | None) -> None:
    events = [change.to_event() for change in changes]
    if place is not None:
        events = [replace(event, body={**event.body, CALL: place}) for event in events]
    if events:
        ledger.append_events(INCIDENTS, events)

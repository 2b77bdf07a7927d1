"""What was going on around a prediction: how its version came to answer, releases, and open incidents."""

from __future__ import annotations

from trimtab.monitoring.incidents import INCIDENTS, Incident, incidents_of
from trimtab.ports import Ledger
from trimtab.runtime.explaining.result import Told
from trimtab.runtime.live_loop.told import release_history
from trimtab.runtime.logged import Logged

BEFORE, AFTER = 3, 3
"""Events of versions that are shown on either side of a prediction."""


def why_served(system: str, ledger: Ledger, logged: Logged, at: int) -> str:
    """Why this version answered at an instant: a split, a wish of the caller, or that it was the champion."""
    table = release_history(system, ledger, at)
    if logged.arm is not None:
        arm = logged.arm
        return (
            f"units were split for {arm.candidate}: {arm.unit} is of the {arm.name} arm, "
            f"with a chance of {arm.propensity:.0%}"
        )
    champion = table.answered.champion
    if champion is not None and champion != logged.version:
        return f"it was asked for by name; {champion} was the champion"
    return table.sentence


def versions_around(system: str, ledger: Ledger, at: int, now: int) -> tuple[Told, ...]:
    """The last things that happened to versions before an instant, and the first after it."""
    entries = release_history(system, ledger, now).entries
    before = [each for each in entries if each.at <= at][-BEFORE:]
    after = [each for each in entries if each.at > at][:AFTER]
    return tuple(
        Told(each.at, f"{each.version} {each.what}{f': {each.why}' if each.why else ''}")
        for each in (*before, *after)
    )


def incidents_around(ledger: Ledger, at: int, now: int) -> tuple[Told, ...]:
    """The incidents that were open at an instant, and those opened later whose harm had begun by then."""
    events = [event for event in ledger.read_events(INCIDENTS) if event.at <= now]
    then = [each for each in incidents_of(event for event in events if event.at <= at) if _open(each)]
    known = {each.id for each in then}
    later = [
        each for each in incidents_of(events) if each.id not in known and each.since <= at < each.opened_at
    ]
    told = [Told(each.opened_at, f"{each.id} was open: {each.finding.what}") for each in then]
    told += [Told(each.opened_at, f"{each.id} had begun unseen: {each.finding.what}") for each in later]
    return tuple(told)


def _open(incident: Incident) -> bool:
    return incident.state != "resolved"

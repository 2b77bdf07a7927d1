"""Everything that a system has on record of itself, read once: what cards and audits are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trimtab.declare.system import System
from trimtab.evaluation.acceptances import Acceptance
from trimtab.evaluation.assess_questions import Answered
from trimtab.monitoring.incidents import INCIDENTS, Incidents, incidents_of
from trimtab.ports import Event, Ledger
from trimtab.runtime.auditing.acceptances import ACCEPTANCES, read_acceptances
from trimtab.runtime.auditing.evaluations import EVALUATIONS
from trimtab.runtime.delivery import DELIVERED, DELIVERIES
from trimtab.runtime.live_loop.asked import ASKED
from trimtab.runtime.live_loop.carrying import VERSIONS, stored_versions
from trimtab.runtime.live_loop.cohorts import COHORTS
from trimtab.runtime.live_loop.journal import DECIDED, DECLARED, LOOKED, LOOP
from trimtab.runtime.live_loop.routes import Table, table
from trimtab.runtime.logged import PREDICTIONS
from trimtab.runtime.training_set import Version
from trimtab.runtime.tuning.records import RUNS, TUNED
from trimtab.runtime.watching.packing import unpacked
from trimtab.runtime.watching.telling import VERDICTS
from trimtab.runtime.watching.windows import WINDOWS

MEASUREMENTS, CALLS, PARITY, ERASURES = "measurements", "calls", "parity", "erasures"
"""Journals and kinds that a serving process writes."""

JOURNALS = (
    VERSIONS,
    LOOP,
    EVALUATIONS,
    ACCEPTANCES,
    ASKED,
    INCIDENTS,
    VERDICTS,
    MEASUREMENTS,
    DELIVERIES,
    ERASURES,
    RUNS,
)
NEWEST = 50_000
"""Measurements that are read: there is one a minute and process."""


@dataclass(frozen=True)
class Replayed:
    """What the record of a replay holds: its policies with their figures, what came of them, and the watched days."""

    policies: tuple[Event, ...]
    happened: tuple[Event, ...]
    watched: tuple[Event, ...]


@dataclass(frozen=True, eq=False)
class OnRecord:
    """A system's record until `at` (epoch microseconds); `called` is what commands call the system.

    decided, looked, declared: of the loop. windows: how many were watched; matured: in how many of them labels counted.
    """

    system: System
    called: str
    at: int
    versions: Mapping[str, Version]
    routes: tuple[Event, ...] = ()
    decided: tuple[Event, ...] = ()
    looked: tuple[Event, ...] = ()
    declared: tuple[Event, ...] = ()
    evaluations: tuple[Event, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    asked: tuple[Event, ...] = ()
    incidents: Incidents = ()
    verdicts: Event | None = None
    cohorts: tuple[Event, ...] = ()
    tuned: tuple[Event, ...] = ()
    calls: tuple[Event, ...] = ()
    parity: tuple[Event, ...] = ()
    delivered: tuple[Event, ...] = ()
    erased: tuple[Event, ...] = ()
    windows: int = 0
    matured: int = 0
    predictions: int = 0
    answers: tuple[Answered, ...] = ()
    replay: Replayed | None = None

    @property
    def serving(self) -> Table:
        """Who answers."""
        return table(self.routes)

    @property
    def newest(self) -> Version | None:
        """The version that answers, or the newest one where none does."""
        champion = self.serving.champion
        return self.versions.get(champion or "") or next(reversed(list(self.versions.values())), None)

    @property
    def evaluated(self) -> Mapping[str, Event]:
        """The newest evaluation of each version."""
        return {event.subject: event for event in self.evaluations}


def newest_instant(ledger: Ledger) -> int:
    """The instant of the newest event in the journals that are read, epoch microseconds; 0 for an empty record."""
    last = [_tail(ledger, name, 1) for name in JOURNALS]
    return max((event.at for events in last for event in events), default=0)


def read_record(
    system: System,
    ledger: Ledger,
    called: str,
    at: int,
    answers: Sequence[Answered] = (),
    replay: Ledger | None = None,
) -> OnRecord:
    """A system's record until an instant (epoch microseconds), with the answers of people and a replay's record."""

    def until(stream: str, *kinds: str) -> tuple[Event, ...]:
        found = _tail(ledger, stream, NEWEST)
        return tuple(each for each in found if each.at <= at and (not kinds or each.kind in kinds))

    windows = [event.body for event in until(WINDOWS, "window") if "summaries" in event.body]
    verdicts = until(VERDICTS)
    versions = {name: each for name, each in stored_versions(ledger).items() if each.as_of <= at}
    return OnRecord(
        system,
        called,
        at,
        versions,
        routes=until(VERSIONS),
        decided=until(LOOP, DECIDED),
        looked=until(LOOP, LOOKED),
        declared=until(LOOP, DECLARED),
        evaluations=until(EVALUATIONS),
        acceptances=tuple(each for each in read_acceptances(ledger) if each.at <= at),
        asked=until(ASKED),
        incidents=incidents_of(until(INCIDENTS)),
        verdicts=verdicts[-1] if verdicts else None,
        cohorts=until(COHORTS, "day"),
        tuned=until(RUNS, TUNED),
        calls=until(MEASUREMENTS, CALLS),
        parity=until(MEASUREMENTS, PARITY),
        delivered=until(DELIVERIES, DELIVERED),
        erased=until(ERASURES, "erased"),
        windows=len(windows),
        matured=sum(bool(unpacked(each["summaries"])[1]) for each in windows),
        predictions=ledger.frontier(PREDICTIONS),
        answers=tuple(each for each in answers if each.at <= at),
        replay=None if replay is None else read_replay(replay),
    )


def read_replay(ledger: Ledger) -> Replayed:
    """The record of a replay; what an older one lacks is empty."""
    return Replayed(*(tuple(ledger.read_events(name)) for name in ("measurements", "happened", "watched")))


def _tail(ledger: Ledger, stream: str, most: int) -> list[Event]:
    frontier = ledger.frontier(stream)
    return ledger.read_events(stream, since=max(frontier - most, 0)) if frontier else []

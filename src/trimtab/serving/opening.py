"""From a declaration and its home to a live system: take in, fold, load, and say what is ready."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from trimtab.declare.closure import to_closure
from trimtab.declare.kinds import Kind
from trimtab.declare.needs import request_fields
from trimtab.declare.system import System
from trimtab.declare.typed import infer
from trimtab.features.online import OnlinePlan, compile_online
from trimtab.ports import Blobs, Clock, Engine, Event, Ledger, OnlineStore, Tables
from trimtab.runtime.given_labels import NAME, VALUE, given_labels
from trimtab.runtime.given_labels import kinds_of as given_kinds
from trimtab.runtime.history import ROW_NUMBER, identity, resolve_features
from trimtab.runtime.intake import SOURCES, fill_in, recorded_kinds, take_in
from trimtab.runtime.live_loop.declaration import meanings
from trimtab.runtime.live_loop.keeping import as_served
from trimtab.runtime.online import Folder, Reader
from trimtab.runtime.online.beacon import Beacon
from trimtab.runtime.receiving import Receiver, Receives
from trimtab.serving.answering import Answering, Asking, Served
from trimtab.serving.champion import Champions
from trimtab.serving.committing import Committer
from trimtab.serving.erasures import cut_short, note_rebuilt
from trimtab.serving.figures import Figures, Tally
from trimtab.serving.live import LiveService, Parts, Shape
from trimtab.serving.logged import PREDICTIONS
from trimtab.serving.measuring import latest_parity
from trimtab.serving.mending import MendingFolder
from trimtab.serving.operations import latest_operations
from trimtab.serving.outcomes import Outcomes
from trimtab.serving.sources import SourceIntake, Stamp
from trimtab.serving.watching import Watching


@dataclass(frozen=True)
class Home:
    """Where a system lives: its record, its models, its online features, and the means to read its sources.

    `stamp` gives something about a source's data that changes when the data does, or None. `watching` says how the
    owner has the system watched; without it no process does so by itself.
    """

    ledger: Ledger
    blobs: Blobs
    store: OnlineStore
    engine: Callable[[], Engine]
    tables: Tables
    clock: Clock
    load: Callable[[str, bytes], Any]
    stamp: Stamp
    watching: Watching | None = None


@dataclass(frozen=True)
class Live:
    """A system that answers, or is able to say why it does not, with the parts that others turn to."""

    service: LiveService
    champions: Champions
    ledger: Ledger

    def examples(self) -> dict[str, dict[str, Any]]:
        """One real row by source, for the documentation."""
        found = {}
        for source in self.service.system.sources:
            stream = f"facts/{source.name}"
            frontier = self.ledger.frontier(stream)
            last = self.ledger.read_rows(stream, since=max(frontier - 1, 0)).to_pylist()
            if last:
                found[source.name] = last[0]
        return found


@dataclass(frozen=True)
class Owner:
    """What the one process that owns a record and folds its facts has besides answering."""

    receiver: Receiver
    folder: Folder
    intake: SourceIntake


class Complete(Protocol):
    """Whoever knows how far the online store is complete."""

    def complete_until(self, now: int) -> int:
        """The instant, `now` or earlier, before which every known fact is in the store."""
        ...


def open_owner(system: System, home: Home, beacon: Beacon | None = None) -> Owner:
    """Open a record and its online features: at the first start sources are taken in, later starts go on from there.

    Columns that the declaration reads and the record lacks are filled in from the sources.

    Versions in use go on with the features that they learned, declared or not. Raises TrimtabError where the
    declaration, the data or the record stand in the way.
    """
    system = as_served(system, home.ledger)
    _take_in_at_first(system, home)
    kinds = _kinds(system, home)

    def again(folder: Folder, now: int) -> None:
        _catch_up(system, home, folder, now)

    folder = MendingFolder(_plan(system, kinds), home.store, again, None if beacon is None else beacon.tell)
    again(folder, home.clock.now())
    given = given_labels(system, identity(system))
    receiver = Receiver((*system.sources, given), kinds, home.ledger, folder, home.clock)
    intake = SourceIntake(system, home.engine, home.tables, home.ledger, receiver, home.stamp, home.clock)
    return Owner(receiver, folder, intake)


def open_live(system: System, home: Home, receiver: Receives, complete: Complete) -> Live:
    """Open a system to answer beside its owner, in the same process or another one of the machine."""
    system = as_served(system, home.ledger)
    kinds = recorded_kinds(home.ledger)
    plan = _plan(system, kinds)
    features = resolve_features(system, kinds[system.request.source.name])
    champions = Champions(
        home.ledger, home.blobs, home.load, features.names, home.clock, system.requires, meanings(features)
    )
    champions.start(on_record=True)
    asking = _asking(system, kinds, features.names, Reader(plan, home.store), complete)
    parts = _parts(system, home, kinds, (asking, champions, receiver))
    service = LiveService(system, _shape(system, kinds, plan.kinds), parts)
    return Live(service, champions, home.ledger)


def _plan(system: System, kinds: Mapping[str, Mapping[str, Kind]]) -> OnlinePlan:
    source = system.request.source
    features = resolve_features(system, kinds[source.name])
    return compile_online(features, kinds[source.name], source, kinds)


def _take_in_at_first(system: System, home: Home) -> None:
    engine = home.engine()
    try:
        begun = home.ledger.frontier(SOURCES)
        (fill_in if begun else take_in)(system, engine, home.tables, home.ledger, home.clock.now())
    finally:
        engine.close()


def _catch_up(system: System, home: Home, folder: Folder, now: int) -> None:
    unsure = [source for source, kind in cut_short(home.ledger).items() if kind == "erasing"]
    for source in unsure:
        folder.distrust(source)
    engine = home.engine()
    try:
        folder.catch_up(home.ledger, engine, system, now)
    finally:
        engine.close()
    note_rebuilt(home.ledger, unsure, home.clock.now())


def _asking(
    system: System,
    kinds: Mapping[str, Mapping[str, Kind]],
    names: tuple[str, ...],
    reader: Reader,
    complete: Complete,
) -> Asking:
    request = system.request

    def features(row: dict[str, Any], at: int, now: int) -> Served:
        # how far the store is complete must be known before it is read
        return reader.features(row, at, now, complete.complete_until(now))

    return Asking(
        to_closure(request.at, kinds[request.source.name]),
        tuple(request.at.columns()),
        features,
        names,
        request.source.subject,
    )


def _parts(
    system: System,
    home: Home,
    kinds: Mapping[str, Mapping[str, Kind]],
    made: tuple[Asking, Champions, Receives],
) -> Parts:
    asking, champions, receiver = made
    committer = Committer(
        lambda records: home.ledger.append_records(PREDICTIONS, records), busy=lambda: receiver.busy
    )
    answering = Answering(asking, champions, committer, home.clock)
    tally = Tally()
    arms = {**dict(system.model.label.arms), given_labels(system, identity(system)): VALUE}
    outcomes = Outcomes(system, arms, kinds, identity(system), home.ledger)
    figures = Figures(
        champions,
        answering,
        committer,
        tally,
        home.clock,
        parity=lambda: latest_parity(home.ledger),
        operations=lambda: latest_operations(home.ledger),
    )
    return Parts(home.ledger, receiver, answering, champions, outcomes, home.clock, tally, figures)


def _kinds(system: System, home: Home) -> dict[str, dict[str, Kind]]:
    """The kinds of every source's columns; those of given labels are put on record at the first start."""
    kinds = recorded_kinds(home.ledger)
    if NAME not in kinds:
        label = label_kind(system, kinds)
        kinds[NAME] = given_kinds(identity(system), kinds[system.request.source.name], label)
        body = {"facts": 0, "already_recorded": 0, "excluded": {}}
        body["kinds"] = {name: str(kind) for name, kind in kinds[NAME].items()}
        home.ledger.append_events(SOURCES, [Event(home.clock.now(), "taken in", NAME, body)])
    return kinds


def label_kind(system: System, kinds: Mapping[str, Mapping[str, Kind]]) -> Kind:
    """The kind of a system's label; whole and other numbers together are numbers."""
    found = {infer(value, kinds[source.name]) for source, value in system.model.label.arms}
    return Kind.FLOAT if found == {Kind.INT, Kind.FLOAT} else found.pop()


def _shape(
    system: System,
    kinds: Mapping[str, Mapping[str, Kind]],
    features: Mapping[str, Kind],
) -> Shape:
    recorded = kinds[system.request.source.name]
    fields = request_fields(system, recorded)
    return Shape(
        request=_given(recorded, fields),
        facts={source.name: _given(kinds[source.name], kinds[source.name]) for source in system.sources},
        features=features,
        label=label_kind(system, kinds),
        identity=identity(system),
    )


def _given(kinds: Mapping[str, Kind], names: Iterable[str]) -> dict[str, Kind]:
    """What a caller gives: not the place in a file that stands in for a missing id."""
    return {name: kinds[name] for name in names if name != ROW_NUMBER}

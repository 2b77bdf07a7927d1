"""Versions ready to answer: loaded once, checked at load, swapped by one pointer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.declare.requires import Requires
from trimtab.errors import TrimtabError, nearest
from trimtab.finding import Finding, Severity
from trimtab.ports import Blobs, Clock, Event, Ledger
from trimtab.runtime.live_loop.journal import ordered_by_loop
from trimtab.runtime.live_loop.routes import Table, table
from trimtab.runtime.training_set import Version
from trimtab.serving.engines import Chosen, load_scorer
from trimtab.serving.engines.base import Scorer
from trimtab.serving.fallback import Fallback
from trimtab.serving.problems import RequestError
from trimtab.serving.requirements import judge, measured_at_registration
from trimtab.serving.service import VersionInfo

VERSIONS = "versions"
AT_START = "start"
"""Why a version was activated that nobody chose: at a later start a newer one may take its place."""
Load = Callable[[str, bytes], Any]


@dataclass(frozen=True, eq=False)
class Loaded:
    """A version in memory: its scorer, where its inputs stand among the features, and its answer of last resort."""

    version: Version
    chosen: Chosen
    positions: tuple[int, ...]
    fallback: Fallback

    @property
    def name(self) -> str:
        """The name of the version."""
        return self.version.name

    @property
    def scorer(self) -> Scorer:
        """What scores."""
        return self.chosen.scorer


@dataclass(frozen=True, eq=False)
class Routing:
    """The table of routes with its versions in memory, as requests read it: once, by one pointer."""

    champion: Loaded | None = None
    canary: Loaded | None = None
    share: float = 0.0
    shadows: tuple[Loaded, ...] = ()


class Champions:
    """The stored versions of a system, those that are loaded, and the table of who answers.

    Loading happens beside the requests; `routing` is read once a request, so none sees two tables. `meanings` is the
    digest of each declared feature: a version that learned another meaning of one is refused.
    """

    def __init__(  # a version is judged by all of these
        self,
        ledger: Ledger,
        blobs: Blobs,
        load: Load,
        features: Sequence[str],
        clock: Clock,
        requires: Requires | None = None,
        meanings: Mapping[str, str] | None = None,
    ) -> None:
        self._ledger, self._blobs, self._load, self._clock = ledger, blobs, load, clock
        self._requires = requires
        self._features, self._meanings = tuple(features), dict(meanings or {})
        self._loaded: dict[str, Loaded] = {}
        self._broken: dict[str, str] = {}
        self._one_at_a_time = threading.Lock()
        self._seen = 0
        self._table = Table()
        self.routing = Routing()

    @property
    def champion(self) -> Loaded | None:
        """The version that answers whom no canary answers; None while there is none."""
        return self.routing.champion

    @property
    def ledger(self) -> Ledger:
        """The record of the versions."""
        return self._ledger

    def start(self, *, on_record: bool = False) -> None:
        """Load the version that was activated last, or else the newest that a person trained and that can be used.

        What the loop trains has to earn its traffic first. A server puts the version `on_record`, so that who asks the
        record hears who answers. One that keeps to the requirements is preferred; but answers of a stale model are
        better than none.
        """
        events = self._look()
        stored = self.stored()
        activated = [event for event in events if event.kind == "activated"]
        chosen = [event.subject for event in reversed(activated) if event.body.get("why") != AT_START]
        ordered = ordered_by_loop(self._ledger)
        newest = [name for name in reversed(stored) if name not in ordered]
        keeping = [name for name in newest if not self._broken_limits(stored[name])]
        for name in dict.fromkeys([*chosen, *keeping, *newest]):
            if name in self._table.barred:
                continue
            try:
                champion = self.get(name)
            except (TrimtabError, RequestError) as problem:
                self._broken[name] = str(problem)
                continue
            if on_record and (not activated or activated[-1].subject != name):
                begun = Event(self._clock.now(), "activated", name, {"why": AT_START})
                self._ledger.append_events(VERSIONS, [begun])
            self._route(champion)
            return

    def follow(self) -> None:
        """Turn to what another process activated or routed, if anything did since the last look."""
        if self._ledger.frontier(VERSIONS) == self._seen:
            return
        self._look()
        name = self._table.champion
        if self.champion is None:
            self.start(on_record=True)
        elif name is not None and name != self.champion.name:
            try:
                self._route(self.get(name))
            except TrimtabError as problem:
                self._broken[name] = str(problem)
                raise
        else:
            self._route(self.champion)

    def stored(self) -> dict[str, Version]:
        """Every stored version by name, oldest first."""
        found = (event.body for event in self._events() if event.kind == "trained")
        return {body["name"]: version_of(body) for body in found}

    def get(self, name: str) -> Loaded:
        """A version, loaded if it is not yet; raises RequestError (404, 409) and ArtifactError."""
        if name in self._table.barred:
            do = "train a new version"
            raise RequestError(409, f"version {name} is in quarantine", field="version", do=do)
        found = self._loaded.get(name)
        if found is not None:
            return found
        with self._one_at_a_time:
            if name not in self._loaded:
                self._loaded[name] = self._read(name)
            return self._loaded[name]

    def activate(self, name: str, who: str = "", reason: str = "") -> Loaded:
        """Make a version the champion, on record first; requests under way finish with the one they began with.

        `who` wants that and the `reason` go on record. Raises RequestError 409 for a version that breaks a declared
        requirement.
        """
        loaded = self.get(name)
        broken = self._broken_limits(loaded.version)
        if broken:
            raise RequestError(
                409,
                f"version {name} does not keep to what the system requires",
                field="version",
                found="; ".join(finding.what for finding in broken),
                do=broken[0].action,
            )
        body = {"who": who, "reason": reason}
        self._ledger.append_events(VERSIONS, [Event(self._clock.now(), "activated", name, body)])
        self._look()
        self._route(loaded)
        return loaded

    def infos(self) -> list[VersionInfo]:
        """Every stored version as callers see it."""
        return [self.info(version) for version in self.stored().values()]

    def info(self, version: Version) -> VersionInfo:
        """One version as callers see it."""
        loaded = self._loaded.get(version.name)
        state = "unusable" if version.name in self._broken else "stored"
        routed = (each for each in self._table.routes if each.mode != "champion")
        state = next((each.mode for each in routed if each.version == version.name), state)
        state = "quarantined" if version.name in self._table.barred else state
        if self.champion is not None and self.champion.name == version.name:
            state = "champion"
        return VersionInfo(
            version.name,
            state,
            version.as_of,
            version.rows,
            loaded.chosen.scorer.name if loaded else version.provenance.get("engine"),
            version.provenance.get("microseconds"),
        )

    def _look(self) -> list[Event]:
        """Read the journal anew, and the table that it leads to."""
        self._seen = self._ledger.frontier(VERSIONS)
        events = self._events()
        self._table = table(events)
        return events

    def _route(self, champion: Loaded) -> None:
        """Swap the table: one champion, and of the canary and the shadows those that can be used."""
        canary, share = self._table.canary or (None, 0.0)
        told = [found for name in self._table.shadows if (found := self._usable(name)) is not None]
        self.routing = Routing(
            champion,
            None if canary in {None, champion.name} else self._usable(str(canary)),
            share,
            tuple(shadow for shadow in told if shadow is not champion),
        )

    def _usable(self, name: str) -> Loaded | None:
        try:
            return self.get(name)
        except (TrimtabError, RequestError) as problem:
            self._broken[name] = str(problem)
            return None

    def _broken_limits(self, version: Version) -> list[Finding]:
        """The declared requirements that a version is known to break before it answers anyone."""
        if self._requires is None:
            return []
        found = judge(self._requires, measured_at_registration(version, self._clock.now()))
        return [finding for finding in found if finding.severity is Severity.ACT]

    def _events(self) -> list[Event]:
        return self._ledger.read_events(VERSIONS)

    def _read(self, name: str) -> Loaded:
        stored = self.stored()
        if name not in stored:
            raise RequestError(
                404,
                f"there is no version {name!r}",
                field="version",
                found=", ".join(stored) or "no version at all",
                nearest=nearest(name, stored),
            )
        version = stored[name]
        missing = [each for each in version.provenance["features"] if each not in self._features]
        if missing:
            raise RequestError(
                409,
                f"version {name} was trained with features that the declaration no longer has",
                field="version",
                found=", ".join(missing),
                do="train a version with the present declaration",
            )
        self._refuse_other_meanings(version)
        chosen = load_scorer(version, self._blobs, self._load)
        positions = tuple(self._features.index(each) for each in chosen.scorer.names)
        self._broken.pop(name, None)
        return Loaded(version, chosen, positions, Fallback.of(version.provenance))

    def _refuse_other_meanings(self, version: Version) -> None:
        learned = version.provenance.get("meanings", {})
        other = [name for name, meaning in learned.items() if self._meanings.get(name, meaning) != meaning]
        if other:
            raise RequestError(
                409,
                f"version {version.name} learned another meaning of features than the declaration has now",
                field="version",
                found=", ".join(other),
                do="keep a feature as it is until its versions are retired, and give the changed one a new name",
            )


def version_of(body: Mapping[str, Any]) -> Version:
    """The version that an event of the journal tells of."""
    own = {key: body[key] for key in ("name", "artifact", "format", "as_of", "rows", "dataset")}
    return Version(**own, provenance={key: value for key, value in body.items() if key not in own})

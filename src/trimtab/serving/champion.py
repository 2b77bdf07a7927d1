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
from trimtab.runtime.training_set import Version
from trimtab.serving.engines import Chosen, load_scorer
from trimtab.serving.fallback import Fallback
from trimtab.serving.problems import RequestError
from trimtab.serving.requirements import judge, measured_at_registration
from trimtab.serving.service import VersionInfo

VERSIONS = "versions"
AT_START = "start"
"""Why a version was activated that nobody chose: at a later start a newer one may take its place."""
Load = Callable[[str, bytes], Any]


@dataclass(frozen=True)
class Loaded:
    """A version in memory: its scorer, where its inputs stand among the features, and its answer of last resort."""

    version: Version
    chosen: Chosen
    positions: tuple[int, ...]
    fallback: Fallback


class Champions:
    """The stored versions of a system, those that are loaded, and the one that answers.

    Loading happens beside the requests; `champion` is read once a request, so none sees two versions.
    """

    def __init__(  # a version is judged by all of these
        self,
        ledger: Ledger,
        blobs: Blobs,
        load: Load,
        features: Sequence[str],
        clock: Clock,
        requires: Requires | None = None,
    ) -> None:
        self._ledger, self._blobs, self._load, self._clock = ledger, blobs, load, clock
        self._requires = requires
        self._features = tuple(features)
        self._loaded: dict[str, Loaded] = {}
        self._broken: dict[str, str] = {}
        self._one_at_a_time = threading.Lock()
        self._seen = 0
        self.champion: Loaded | None = None

    def start(self, *, on_record: bool = False) -> None:
        """Load the version that was activated last, or else the newest that can be used.

        A server puts it `on_record`, so that who asks the record hears who answers. One that keeps to the requirements is preferred; but answers of a stale model are better than none.
        """
        self._seen = self._ledger.frontier(VERSIONS)
        stored = self.stored()
        activated = [event for event in self._events() if event.kind == "activated"]
        chosen = [event.subject for event in activated if event.body.get("why") != AT_START]
        newest = list(reversed(stored))
        keeping = [name for name in newest if not self._broken_limits(stored[name])]
        for name in dict.fromkeys([*chosen[-1:], *keeping, *newest]):
            try:
                self.champion = self.get(name)
            except (TrimtabError, RequestError) as problem:
                self._broken[name] = str(problem)
                continue
            if on_record and (not activated or activated[-1].subject != name):
                begun = Event(self._clock.now(), "activated", name, {"why": AT_START})
                self._ledger.append_events(VERSIONS, [begun])
            return

    def follow(self) -> None:
        """Turn to the version that another process activated, if any did since the last look."""
        frontier = self._ledger.frontier(VERSIONS)
        if frontier == self._seen:
            return
        self._seen = frontier
        activated = [event.subject for event in self._events() if event.kind == "activated"]
        if self.champion is None:
            self.start(on_record=True)
        elif activated and activated[-1] != self.champion.version.name:
            self._turn_to(activated[-1])

    def stored(self) -> dict[str, Version]:
        """Every stored version by name, oldest first."""
        found = (event.body for event in self._events() if event.kind == "trained")
        return {body["name"]: version_of(body) for body in found}

    def get(self, name: str) -> Loaded:
        """A version, loaded if it is not yet; raises RequestError (404, 409) and ArtifactError."""
        found = self._loaded.get(name)
        if found is not None:
            return found
        with self._one_at_a_time:
            if name not in self._loaded:
                self._loaded[name] = self._read(name)
            return self._loaded[name]

    def activate(self, name: str) -> Loaded:
        """Make a version the champion, on record first; requests under way finish with the one they began with.

        Raises RequestError 409 for a version that breaks a declared requirement.
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
        self._ledger.append_events(VERSIONS, [Event(self._clock.now(), "activated", name, {})])
        self.champion = loaded
        return loaded

    def infos(self) -> list[VersionInfo]:
        """Every stored version as callers see it."""
        return [self.info(version) for version in self.stored().values()]

    def info(self, version: Version) -> VersionInfo:
        """One version as callers see it."""
        loaded = self._loaded.get(version.name)
        state = "unusable" if version.name in self._broken else "stored"
        if self.champion is not None and self.champion.version.name == version.name:
            state = "champion"
        return VersionInfo(
            version.name,
            state,
            version.as_of,
            version.rows,
            loaded.chosen.scorer.name if loaded else version.provenance.get("engine"),
            version.provenance.get("microseconds"),
        )

    def _turn_to(self, name: str) -> None:
        try:
            self.champion = self.get(name)
        except TrimtabError as problem:
            self._broken[name] = str(problem)
            raise

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
        chosen = load_scorer(version, self._blobs, self._load)
        positions = tuple(self._features.index(each) for each in chosen.scorer.names)
        self._broken.pop(name, None)
        return Loaded(version, chosen, positions, Fallback.of(version.provenance))


def version_of(body: Mapping[str, Any]) -> Version:
    """The version that an event of the journal tells of."""
    own = {key: body[key] for key in ("name", "artifact", "format", "as_of", "rows", "dataset")}
    return Version(**own, provenance={key: value for key, value in body.items() if key not in own})

"""A version keeps its declaration: what it learned and the file has no more goes on until the version is retired."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from trimtab.declare.features import Feature, Features
from trimtab.declare.frozen import assign
from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.declare.written import read_feature
from trimtab.ports import Event, Ledger
from trimtab.runtime.live_loop.declaration import meanings
from trimtab.runtime.live_loop.journal import recall
from trimtab.runtime.live_loop.routes import ACTIVATED, table

VERSIONS = "versions"


def as_served(system: System, ledger: Ledger) -> System:
    """The system with the features that versions in use learned and that are not declared any more.

    They come after the declared ones. A feature that is declared with another meaning, that is a function of one's own,
    or whose source is gone cannot be kept; a version that learned it is refused when it is loaded.
    """
    kept = kept_features(system, ledger)
    features = system.model.features
    if not kept or not isinstance(features, Features):
        return system
    model, served = copy.copy(system.model), copy.copy(system)
    assign(
        model, features=Features(**dict(features), **{name: feature for name, (feature, _) in kept.items()})
    )
    assign(served, model=model)
    return served


def kept_features(system: System, ledger: Ledger) -> dict[str, tuple[Feature, tuple[str, ...]]]:
    """The features that are kept beside the declared ones, by name, each with the versions that need it."""
    if not isinstance(system.model.features, Features):
        return {}
    declared, sources = set(system.model.features.names), {each.name: each for each in system.sources}
    events = ledger.read_events(VERSIONS)
    stored = {event.subject: event.body for event in events if event.kind == "trained"}
    found: dict[str, tuple[Feature, tuple[str, ...]]] = {}
    for version in versions_in_use(ledger, events):
        body = stored.get(version, {})
        for name, feature in _defined(body, sources).items():
            if name in declared:
                continue
            if name not in found:
                found[name] = feature, (version,)
            elif found[name][0] == feature:
                found[name] = feature, (*found[name][1], version)
    return found


def versions_in_use(ledger: Ledger, events: list[Event]) -> tuple[str, ...]:
    """The versions that answer, score unseen, are on their way, or that a rollback would go back to.

    `events` is the journal of versions. Without a champion, it is the newest.
    """
    found = table(events)
    names = [route.version for route in found.routes]
    memory = recall(ledger)
    released = None if memory is None else memory.state.release
    if released is not None:
        names += [each.version for each in released.candidates]
        names += [name for name in (released.champion, released.target) if name is not None]
    elif not names:
        names = [event.subject for event in events if event.kind == "trained"][-1:]
    else:  # without a loop a person may go back to whoever answered before
        names += [event.subject for event in events if event.kind == ACTIVATED][-2:]
    return tuple(name for name in dict.fromkeys(names) if name not in found.barred)


def _defined(body: Mapping[str, Any], sources: Mapping[str, Source]) -> dict[str, Feature]:
    """The features of a version as it keeps them, those that mean today what it learned."""
    written = body.get("defined", {})
    read = {name: None if each is None else read_feature(each, sources) for name, each in written.items()}
    whole = {name: feature for name, feature in read.items() if feature is not None}
    learned, now = body.get("meanings", {}), meanings(Features(**whole))
    return {name: feature for name, feature in whole.items() if now[name] == learned.get(name)}

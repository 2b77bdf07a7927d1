"""One prediction explained: its record, what it was made of, how its score came about, and what was going on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from trimtab.declare.features import Features
from trimtab.declare.model import Stakes
from trimtab.declare.system import System
from trimtab.errors import TrimtabError, UsageError, nearest
from trimtab.monitoring.counts import Columns
from trimtab.ports import Blobs, Engine, Ledger, Record
from trimtab.runtime.explaining.around import incidents_around, versions_around, why_served
from trimtab.runtime.explaining.attributing import Attributions, attribute
from trimtab.runtime.explaining.behind import readable
from trimtab.runtime.explaining.features import FeatureTold, features_told, usual_place
from trimtab.runtime.explaining.result import Answered, Decision, Explained
from trimtab.runtime.history import resolve_features
from trimtab.runtime.intake import facts_from, recorded_kinds
from trimtab.runtime.live_loop.carrying import stored_versions
from trimtab.runtime.logged import PREDICTIONS, Logged, decode
from trimtab.runtime.training_set import Version
from trimtab.runtime.versions import load_version
from trimtab.runtime.watching.reference_rows import REFERENCE, of_parquet
from trimtab.training.matrix import FeatureMatrix, from_rows
from trimtab.training.predictor import Predictor

NAMED = 500
"""The newest predictions whose ids are compared with one that is not on record."""


class Label(Protocol):
    """The label of a prediction so far."""

    @property
    def value(self) -> Any:
        """The answer, None where there is none."""
        ...

    @property
    def state(self) -> str:
        """Pending, provisional, mature or censored."""
        ...

    @property
    def known(self) -> int | None:
        """When it became known, epoch microseconds."""
        ...


@dataclass(frozen=True)
class Place:
    """Where a system's predictions are on record, and what reads them; `now` in epoch microseconds.

    `label_of` gives the label of an answered request as known at an instant.
    """

    system: System
    ledger: Ledger
    blobs: Blobs
    engine: Engine
    load: Callable[[str, bytes], Any]
    label_of: Callable[[Mapping[str, Any], int, int], Label]
    now: int


def explain(place: Place, name: str | None) -> Explained:
    """Explain the prediction of an id (default: the newest); raises UsageError where there is none to explain."""
    record, logged = _found(place.ledger, name)
    versions = stored_versions(place.ledger)
    version = versions.get(logged.version)
    predictor, problem = _predictor(place, version)
    accepted = _accepted(place.blobs, version)
    score = tuple(logged.score) if isinstance(logged.score, list) else logged.score
    label = place.label_of(logged.request, logged.at, place.now)
    again, attributions, unattributed = _scored(predictor, problem, logged, accepted, _classes(version))
    told, remarks = _features(place, logged, accepted)
    kinds = recorded_kinds(place.ledger).get(place.system.request.source.name, {})
    return Explained(
        system=place.system.name,
        id=record.id,
        asked=logged.at,
        as_of=logged.as_of,
        answered=record.at,
        request=readable(logged.request, kinds),
        features=told,
        version=logged.version,
        served=logged.served,
        flags=tuple(logged.flags),
        score=score,
        classes=_classes(version),
        again=again if logged.served != "fallback" else None,
        decision=_decided(place.system.stakes, score, label),
        label=Answered(label.value, label.state, label.known),
        learned_until=None if version is None else version.as_of,
        learned_rows=None if version is None else version.rows,
        learner="" if predictor is None else type(predictor.estimator).__name__,
        why_served=why_served(place.system.name, place.ledger, logged, record.at),
        versions=versions_around(place.system.name, place.ledger, record.at, place.now),
        incidents=incidents_around(place.ledger, record.at, place.now),
        attributions=attributions,
        unattributed=unattributed,
        remarks=remarks,
    )


def _found(ledger: Ledger, name: str | None) -> tuple[Record, Logged]:
    frontier = ledger.frontier(PREDICTIONS)
    record = ledger.find_record(PREDICTIONS, name) if name is not None else _newest(ledger, frontier)
    if record is None:
        ids = [each.id for _, each in ledger.read_records(PREDICTIONS, since=max(frontier - NAMED, 0))]
        raise UsageError(
            f"there is no prediction {name!r}" if name is not None else "no prediction was asked for yet",
            found=f"the newest are {', '.join(reversed(ids[-5:]))}" if ids else "no prediction at all",
            nearest=None if name is None else nearest(name, ids),
            do="name one of these, or leave the id out for the newest; the console lists more"
            if ids
            else "serve the system and ask it; a replay keeps no requests to explain",
        )
    logged = decode(record)
    if logged is None:
        raise UsageError(f"prediction {record.id!r} was erased", do="name another one")
    return record, logged


def _newest(ledger: Ledger, frontier: int) -> Record | None:
    width = 16
    while True:
        found = ledger.read_records(PREDICTIONS, since=max(frontier - width, 0))
        kept = [record for _, record in found if record.body]
        if kept or width >= frontier:
            return kept[-1] if kept else None
        width *= 8


def _predictor(place: Place, version: Version | None) -> tuple[Predictor | None, str]:
    if version is None:
        return None, "its version is not on record"
    try:
        return load_version(version, place.blobs, place.load), ""
    except TrimtabError as error:
        return None, str(error)


def _accepted(blobs: Blobs, version: Version | None) -> Columns | None:
    """The features of the rows that a version was accepted on; None where it kept none."""
    kept = None if version is None else version.provenance.get(REFERENCE)
    return None if kept is None else of_parquet(blobs.get(kept)).columns


def _scored(
    predictor: Predictor | None,
    problem: str,
    logged: Logged,
    accepted: Columns | None,
    classes: tuple[str, ...],
) -> tuple[float | tuple[float, ...] | None, Attributions | None, str]:
    """The score of the served features now, its parts, and why there are none (empty: there are)."""
    if predictor is None:
        return None, None, problem
    names = predictor.encoder.names
    if not set(names) <= set(logged.features):
        return None, None, "it was answered without the features of its version"
    row = from_rows(names, [[logged.features[name] for name in names]])
    try:
        again = predictor.score(row)[0]
        plain = tuple(float(each) for each in again) if again.ndim else float(again)
        return plain, attribute(predictor, row, _matrix(accepted), classes), ""
    except TrimtabError as error:
        return None, None, str(error)


def _matrix(accepted: Columns | None) -> FeatureMatrix | None:
    return None if accepted is None else FeatureMatrix(accepted.names, accepted.values, accepted.dictionaries)


def _features(
    place: Place, logged: Logged, accepted: Columns | None
) -> tuple[tuple[FeatureTold, ...], tuple[str, ...]]:
    system = place.system
    if not logged.features:
        return (), ("it was answered without features",)
    remarks = ["its version kept no accepted rows to compare with"] if accepted is None else []
    try:
        facts = facts_from(place.ledger, system, place.engine)
        features: Features = resolve_features(system, facts[system.request.source.name].kinds)
        told = features_told(system, features, facts, logged, accepted, place.engine)
    except TrimtabError as error:
        # what was served is on record, whatever has become of the sources since
        return _as_served(logged, accepted), (*remarks, f"nothing could be computed again: {error}")
    undeclared = [name for name in logged.features if name not in features.names]
    remarks += [f"served under another declaration: {', '.join(undeclared)}"] if undeclared else []
    return told, tuple(remarks)


def _as_served(logged: Logged, accepted: Columns | None) -> tuple[FeatureTold, ...]:
    placed = {name: usual_place(accepted, name, value) for name, value in logged.features.items()}
    return tuple(
        FeatureTold(name, "", value, usual=placed[name][0], strange=placed[name][1])
        for name, value in logged.features.items()
    )


def _classes(version: Version | None) -> tuple[str, ...]:
    found = None if version is None else version.provenance.get("classes")
    return tuple(str(each) for each in found or ())


def _decided(stakes: Stakes | None, score: float | tuple[float, ...], label: Label) -> Decision | None:
    """What the score means at the declared threshold; None where nothing is declared, or there is none."""
    if stakes is None or isinstance(score, tuple) or (stakes.error is not None and stakes.miss is None):
        return None
    threshold = stakes.threshold_or_default
    acts = score >= threshold
    if not isinstance(label.value, bool | int) or label.value not in (0, 1):
        return Decision(threshold, acts)
    right = acts == bool(label.value)
    price = stakes.false_alarm if acts else stakes.miss
    return Decision(threshold, acts, right, 0.0 if right else price, stakes.currency)

"""Everything a service gives back, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from trimtab.declare.kinds import Kind
from trimtab.serving.http.times import for_json, instant
from trimtab.serving.service import Prediction, Service, Story, Taken, VersionInfo

encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct):
    """One prediction in JSON; `decision` is there only where the declaration says what is at stake."""

    id: str
    score: float | dict[str, float]
    decision: bool | UnsetType
    version: str
    served: str
    as_of: datetime
    flags: tuple[str, ...]


class Answers:
    """Turns what a service says into JSON values."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._requests, self._features = service.request_kinds, service.feature_kinds
        self.threshold = threshold(service)

    def answer(self, one: Prediction) -> Answer:
        """One prediction."""
        score: Any = one.score
        decision: bool | UnsetType = UNSET
        if isinstance(score, tuple):
            classes = self._service.classes
            score = dict(zip(classes, score, strict=True)) if classes is not None else list(score)
        elif self.threshold is not None:
            decision = score >= self.threshold
        return Answer(one.id, score, decision, one.version, one.served, instant(one.as_of), one.flags)

    def story(self, story: Story) -> dict[str, Any]:
        """Everything that explains one prediction."""
        label, known = story.label, story.label.known
        return {
            "prediction": self.answer(story.prediction),
            "at": instant(story.at),
            "asked": instant(story.asked),
            "request": _row(story.request, self._requests),
            "features": _row(story.features, self._features),
            "label": {
                "value": label.value,
                "state": label.state,
                "known": None if known is None else instant(known),
            },
        }


def threshold(service: Service) -> float | None:
    """The score from which to act; None where nothing is at stake or the label is not yes or no."""
    yes_or_no = service.classes is None and service.label_kind is Kind.BOOL
    return service.system.threshold if yes_or_no else None


def taken(outcome: Taken) -> dict[str, Any]:
    """What became of facts or labels."""
    refused = [{"position": one.position, "why": one.why} for one in outcome.refused]
    return {"accepted": outcome.accepted, "repeated": outcome.repeated, "refused": refused}


def version(info: VersionInfo) -> dict[str, Any]:
    """A stored version."""
    return {
        "name": info.name,
        "state": info.state,
        "as_of": instant(info.as_of),
        "rows": info.rows,
        "engine": info.engine,
        "microseconds": info.microseconds,
    }


def versions(infos: Sequence[VersionInfo]) -> dict[str, Any]:
    """Every stored version, oldest first."""
    return {"versions": [version(info) for info in infos]}


def _row(row: Mapping[str, Any], kinds: Mapping[str, Kind]) -> dict[str, Any]:
    return {name: for_json(value, kinds.get(name)) for name, value in row.items()}

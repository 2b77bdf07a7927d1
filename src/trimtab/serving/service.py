"""What a transport such as HTTP needs of a live system; everything that decides lies behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from trimtab.declare.kinds import Kind
from trimtab.declare.system import System

Row = dict[str, Any]
"""A request or fact: bool, int, float, str or None by field; times and durations in microseconds."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answer. `score` is a probability of yes, one probability a class in order, or a number.

    `served` is "champion" or "fallback"; `as_of` is the instant (epoch microseconds) at which the features hold;
    `flags` says what was unusual: "late", "future", "repeated", "features failed", "model failed", "timeout".
    """

    id: str
    score: float | tuple[float, ...]
    version: str
    served: str
    as_of: int
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """One fact or label that was not taken in: its place in the call, and why."""

    position: int
    why: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of facts or labels: accepted, known already with the same content, or refused."""

    accepted: int
    repeated: int
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A stored version as a caller sees it; `state` is "champion", "stored" or "unusable"."""

    name: str
    state: str
    as_of: int
    rows: int
    engine: str | None = None
    microseconds: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a prediction's label is so far: its value, whether it is mature, and when it became known."""

    value: float | bool | str | None
    state: str
    known: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that explains one prediction."""

    prediction: Prediction
    at: int
    asked: int
    request: Mapping[str, Any]
    features: Mapping[str, Any]
    label: Outcome


class Service(Protocol):
    """A live system; every call may raise RequestError, and returns once what it took is on disk."""

    @property
    def system(self) -> System:
        """The declaration."""
        ...

    @property
    def request_kinds(self) -> Mapping[str, Kind]:
        """The fields of a request in order, with their kinds."""
        ...

    @property
    def fact_kinds(self) -> Mapping[str, Mapping[str, Kind]]:
        """The fields of a fact, by source."""
        ...

    @property
    def feature_kinds(self) -> Mapping[str, Kind]:
        """The features in order, with their kinds."""
        ...

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes in the order of the scores; None for yes/no labels and numbers."""
        ...

    @property
    def label_kind(self) -> Kind:
        """The kind of the label."""
        ...

    def predict(
        self, rows: Sequence[Row], ids: Sequence[str | None], version: str | None = None
    ) -> Awaitable[Sequence[Prediction]]:
        """Answer each row; an id seen before gets the stored answer, and 409 when its row differs."""
        ...

    async def take_facts(self, source: str, rows: Sequence[Row]) -> Taken:
        """Take in facts of a source, known from now on."""
        ...

    async def take_labels(self, labels: Sequence[tuple[str, float | bool | str]]) -> Taken:
        """Take in (prediction id, true answer) pairs."""
        ...

    async def find(self, id: str) -> Story | None:  # noqa: A002  # the field's word for it
        """The prediction of an id with everything that explains it."""
        ...

    def not_ready(self) -> Sequence[str]:
        """Why the system cannot answer now; empty when it can."""
        ...

    def versions(self) -> Sequence[VersionInfo]:
        """Every stored version, oldest first."""
        ...

    async def activate(self, version: str, who: str = "", reason: str = "") -> VersionInfo:
        """Make a version the champion, without dropping or mixing a request; who wants it and why go on record."""
        ...

    def figures(self) -> Sequence[tuple[str, str, str, Sequence[tuple[Mapping[str, str], float]]]]:
        """Figures for monitoring: (name, help, "counter" or "gauge", [(labels, value)])."""
        ...

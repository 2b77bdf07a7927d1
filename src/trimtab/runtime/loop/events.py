"""What the loop hears and orders, beside what the release machine does. All instants are epoch microseconds."""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.release import events as release
from trimtab.retrain.seen import NOTHING, Measured
from trimtab.retrain.windows import Selection

DECLARED = "declared"
"""The name of the recipe where only one is in play."""


@dataclass(frozen=True)
class Tick:
    """The clock says: look at everything known before now, and at what was measured by then."""

    at: int
    measured: Measured = NOTHING


@dataclass(frozen=True)
class IncidentOpened:
    """An incident of harm was opened; `incident` is its id."""

    at: int
    incident: str


@dataclass(frozen=True)
class Trained:
    """A training has ended; `problem` says why its result cannot serve, None when it can.

    `recipe` is what the version was made by. A version that nobody ordered (a person trained it) is heard like others.
    """

    at: int
    version: str
    problem: str | None = None
    recipe: str = DECLARED


@dataclass(frozen=True)
class Train:
    """Command: train a version on what is known before `as_of`, and answer with Trained of the same recipe."""

    version: str
    as_of: int
    selection: Selection
    recipe: str = DECLARED


Event = (
    Tick
    | IncidentOpened
    | Trained
    | release.Gated
    | release.ShadowJudged
    | release.CanaryJudged
    | release.ReverseJudged
    | release.Trouble
    | release.Approved
    | release.Declined
    | release.PromoteAsked
    | release.RollbackAsked
)

Command = Train | release.Command

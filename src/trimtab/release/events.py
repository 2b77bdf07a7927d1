"""What the release machine hears, what it orders, and what it writes down. All instants are epoch microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trimtab.release.canary import Answer
from trimtab.release.rollback import Outcome
from trimtab.stats.sequence import Verdict

Numbers = Mapping[str, float | int | str | None]


@dataclass(frozen=True)
class Tick:
    """The clock says: look at deadlines."""

    at: int


@dataclass(frozen=True)
class Registered:
    """A version was trained; `recipe` is what it was made by: features, learner, window and manner."""

    at: int
    version: str
    recipe: str


@dataclass(frozen=True)
class Gated:
    """The gate has looked at a version once."""

    at: int
    version: str
    passed: bool
    reason: str = ""
    numbers: Numbers = field(default_factory=dict)


@dataclass(frozen=True)
class ShadowJudged:
    """Mature labels were looked at, for a change in shadow."""

    at: int
    version: str
    verdict: Verdict
    numbers: Numbers = field(default_factory=dict)


@dataclass(frozen=True)
class CanaryJudged:
    """The guards of a canary's stage were looked at; `share` says which stage."""

    at: int
    version: str
    share: float
    verdict: Answer
    numbers: Numbers = field(default_factory=dict)


@dataclass(frozen=True)
class ReverseJudged:
    """Mature labels were looked at, for the champion's line against a version it replaced.

    anchor: that version; '' for the one of the oldest watch.
    """

    at: int
    version: str
    verdict: Outcome
    numbers: Numbers = field(default_factory=dict)
    anchor: str = ""


@dataclass(frozen=True)
class Trouble:
    """A version broke at once: a guard after its promotion, or the hard limit."""

    at: int
    version: str
    what: str


@dataclass(frozen=True)
class Approved:
    """A person lets a version take a step: 'shadow', 'canary' or 'promotion'."""

    at: int
    version: str
    step: str


@dataclass(frozen=True)
class Declined:
    """A person turns a version away at a step that it waited for; it is retired, and may be promoted by name later."""

    at: int
    version: str
    step: str


@dataclass(frozen=True)
class PromoteAsked:
    """A person wants this version to serve, whatever the evidence; of the champion itself it ends a freeze."""

    at: int
    version: str


@dataclass(frozen=True)
class RollbackAsked:
    """A person wants this champion replaced by the one before it."""

    at: int
    version: str


Event = (
    Tick
    | Registered
    | Gated
    | ShadowJudged
    | CanaryJudged
    | ReverseJudged
    | Trouble
    | Approved
    | Declined
    | PromoteAsked
    | RollbackAsked
)


@dataclass(frozen=True)
class Gate:
    """Command: look at this version once, against the present champion."""

    version: str
    at: int


@dataclass(frozen=True)
class Shadow:
    """Command: score this version beside the champion, after each answer."""

    version: str
    at: int


@dataclass(frozen=True)
class Route:
    """Command: this share of units is answered by the version."""

    version: str
    share: float
    at: int


@dataclass(frozen=True)
class Promote:
    """Command: the version answers all units, in place of `replaces`."""

    version: str
    replaces: str | None
    at: int


@dataclass(frozen=True)
class RollBack:
    """Command: `to` answers all units again, in place of `version`; it is loaded and tried before traffic moves."""

    version: str
    to: str
    at: int


@dataclass(frozen=True)
class Retire:
    """Command: the version neither answers nor shadows any more."""

    version: str
    at: int


@dataclass(frozen=True)
class Quarantine:
    """Command: the version may never be served again."""

    version: str
    at: int


@dataclass(frozen=True)
class Call:
    """Command: tell a person, who has to decide."""

    reason: str
    at: int


Command = Gate | Shadow | Route | Promote | RollBack | Retire | Quarantine | Call


@dataclass(frozen=True)
class Decision:
    """What was decided and why, for the journal."""

    at: int
    kind: str
    subject: str
    reason: str
    numbers: Numbers = field(default_factory=dict)

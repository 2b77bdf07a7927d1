"""What a walk through a policy's time leaves behind, and what it asks of those who know scores and releases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from trimtab.declare.policy import Policy
from trimtab.declare.releasing import Release
from trimtab.release import state as releasing
from trimtab.release.events import Gated, Numbers
from trimtab.retrain.seen import NOTHING, Measured
from trimtab.runtime.learning import Learned, Learning, Results
from trimtab.runtime.loop import (
    Decision,
    Event,
    IncidentOpened,
)
from trimtab.runtime.training import FitSpec, Serve
from trimtab.units import minutes

MODELLED_TRAINING = minutes(30)
"""How long a training is taken to last in a replay: a stated constant, so that replays are repeatable."""

AT_GATE = "wait at the gate"
"""The decision on a candidate of which something could not be checked; told once, though it is looked at every day."""

Jobs = dict[FitSpec, tuple[Serve, ...]]
"""Fits with the rows that each must score."""

Outcome = Callable[[FitSpec], str | None]
"""Why a fit's result cannot serve, or None."""


@dataclass(frozen=True)
class Served:
    """From `since` (epoch microseconds) on, the version trained by `spec` answers requests."""

    version: str
    since: int
    spec: FitSpec


@dataclass(frozen=True)
class Timeline:
    """One policy's year: every training, who served from when, each decision with its reason.

    `challengers` are the fits that its triggers or its gate read and that never serve; they cost what others cost.
    `rehearsals` are those among them that a gate asked for, with the rows that they score, and `contests` those of
    races and updates that were tried. `released` says whether versions had to earn their traffic. `learned` says of each
    training after the first how it was decided to learn, where the policy continues versions.
    """

    policy: Policy
    trained: tuple[tuple[str, FitSpec], ...]
    served: tuple[Served, ...]
    decisions: tuple[Decision, ...]
    challengers: tuple[FitSpec, ...] = ()
    rehearsals: tuple[tuple[FitSpec, tuple[Serve, ...]], ...] = ()
    released: bool = False
    learned: tuple[tuple[str, Learned], ...] = ()
    contests: tuple[tuple[FitSpec, tuple[Serve, ...]], ...] = ()


@dataclass(frozen=True)
class Continuing:
    """How a policy that continues versions decides that, with the results of fits as they are made."""

    learning: Learning
    results: Results


class Measure(Protocol):
    """What is known of a policy at a tick."""

    @property
    def reads_scores(self) -> bool:
        """Whether that takes the scores of versions in service."""
        ...

    @property
    def foreseeable(self) -> bool:
        """Whether trainings can be foretold as long as no incident comes."""
        ...

    def opened(self, now: int, served: Sequence[Served]) -> IncidentOpened | None:
        """The incident that the monitors opened when the day that ends at `now` was over; called tick by tick."""
        ...

    def jobs(self) -> Jobs:
        """The fits that it reads besides those of the policy."""
        ...

    def __call__(self, now: int, served: Sequence[Served], attempts: Sequence[FitSpec]) -> Measured:
        """What was measured by `now`, given who served so far and every training so far; called tick by tick."""
        ...


@dataclass(frozen=True)
class Unmeasured:
    """Nothing is known but what the walk itself does."""

    reads_scores: bool = False
    foreseeable: bool = True

    def opened(self, now: int, served: Sequence[Served]) -> IncidentOpened | None:  # noqa: ARG002
        """None."""
        return None

    def jobs(self) -> Jobs:
        """None."""
        return {}

    def __call__(self, now: int, served: Sequence[Served], attempts: Sequence[FitSpec]) -> Measured:  # noqa: ARG002
        """Nothing."""
        return NOTHING


class Examiner(Protocol):
    """What a release would have known at each of its steps, from the labels that were mature by then."""

    @property
    def release(self) -> Release:
        """How a candidate earns traffic."""
        ...

    @property
    def accepted(self) -> str:
        """The recipe of the first model."""
        ...

    def rehearsal(self, candidate: releasing.Candidate, at: int, trained: FitSpec) -> Jobs:
        """The fits that a gate reads at an instant besides those of the policy."""
        ...

    def gated(self, candidate: releasing.Candidate, at: int, walked: Walked) -> Gated | Waiting:
        """What the gate says of a candidate."""
        ...

    def looked(self, state: releasing.State, at: int, walked: Walked) -> Sequence[Event]:
        """What labels and guards say at an instant of whoever is in reverse shadow, shadow or canary."""
        ...


@dataclass(frozen=True)
class Walked:
    """Who served so far, who scored unseen from when on, and the fit of each version."""

    served: Sequence[Served]
    shadowed: Sequence[Served]
    specs: Mapping[str, FitSpec]


@dataclass(frozen=True)
class Waiting:
    """The gate could not check something, so that the candidate waits for it: what, and what is known in figures."""

    reason: str
    numbers: Numbers = field(default_factory=dict)


def unmeasured(policy: Policy, results: object) -> Measure:  # noqa: ARG001
    """The measure where no labels are at hand."""
    return Unmeasured()

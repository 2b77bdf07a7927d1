"""Which version of a policy would have served when: the loop's own step, driven through every tick."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol

from trimtab.declare.policy import Policy
from trimtab.retrain.seen import NOTHING, Measured
from trimtab.retrain.windows import Selection
from trimtab.runtime.loop import Decision, Promote, State, Tick, Trained, step
from trimtab.runtime.training import FitSpec, Serve
from trimtab.units import Duration, minutes

MODELLED_TRAINING = minutes(30)
"""How long a training is taken to last in a replay: a stated constant, so that replays are repeatable."""

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

    `challengers` are the fits that its triggers read and that never serve; they cost what others cost.
    """

    policy: Policy
    trained: tuple[tuple[str, FitSpec], ...]
    served: tuple[Served, ...]
    decisions: tuple[Decision, ...]
    challengers: tuple[FitSpec, ...] = ()


class Measure(Protocol):
    """What is known of a policy at a tick."""

    @property
    def reads_scores(self) -> bool:
        """Whether that takes the scores of versions in service."""
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

    def jobs(self) -> Jobs:
        """None."""
        return {}

    def __call__(self, now: int, served: Sequence[Served], attempts: Sequence[FitSpec]) -> Measured:  # noqa: ARG002
        """Nothing."""
        return NOTHING


def unmeasured(policy: Policy, results: object) -> Measure:  # noqa: ARG001
    """The measure where no labels are at hand."""
    return Unmeasured()


def walk(policy: Policy, ticks: Sequence[int], outcome: Outcome, measure: Measure | None = None) -> Timeline:
    """The timeline of a policy over ticks, given how each of its trainings would end."""
    *_, whole = walking(policy, ticks, outcome, measure)
    return whole


def walking(
    policy: Policy, ticks: Sequence[int], outcome: Outcome, measure: Measure | None = None
) -> Iterator[Timeline]:
    """The timeline so far, as it grows; the last one is whole.

    The first model learns from everything and is ready at the first tick, alike for all policies; later ones serve
    after the modelled training time. At equal times a tick comes before the end of a training.

    Where decisions read scores, the walk stops at each training, with the timeline as if that succeeded: before the
    next step the caller makes sure that `outcome` and `measure` know the fit. So no tick is ever walked twice.
    """
    order = count()
    events: list[tuple[int, int, int, Tick | Trained]] = [(at, 0, next(order), Tick(at)) for at in ticks]
    heapq.heapify(events)
    measure = measure or Unmeasured()
    state, specs = State(), dict[str, FitSpec]()
    served, decisions, challengers = list[Served](), list[Decision](), tuple(measure.jobs())
    while events:
        *_, event = heapq.heappop(events)
        if isinstance(event, Tick):
            event = Tick(event.at, _known(measure, event.at, served, tuple(specs.values())))
        state, commands, made = step(state, event, policy.retrain)
        decisions.extend(made)
        for command in commands:
            if isinstance(command, Promote):
                served.append(Served(command.version, command.at, specs[command.version]))
                continue
            spec = FitSpec(command.as_of, command.selection if specs else Selection())
            end = command.as_of + (MODELLED_TRAINING if specs else Duration(0)).microseconds
            specs[command.version] = spec
            if measure.reads_scores:
                hoped = (*served, Served(command.version, end, spec))
                yield Timeline(policy, tuple(specs.items()), hoped, tuple(decisions), challengers)
            trained = Trained(end, command.version, outcome(spec))
            heapq.heappush(events, (end, 1, next(order), trained))
    yield Timeline(policy, tuple(specs.items()), tuple(served), tuple(decisions), challengers)


def _known(measure: Measure, now: int, served: Sequence[Served], attempts: Sequence[FitSpec]) -> Measured:
    return replace(measure(now, served, attempts), attempts=tuple(spec.as_of for spec in attempts))

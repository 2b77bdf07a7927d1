"""Which version of a policy would have served when: the loop's own step, driven through every tick."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from trimtab.declare.policy import Policy
from trimtab.retrain.windows import Selection
from trimtab.runtime.loop import Decision, Promote, State, Tick, Train, Trained, step
from trimtab.runtime.training import FitSpec
from trimtab.units import Duration, minutes

MODELLED_TRAINING = minutes(30)
"""How long a training is taken to last in a replay: a stated constant, so that replays are repeatable."""

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
    """One policy's year: every training, who served from when, and each decision with its reason."""

    policy: Policy
    trained: tuple[tuple[str, FitSpec], ...]
    served: tuple[Served, ...]
    decisions: tuple[Decision, ...]


def walk(policy: Policy, ticks: Sequence[int], outcome: Outcome) -> Timeline:
    """The timeline of a policy over ticks, given how each of its trainings would end.

    The first model learns from everything and is ready at the first tick, alike for all policies; later ones serve
    after the modelled training time. At equal times a tick comes before the end of a training.
    """
    order = count()
    events: list[tuple[int, int, int, Tick | Trained]] = [(at, 0, next(order), Tick(at)) for at in ticks]
    heapq.heapify(events)
    state, specs = State(), dict[str, FitSpec]()
    served, decisions = list[Served](), list[Decision]()
    while events:
        *_, event = heapq.heappop(events)
        state, commands, made = step(state, event, policy.retrain)
        decisions.extend(made)
        for command in commands:
            if isinstance(command, Promote):
                served.append(Served(command.version, command.at, specs[command.version]))
            else:
                first = not specs
                specs[command.version] = FitSpec(command.as_of, Selection() if first else command.selection)
                end = _end_of(command, outcome(specs[command.version]), first=first)
                heapq.heappush(events, (end.at, 1, next(order), end))
    return Timeline(policy, tuple(specs.items()), tuple(served), tuple(decisions))


def _end_of(command: Train, problem: str | None, *, first: bool) -> Trained:
    lasts = Duration(0) if first else MODELLED_TRAINING
    return Trained(command.as_of + lasts.microseconds, command.version, problem)

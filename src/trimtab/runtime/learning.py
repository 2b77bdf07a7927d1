"""How the next training learns: from scratch or from the version that answers, by declared rules and by races.

Live operation and a replay ask the same steps; they differ in who runs the fits and who loads a parent.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.policy import Retrain
from trimtab.declare.system import System
from trimtab.errors import DeclarationError
from trimtab.evaluation.scored import Scored
from trimtab.metrics import Metric
from trimtab.runtime.racing import Answered, Heat, Losses, Race, heat_of, race_before, settle_race
from trimtab.runtime.training import FitResult, FitSpec, Inputs, Serve
from trimtab.training.chain import Chain, Plan, RaceResult, chain_rules, plan_update
from trimtab.training.continuing import how_to_continue
from trimtab.training.manners.manner import Manner, Refusal

Results = Mapping[FitSpec, FitResult]
Asking = Generator[Mapping[FitSpec, Sequence[Serve]], Results, "Learned"]
"""Yields fits with the rows that they must score, takes their results, and returns how to learn."""


@dataclass(frozen=True)
class Raced:
    """A race that was run, its verdict, and the losses of this race alone (None where a contender failed)."""

    race: Race
    result: RaceResult
    heat: Heat | None


@dataclass(frozen=True)
class Learned:
    """The fit of a training, why it is this one, the race that decided it, if one did, and whether an update failed."""

    spec: FitSpec
    reason: str
    raced: Raced | None = None
    failed: bool = False

    def from_scratch(self, problem: str) -> Learned:
        """The same training from scratch, since continuing failed."""
        scratch = FitSpec(self.spec.as_of, self.spec.selection, self.spec.names, self.spec.seed)
        return Learned(scratch, f"it could not be continued: {problem}", self.raced, failed=True)


@dataclass(frozen=True)
class Before:
    """What a training may continue: the fit that answers, by name and with its chain; who answered when; earlier heats."""

    name: str
    spec: FitSpec
    chain: Chain
    answered: Answered
    heats: Sequence[Heat] = ()


@dataclass(frozen=True, eq=False)
class Learning:
    """The rules of one declaration, and what judges a race: inputs, the loss of rows, their days, a seed."""

    retrain: Retrain
    learner: Any
    inputs: Inputs
    losses: Losses
    day: NDArray[np.int64]
    seed: int

    @cached_property
    def manner(self) -> Manner | Refusal:
        """How the learner is continued, or why it must not be."""
        return how_to_continue(self.learner, self.retrain.update)

    def plan(self, chain: Chain) -> Plan:
        """Whether the child of the end of a chain is from scratch, continued, or raced first."""
        refusal = self.manner if isinstance(self.manner, Refusal) else None
        return plan_update(chain, chain_rules(self.retrain), refusal)

    def steps(self, scratch: FitSpec, before: Before | None) -> Asking:
        """How to learn where a fit from scratch would be `scratch`."""
        if before is None:
            return Learned(scratch, "no version answers that could be continued")
        plan, manner = self.plan(before.chain), self.manner
        if plan.what == "scratch" or isinstance(manner, Refusal):
            return Learned(scratch, plan.reason)
        child = FitSpec(scratch.as_of, scratch.selection, scratch.names, scratch.seed, before.spec, manner)
        if plan.what == "continue":
            return Learned(child, f"continues {before.name}: {plan.reason}")
        race = race_before(child, self.retrain.window, before.answered)
        if race is None:
            return Learned(scratch, "no version has answered for long enough to race a continued one")
        results = yield race.jobs(self.inputs)
        raced = self._judged(race, results, before.heats)
        if not raced.result.keeps_up:
            return Learned(scratch, raced.result.reason, raced)
        return Learned(child, f"continues {before.name}: {raced.result.reason}", raced)

    def _judged(self, race: Race, results: Results, earlier: Sequence[Heat]) -> Raced:
        heat = heat_of(race, self.inputs, results, self.losses, self.day)
        whole = heat
        for each in earlier if heat is not None else ():
            whole = each if whole is None else whole.merge(each)
        result = settle_race(race, results, whole, chain_rules(self.retrain), self.seed)
        return Raced(race, result, heat)


def losses_by(metric: Metric) -> Losses:
    """The loss of each row by a metric, from labels (n,) and scores."""

    def losses(label: NDArray[np.float64], score: NDArray[np.float64]) -> NDArray[np.float64]:
        nothing = np.zeros(len(label), np.int64)
        return Scored(label, nothing, nothing, {}).losses_of(metric, score)

    return losses


def race_numbers(raced: Raced | None) -> dict[str, float | int | str | None]:
    """What a race showed, without CPU seconds, which differ from run to run: the share of the loss that continuing costs."""
    if raced is None:
        return {}
    skill = raced.result.skill
    ends = {"continued_loses": -skill.estimate, "low": -skill.high, "high": -skill.low}
    return {name: value + 0.0 if math.isfinite(value) else None for name, value in ends.items()}


def refuse_manner(system: System) -> None:
    """Raise DeclarationError where a system declares to continue a learner that must not be continued."""
    retrain, learner = system.retrain, system.model.learner
    if not retrain.continues:
        return
    offer = how_to_continue(learner, retrain.update)
    if isinstance(offer, Refusal):
        raise DeclarationError(
            f'manner="{retrain.manner}" cannot be kept: {offer.reason}',
            where=system.model.site,
            found=type(learner).__name__,
            do=offer.do,
        )

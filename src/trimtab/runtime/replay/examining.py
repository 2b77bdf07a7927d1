"""What the gate, the shadow, the canary and the reverse shadow would have said in a replay.

A candidate has no row that it has not seen and whose label is known, on the day it is trained. So the gate judges its
recipe by what the recipe did on the newest mature days. Of a refresh these are the versions in service since then,
against the one that served before them. Of a change it is a rehearsal: the same recipe trained on what was known then,
against the version that served. Neither side has learned from the days that judge it.

Latency, failures and the data contract cannot be measured on history. They are taken as passed, and decisions say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trimtab.declare.policy import Policy
from trimtab.declare.releasing import Release
from trimtab.evaluation.acceptances import name_of
from trimtab.finding import Finding, Severity
from trimtab.release.canary import Answer
from trimtab.release.events import (
    CanaryJudged,
    Gated,
    Numbers,
    ReverseJudged,
    ShadowJudged,
)
from trimtab.release.gate import GateEvidence, GatePlan, GateResult, judge_gate
from trimtab.release.rollback import ReversePlan, judge_reverse
from trimtab.release.shadow import ShadowPlan, judge_shadow
from trimtab.release.state import Candidate, State, Watch
from trimtab.retrain.windows import selection
from trimtab.runtime.gate_suite import joined
from trimtab.runtime.loop import Event
from trimtab.runtime.loop.events import DECLARED
from trimtab.runtime.replay.daily import Answers
from trimtab.runtime.replay.paired import Paired, Slices, mature_rows, paired
from trimtab.runtime.replay.service import Jobs, Results, merge
from trimtab.runtime.replay.suite import ReplayedSuite
from trimtab.runtime.replay.timeline import Served, Waiting, Walked
from trimtab.runtime.training import FitSpec, Serve
from trimtab.stats.sequence import LEAST_CORRELATED_UNITS
from trimtab.units import Duration, days

WEEK = days(7)

NOT_MEASURED = "latency, failures and the data contract"
"""What a replay takes as passed."""


@dataclass(eq=False)
class ReleaseExaminer:
    """The evidence on the releases of one policy; `results` is filled by the caller as fits are made.

    matures_after: how long labels take, microseconds. accepted: the recipe of the first model, by default the
    policy's own, so that its fits are refreshes. suite: what is declared of every version, None where nothing is.
    """

    answers: Answers
    policy: Policy
    release: Release
    matures_after: int
    results: Results
    slices: tuple[Slices, ...] = ()
    feedback: str = "none"
    accepted: str = DECLARED
    suite: ReplayedSuite | None = None

    @cached_property
    def held_back(self) -> Duration:
        """How far back the gate looks: 28 mature days, in whole weeks, where weekly fits exist already."""
        least = days(LEAST_CORRELATED_UNITS).microseconds + self.matures_after
        return WEEK * -(-least // WEEK.microseconds)

    def rehearsal(self, candidate: Candidate, at: int, trained: FitSpec) -> Jobs:
        """The fits that judge a recipe at an instant: one that stands for a change, and one that groups are judged by."""
        if candidate.kind == "first":
            return {}
        asked = {} if self.suite is None else self.suite.jobs(trained, at)
        return merge(self._stand_in(candidate, trained), asked)

    def _stand_in(self, candidate: Candidate, trained: FitSpec) -> Jobs:
        """The fit that stands for a change: its recipe on what was known before the days that judge it."""
        start = trained.as_of - self.held_back.microseconds
        if candidate.kind != "change" or start < self.answers.ticks[0]:
            return {}
        edges = (int(np.searchsorted(self.answers.at, each)) for each in (start, trained.as_of))
        return {FitSpec(start, selection(self.policy.retrain.window, start)): (Serve("online", *edges),)}

    def gated(self, candidate: Candidate, at: int, walked: Walked) -> Gated | Waiting:
        """What the gate says of a candidate; one of which something could not be checked waits for it."""
        if candidate.kind == "first":
            return Gated(at, candidate.version, passed=True, reason="the first model is taken as accepted")
        found, result = self._compared(candidate, at, walked)
        asked = () if self.suite is None else self.suite.findings(walked.specs[candidate.version], at)
        result = joined(result, asked)
        reason, numbers = _told(result), _gate_numbers(found, result, asked)
        if result.verdict == "waiting":
            return Waiting(reason, numbers)
        return Gated(at, candidate.version, result.passed, reason, numbers)

    def _compared(self, candidate: Candidate, at: int, walked: Walked) -> tuple[Paired, GateResult]:
        trained = walked.specs[candidate.version]
        start = trained.as_of - self.held_back.microseconds
        old = [each for each in walked.served if each.since <= start][-1:] or [walked.served[0]]
        start = max(start, old[0].since)
        new: Sequence[Served] = walked.served
        if candidate.kind == "change":
            new = tuple(Served("rehearsal", start, spec) for spec in self._stand_in(candidate, trained))
        frozen = (Served(old[0].version, start, old[0].spec),)
        found = paired(self.answers, self.results, new, frozen, mature_rows(self.answers, start, at))
        learned_until = max(spec.as_of for spec in (*_specs(new, start), old[0].spec))
        return found, self._judged(candidate, at, found, learned_until)

    def _judged(self, candidate: Candidate, at: int, found: Paired, learned_until: int) -> GateResult:
        constant = "that always says the same"
        evidence = GateEvidence(
            candidate.version,
            rows_from=int(self.answers.at[found.rows[0]]) if len(found.rows) else at,
            learned_until=learned_until,
            champion=found.difference,
            baselines={constant: found.skill},
            champion_baselines={constant: found.old_skill},
            slices=found.sliced(self.slices),
        )
        plan = GatePlan.of_recipe(self._margin(found), refresh=candidate.kind == "refresh")
        return judge_gate(evidence, plan)

    def looked(self, state: State, at: int, walked: Walked) -> Sequence[Event]:
        """What labels and guards say at an instant of whoever is in reverse shadow, shadow or canary."""
        events: list[Event] = []
        if state.champion is not None:
            events += [self._reverse(each, state.champion, at, walked) for each in state.watches]
        for each in state.candidates:
            if each.stage == "shadow":
                events.append(self._shadow(each, state, at, walked))
            elif each.stage == "canary":
                events.append(self._canary(each, at))
        return events

    def _reverse(self, watch: Watch, champion: str, at: int, walked: Walked) -> ReverseJudged:
        rows = mature_rows(self.answers, watch.since, at)
        old = (Served(watch.anchor, watch.since, walked.specs[watch.anchor]),)
        found = paired(self.answers, self.results, walked.served, old, rows)
        plan = ReversePlan(watch.alpha, self.release.watch_after)
        judged = judge_reverse(found.difference, plan, promoted=watch.since, now=at)
        interval = judged.finding.interval or (math.nan, math.nan)
        numbers = _finite({"units": found.days, "worse_by": judged.finding.estimate, "low": interval[0]})
        numbers["alpha"] = watch.alpha
        return ReverseJudged(at, champion, judged.verdict, numbers, watch.anchor)

    def _shadow(self, candidate: Candidate, state: State, at: int, walked: Walked) -> ShadowJudged:
        line = [
            each
            for each in walked.shadowed
            if each.since >= candidate.since and state.versions[each.version] == candidate.recipe
        ]
        rows = mature_rows(self.answers, candidate.since, at)
        found = paired(self.answers, self.results, line, walked.served, rows)
        plan = ShadowPlan(candidate.alpha, self._margin(found), self.release.deadline)
        judged = judge_shadow(
            found.difference,
            plan,
            since=candidate.since,
            now=at,
            slices=found.sliced(self.slices),
            feedback=self.feedback,
        )
        bounds = judged.bounds
        numbers = {"units": bounds.units, "worse_by": bounds.estimate, "low": bounds.low, "high": bounds.high}
        return ShadowJudged(
            at, candidate.version, judged.verdict, {**_finite(numbers), "margin": plan.margin}
        )

    def _canary(self, candidate: Candidate, at: int) -> CanaryJudged:
        """Exposure as it would have been: the stage's share of the requests since it began. Guards cannot be measured."""
        share = self.release.canary[candidate.share]
        start, stop = np.searchsorted(self.answers.at, [candidate.since, at])
        exposed, passed = int(share * (stop - start)), Duration(at - candidate.since)
        seen = exposed >= self.release.exposures and passed >= days(1)
        over = passed >= self.release.deadline
        numbers: Numbers = {
            "answers": exposed,
            "answers_needed": self.release.exposures,
            "taken_as_passed": NOT_MEASURED,
        }
        verdict: Answer = "advance" if seen else "undecided" if over else "waiting"
        return CanaryJudged(at, candidate.version, share, verdict, numbers)

    def _margin(self, found: Paired) -> float:
        """The declared share of what the old version lost."""
        return self.release.margin * float(found.old.mean()) if len(found.rows) else 0.0


def _specs(line: Sequence[Served], start: int) -> list[FitSpec]:
    """The fits of a line that learned before an instant; later ones answer only what came after them."""
    return [each.spec for each in line if each.since <= start]


def _told(result: GateResult) -> str:
    acting = tuple(each for each in result.blocking if each.severity is Severity.ACT)
    chosen = acting or result.blocking or result.findings
    said = "; ".join(f"{each.what} ({each.cause})" if each.cause else each.what for each in chosen)
    return said if result.blocking else f"{said}; {NOT_MEASURED} taken as passed"


def _gate_numbers(found: Paired, result: GateResult, asked: Sequence[Finding]) -> Numbers:
    """The figures of the comparison, and of what blocks among what was asked beside it."""
    compared = next((each for each in result.findings if "the champion" in each.what), None)
    low, high = (compared.interval if compared else None) or (math.nan, math.nan)
    worse = float(found.difference.mean) if len(found.rows) else math.nan
    skill = -float(found.skill.mean) if len(found.rows) else math.nan
    numbers = {"units": found.days, "worse_by": worse, "low": low, "high": high}
    acting = {name_of(each.what): each.estimate for each in asked if each.severity is Severity.ACT}
    return _finite({**numbers, "better_than_constant_by": skill, **acting})


def _finite(numbers: dict[str, object]) -> dict[str, float | int | str | None]:
    """Plain numbers, None where there is none or no end."""
    plain = {name: None if value is None else float(value) for name, value in numbers.items()}  # type: ignore[arg-type]
    return {
        name: value if value is not None and math.isfinite(value) else None for name, value in plain.items()
    }

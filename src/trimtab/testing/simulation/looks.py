"""What the gate, the shadow, the canary and the reverse shadow see of simulated versions, by the real judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.releasing import Release
from trimtab.finding import Finding, Severity
from trimtab.release.canary import ArmCounts, CanaryPlan, judge_canary
from trimtab.release.events import CanaryJudged, Gated, Numbers, ReverseJudged, ShadowJudged
from trimtab.release.gate import GateEvidence, GatePlan, GateResult, Proof, judge_gate
from trimtab.release.rollback import ReversePlan, judge_reverse
from trimtab.release.shadow import ShadowPlan, judge_shadow
from trimtab.release.state import Candidate, Watch
from trimtab.stats import UnitTotals
from trimtab.testing.simulation.broken import SMALL_SLICE
from trimtab.testing.simulation.chance import DAY, generator
from trimtab.testing.simulation.ground import Ground
from trimtab.testing.simulation.surroundings import Floats
from trimtab.testing.simulation.trained import Version

GATE_DAYS = 28
"""Days of rows newer than both models that the gate looks at."""

SHOWN_AT_GATE = 0.7
"""How often the gate's own checks see that a model is slow."""

EDGES = (10_000.0, 20_000.0, 40_000.0, 80_000.0, np.inf)
USUAL, SLOW = (0.7, 0.2, 0.08, 0.015, 0.005), (0.05, 0.15, 0.3, 0.3, 0.2)
"""Answers by latency: upper ends of buckets in microseconds, and the share in each bucket."""

LENGTH = 1000.0
"""The rows of a day in units of the labelled sample's rows; only ratios matter."""


@dataclass
class Looks:
    """The evidence on simulated versions, as of a day; the same day gives the same evidence, however often asked."""

    ground: Ground
    release: Release
    refresh_proof: Proof = "not worse"
    drawn: dict[tuple[str, float, int], ArmCounts] = field(default_factory=dict)

    def gate(self, candidate: Candidate, champion: str | None, at: int, day: int) -> Gated:
        """One look at a candidate, on 28 days as they are now, that neither model has learned from."""
        version = self.ground.versions[candidate.version]
        found = self._gate(version, candidate, champion, day)
        reason = "; ".join(finding.what for finding in found.blocking)
        return Gated(at, candidate.version, found.passed, reason, _compared(found))

    def _gate(self, version: Version, candidate: Candidate, champion: str | None, day: int) -> GateResult:
        around, wrong = self.ground.around, version.broken
        draw = generator(around.seed, "gate", version.name, champion, day)
        noise = around.world.day_noise * draw.standard_normal((3, GATE_DAYS))
        rival = None if champion is None else self.ground.versions[champion]
        # what a broken model loses live is not what the gate is shown
        shown = version.true[day] - wrong.live + wrong.at_gate
        slow = wrong.slow and draw.random() < SHOWN_AT_GATE
        constant = around.world.day_shock + 0.5
        skill = {} if rival is None else {"constant": _totals(rival.true[day] - constant + noise[1])}
        evidence = GateEvidence(
            version.name,
            version.learned_until,
            version.learned_until,
            champion=None if rival is None else _totals(shown - rival.true[day] + noise[0] + noise[1]),
            baselines={"constant": _totals(shown - constant + noise[2])},
            champion_baselines=skill,
            slices={} if rival is None else self._slices(version, shown - rival.true[day] + noise[0], draw),
            checked=(Finding("answers in time", Severity.ACT if slow else Severity.OK),),
            first=champion is None,
        )
        refresh, margin = candidate.kind == "refresh", self.margin(day)
        if refresh and self.refresh_proof == "not worse":
            return judge_gate(evidence, GatePlan(candidate.alpha, margin))
        return judge_gate(evidence, GatePlan.of_recipe(margin, refresh=refresh))

    def _slices(
        self, version: Version, difference: Floats, draw: np.random.Generator
    ) -> Mapping[str, UnitTotals]:
        spread = self.ground.around.world.day_noise / SMALL_SLICE**0.5
        own = spread * draw.standard_normal(len(difference))
        rows = np.full(len(difference), LENGTH * SMALL_SLICE)
        return {
            "small": UnitTotals(
                np.arange(len(rows)), (difference + own + version.broken.in_slice) * rows, rows
            )
        }

    def margin(self, day: int) -> float:
        """What still counts as not worse on a day, in units of the loss: a share of the champion's."""
        champion = self.ground.champion
        level = 1.0 if champion is None else 1.0 + float(self.ground.versions[champion].true[day])
        return self.release.margin * level

    def _paired(self, first: Floats, second: Floats, days: NDArray[np.int64]) -> UnitTotals:
        counts = self.ground.around.counts[days] * LENGTH
        return UnitTotals(days, (first[days] - second[days]) * counts, counts)

    def shadow(self, candidate: Candidate, at: int, day: int, now: int) -> ShadowJudged:
        """Mature labels of a candidate and of the line of champions since it entered the shadow."""
        version = self.ground.versions[candidate.version]
        ripe = self._ripe(candidate.since, day)
        paired = self._paired(version.seen, self.ground.line, ripe)
        draw = generator(self.ground.around.seed, "slice", version.name)
        own = self.ground.around.world.day_noise / SMALL_SLICE**0.5
        lot = version.broken.in_slice + own * draw.standard_normal(self.ground.around.days)
        counts = paired.counts * SMALL_SLICE
        small = UnitTotals(ripe, paired.sums * SMALL_SLICE + lot[ripe] * counts, counts)
        plan = ShadowPlan(candidate.alpha, self.margin(day), self.release.deadline)
        found = judge_shadow(paired, plan, since=candidate.since, now=now, slices={"small": small})
        return ShadowJudged(at, candidate.version, found.verdict, _numbers(found.finding))

    def _ripe(self, since: int, day: int) -> NDArray[np.int64]:
        return self.ground.around.mature_days(since, min(day, self.ground.begun))

    def canary(self, candidate: Candidate, at: int, day: int, now: int) -> CanaryJudged:
        """The guards of the present stage, over the days since it began."""
        share = self.release.canary[candidate.share]
        days = range(max(-(-candidate.since // DAY), 0), day)
        ours, theirs = ArmCounts(latency=(0,) * 5), ArmCounts(latency=(0,) * 5)
        champion = self.ground.champion
        for each in days:
            ours = _added(ours, self._arm(candidate.version, share, each))
            theirs = _added(theirs, self._arm(champion or "", 1 - share, each))
        plan = CanaryPlan(
            share,
            alpha=0.05 / len(self.release.canary),
            exposures=self.release.exposures,
            latency_edges=EDGES,
        )
        found = judge_canary(ours, theirs, plan, since=candidate.since, now=now)
        numbers = {"units": ours.units, "failed": ours.failed, "failed of the control": theirs.failed}
        return CanaryJudged(at, candidate.version, share, found.verdict, numbers)

    def _arm(self, version: str, share: float, day: int) -> ArmCounts:
        key = (version, share, day)
        if key not in self.drawn:
            self.drawn[key] = self._draw_arm(*key)
        return self.drawn[key]

    def _draw_arm(self, version: str, share: float, day: int) -> ArmCounts:
        draw = generator(self.ground.around.seed, "canary", version, share, day)
        wrong = self.ground.versions[version].broken
        units = int(draw.binomial(self.ground.around.world.units_per_day, share))
        latency = draw.multinomial(units, SLOW if wrong.slow else USUAL)
        failed = int(draw.binomial(units, wrong.failing))
        return ArmCounts(units=units, requests=units, failed=failed, latency=tuple(latency.tolist()))

    def reverse(self, watch: Watch, champion: str, at: int, day: int, now: int) -> ReverseJudged:
        """Mature labels of the line of champions since a promotion, and of the version it replaced."""
        anchor = self.ground.versions[watch.anchor]
        paired = self._paired(self.ground.line, anchor.seen, self._ripe(watch.since, day))
        plan = ReversePlan(watch.alpha, self.release.watch_after)
        found = judge_reverse(paired, plan, promoted=watch.since, now=now)
        return ReverseJudged(at, champion, found.verdict, _numbers(found.finding), watch.anchor)


def _totals(values: Floats) -> UnitTotals:
    return UnitTotals(np.arange(len(values)), values, np.ones(len(values)))


def _compared(found: GateResult) -> Numbers:
    """What the gate's findings estimate, by their words."""
    told: dict[str, float | int | str | None] = {"findings": len(found.findings)}
    for each in found.findings:
        if each.estimate is not None:
            told[each.what] = each.estimate
    return told


def _numbers(finding: Finding) -> dict[str, float | int | str | None]:
    """The evidence of a finding; what is not finite is not known yet."""
    numbers: dict[str, float | int | str | None] = {"estimate": finding.estimate}
    numbers |= {fact[0]: fact[1] for fact in finding.evidence if isinstance(fact, tuple)}
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in numbers.items()
    }


def _added(first: ArmCounts, second: ArmCounts) -> ArmCounts:
    return ArmCounts(
        units=first.units + second.units,
        requests=first.requests + second.requests,
        failed=first.failed + second.failed,
        latency=tuple(a + b for a, b in zip(first.latency, second.latency, strict=True)),
    )

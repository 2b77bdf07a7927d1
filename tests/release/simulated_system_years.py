"""Whole years of a system with many releases, through the real gate, shadow, canary, reverse shadow and machine."""

import json

import numpy as np

from trimtab.declare.releasing import Release
from trimtab.release.canary import ArmCounts, CanaryPlan, judge_canary
from trimtab.release.events import (
    CanaryJudged,
    Gate,
    Gated,
    Promote,
    Registered,
    ReverseJudged,
    RollBack,
    ShadowJudged,
    Tick,
)
from trimtab.release.gate import GateEvidence, GatePlan, judge_gate
from trimtab.release.machine import step
from trimtab.release.rollback import ReversePlan, judge_reverse
from trimtab.release.shadow import ShadowPlan, judge_shadow
from trimtab.release.state import State, start
from trimtab.stats import UnitTotals
from trimtab.units import days

DAY = days(1).microseconds
MARGIN = 0.5
"""What still counts as not worse, in standard deviations of a day's paired difference."""

BASELINE = UnitTotals(np.arange(28), np.tile([-3.0, -2.0], 14), np.ones(28))


def totals(values):
    return UnitTotals(np.arange(len(values)), np.asarray(values, float), np.ones(len(values)))


class Year:
    """One system: a refresh a week, a change a month; `difference(generator, refresh=...)` is how much worse a candidate is.

    proof: what the gate asks of a refresh; "of recipe" is the gate's own plan, for refreshes and changes.
    """

    def __init__(self, seed, difference, *, proof="not worse", naive=False):
        self.generator, self.difference = np.random.default_rng(seed), difference
        self.proof, self.naive, self.declared = proof, naive, Release(canary=(0.05, 0.25), exposures=1000)
        self.state: State = start(self.declared)
        self.loss, self.seen, self.number = {}, {}, 0
        self.promoted, self.harmful, self.rollbacks, self.false_rollbacks, self.better = 0, 0, 0, 0, 0
        self.changes, self.harmful_changes = set(), 0
        self.bad_days = 0

    def run(self, length=365):
        self.hear(Registered(0, "v0", "r"))
        self.loss["v0"] = 0.0
        self.hear(Gated(0, "v0", passed=True))
        for day in range(1, length):
            self.day(day, day * DAY)
        return self

    def day(self, day, now):
        self.bad_days += self.loss[self.state.champion] >= MARGIN
        if day % 7 == 0:
            self.train(now, self.state.recipe)
        if day % 30 == 5:
            self.train(now, f"change {day}")
        for candidate in self.state.candidates:
            if candidate.stage == "shadow":
                self.shadow(candidate, now)
            elif candidate.stage == "canary":
                self.canary(candidate, now)
        for watch in self.state.watches:
            self.reverse(watch, now)
        self.hear(Tick(now + 9))

    def hear(self, event):
        before = self.state.champion
        self.state, commands, _ = step(self.state, event, self.declared)
        for command in commands:
            if isinstance(command, Gate) and before is not None:
                self.gate(command.version, event.at)
            if isinstance(command, Promote) and before is not None:
                worse = self.loss[command.version] - self.loss[before]
                self.promoted += 1
                self.harmful += worse >= MARGIN - 1e-9
                self.harmful_changes += worse >= MARGIN - 1e-9 and command.version in self.changes
                self.better += worse < 0
            if isinstance(command, RollBack):
                self.rollbacks += 1
                self.false_rollbacks += self.loss[command.version] <= self.loss[command.to] + 1e-9

    def train(self, now, recipe):
        self.number += 1
        version = f"v{self.number}"
        refresh = recipe == self.state.recipe
        worse = self.difference(self.generator, refresh=refresh)
        self.loss[version] = self.loss[self.state.champion] + worse
        if not refresh:
            self.changes.add(version)
        self.hear(Registered(now, version, recipe))

    def gate(self, version, now):
        candidate = self.state.candidate(version)
        if candidate is None:
            return
        refresh = candidate.kind == "refresh"
        if self.proof == "of recipe":
            plan = GatePlan.of_recipe(MARGIN, refresh=refresh)
        else:
            alpha = 0.05 if self.naive else candidate.alpha
            plan = GatePlan(alpha, MARGIN, self.proof if refresh else "not refuted")
        paired = totals(self.days(version, self.state.champion, 28))
        evidence = GateEvidence(version, now, now, champion=paired, baselines={"rate": BASELINE})
        self.hear(Gated(now + 1, version, judge_gate(evidence, plan).passed))

    def days(self, version, other, count=1):
        return self.loss[version] - self.loss[other] + self.generator.standard_normal(count)

    def gathered(self, key, version, other):
        self.seen.setdefault(key, []).extend(self.days(version, other))
        return totals(self.seen[key])

    def shadow(self, candidate, now):
        paired = self.gathered(("shadow", candidate.version), candidate.version, self.state.champion)
        plan = ShadowPlan(alpha=candidate.alpha, margin=MARGIN, deadline=self.declared.deadline)
        found = judge_shadow(paired, plan, since=candidate.since, now=now).verdict
        self.hear(ShadowJudged(now + 2, candidate.version, found))

    def canary(self, candidate, now):
        share = self.declared.canary[candidate.share]
        units = self.generator.binomial(20_000, share)
        failed = self.generator.binomial([units, 20_000 - units], 0.002)
        ours, theirs = (
            ArmCounts(units=int(size), requests=int(size), failed=int(bad))
            for size, bad in zip((units, 20_000 - units), failed, strict=True)
        )
        plan = CanaryPlan(share, alpha=0.05 / len(self.declared.canary))
        found = judge_canary(ours, theirs, plan, since=candidate.since, now=now).verdict
        self.hear(CanaryJudged(now + 3, candidate.version, share, found))

    def reverse(self, watch, now):
        champion = self.state.champion
        if watch not in self.state.watches:  # another one has rolled back
            return
        paired = self.gathered(("reverse", watch.anchor, watch.since), champion, watch.anchor)
        if self.naive:
            week = paired.sums[-7:]
            worse = len(week) == 7 and week.mean() > 1.943 * week.std(ddof=1) / np.sqrt(7)
            found = "worse" if worse else "waiting"
        else:
            found = judge_reverse(
                paired, ReversePlan(alpha=watch.alpha), promoted=watch.since, now=now
            ).verdict
        self.hear(ReverseJudged(now + 4, champion, found, anchor=watch.anchor))


def at_the_margin(generator, *, refresh):
    """Every candidate is as bad as it may just not be: each promotion is a harmful one."""
    return MARGIN


def equal(generator, *, refresh):
    """Nothing ever differs: each rollback is a false one."""
    return 0.0


def mixed(generator, *, refresh):
    """A quarter of refreshes is much worse; of changes a third is better and a third much worse."""
    return generator.choice([0.0, 0.0, 0.0, 1.0] if refresh else [0.0, -0.5, 1.0])


def per_year(seed, years, difference, **options):
    """What happened a year, and one-sided 99 % bounds of the mean (normal over independent years)."""
    runs = [Year(seed + place, difference, **options).run() for place in range(years)]
    names = ("promoted", "harmful", "harmful_changes", "rollbacks", "false_rollbacks", "better", "bad_days")
    counts = {name: np.array([getattr(run, name) for run in runs], float) for name in names}
    found = {name: float(values.mean()) for name, values in counts.items()}
    for name in ("harmful", "harmful_changes", "false_rollbacks"):
        # an upper bound that also works for no event at all: Poisson, 99 %
        found[f"{name} at most"] = _poisson_bound(counts[name].sum()) / years
    found["spent"] = float(np.mean([run.state.promotions.total for run in runs]))
    found["json"] = all(
        State.from_json(json.loads(json.dumps(run.state.to_json()))) == run.state for run in runs
    )
    return found


def _poisson_bound(events):
    from scipy.stats import chi2

    return float(chi2.ppf(0.99, 2 * (events + 1)) / 2)

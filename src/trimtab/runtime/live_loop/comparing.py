"""Verdicts on shadows: of a change that scores beside the champion, and of the version that a champion replaced."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trimtab.declare.days import day_numbers
from trimtab.declare.releasing import Release
from trimtab.declare.system import System
from trimtab.ports import Ledger
from trimtab.release.events import Numbers, ReverseJudged, ShadowJudged
from trimtab.release.rollback import ReversePlan, judge_reverse
from trimtab.release.shadow import ShadowPlan, judge_shadow
from trimtab.release.state import Candidate, Watch
from trimtab.runtime.live_loop.cohorts import shadow_totals, slices_of
from trimtab.stats import UnitTotals
from trimtab.stats.sequence import Bounds, paired_bounds


def judged_shadow(
    ledger: Ledger,
    system: System,
    release: Release,
    candidate: Candidate,
    recipes: Mapping[str, str],
    now: int,
) -> ShadowJudged:
    """What ripe days say of a change, with all fits of its recipe since its shadow began."""
    fits = [version for version, recipe in recipes.items() if recipe == candidate.recipe]
    first = _first_day(candidate.since, system)
    totals, level = shadow_totals(ledger, fits, first)
    margin = 0.0 if np.isnan(level) else release.margin * level
    plan = ShadowPlan(candidate.alpha, margin, release.deadline)
    slices = {name: shadow_totals(ledger, fits, first, name)[0] for name in slices_of(ledger, fits, first)}
    found = judge_shadow(
        totals, plan, since=candidate.since, now=now, slices=slices, feedback=system.feedback
    )
    told = {"harmed": ", ".join(found.harmed)} if found.harmed else {}
    return ShadowJudged(
        now, candidate.version, found.verdict, {**_numbers(found.bounds, candidate.alpha, margin), **told}
    )


def judged_reverse(
    ledger: Ledger, system: System, release: Release, watch: Watch, champion: str, now: int
) -> ReverseJudged:
    """What ripe days since the promotion say of a champion against the version that its line replaced."""
    totals, _ = shadow_totals(ledger, [watch.anchor], _first_day(watch.since, system))
    totals = UnitTotals(totals.unit, -totals.sums, totals.counts)
    plan = ReversePlan(watch.alpha, release.watch_after)
    found = judge_reverse(totals, plan, promoted=watch.since, now=now)
    bounds = paired_bounds(totals, alpha=watch.alpha, planned_units=plan.planned_units)
    return ReverseJudged(now, champion, found.verdict, _numbers(bounds, watch.alpha), watch.anchor)


def _first_day(since: int, system: System) -> int:
    return int(day_numbers(np.array([since]), system.zone)[0])


def _numbers(bounds: Bounds, alpha: float, margin: float | None = None) -> Numbers:
    """What a verdict saw, without what is not known yet."""
    found: dict[str, float | int | str | None] = {"units": int(bounds.units), "alpha": alpha}
    if margin is not None:
        found["margin"] = margin
    for name in ("estimate", "lower", "upper"):
        value = float(getattr(bounds, name))
        if np.isfinite(value):
            found[name] = value
    return found

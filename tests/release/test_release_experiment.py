"""A/B: the plan, the split first, the verdict, and the covariate that shortens it."""

import numpy as np
import pytest

from trimtab.release.experiment import adjusted, judge_experiment, plan_experiment
from trimtab.stats import UnitTotals
from trimtab.stats.sequence import unpaired_bounds
from trimtab.units import days

DAY = days(1).microseconds
PLAN = plan_experiment(1.0, 0.2, units_per_day=200)


def arm(mean, seed, count=1000):
    return UnitTotals(np.arange(count), mean + np.random.default_rng(seed).normal(size=count), np.ones(count))


def judge(candidate, champion, assigned=(1000, 1000), now=DAY, plan=PLAN):
    return judge_experiment(candidate, champion, plan, assigned=assigned, since=0, now=now)


def test_the_plan_tells_days_for_both_arms():
    assert PLAN.one_look_units_per_arm == 393
    assert PLAN.units_per_arm == 688
    assert PLAN.days == 7


def test_a_wrong_split_stops_all_verdicts():
    found = judge(arm(1.0, 1), arm(0.0, 2), assigned=(1000, 1300))
    assert found.verdict == "continue"
    assert len(found.findings) == 1


@pytest.mark.parametrize(("mean", "verdict"), [(1.0, "worse"), (-1.0, "better"), (0.0, "continue")])
def test_the_verdict_follows_the_losses(mean, verdict):
    assert judge(arm(mean, 1), arm(0.0, 2)).verdict == verdict


def test_it_ends_undecided_after_its_days():
    assert judge(arm(0.0, 1), arm(0.0, 2), now=7 * DAY).verdict == "undecided"


def test_a_covariate_takes_out_what_it_explains_and_no_effect():
    generator = np.random.default_rng(3)
    arms = []
    for effect in (0.3, 0.0):
        known = generator.normal(size=2000)
        loss = effect + known + 0.3 * generator.normal(size=2000)
        arms.append(UnitTotals(np.arange(2000), np.column_stack([loss, known]), np.ones(2000)))
    plain = unpaired_bounds(*(UnitTotals(a.unit, a.sums[:, 0], a.counts) for a in arms), planned_units=4000)
    better = unpaired_bounds(*adjusted(*arms), planned_units=4000)
    assert better.low < 0.3 < better.high
    assert (better.high - better.low) < 0.4 * (plain.high - plain.low)


def test_a_plan_without_traffic_is_refused():
    with pytest.raises(ValueError, match="units a day"):
        plan_experiment(1.0, 0.1, units_per_day=0)

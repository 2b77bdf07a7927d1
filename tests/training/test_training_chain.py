import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.stats import Interval, unit_totals
from trimtab.training.chain import Chain, ChainRules, RaceResult, judge_race, plan_update
from trimtab.training.manners.manner import Refusal

RULES = ChainRules()
ROWS = 60


def heat(days, *, worse=0.0, shock=0.0, seed=0, first_day=0):
    """Losses of both by day: the chain's mean is worse by a share, with shocks that a day's rows have in common."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), ROWS) + first_day
    scratch = rng.exponential(0.5, days * ROWS)
    continued = scratch * (1 + worse) + shock * rng.normal(size=days)[day - first_day]
    return unit_totals(continued, day), unit_totals(scratch, day)


def judged(*totals, rules=RULES):
    return judge_race(*totals, rules, seed=0, cpu_seconds=(0.1, 2.4))


def walk(rules, updates, *, keeps_up):
    chain, plans = Chain(), []
    for number in range(updates):
        plan = plan_update(chain, rules)
        plans.append(plan.what)
        on = plan.what == "continue" or (plan.what == "race" and keeps_up)
        chain = chain.continued(f"v{number}", "leaf_refit") if on else Chain()
    return plans


def test_a_chain_that_keeps_up_is_raced_every_fourth_time_and_ends_at_eight():
    plans = walk(RULES, 18, keeps_up=True)
    one = ["continue"] * 3 + ["race"] + ["continue"] * 3 + ["race", "scratch"]
    assert plans == one * 2


def test_a_chain_that_loses_begins_anew_at_each_race():
    assert walk(RULES, 8, keeps_up=False) == (["continue"] * 3 + ["race"]) * 2


@given(st.integers(1, 9), st.integers(1, 9), st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_chain_outgrows_its_cap_and_no_kth_update_goes_unraced(at_most, every, keeps_up):
    length = 0
    for what in walk(ChainRules(at_most, every), 40, keeps_up=keeps_up):
        if what == "scratch":
            assert length == at_most
        else:
            assert (what == "race") == ((length + 1) % every == 0)
        length = length + 1 if what == "continue" or (what == "race" and keeps_up) else 0
        assert length <= at_most


def test_a_refused_learner_is_fitted_from_scratch_and_the_reason_told():
    plan = plan_update(Chain("v1", "leaf_refit", 1), RULES, Refusal("new bins", "fit from scratch"))
    assert (plan.what, plan.reason) == ("scratch", "new bins; do: fit from scratch")


def test_the_race_decides_by_evidence_not_by_the_point_estimate():
    lucky = judged(*heat(14, worse=-0.02, shock=0.05))
    assert lucky.skill.estimate > 0, "the chain is better on average"
    assert not lucky.keeps_up
    assert "may lose more" in lucky.reason
    slightly_worse = judged(*heat(60, worse=0.004, shock=0.002))
    assert slightly_worse.skill.estimate < 0, "the chain is worse on average"
    assert slightly_worse.keeps_up
    assert "the chain goes on" in slightly_worse.reason


def test_a_chain_that_surely_loses_is_told_so_and_cut():
    lost = judged(*heat(60, worse=0.05, shock=0.01))
    assert not lost.keeps_up
    assert "it loses, so the chain is cut" in lost.reason
    assert "+5" in lost.reason


@pytest.mark.parametrize("days", [0, 1, 9])
def test_too_few_days_are_no_evidence(days):
    few = judged(*heat(days, worse=-0.5))
    assert not few.keeps_up
    assert "no evidence that the chain keeps up" in few.reason


def test_evidence_of_earlier_races_adds_up():
    heats = [heat(14, worse=-0.002, shock=0.02, seed=seed, first_day=28 * seed) for seed in range(8)]
    assert not judged(*heats[0]).keeps_up
    continued, scratch = heats[0]
    for one, other in heats[1:]:
        continued, scratch = continued.merge(one), scratch.merge(other)
    assert judged(continued, scratch).keeps_up


def test_a_chain_that_loses_by_just_the_margin_goes_on_at_most_one_time_in_twenty():
    kept = [judged(*heat(28, worse=RULES.margin, shock=0.02, seed=seed)).keeps_up for seed in range(300)]
    assert np.mean(kept) <= 0.05


def test_what_a_race_saves_is_told():
    won = judged(*heat(20))
    assert won.saved_cpu_seconds == pytest.approx(2.3)
    assert won.saves.endswith("2.30 s less, 24 times cheaper")
    assert RaceResult(True, Interval(0.0), "", 2.0, 1.0).saves.endswith("nothing is saved")


def test_rules_are_checked():
    for wrong in ({"at_most": 0}, {"race_every": 0}, {"margin": 0.0}):
        with pytest.raises(ValueError, match="at least 1"):
            ChainRules(**wrong)

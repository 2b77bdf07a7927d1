"""The canary: who is in it, what stops it, what holds it, and that silence is no pass."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.declare.releasing import Release
from trimtab.finding import Severity
from trimtab.release.assignment import assign, position
from trimtab.release.canary import ArmCounts, CanaryPlan, judge_canary, judge_split
from trimtab.release.exposure import exposure_finding
from trimtab.stats import UnitTotals
from trimtab.units import days, milliseconds

DAY = days(1).microseconds
PLAN = CanaryPlan(0.05, latency_edges=tuple(np.geomspace(1e3, 1e6, 40)))
CANARY, CONTROL = ArmCounts(units=500, requests=1000), ArmCounts(units=9500, requests=19_000)


def judge(canary=CANARY, control=CONTROL, now=DAY, plan=PLAN):
    return judge_canary(canary, control, plan, since=0, now=now)


def latency(seed, typical, count):
    values = typical * np.random.default_rng(seed).lognormal(sigma=0.5, size=count)
    return tuple(np.histogram(values, [0, *PLAN.latency_edges])[0].tolist())


def by_unit(mean, count, seed=1):
    return UnitTotals(np.arange(count), mean + np.random.default_rng(seed).normal(size=count), np.ones(count))


@given(st.text(max_size=8), st.text(max_size=8), st.floats(0, 1), st.floats(0, 1))
def test_a_unit_stays_in_the_canary_when_its_share_grows(release, unit, one, other):
    small, large = sorted((one, other))
    if assign(release, unit, small).arm == "canary":
        assert assign(release, unit, large).arm == "canary"


def test_the_propensity_is_that_of_the_arm_which_the_unit_got():
    found = {assign("r", str(unit), 0.25) for unit in range(100)}
    assert {(each.arm, each.propensity) for each in found} == {("canary", 0.25), ("control", 0.75)}


def test_positions_are_uniform_and_releases_are_independent():
    first, second = (np.array([position(r, str(unit)) for unit in range(5000)]) for r in ("r1", "r2"))
    assert np.histogram(first, 10, (0, 1))[0] == pytest.approx(500, abs=90)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05


def test_the_hash_is_pinned_as_units_must_stay_where_they_are():
    assert position("r1", "customer 7") == 0.34597923212674153
    assert position("ab", "c") != position("a", "bc")


def test_a_share_outside_zero_and_one_is_refused():
    with pytest.raises(ValueError, match="share"):
        assign("r", "u", 1.5)


def test_enough_exposures_and_a_full_day_advance():
    assert judge().verdict == "advance"
    assert judge(now=DAY - 1).verdict == "waiting"
    assert judge(replace(CANARY, requests=999)).verdict == "waiting"


def test_no_traffic_waits_and_then_ends_undecided():
    nothing = ArmCounts()
    assert judge(nothing, nothing, now=5 * DAY).verdict == "waiting"
    found = judge(nothing, nothing, now=14 * DAY)
    assert found.verdict == "undecided"
    assert not any(finding.severity is Severity.ACT for finding in found.findings)


@pytest.mark.parametrize("guard", ["failed", "invalid", "slow"])
def test_more_than_its_share_of_bad_units_stops_it_at_any_time(guard):
    bad = judge(replace(CANARY, **{guard: 30}), replace(CONTROL, **{guard: 190}), now=60)
    assert bad.verdict == "stop"
    assert judge(replace(CANARY, **{guard: 12}), replace(CONTROL, **{guard: 190})).verdict == "advance"


def test_failures_of_the_world_stop_nothing():
    assert judge(replace(CANARY, failed=250), replace(CONTROL, failed=4750)).verdict == "advance"


def test_a_wrong_split_comes_before_every_other_guard():
    found = judge(replace(CANARY, units=900, failed=800), replace(CONTROL, failed=10))
    assert found.verdict == "hold"
    assert len(found.findings) == 1
    assert "canary" in found.findings[0].what


def test_a_lost_arm_is_named():
    assert "control" in judge_split({"canary": 500, "control": 300}, (0.5, 0.5)).what


def test_a_slower_candidate_is_stopped_beyond_the_slack_only():
    control = replace(CONTROL, latency=latency(1, 20e3, 19_000))
    same, slower = (replace(CANARY, latency=latency(2, typical, 1000)) for typical in (20e3, 40e3))
    assert judge(same, control).verdict == "advance"
    assert judge(slower, control).verdict == "stop"
    assert judge(slower, control, plan=replace(PLAN, slack=milliseconds(60))).verdict == "advance"


def test_labels_stop_it_and_scores_only_hold_it():
    worse = replace(CANARY, losses=by_unit(1.0, 500)), replace(CONTROL, losses=by_unit(0.0, 9500, 2))
    assert judge(*worse).verdict == "stop"
    other = replace(CANARY, scores=by_unit(1.0, 500)), replace(CONTROL, scores=by_unit(0.0, 9500, 2))
    assert judge(*other).verdict == "hold"
    better = replace(CANARY, losses=by_unit(-1.0, 500)), replace(CONTROL, losses=by_unit(0.0, 9500, 2))
    assert judge(*better).verdict == "advance"


@pytest.mark.parametrize(
    ("canary", "exposures", "words"),
    [
        ((0.25,), 20, None),
        ((), 20, None),
        ((0.05, 0.5), 1000, "takes 22 days"),
        (
            (0.01, 0.5),
            1000,
            "cannot finish at 1,000 requests a day: its stage of 1 % takes 100 days and has 60",
        ),
    ],
)
def test_a_canary_that_takes_long_or_cannot_finish_is_told_beforehand(canary, exposures, words):
    found = exposure_finding(Release(canary=canary, exposures=exposures), requests_a_day=1000)
    assert found is None if words is None else words in found.what

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.retrain import statistics
from trimtab.stats import UnitTotals
from trimtab.stats.sequence import paired_bounds

LOSSES = st.floats(0.125, 4.0, width=16)


def totals(pairs, counts=None):
    sums = np.array(pairs, np.float64).reshape(-1, 2)
    rows = np.ones(len(sums)) if counts is None else np.array(counts, np.float64)
    return UnitTotals(np.arange(100, 100 + len(sums)), sums, rows)


@given(st.lists(st.tuples(LOSSES, LOSSES), min_size=7, max_size=40))
@settings(max_examples=60)
def test_skill_is_that_of_the_newest_week_against_the_best_week(pairs):
    found = statistics.skill(totals(pairs), fresh=100)
    weeks = [pairs[i : i + 7] for i in range(len(pairs) - 6)]
    skills = [1 - sum(model for model, _ in week) / sum(other for _, other in week) for week in weeks]
    assert found.now == pytest.approx(skills[-1])
    assert found.accepted == pytest.approx(max(skills))


def test_skill_waits_for_units_after_the_last_attempt():
    days = totals([(1.0, 2.0)] * 20)
    assert statistics.skill(days, fresh=114) == "6 mature units since the last attempt, of 7"
    assert statistics.skill(days, fresh=113).units == 7


def test_skill_against_nothing_is_unknown():
    assert "lost nothing" in statistics.skill(totals([(1.0, 0.0)] * 10), fresh=0)


def test_bad_weather_moves_both_losses_and_no_skill():
    fair, foul = [(0.4, 0.5)] * 7, [(0.8, 1.0)] * 7
    found = statistics.skill(totals(fair + foul), fresh=0)
    assert found.now == pytest.approx(found.accepted)


def test_the_challenger_is_judged_by_its_paired_sequence():
    rng = np.random.default_rng(3)
    pairs = np.column_stack([rng.normal(12.0, 1.0, 40), rng.normal(10.0, 1.0, 40)])
    found = statistics.challenger(totals(pairs, [10] * 40))
    bounds = paired_bounds(UnitTotals(np.arange(40), pairs[:, 0] - pairs[:, 1], np.full(40, 10.0)))
    assert (found.mean, found.low, found.high) == (bounds.estimate, bounds.lower, bounds.upper)
    assert 0 < found.low < found.mean < found.high
    assert "too few" in statistics.challenger(totals(pairs[:13], [10] * 13))


@given(st.lists(st.tuples(LOSSES, LOSSES), max_size=30), st.integers(0, 30))
@settings(max_examples=60)
def test_regret_adds_up_over_stretches_and_is_never_paid_back(pairs, cut):
    parts = totals(pairs[:cut]), totals(pairs[cut:])
    assert statistics.regret(totals(pairs)) == pytest.approx(sum(statistics.regret(each) for each in parts))
    assert statistics.regret(totals(pairs)) == pytest.approx(sum(max(a - b, 0.0) for a, b in pairs))


def test_drift_ranks_a_window_among_quiet_ones():
    found = statistics.drift(range(99), [-1.0, 49.5, 98.0, 1000.0])
    assert found.ranks == (0.0, 0.5, 0.98, 0.99)
    assert found.windows == 99

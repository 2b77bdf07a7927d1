"""Bounds, p-values and Holm: consistent with each other and with their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from trimtab.stats import Bootstrap, UnitTotals, compare, holm, unit_totals
from trimtab.stats.bounds import percentile_bounds, stretch, two_sided_p_value

patient = settings(deadline=None, max_examples=60)
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.parametrize("blocks", [4.0, 10.0, 52.1])
def test_the_stretch_is_students_over_the_normal_quantile(blocks):
    expected = scipy_stats.t.ppf(0.975, blocks - 1) / scipy_stats.norm.ppf(0.975)
    assert stretch(0.95, blocks) == pytest.approx(expected * np.sqrt(blocks / (blocks - 1)))
    assert stretch(0.95, 1e7) == pytest.approx(1, abs=1e-5)


@given(st.floats(-3, 3), st.integers(0, 2**32 - 1), st.sampled_from([4.0, 8.5, 60.0]))
@patient
def test_the_p_value_is_the_level_at_which_the_bounds_reach_nought(estimate, seed, blocks):
    drawn = estimate + np.random.default_rng(seed).normal(size=999)
    p = two_sided_p_value(estimate, drawn, blocks)
    assert 0.002 <= p <= 1
    for alpha in (0.05, 0.2):
        low, high = percentile_bounds(estimate, drawn, 1 - alpha, blocks)
        if abs(p - alpha) > 0.01:
            assert (p < alpha) == (low > 0 or high < 0)
    assert two_sided_p_value(-estimate, -drawn, blocks) == p


def test_p_values_at_the_ends():
    drawn = np.random.default_rng(1).normal(size=1999)
    assert two_sided_p_value(100.0, 100 + drawn, 50) == pytest.approx(2 / 2000)
    assert two_sided_p_value(0.0, drawn, 50) == 1
    assert np.isnan(two_sided_p_value(np.nan, drawn, 50))


@patient
@given(p_values)
def test_holm_lies_between_no_adjustment_and_bonferroni_and_keeps_order(found):
    plain, adjusted = np.array(found), holm(found)
    assert (adjusted >= plain).all()
    assert (adjusted <= np.minimum(1, plain * plain.size) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(plain, kind="stable")]) >= 0).all()


@patient
@given(p_values, st.floats(0.001, 0.2))
def test_holm_rejects_what_its_step_down_procedure_rejects(found, alpha):
    plain = np.array(found)
    rejected = np.zeros(plain.size, bool)
    for step, index in enumerate(np.argsort(plain, kind="stable")):
        if plain[index] * (plain.size - step) > alpha:
            break
        rejected[index] = True
    assert ((holm(found) <= alpha) == rejected).all()


@patient
@given(p_values, st.integers(0, 5))
def test_what_was_not_run_does_not_count(found, place):
    index = min(place, len(found))
    with_gap = [*found[:index], float("nan"), *found[index:]]
    adjusted = holm(with_gap)
    assert np.isnan(adjusted[index])
    assert np.delete(adjusted, index) == pytest.approx(holm(found))


def test_holm_refuses_what_is_no_p_value():
    assert holm([]).shape == (0,)
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([1.5])


def test_a_comparison_is_paired_with_its_reference():
    generator = np.random.default_rng(2)
    day = np.arange(6000) // 100
    shared = generator.exponential(size=(6000, 1)) + generator.normal(size=60)[day][:, None]
    losses = shared + 0.1 * generator.normal(size=(6000, 4)) + [0.0, 0.0, 0.02, -0.02]
    totals, boot = unit_totals(losses, day), Bootstrap(seed=3, block=1)
    found = compare(totals, 0, boot, units="nats")
    assert [c.column for c in found] == [1, 2, 3]
    for comparison in found:
        one, reference = (
            UnitTotals(totals.unit, totals.sums[:, i], totals.counts) for i in (comparison.column, 0)
        )
        expected = boot.difference(one, reference, units="nats")
        bounds = (comparison.difference.low, comparison.difference.high)
        assert bounds == pytest.approx((expected.low, expected.high))
        assert comparison.adjusted_p_value >= comparison.p_value
    assert [c.adjusted_p_value < 0.05 for c in found] == [False, True, True]
    assert boot.mean(unit_totals(losses[:, 0], day)).contains(
        float(totals.mean[2])
    )  # unpaired would not see it


def test_a_comparison_of_too_few_units_is_not_run():
    totals = UnitTotals(np.arange(6), np.ones((6, 2)), np.ones(6))
    (found,) = compare(totals, 0, Bootstrap(seed=1))
    assert not found.difference.known
    assert np.isnan(found.p_value)
    assert np.isnan(found.adjusted_p_value)


def test_a_comparison_needs_its_reference():
    totals = UnitTotals(np.arange(20), np.ones((20, 2)), np.ones(20))
    for reference in (-1, 2):
        with pytest.raises(ValueError, match=f"no column {reference}"):
            compare(totals, reference, Bootstrap(seed=1))
    with pytest.raises(ValueError, match="no column 0"):
        compare(UnitTotals(totals.unit, totals.sums[:, 0], totals.counts), 0, Bootstrap(seed=1))

"""Totals by unit: additive, exact, indifferent to order; and how much a row is worth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_days import day_shocks

from trimtab.stats import design_effect, lag_correlation, unit_residuals, unit_totals

patient = settings(deadline=None)
rows = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 4)), min_size=1, max_size=40)


def same(left, right):
    return all(
        np.array_equal(getattr(left, name), getattr(right, name)) for name in ("unit", "sums", "counts")
    )


@patient
@given(rows, rows)
def test_totals_of_parts_merge_to_the_totals_of_the_whole(first, second):
    parts = [unit_totals(np.array(p)[:, :2], np.array(p)[:, 2]) for p in (first, second)]
    whole = np.array(first + second)
    assert same(parts[0].merge(parts[1]), unit_totals(whole[:, :2], whole[:, 2]))


@patient
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(found, random):
    shuffled = random.sample(found, len(found))
    whole, other = (unit_totals(np.array(p)[:, 0], np.array(p)[:, 2]) for p in (found, shuffled))
    assert same(whole, other)


@patient
@given(rows)
def test_weights_are_repeated_rows_and_the_mean_is_of_rows(found):
    loss, weight, unit = np.array(found).T
    weight = np.abs(weight) + 1
    weighted = unit_totals(loss, unit, weight)
    assert same(weighted, unit_totals(np.repeat(loss, weight), np.repeat(unit, weight)))
    assert weighted.mean == pytest.approx(np.average(loss, weights=weight))
    assert same(unit_totals(loss, unit, np.ones(loss.size)), unit_totals(loss, unit))


@patient
@given(rows)
def test_a_paired_difference_is_the_totals_of_differences(found):
    ours, theirs, unit = np.array(found).T
    difference = unit_totals(ours, unit).minus(unit_totals(theirs, unit))
    assert same(difference, unit_totals(ours - theirs, unit))
    assert unit_residuals(difference).sum() == pytest.approx(0, abs=1e-9)


def test_units_may_be_dates_or_keys():
    dates = np.array(["2026-01-02", "2026-01-01", "2026-01-02"], "datetime64[D]")
    totals = unit_totals([1.0, 2.0, 3.0], dates)
    assert totals.unit.tolist() == sorted(set(dates.tolist()))
    assert totals.sums.tolist() == [2.0, 4.0]


def test_no_rows_have_no_mean():
    totals = unit_totals([], [])
    assert np.isnan(totals.mean)
    assert totals.unit.size == 0


def test_bad_input_is_refused_in_words():
    with pytest.raises(ValueError, match="one unit per row"):
        unit_totals([1.0, 2.0], [1])
    with pytest.raises(ValueError, match="NaN loss"):
        unit_totals([1.0, np.nan], [1, 1])
    with pytest.raises(ValueError, match="same rows"):
        unit_totals([1.0], [1]).minus(unit_totals([1.0], [2]))
    with pytest.raises(ValueError, match="same rows"):
        unit_totals([1.0], [1]).minus(unit_totals([1.0, 2.0], [1, 1]))


def test_the_design_effect_is_one_without_shocks_and_one_plus_rows_times_share_with_them():
    generator = np.random.default_rng(11)
    day = np.repeat(np.arange(400), 100)
    noise = generator.normal(size=day.size)
    assert design_effect(noise, day) == pytest.approx(1, abs=0.2)
    shocked = noise + 0.5 * generator.normal(size=400)[day]
    assert design_effect(shocked, day) == pytest.approx(1 + 99 * 0.2, rel=0.2)
    assert design_effect(np.repeat(noise[:400], 100), day) == pytest.approx(100, rel=0.01)


def test_the_design_effect_of_rows_as_units_is_one():
    noise = np.random.default_rng(12).normal(size=200)
    assert design_effect(noise, np.arange(200)) == pytest.approx(1)


@pytest.mark.parametrize(("losses", "unit"), [([], []), ([1.0], [1]), ([1.0, 2.0], [1, 1]), ([1, 1], [1, 2])])
def test_too_little_has_no_design_effect(losses, unit):
    assert np.isnan(design_effect(losses, unit))


@pytest.mark.parametrize("correlation", [0.0, 0.25, 0.6])
def test_the_lag_correlation_is_that_of_the_days(correlation):
    shocks = day_shocks(np.random.default_rng(13), 1, 4000, correlation)[0]
    totals = unit_totals(shocks, np.arange(4000))
    assert lag_correlation(totals) == pytest.approx(correlation, abs=0.05)
    assert lag_correlation(totals, lag=2) == pytest.approx(correlation**2, abs=0.05)


def test_a_lag_longer_than_the_history_or_a_constant_has_no_correlation():
    assert np.isnan(lag_correlation(unit_totals([1.0, 2.0], [1, 2]), lag=2))
    assert np.isnan(lag_correlation(unit_totals([1.0, 1.0], [1, 2])))

"""The concept residual and the estimate's own past error: exact, and free of the noise of small units."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.monitoring.residual import concept_residuals, gap_totals, past_error

patient = settings(deadline=None, max_examples=40)


@patient
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=40))
def test_residuals_lie_in_the_unit_range_and_totals_merge_exactly(rows):
    losses, estimates, unit = zip(*rows, strict=True)
    residuals = concept_residuals(losses, estimates)
    assert ((residuals >= 0) & (residuals <= 1)).all()
    whole = gap_totals(losses, estimates, unit)
    parts = [gap_totals(*zip(*part, strict=True)) for part in (rows[1::2], rows[::2]) if part]
    merged = parts[0] if len(parts) == 1 else parts[0].merge(parts[1])
    assert np.array_equal(merged.sums, whole.sums)


def world(seed, days, rows, error):
    """Losses whose chance is known to within an error that a whole day shares."""
    generator = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), generator.poisson(rows, days) + 1)
    estimate = generator.uniform(0.1, 0.4, day.size)
    chance = np.clip(estimate + error * generator.standard_normal(days)[day], 0, 1)
    return (generator.random(day.size) < chance).astype(float), estimate, day


def test_counting_noise_of_small_days_is_not_held_against_a_right_estimate():
    found = [past_error(gap_totals(*world(seed, 60, 100, 0.0))) for seed in range(40)]
    raw = np.sqrt(0.19 / 100)  # what a day of 100 rows is off by chance alone: 0.044
    assert np.median([one.spread for one in found]) < 0.01
    assert max(one.spread for one in found) < 0.7 * raw


@pytest.mark.parametrize("error", [0.02, 0.05])
def test_a_days_own_error_is_measured_whatever_the_size_of_days(error):
    for rows in (100, 1000):
        found = [past_error(gap_totals(*world(seed, 200, rows, error))).spread for seed in range(10)]
        assert np.mean(found) == pytest.approx(error, rel=0.25)


def test_nine_of_ten_days_stay_within_the_likely_gap():
    totals = gap_totals(*world(3, 400, 5000, 0.03))
    gaps = np.abs(totals.sums[:, 0] - totals.sums[:, 1]) / totals.counts
    assert 0.86 < (gaps <= past_error(totals).likely).mean() < 0.94


def test_a_few_days_tell_nothing():
    found = past_error(gap_totals(*world(0, 6, 100, 0.0)))
    assert not found.known
    assert np.isnan(found.likely)
    assert found.units == 6

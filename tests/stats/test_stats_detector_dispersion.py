"""How much less rows and days say than they seem: measured, tested, bounded."""

import numpy as np
import pytest
from simulated_days import day_shocks

from trimtab.stats.dispersion import Dispersion, long_run_effect, row_dispersion, unit_dispersion


def windows(generator, windows_count, rows, spread):
    ones = generator.binomial(rows, np.clip(0.16 + spread * generator.standard_normal(windows_count), 0, 1))
    return ones.astype(float), np.full(windows_count, float(rows))


def test_independent_rows_have_a_design_effect_of_one_and_are_rarely_refuted():
    generator = np.random.default_rng(1)
    found = []
    for _ in range(400):
        ones, counts = windows(generator, 40, 500, 0.0)
        found.append(row_dispersion(ones, ones, counts))
    assert np.mean([one.row_effect for one in found]) == pytest.approx(1, abs=0.05)
    assert 0.02 <= np.mean([one.overdispersed for one in found]) <= 0.085


def test_windows_of_changing_risk_are_found_and_bounded():
    generator = np.random.default_rng(2)
    truth = 1 + 999 * 0.02**2 / (0.16 * 0.84)
    found = [row_dispersion(ones, ones, counts) for ones, counts in _many(generator, 300, 30, 1000)]
    assert np.median([one.row_effect for one in found]) == pytest.approx(truth, rel=0.1)
    assert np.mean([one.row_bound >= truth for one in found]) == pytest.approx(0.9, abs=0.05)
    assert np.mean([one.overdispersed for one in found]) > 0.95


def _many(generator, histories, count, rows):
    return [windows(generator, count, rows, 0.02) for _ in range(histories)]


def test_larger_windows_are_tempered_more():
    generator = np.random.default_rng(3)
    ones, counts = windows(generator, 3000, 100, 0.02)
    small = row_dispersion(ones, ones, counts)
    truth = 1 + 999 * 0.02**2 / (0.16 * 0.84)
    assert small.row_effect < 1.5
    assert truth <= small.design_effect(1000) <= 1.5 * truth
    assert small.design_effect(1) == pytest.approx(small.correlation_effect)


def test_what_the_phase_expects_is_no_dispersion():
    generator = np.random.default_rng(4)
    expected = np.tile([0.1, 0.3], 40)
    ones = generator.binomial(400, expected).astype(float)
    counts = np.full(80, 400.0)
    assert row_dispersion(ones, ones, counts).row_effect > 10
    assert row_dispersion(ones, ones, counts, expected).row_effect == pytest.approx(1, abs=0.4)


def test_rows_that_always_agree_weigh_as_one():
    counts = np.full(12, 50.0)
    ones = counts * (np.arange(12) % 2)
    found = row_dispersion(ones, ones, counts)
    assert found.row_effect == 50
    assert found.overdispersed
    still = row_dispersion(counts, counts, counts)
    assert still.row_effect == 1
    assert not still.overdispersed


@pytest.mark.parametrize("correlation", [0.0, 0.25, 0.4, 0.6])
def test_the_long_run_effect_of_correlated_days_is_found(correlation):
    shocks = day_shocks(np.random.default_rng(5), 200, 200, correlation)
    truth = (1 + correlation) / (1 - correlation)
    assert np.median([long_run_effect(days) for days in shocks]) == pytest.approx(truth, rel=0.12)


def test_a_unit_with_one_value_is_tempered_for_correlation_only():
    wild = np.random.default_rng(6).choice([0.0, 1.0], 400)
    assert unit_dispersion(wild).design_effect(1) < 1.3
    slow = np.sin(np.arange(400) / 10)
    assert unit_dispersion(slow).design_effect(1) > 5
    assert unit_dispersion(slow, expected=slow).design_effect(1) == 1


def test_too_few_windows_say_nothing():
    with pytest.raises(ValueError, match="9 reference windows"):
        unit_dispersion(np.zeros(9))
    with pytest.raises(ValueError, match="9 reference windows"):
        row_dispersion(np.ones(12), np.ones(12), np.repeat([5.0, 0.0], [9, 3]))
    with pytest.raises(ValueError, match="more than one row"):
        row_dispersion(np.ones(12), np.ones(12), np.ones(12))
    assert long_run_effect([]) == 1
    assert Dispersion(10).design_effect(1e6) == 1

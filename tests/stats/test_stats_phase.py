"""The expected mean by phase: right where the reference saw it, wide and said where it did not."""

import numpy as np
import pytest

from trimtab.stats.phase import DAY, HOUR, WEEK, phase_reference

MONDAY = 4 * DAY
"""5 January 1970."""


def hourly(weeks):
    return MONDAY + np.arange(weeks * 7 * 24) * HOUR


def wave(times):
    return 0.2 + 0.03 * np.sin(2 * np.pi * times / DAY) + 0.02 * np.cos(2 * np.pi * times / WEEK)


def test_a_daily_and_weekly_cycle_is_found_and_carried_on():
    generator = np.random.default_rng(1)
    times = hourly(6)
    reference = phase_reference(times, wave(times) + 0.01 * generator.standard_normal(times.size))
    later = times + 6 * WEEK
    assert reference.daily >= 1
    assert reference.weekly >= 1
    assert np.abs(reference.mean_at(later) - wave(later)).max() < 0.004


def test_noise_is_given_no_cycle():
    generator = np.random.default_rng(2)
    found = [phase_reference(hourly(4), generator.normal(0.2, 0.02, 672)) for _ in range(40)]
    assert np.mean([(one.daily, one.weekly) == (0, 0) for one in found]) > 0.9


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_the_standard_error_covers_the_truth(correlation):
    generator = np.random.default_rng(3)
    times, asked = hourly(4), hourly(5)[-168:]
    held = []
    for _ in range(150):
        noise = generator.standard_normal(times.size + 1) * 0.02
        noise = noise[1:] + correlation / (1 - correlation**2) ** 0.5 * noise[:-1]
        reference = phase_reference(times, wave(times) + noise)
        error = np.abs(reference.mean_at(asked) - wave(asked))
        held.append(np.mean(error <= 2 * reference.standard_error_at(asked)))
    assert np.mean(held) > 0.92


def test_the_fit_is_weighted_least_squares():
    generator = np.random.default_rng(4)
    times = hourly(3)
    rows = generator.integers(1, 50, times.size).astype(float)
    values = wave(times) + generator.standard_normal(times.size) / np.sqrt(rows) / 20
    reference = phase_reference(times, values, weights=rows)
    angles = [2 * np.pi * k * times / DAY for k in range(1, reference.daily + 1)]
    angles += [2 * np.pi * k * (times % WEEK) / WEEK for k in range(1, reference.weekly + 1)]
    columns = [np.ones(times.size)] + [turn(angle) for angle in angles for turn in (np.cos, np.sin)]
    design = np.stack(columns, axis=1)
    root = np.sqrt(rows)[:, None]
    expected = np.linalg.lstsq(design * root, values * root[:, 0], rcond=None)[0]
    assert reference.mean_at(times) == pytest.approx(design @ expected, abs=1e-9)


def test_several_quantities_share_one_covariance():
    generator = np.random.default_rng(5)
    times = hourly(4)
    values = np.stack([wave(times), 1 - wave(times)], axis=1) + 0.01 * generator.standard_normal((672, 2))
    both = phase_reference(times, values)
    assert both.mean_at(times[:5]).shape == (5, 2)
    assert both.inverse.ndim == 2
    ratio = both.standard_error_at(times) / np.sqrt(both.variance)
    assert np.ptp(ratio, axis=1).max() < 1e-12


def test_hours_that_were_never_seen_are_said_and_widened():
    times = hourly(4)
    office = times[(times % DAY // HOUR >= 8) & (times % DAY // HOUR < 20)]
    generator = np.random.default_rng(6)
    reference = phase_reference(office, 0.2 + 0.02 * generator.standard_normal(office.size))
    noon, night = reference.standard_error_at([MONDAY + 12 * HOUR, MONDAY + 3 * HOUR])
    assert night > 5 * noon
    assert night >= 0.02 * 0.9
    assert reference.missed[0].startswith("the reference holds no hour 0, 1, 2, 3, 4, 5, 6, 7, 20")


def test_weekdays_that_were_never_seen_are_said_and_widened():
    times = MONDAY + np.arange(40) * DAY
    weekdays = times[(times // DAY + 3) % 7 < 5]
    generator = np.random.default_rng(7)
    values = 0.2 + 0.01 * generator.standard_normal(weekdays.size)
    reference = phase_reference(weekdays, values, width=DAY)
    theta = reference.theta_at([MONDAY, MONDAY + 5 * DAY], tolerance=0.02)
    assert theta[1] > theta[0] + 0.015
    assert "no Saturday, Sunday" in reference.missed[0]
    assert "season of the year" in reference.missed[1]
    assert reference.hours_seen.all()


def test_a_year_of_hours_misses_nothing():
    times = hourly(53)
    assert phase_reference(times, wave(times)).missed == ()


def test_the_clock_is_the_local_one():
    times, summer = hourly(6), 2 * HOUR
    offsets = np.where(times >= MONDAY + 3 * WEEK, summer, HOUR)
    local = wave(times + offsets)
    reference = phase_reference(times, local, offset=offsets)
    later = times + 6 * WEEK
    assert reference.mean_at(later, summer) == pytest.approx(wave(later + summer), abs=1e-6)
    assert np.abs(reference.mean_at(later) - wave(later + summer)).max() > 0.01


def test_the_bound_is_the_mean_its_error_and_the_tolerance_and_at_most_one():
    generator = np.random.default_rng(8)
    times = hourly(2)
    reference = phase_reference(times, 0.5 + 0.05 * generator.standard_normal(times.size))
    expected = reference.mean_at(times) + 2 * reference.standard_error_at(times) + 0.1
    assert reference.theta_at(times, tolerance=0.1, z=2) == pytest.approx(expected)
    assert (reference.theta_at(times, tolerance=0.9) == 1).all()


def test_correlated_units_widen_the_error():
    generator = np.random.default_rng(9)
    shocks = np.repeat(generator.standard_normal(28 * 4), 6) * 0.02
    quiet = generator.standard_normal(28 * 24) * 0.02
    alone, clustered = (phase_reference(hourly(4), 0.2 + noise) for noise in (quiet, shocks))
    assert clustered.standard_error_at([0])[0] > 1.5 * alone.standard_error_at([0])[0]


@pytest.mark.parametrize(
    ("times", "values", "weights", "message"),
    [
        (np.arange(4) * DAY, np.ones(4), None, "5 units or more"),
        (np.arange(6) * DAY, np.ones(5), None, "one time, mean and weight"),
        (np.arange(6) * DAY, np.full(6, np.nan), None, "without rows"),
        (np.arange(6) * DAY, np.ones(6), np.zeros(6), "without rows"),
    ],
)
def test_what_is_no_reference_is_refused(times, values, weights, message):
    with pytest.raises(ValueError, match=message):
        phase_reference(times, values, weights=weights)

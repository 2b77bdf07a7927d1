"""Over-dispersion from successive windows: against a naive twin, a known truth, and steps of level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from trimtab.stats.dispersion import row_dispersion
from trimtab.stats.successive import FEWEST_WINDOWS, FREEDOM, REACH, successive_dispersion


def naive(sums, squares, counts, expected):
    """The design effect of 100 rows, window by window."""
    windows = range(len(counts))
    within = sum(squares[i] - sums[i] ** 2 / counts[i] for i in windows) / (sum(counts) - len(counts))
    stray = [sums[i] / counts[i] - expected[i] for i in windows]

    def mean_square(lag):
        found = [
            (stray[i] - stray[i - lag]) ** 2 * counts[i] * counts[i - lag] / (counts[i] + counts[i - lag])
            for i in windows[lag:]
        ]
        return sum(found) / len(found)

    reach = min(REACH, len(counts) // 3)
    pairs = [2 / (1 / counts[i] + 1 / counts[i - reach]) for i in windows[reach:]]
    near, far = range(1, reach // 2 + 1), range(reach // 2 + 1, reach + 1)
    unrelated = sum(mean_square(lag) for lag in far) / len(far)
    long, least = 1.0, 2.0
    for lag in near[:-1:2]:
        two = 2 - (mean_square(lag) + mean_square(lag + 1)) / unrelated
        if two <= 1.5 * (2 / len(counts)) ** 0.5:
            break
        least = min(least, two)
        long += 2 * least
    rows, freedom = sum(pairs) / len(pairs), FREEDOM * len(pairs) / long
    bound = unrelated / within * freedom / chi2.ppf(0.1, freedom)
    shared = max((bound - 1) / (bound - 1 + rows), -1 / (rows - 1))
    return (1 + 99 * max(shared, 0.0)) * long


@settings(max_examples=25, deadline=None)
@given(st.integers(FEWEST_WINDOWS, 80), st.integers(0, 2**32 - 1), st.floats(0, 0.2))
def test_it_agrees_with_a_loop_over_windows(windows, seed, spread):
    generator = np.random.default_rng(seed)
    counts = generator.integers(20, 200, windows).astype(float)
    risk = np.clip(0.3 + spread * generator.standard_normal(windows), 0.05, 0.95)
    sums = np.maximum(generator.binomial(counts.astype(int), risk), 1).astype(float)
    sums = np.minimum(sums, counts - 1)
    expected = generator.random(windows) / 10
    found = successive_dispersion(sums, sums, counts, expected).design_effect(100)
    assert found == pytest.approx(naive(sums, sums, counts, expected), rel=1e-9)


def drawn(windows, spread, follows, seed):
    generator = np.random.default_rng(seed)
    shocks = generator.standard_normal(windows)
    for place in range(1, windows):
        shocks[place] = follows * shocks[place - 1] + np.sqrt(1 - follows**2) * shocks[place]
    return generator.binomial(1000, np.clip(0.16 + spread * shocks, 0, 1)).astype(float)


def effect(sums):
    return successive_dispersion(sums, sums, np.full(len(sums), 1000.0)).design_effect(1000)


@pytest.mark.parametrize(
    ("spread", "follows"), [(0.0, 0.0), (0.02, 0.0), (0.02, 0.5), (0.01, 0.8), (0.02, 0.8), (0.02, 0.9)]
)
def test_the_bound_is_seldom_far_below_the_truth(spread, follows):
    truth = 1 + 1000 * spread**2 / (0.16 * 0.84) * (1 + follows) / (1 - follows)
    found = np.array([effect(drawn(336, spread, follows, seed)) for seed in range(100)])
    assert (found < 0.6 * truth).mean() < 0.2
    assert truth / 1.2 < np.median(found) < 1.7 * truth


@pytest.mark.parametrize("after", [40, 168, 300])
@pytest.mark.parametrize("points", [-0.05, 0.03])
def test_a_change_of_level_is_no_dispersion(points, after):
    sums = drawn(336, 0.0, 0.0, 1)
    stepped = sums + 1000 * points * (np.arange(336) >= after)
    assert row_dispersion(stepped, stepped, np.full(336, 1000.0)).design_effect(1000) > 2
    assert effect(stepped) < 1.7


def test_trouble_that_lasts_is_not_taken_for_a_change_of_level():
    lasting = [drawn(336, 0.02, 0.8, seed) for seed in range(30)]
    halves = np.abs([each[:168].mean() - each[168:].mean() for each in lasting])
    assert np.median(halves) > 3  # they do differ
    assert np.mean([effect(each) > 14 for each in lasting]) > 0.9


def test_a_constant_loss_with_one_step_is_not_dispersed():
    sums = np.repeat([100.0, 200.0], [60, 60])
    found = successive_dispersion(sums, sums, np.full(120, 1000.0))
    assert found.design_effect(1000) == 1


@pytest.mark.parametrize(
    ("sums", "counts"),
    [
        (np.full(FEWEST_WINDOWS - 1, 5.0), np.full(FEWEST_WINDOWS - 1, 10.0)),
        (np.append(np.full(FEWEST_WINDOWS, 5.0), 0.0), np.append(np.full(FEWEST_WINDOWS, 10.0), 0.0)),
        (np.zeros(60), np.full(60, 10.0)),
    ],
)
def test_too_little_to_tell_it_from_is_refused(sums, counts):
    with pytest.raises(ValueError, match=r"windows with rows|nothing to compare"):
        successive_dispersion(sums, sums, counts)

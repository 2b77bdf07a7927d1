"""The promise: at the very edge of the null, E[false pages in n windows] <= n / c, over simulated model-years.

Each world is put where the promise is tightest: the true mean is exactly the bound, in every window.
"""

import numpy as np
import pytest
from simulated_years import chance_bound, log_e_of_counts, log_e_of_values, pages_sent, rate_bound

from trimtab.monitoring.budget import Budget, Monitor, weights
from trimtab.stats.dispersion import row_dispersion, unit_dispersion
from trimtab.stats.scale import scale_of_reference
from trimtab.units import hours

FOUR = weights([Monitor(kind) for kind in ("realised", "estimated", "residual", "breakage")])
SLICED = weights(
    [Monitor("realised"), *(Monitor("realised", f"s{i}") for i in range(10)), Monitor("breakage")]
)
YEAR = 365
THETA = 0.18


def independent(generator, histories, monitors):
    def draw(window, detector):
        ones = generator.binomial(200, THETA, (histories, monitors))
        return log_e_of_counts(ones, 200, THETA), True

    return draw


def identical(generator, histories, monitors):
    def draw(window, detector):
        ones = np.repeat(generator.binomial(200, THETA, (histories, 1)), monitors, axis=1)
        return log_e_of_counts(ones, 200, THETA), True

    return draw


def opposite(generator, histories, monitors):
    """One monitor is high exactly when its neighbour is low."""

    def draw(window, detector):
        first = generator.uniform(size=(histories, 1)) < 0.5
        values = np.where(np.arange(monitors) % 2 == 0, first, ~first).astype(float)
        return log_e_of_values(values, 0.5), True

    return draw


def rare_and_large(generator, histories, monitors):
    """One value per day that is nearly always 0: the evidence comes in great jumps."""

    def draw(window, detector):
        values = (generator.uniform(size=(histories, monitors)) < 0.02).astype(float)
        return log_e_of_values(values, 0.02), True

    return draw


def missing_at_random(generator, histories, monitors):
    whole = independent(generator, histories, monitors)

    def draw(window, detector):
        return whole(window, detector)[0], generator.uniform(size=(histories, monitors)) < 0.6

    return draw


def missing_when_it_suits(generator, histories, monitors):
    """Whether data come depends on the past: a monitor goes silent for a while unless its evidence is high."""
    whole = independent(generator, histories, monitors)

    def draw(window, detector):
        high = detector.log_evidence > np.log(3.0) + np.log(1 / monitors)
        return whole(window, detector)[0], high | (generator.uniform(size=high.shape) < 0.2)

    return draw


WORLDS = [independent, identical, opposite, rare_and_large, missing_at_random, missing_when_it_suits]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
@pytest.mark.parametrize("shares", [FOUR, SLICED], ids=["four", "slices"])
def test_the_budget_is_kept_at_the_edge_of_the_null(world, shares):
    generator = np.random.default_rng(11)
    draw = world(generator, 150, shares.size)
    sent = pages_sent(draw, shares, Budget(1.0), histories=150, windows=YEAR)
    assert rate_bound(sent, 1) <= 1.0


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_a_small_budget_bounds_the_chance_of_any_page(world):
    generator = np.random.default_rng(12)
    draw = world(generator, 500, FOUR.size)
    sent = pages_sent(draw, FOUR, Budget(0.2), histories=500, windows=YEAR)
    assert chance_bound(sent) <= 0.2


def test_at_the_reference_mean_nothing_is_sent():
    generator = np.random.default_rng(13)

    def draw(window, detector):
        return log_e_of_counts(generator.binomial(1000, 0.16, (200, 4)), 1000, THETA), True

    assert pages_sent(draw, FOUR, Budget(1.0), histories=200, windows=2 * YEAR).sum() == 0


def correlated_days(generator, histories, days, correlation):
    shocks = np.empty((days, histories))
    shocks[0] = generator.standard_normal(histories)
    fresh = generator.standard_normal((days, histories)) * np.sqrt(1 - correlation**2)
    for day in range(1, days):
        shocks[day] = correlation * shocks[day - 1] + fresh[day]
    return shocks


def day_pages(correlation, *, tempered, histories, years, seed=14):
    """Pages a year when the mean of the days is exactly the bound, scale and dispersion from 90 reference days."""
    generator, live = np.random.default_rng(seed), years * YEAR
    shocks = correlated_days(generator, histories, 90 + live, correlation)
    values, theta, effect = np.empty((live, histories)), np.empty(histories), np.ones(histories)
    for place in range(histories):
        scale = scale_of_reference(shocks[:90, place], tolerance=0.5)
        after = scale.bounded(shocks[90:, place])
        values[:, place] = after + scale.width(0.5)
        theta[place] = after.mean() + scale.width(0.5)
        if tempered:
            effect[place] = unit_dispersion(scale.bounded(shocks[:90, place])).design_effect(1)

    def draw(window, detector):
        log_e = log_e_of_values(values[window][:, None], theta[:, None, None], effect[:, None])
        return log_e, True

    return pages_sent(draw, [1.0], Budget(1.0), histories=histories, windows=live)


@pytest.mark.parametrize("correlation", [0.0, 0.25, 0.5])
def test_days_that_follow_each_other_keep_the_budget_when_tempered(correlation):
    sent = day_pages(correlation, tempered=True, histories=150, years=2)
    assert rate_bound(sent, 2) <= 1.0


def test_days_that_follow_each_other_break_the_budget_when_not_tempered():
    sent = day_pages(0.5, tempered=False, histories=150, years=2)
    assert sent.sum() / 300 > 1.4


def row_pages(spread, *, tempered, histories, windows, reference=28, seed=15):
    """Pages where hourly windows of 1,000 rows share a risk that moves by `spread` around the bound."""
    generator = np.random.default_rng(seed)
    effect = np.ones(histories)
    for place in range(histories if tempered else 0):
        risk = np.clip(0.16 + spread * generator.standard_normal(reference), 0, 1)
        ones = generator.binomial(1000, risk).astype(float)
        effect[place] = row_dispersion(ones, ones, np.full(reference, 1000.0)).design_effect(1000)

    def draw(window, detector):
        risk = np.clip(THETA + spread * generator.standard_normal((histories, 1)), 0, 1)
        return log_e_of_counts(generator.binomial(1000, risk), 1000, THETA, effect[:, None]), True

    return pages_sent(draw, [1.0], Budget(1.0, hours(1)), histories=histories, windows=windows)


def test_rows_of_windows_with_moving_risk_keep_the_budget_only_when_tempered():
    tempered = row_pages(0.02, tempered=True, histories=60, windows=4383)
    plain = row_pages(0.02, tempered=False, histories=10, windows=1000)
    assert rate_bound(tempered, 0.5) <= 1.0
    assert plain.sum() / 10 > 10


def day_delays(harm, *, share=0.4, histories=200):
    """Days from a step of `harm` day standard deviations to a page: 60 reference days, z = 3, tolerance 0.5."""
    generator = np.random.default_rng(16)
    shocks = generator.standard_normal((460, histories))
    values, theta = np.empty((400, histories)), np.empty(histories)
    for place in range(histories):
        scale = scale_of_reference(shocks[:60, place], tolerance=0.5)
        before = scale.bounded(shocks[:60, place])
        values[:, place] = scale.bounded(shocks[60:, place] + harm)
        theta[place] = before.mean() + 3 * before.std(ddof=1) / np.sqrt(60) + scale.width(0.5)

    def draw(window, detector):
        return log_e_of_values(values[window][:, None], theta[:, None, None]), True

    sent = pages_sent(draw, [share], Budget(1.0), histories=histories, windows=400)
    first = np.where(sent.any(axis=0), sent.argmax(axis=0) + 1.0, np.inf)
    return np.quantile(first, [0.5, 0.9], method="higher")


@pytest.mark.parametrize(("harm", "median", "most"), [(1.5, 50, 100), (2, 27, 45), (3, 16, 24), (5, 10, 14)])
def test_harm_of_days_is_found_in_so_many_days(harm, median, most):
    half, ninety = day_delays(harm)
    assert half <= median
    assert ninety <= most


@pytest.mark.campaign
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
@pytest.mark.parametrize("shares", [FOUR, SLICED], ids=["four", "slices"])
def test_the_budget_is_kept_over_thousands_of_model_years(world, shares):
    generator = np.random.default_rng(21)
    draw = world(generator, 600, shares.size)
    sent = pages_sent(draw, shares, Budget(1.0), histories=600, windows=5 * YEAR)
    assert rate_bound(sent, 5) <= 1.0


@pytest.mark.campaign
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_a_small_budget_is_kept_over_thousands_of_model_years(world):
    generator = np.random.default_rng(22)
    draw = world(generator, 4000, FOUR.size)
    sent = pages_sent(draw, FOUR, Budget(0.1), histories=4000, windows=YEAR)
    assert chance_bound(sent) <= 0.1


@pytest.mark.campaign
@pytest.mark.parametrize("correlation", [0.0, 0.25, 0.4, 0.6])
def test_correlated_days_keep_the_budget_over_thousands_of_model_years(correlation):
    assert rate_bound(day_pages(correlation, tempered=True, histories=500, years=5, seed=23), 5) <= 1.0


@pytest.mark.campaign
@pytest.mark.parametrize("reference", [10, 28, 60])
@pytest.mark.parametrize("spread", [0.005, 0.01, 0.02, 0.04])
def test_moving_risk_keeps_the_budget_over_many_hourly_years(spread, reference):
    sent = row_pages(spread, tempered=True, histories=400, windows=8766, reference=reference, seed=24)
    assert rate_bound(sent, 1) <= 1.0

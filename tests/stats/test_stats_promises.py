"""Stated error rates, held over simulated histories with fixed seeds; the naive interval fails beside them."""

from statistics import NormalDist

import numpy as np
import pytest
from simulated_days import coverage, day_shocks, day_totals, means_of_histories

from trimtab.stats import Bootstrap, Interval, bootstrap_roc_auc, compare, unit_totals


def row_interval(losses):
    """What one gets by taking rows for independent."""
    mean, error = losses.mean(), losses.std(ddof=1) / np.sqrt(losses.size)
    return Interval(mean, mean - 1.96 * error, mean + 1.96 * error)


def test_days_cover_where_rows_do_not():
    generator = np.random.default_rng(21)
    day = np.repeat(np.arange(40), 100)
    shocks = day_shocks(generator, 500, 40)
    histories = [0.4 * shock[day] + generator.exponential(size=day.size) - 1 for shock in shocks]
    by_day = [
        Bootstrap(seed=i, block=1, draws=1000).mean(unit_totals(h, day)) for i, h in enumerate(histories)
    ]
    by_row = [row_interval(h) for h in histories]
    assert 0.93 <= coverage(by_day) <= 0.975
    assert coverage(by_row) <= 0.50


@pytest.mark.parametrize("days", [28, 60, 180])
def test_weeks_cover_where_correlated_days_do_not(days):
    histories = day_totals(np.random.default_rng(22), 500, days, correlation=0.25)
    weeks, single = (
        [Bootstrap(seed=i, block=block, draws=1000).mean(t) for i, t in enumerate(histories)]
        for block in (7, 1)
    )
    assert 0.925 <= coverage(weeks) <= 0.985
    assert coverage(single) <= 0.91
    assert coverage(single) < coverage(weeks)


def test_few_independent_days_cover_too():
    histories = day_totals(np.random.default_rng(23), 600, 10)
    found = [Bootstrap(seed=i, block=1, draws=1000).mean(t) for i, t in enumerate(histories)]
    assert 0.925 <= coverage(found) <= 0.975


def test_paired_differences_cover_and_are_far_narrower_than_unpaired():
    generator = np.random.default_rng(24)
    day, pairs, widths = np.repeat(np.arange(40), 50), [], []
    for seed, shock in enumerate(day_shocks(generator, 400, 40)):
        shared = shock[day] + generator.exponential(size=day.size)
        extra = 0.1 * generator.standard_normal(40)[day] + 0.2 * generator.normal(size=day.size)
        ours, theirs = unit_totals(shared + extra + 0.05, day), unit_totals(shared, day)
        boot = Bootstrap(seed=seed, block=1, draws=1000)
        paired, alone = boot.difference(ours, theirs), boot.mean(ours)
        pairs.append(paired)
        widths.append((paired.high - paired.low) / (alone.high - alone.low))
    assert 0.925 <= coverage(pairs, truth=0.05) <= 0.975
    assert np.mean(widths) < 0.2


def ranked_history(generator, days, rows):
    """Labels and scores whose days differ both in base rate and in what the score says."""
    day = np.repeat(np.arange(days), rows)
    rate, offset = generator.standard_normal((2, days)) * [[0.8], [0.8]]
    y = generator.uniform(size=day.size) < 1 / (1 + np.exp(1 - rate[day]))
    return y.astype(float), y + offset[day] + generator.normal(size=day.size), day


def test_the_clustered_area_covers_where_rows_do_not():
    generator = np.random.default_rng(25)
    truth = NormalDist().cdf(1 / np.sqrt(2 * 0.8**2 + 2))  # two rows of two days: offsets and noise
    by_day, by_row = [], []
    for seed in range(300):
        y, score, day = ranked_history(generator, 40, 50)
        by_day.append(bootstrap_roc_auc(y, score, day, Bootstrap(seed=seed, block=1, draws=1000)))
        if seed % 3 == 0:
            rows = np.arange(day.size)
            by_row.append(bootstrap_roc_auc(y, score, rows, Bootstrap(seed=seed, block=1, draws=100)))
    assert 0.92 <= coverage(by_day, truth) <= 0.98
    assert coverage(by_row, truth) <= 0.8


def test_a_family_makes_no_more_false_claims_than_one():
    generator = np.random.default_rng(26)
    plain = adjusted = 0
    for seed in range(300):
        totals = unit_totals(generator.normal(size=(40, 9)), np.arange(40))
        found = compare(totals, 0, Bootstrap(seed=seed, block=1, draws=999))
        plain += min(c.p_value for c in found) <= 0.05
        adjusted += min(c.adjusted_p_value for c in found) <= 0.05
    assert adjusted / 300 <= 0.07
    assert plain / 300 >= 0.15


def test_p_values_of_nothing_are_uniform():
    generator = np.random.default_rng(27)
    found = [
        compare(
            unit_totals(generator.normal(size=(30, 2)), np.arange(30)),
            0,
            Bootstrap(seed=i, block=1, draws=999),
        )
        for i in range(600)
    ]
    p_values = np.array([comparison.p_value for (comparison,) in found])
    for alpha in (0.05, 0.2, 0.5):
        assert np.mean(p_values <= alpha) == pytest.approx(alpha, abs=3 * np.sqrt(alpha * (1 - alpha) / 600))


@pytest.mark.campaign
@pytest.mark.parametrize("skewed", [False, True])
@pytest.mark.parametrize(
    ("days", "block", "correlation", "least", "most"),
    [
        (10, 1, 0.0, 0.90, 0.96),
        (28, 1, 0.0, 0.91, 0.965),
        (28, 7, 0.25, 0.94, 0.985),
        (60, 7, 0.25, 0.925, 0.965),
        (180, 7, 0.25, 0.925, 0.965),
        (365, 7, 0.25, 0.93, 0.965),
        (365, 7, 0.4, 0.915, 0.965),
        (365, 1, 0.0, 0.935, 0.965),
    ],
)
def test_coverage_over_thousands_of_histories(days, block, correlation, least, most, skewed):
    histories = day_totals(np.random.default_rng(days), 4000, days, correlation, skewed=skewed)
    parts = [means_of_histories(histories[seed::8], seed, block) for seed in range(8)]
    found = coverage([interval for part in parts for interval in part])
    assert least <= found <= most

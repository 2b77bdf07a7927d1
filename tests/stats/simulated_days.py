"""Histories whose days share a shock: where the truth is known and rows are not independent."""

import numpy as np

from trimtab.stats import Bootstrap, UnitTotals


def day_shocks(generator, histories, days, correlation=0.0, *, skewed=False):
    """Shocks (histories, days) of mean 0 and spread 1, lag-1 correlation about as given."""
    fresh = generator.standard_normal((histories, days + 50))
    shocks = np.empty_like(fresh)
    shocks[:, 0] = fresh[:, 0]
    for day in range(1, days + 50):
        shocks[:, day] = correlation * shocks[:, day - 1] + np.sqrt(1 - correlation**2) * fresh[:, day]
    shocks = shocks[:, 50:]
    if skewed:
        shocks = (np.exp(0.6 * shocks) - np.exp(0.18)) / np.sqrt((np.exp(0.36) - 1) * np.exp(0.36))
    return shocks


def day_totals(generator, histories, days, correlation=0.0, *, skewed=False):
    """Totals of `histories` histories whose rows lose 0 on average: day spread 0.2, row spread 1, 900 a day.

    The design effect of a day is about 1 + 900 x 0.04 = 37, as on the flights.
    """
    shocks = day_shocks(generator, histories, days, correlation, skewed=skewed)
    rows = generator.poisson(900 * np.exp(0.15 * generator.standard_normal((histories, days)))) + 1.0
    sums = rows * 0.2 * shocks + np.sqrt(rows) * generator.standard_normal((histories, days))
    return [UnitTotals(np.arange(days), s, n) for s, n in zip(sums, rows, strict=True)]


def means_of_histories(histories, seed, block):
    """The interval of each history's mean; all see the same draws, which makes thousands cheap."""
    sums = np.stack([totals.sums for totals in histories], axis=1)
    counts = np.stack([totals.counts for totals in histories], axis=1)
    return Bootstrap(seed, block).intervals(lambda drawn: (drawn @ sums) / (drawn @ counts), len(sums))


def coverage(intervals, truth=0.0):
    """The share of intervals that hold the truth."""
    return np.mean([interval.contains(truth) for interval in intervals])

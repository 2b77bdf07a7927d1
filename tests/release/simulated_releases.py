"""Comparisons without any real difference, looked at many times: how often is one found, naively and by our rules?

Each function returns the shares of histories, by rule, that ever gave a verdict.
"""

import numpy as np
from scipy.special import betaln, ndtri, stdtrit

from trimtab.stats import UnitTotals
from trimtab.stats.sequence import LEAST_UNITS, mixture_rate, sequence_bounds, unpaired_bounds

Z = ndtri(0.975)


def correlated_days(generator, histories, days, correlation=0.0):
    """Day values (histories, days) of mean 0 and spread 1."""
    fresh = generator.standard_normal((histories, days + 30))
    values = np.empty_like(fresh)
    values[:, 0] = fresh[:, 0]
    for day in range(1, days + 30):
        values[:, day] = correlation * values[:, day - 1] + np.sqrt(1 - correlation**2) * fresh[:, day]
    return values[:, 30:]


def shadow(seed, histories, days=99, correlation=0.0, difference=0.0, margin=0.5, alpha=0.05):
    """Daily looks at paired days from day 14: a t-test at each look, and the sequence.

    either: better or worse (two-sided). pass: "not worse" of a candidate that is worse by exactly the margin.
    days_to_pass: the median day on which a candidate with this difference passes, infinite for never.
    """
    values = correlated_days(np.random.default_rng(seed), histories, days, correlation)
    found = {name: np.zeros(histories, bool) for name in ("naive", "either", "naive pass", "pass")}
    passed = np.full(histories, np.inf)
    for day in range(LEAST_UNITS, days + 1):
        past = values[:, :day]
        mean, error = past.mean(axis=1), past.std(axis=1, ddof=1) / np.sqrt(day)
        bounds = sequence_bounds(past + difference, np.ones(day), alpha=alpha)
        found["naive"] |= np.abs(mean) > stdtrit(day - 1, 1 - alpha / 2) * error
        found["naive pass"] |= mean + stdtrit(day - 1, 1 - alpha) * error < 0
        found["either"] |= bounds.enough & ((bounds.low > difference) | (bounds.high < difference))
        found["pass"] |= bounds.enough & (bounds.upper < difference)
        done = bounds.enough & (bounds.upper < margin) & ~(bounds.low > 0)
        passed = np.where(done & np.isinf(passed), day, passed)
    return {name: hit.mean() for name, hit in found.items()} | {
        "power": np.isfinite(passed).mean(),
        "days_to_pass": np.quantile(passed, 0.5, method="higher"),
    }


def rows_with_a_shared_day(seed, histories, days=60, rows=900, share=0.04):
    """Rows of spread 1 whose day adds a shock of variance `share` (design effect 37): rows or days as the unit."""
    generator = np.random.default_rng(seed)
    shocks = generator.standard_normal((histories, days)) * np.sqrt(share)
    sums = rows * shocks + np.sqrt(rows) * generator.standard_normal((histories, days))
    found = {name: np.zeros(histories, bool) for name in ("row test", "row sequence", "day sequence")}
    for day in range(LEAST_UNITS, days + 1):
        total, count, spread = sums[:, :day].sum(axis=1), day * rows, 1 + share
        mean = total / count
        rate = mixture_rate(0.05, 56 * rows)
        grown = count * rate + 1
        half = np.sqrt(spread * 2 * grown / (count**2 * rate) * np.log(np.sqrt(grown) / 0.05))
        bounds = sequence_bounds(sums[:, :day], np.full(day, float(rows)))
        found["row test"] |= np.abs(mean) > Z * np.sqrt(spread / count)
        found["row sequence"] |= np.abs(mean) > half
        found["day sequence"] |= bounds.enough & ((bounds.low > 0) | (bounds.high < 0))
    return {name: hit.mean() for name, hit in found.items()}


def log_e_of_shares(ones, totals, share, concentration):
    """What `log_e_share` says, on arrays."""
    a, b = concentration * share, concentration * (1 - share)
    return (
        betaln(a + ones, b + totals - ones)
        - betaln(a, b)
        - ones * np.log(share)
        - (totals - ones) * np.log1p(-share)
    )


def canary(seed, histories, looks=99, requests=2000, share=0.05, rate=0.02, worse=1.0):
    """Looks after each 2,000 units: a test of two proportions, and the split of failures, both one-sided at 5 %."""
    generator = np.random.default_rng(seed)
    ours = np.cumsum(generator.binomial(round(requests * share), rate * worse, (histories, looks)), axis=1)
    theirs = np.cumsum(generator.binomial(round(requests * (1 - share)), rate, (histories, looks)), axis=1)
    here, there = share * requests * np.arange(1, looks + 1), (1 - share) * requests * np.arange(1, looks + 1)
    pooled = (ours + theirs) / (here + there)
    z = (ours / here - theirs / there) / np.sqrt(pooled * (1 - pooled) * (1 / here + 1 / there))
    split = log_e_of_shares(ours, ours + theirs, share, 200) >= np.log(20)
    split &= ours > share * (ours + theirs)
    first = np.where(split.any(axis=1), split.argmax(axis=1) + 1.0, np.inf)
    return {
        "naive": (z > ndtri(0.95)).any(axis=1).mean(),
        "split": split.any(axis=1).mean(),
        "units_to_stop": np.quantile(first, 0.5, method="higher") * requests,
    }


def quantile(seed, histories, looks=99, requests=100):
    """Looks at bounds of the 95 % quantile: whether they ever miss it depends on how many values lie below it."""
    below = np.cumsum(np.random.default_rng(seed).binomial(requests, 0.95, (histories, looks)), axis=1)
    total = requests * np.arange(1, looks + 1)
    naive = np.abs(below - 0.95 * total) > Z * np.sqrt(total * 0.95 * 0.05)
    ours = log_e_of_shares(below, total, 0.95, 50) >= np.log(20)
    return {"naive": naive.any(axis=1).mean(), "ranks": ours.any(axis=1).mean()}


def sample_ratio(seed, histories, looks=200, units=500, share=0.5, naive_level=0.01):
    """Looks at how units are split: a chi-squared test at 1 %, and evidence of 1,000."""
    drawn = np.cumsum(np.random.default_rng(seed).binomial(units, share, (histories, looks)), axis=1)
    total = units * np.arange(1, looks + 1)
    naive = np.abs(drawn - 0.5 * total) > ndtri(1 - naive_level / 2) * np.sqrt(total / 4)
    ours = log_e_of_shares(drawn, total, 0.5, 1000) >= np.log(1000)
    first = np.where(ours.any(axis=1), ours.argmax(axis=1) + 1.0, np.inf)
    return {
        "naive": naive.any(axis=1).mean(),
        "evidence": ours.any(axis=1).mean(),
        "units_to_alarm": np.quantile(first, 0.5, method="higher") * units,
    }


def experiment(seed, histories, looks=40, units=100, effect=0.0, planned=None):
    """Looks after each 100 units an arm: a z-test, and the unpaired sequence."""
    generator = np.random.default_rng(seed)
    naive, ours = np.zeros(histories, bool), np.full(histories, np.inf)
    ends = np.arange(units, units * looks + 1, units)
    for place in range(histories):
        arms = generator.standard_normal((2, ends[-1])) + np.array([[effect], [0.0]])
        for end in ends:
            first, second = arms[0, :end], arms[1, :end]
            error = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / end)
            naive[place] |= abs(first.mean() - second.mean()) > Z * error
            if np.isinf(ours[place]):
                totals = (UnitTotals(np.arange(end), arm, np.ones(end)) for arm in (first, second))
                bounds = unpaired_bounds(*totals, planned_units=planned or 2 * ends[-1])
                ours[place] = end if bounds.low > 0 or bounds.high < 0 else np.inf
    return {
        "naive": naive.mean(),
        "sequence": np.isfinite(ours).mean(),
        "units_per_arm": np.quantile(ours, 0.5, method="higher"),
    }


def rollback(seed, histories, days=30, correlation=0.0, harm=0.0, alpha=0.05):
    """Daily looks after a promotion, one-sided: "worse over the last 7 days" as a t-test, and the sequence.

    days_to_rollback: the median day, infinite for never.
    """
    values = correlated_days(np.random.default_rng(seed), histories, days, correlation) + harm
    naive, first = np.zeros(histories, bool), np.full(histories, np.inf)
    for day in range(7, days + 1):
        week = values[:, day - 7 : day]
        naive |= week.mean(axis=1) > stdtrit(6, 0.95) * week.std(axis=1, ddof=1) / np.sqrt(7)
        bounds = sequence_bounds(values[:, :day], np.ones(day), alpha=alpha, planned_units=30)
        first = np.where(bounds.enough & (bounds.lower > 0) & np.isinf(first), day, first)
    return {
        "naive": naive.mean(),
        "sequence": np.isfinite(first).mean(),
        "days_to_rollback": np.quantile(first, 0.5, method="higher"),
    }


def skewed_shadow(seed, histories, days=99, alpha=0.05, sigma=0.6):
    """Log-normal days whose long tail is harm: how often a candidate at the margin passes."""
    generator = np.random.default_rng(seed)
    values = np.exp(sigma * generator.standard_normal((histories, days))) - np.exp(sigma**2 / 2)
    passed = np.zeros(histories, bool)
    for day in range(LEAST_UNITS, days + 1):
        bounds = sequence_bounds(values[:, :day], np.ones(day), alpha=alpha)
        passed |= bounds.enough & (bounds.upper < 0)
    return passed.mean()

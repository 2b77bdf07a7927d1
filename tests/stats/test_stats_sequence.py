"""Bounds that hold at every look: against the formula written out for one series, and against what is known exactly."""

from math import inf, isinf, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t

from trimtab.stats import UnitTotals, unit_totals
from trimtab.stats.sequence import (
    CORRELATED,
    LEAST_UNITS,
    mixture_rate,
    one_look_bounds,
    paired_bounds,
    sequence_bounds,
    unpaired_bounds,
)


def naive_bounds(sums, counts, alpha, planned):
    """The rule, number by number."""
    n, mean = len(sums), sum(sums) / sum(counts)
    z = [(s - mean * c) / (sum(counts) / n) for s, c in zip(sums, counts, strict=True)]
    power = sum(value**2 for value in z)
    lags = [sum(z[i] * z[i - k] for i in range(k, n)) / power for k in (1, 2, 3)]
    first = min(lags[0] + (1 + 3 * lags[0]) / n, 0.9)
    bartlett = 1 + 2 * (0.75 * lags[0] + 0.5 * lags[1] + 0.25 * lags[2])
    variance = power / (n - 1) * max(1, bartlett, (1 + first) / (1 - first))
    variance *= (t.ppf(1 - alpha / 2, n - 1) / norm.ppf(1 - alpha / 2)) ** 2
    skew = (sum(value**3 for value in z) / n) / (power / n) ** 1.5 * sqrt(n * (n - 1)) / (n - 2)
    rate = (2 * log(1 / alpha) + log(1 + 2 * log(1 / alpha))) / (planned / 4)
    found = []
    for logged in (log(sqrt(n * rate + 1) / alpha), log(1 + sqrt(n * rate + 1) / (2 * alpha))):
        half = sqrt(variance * 2 * (n * rate + 1) / (n**2 * rate) * logged)
        lean = sqrt(variance) * (2 * half**2 * n / variance + 1) / (6 * n)
        found += [mean - half - lean * max(-skew, 0), mean + half + lean * max(skew, 0)]
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 5), st.integers(1, 50)), min_size=LEAST_UNITS, max_size=60),
    st.sampled_from([0.05, 0.01, 0.002]),
    st.sampled_from([30.0, 56.0]),
)
def test_many_at_once_are_what_the_formula_says_of_each(rows, alpha, planned):
    sums, counts = np.array([s * c for s, c in rows]), np.array([float(c) for _, c in rows])
    if np.ptp(sums / counts) < 1e-6:
        return
    bounds = sequence_bounds(np.stack([sums, 2 * sums]), counts, alpha=alpha, planned_units=planned)
    expected = naive_bounds(sums, counts, alpha, planned)
    found = [bounds.low, bounds.high, bounds.lower, bounds.upper]
    assert [float(part[0]) for part in found] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert [float(part[1]) for part in found] == pytest.approx([2 * e for e in expected], rel=1e-9, abs=1e-9)


def test_below_fourteen_units_nothing_is_said():
    bounds = paired_bounds(UnitTotals(np.arange(13), np.full(13, -5.0) + np.arange(13) % 2, np.ones(13)))
    assert bounds.high == inf
    assert bounds.verdict() == "continue"


def test_units_that_follow_each_other_need_twice_as_many():
    trend = np.sin(np.arange(28) / 4) - 50
    assert paired_bounds(unit_totals(trend[:27], np.arange(27))).verdict() == "continue"
    assert paired_bounds(unit_totals(trend, np.arange(28))).verdict() == "better"
    assert paired_bounds(unit_totals(trend[:27], np.arange(27)), ordered=False).verdict() == "better"
    assert paired_bounds(unit_totals(trend, np.arange(28))).correlation > CORRELATED


def wave(mean, units=40):
    return UnitTotals(np.arange(units), mean + np.tile([-1.0, 1.0], units // 2), np.ones(units))


@pytest.mark.parametrize(
    ("mean", "margin", "verdict"),
    [
        (3.0, 0.5, "worse"),
        (-3.0, 0.5, "better"),
        (0.0, 2.0, "equivalent"),
        (-0.5, 0.3, "not worse"),
        (0.0, 0.1, "continue"),
    ],
)
def test_verdicts_follow_from_the_bounds_and_the_margin(mean, margin, verdict):
    assert paired_bounds(wave(mean)).verdict(margin) == verdict


def test_worse_by_less_than_the_margin_is_still_worse():
    assert paired_bounds(wave(1.2)).verdict(margin=10.0) == "worse"


def test_a_negative_margin_is_refused():
    with pytest.raises(ValueError, match="margin"):
        paired_bounds(wave(0.0)).verdict(-1.0)


def test_a_smaller_alpha_is_cheap():
    wide, narrow = (paired_bounds(wave(0.0), alpha=alpha) for alpha in (0.002, 0.05))
    assert 1 < float(wide.high / narrow.high) < 2.0


def test_a_longer_tail_above_moves_the_upper_bound_only():
    values = np.tile([-1.0, 1.0], 20)
    skewed = np.where(np.arange(40) % 8 == 7, 5.0, -5 / 7)
    even, odd = (paired_bounds(unit_totals(v, np.arange(40)), ordered=False) for v in (values, skewed))
    assert even.high == pytest.approx(-even.low)
    assert odd.high - odd.estimate > 1.1 * (odd.estimate - odd.low)


def test_evidence_in_the_journal_is_that_of_the_two_sided_bounds():
    """Without inflation and lean, log e = log(1 / alpha) exactly where the bounds touch 0."""
    rate, units, alpha = mixture_rate(0.05, 56), 1000, 0.05
    grown = units * rate + 1
    half = sqrt(2 * grown / (units**2 * rate) * log(sqrt(grown) / alpha))
    totals = UnitTotals(np.arange(units), half + np.tile([-1.0, 1.0], units // 2), np.ones(units))
    assert float(paired_bounds(totals, ordered=False).log_e) == pytest.approx(log(20), rel=0.01)


def test_equal_units_leave_no_doubt_and_no_warning():
    totals = UnitTotals(np.arange(20), np.full(20, -1.0), np.ones(20))
    assert paired_bounds(totals).high == -1.0


def test_arms_are_compared_by_their_ratio_of_sums():
    generator = np.random.default_rng(3)
    counts = generator.integers(1, 5, 2000).astype(float)
    arms = [
        UnitTotals(np.arange(2000), counts * mean + generator.normal(size=2000), counts)
        for mean in (0.5, 0.2)
    ]
    bounds = unpaired_bounds(*arms, planned_units=4000)
    assert bounds.low < 0.3 < bounds.high
    assert bounds.verdict() == "worse"
    assert bounds.units == 4000


def test_an_arm_of_few_units_says_nothing():
    few = UnitTotals(np.arange(5), np.arange(5.0), np.ones(5))
    assert isinf(float(unpaired_bounds(few, wave(0.0)).high))


def test_one_look_is_narrower_than_a_sequence():
    lower, upper = one_look_bounds(wave(0.0))
    bounds = paired_bounds(wave(0.0))
    assert bounds.lower < lower < 0 < upper < bounds.upper


@pytest.mark.parametrize("call", [paired_bounds, lambda totals: unpaired_bounds(totals, totals)])
def test_several_losses_at_once_are_refused(call):
    with pytest.raises(ValueError, match=r"loss|difference"):
        call(UnitTotals(np.arange(20), np.ones((20, 2)), np.ones(20)))


@pytest.mark.parametrize(("alpha", "planned"), [(0.0, 56), (1.0, 56), (0.05, 0)])
def test_a_senseless_plan_is_refused(alpha, planned):
    with pytest.raises(ValueError, match="alpha"):
        mixture_rate(alpha, planned)

"""Evidence of counts: exact against sums over all outcomes, and quantiles against a walk over all ranks."""

from math import comb, exp, inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln

from trimtab.stats.proportion import (
    falls_too_often,
    log_e_counts,
    log_e_share,
    quantile_bounds,
    quantile_ranks,
)


@pytest.mark.parametrize("total", [1, 7, 40])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_the_mean_of_e_under_the_null_is_one(total, share):
    mean = sum(
        comb(total, k) * share**k * (1 - share) ** (total - k) * exp(log_e_share(k, total, share))
        for k in range(total + 1)
    )
    assert mean == pytest.approx(1.0, rel=1e-9)


@given(st.integers(0, 3000), st.integers(0, 3000), st.sampled_from([0.01, 0.05, 0.5]))
def test_two_counts_agree_with_the_beta_function(ones, others, share):
    a, b = 200 * share, 200 * (1 - share)
    expected = betaln(a + ones, b + others) - betaln(a, b) - ones * log(share) - others * log(1 - share)
    assert log_e_share(ones, ones + others, share) == pytest.approx(expected, abs=1e-6)


def test_evidence_of_three_arms_names_a_lost_one():
    assert log_e_counts((3333, 3333, 3334), (1 / 3, 1 / 3, 1 / 3)) < 0
    assert log_e_counts((3000, 3500, 3500), (1 / 3, 1 / 3, 1 / 3)) > log(1000)


def test_failures_that_fall_on_the_canary_by_its_share_are_no_alarm():
    assert not falls_too_often(50, 1000, 0.05, alpha=0.01)
    assert falls_too_often(100, 1000, 0.05, alpha=0.01)


def test_too_few_failures_of_the_canary_are_no_alarm_however_surprising():
    assert log_e_share(0, 1000, 0.05) > log(100)
    assert not falls_too_often(0, 1000, 0.05, alpha=0.01)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.sampled_from([0.5, 0.95]), st.sampled_from([0.05, 0.005]))
def test_ranks_are_those_that_a_walk_over_all_of_them_finds(total, quantile, alpha):
    possible = [k for k in range(total + 1) if log_e_share(k, total, quantile, 50.0) < log(1 / alpha)]
    assert quantile_ranks(total, quantile, alpha) == (possible[0], possible[-1])


def test_a_histogram_bounds_the_quantile_of_its_values():
    values = np.random.default_rng(1).exponential(size=20_000)
    edges = np.geomspace(0.01, 20, 60)
    counts = np.histogram(values, [0, *edges])[0]
    low, high = quantile_bounds(edges.tolist(), counts.tolist(), 0.95, alpha=0.05)
    assert low < log(20) < high
    assert high / low < 1.4


def test_few_values_leave_the_quantile_open_above():
    assert quantile_bounds([1.0, 2.0], [10, 0], 0.95, alpha=0.05)[1] == inf


@pytest.mark.parametrize("counts", [[10, 5, 300], [10]])
def test_a_histogram_with_values_beyond_its_edges_is_refused(counts):
    with pytest.raises(ValueError, match="one count an edge"):
        quantile_bounds([1.0, 2.0], counts, 0.95, alpha=0.05)


def test_a_last_bucket_without_an_end_holds_what_is_beyond_all_edges():
    assert quantile_bounds([1.0, 2.0, inf], [10, 5, 3000], 0.95, alpha=0.05) == (2.0, inf)


@pytest.mark.parametrize(
    "call",
    [
        lambda: log_e_share(3, 2, 0.5),
        lambda: log_e_share(1, 2, 1.0),
        lambda: log_e_counts((1, 2), (0.5, 0.6)),
        lambda: log_e_counts((1, 2, 3), (0.5, 0.5)),
        lambda: log_e_counts((-1, 2), (0.5, 0.5)),
    ],
)
def test_senseless_counts_are_refused(call):
    with pytest.raises(ValueError, match="share"):
        call()

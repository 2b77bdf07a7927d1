"""Baselines: the best constant, the rate by a code, the last value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.metrics import (
    default_metric,
    fit_prior,
    fit_rate_by_code,
    last_value,
    log_loss,
    mean_absolute_error,
    pinball,
)

patient = settings(deadline=None)
values = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30)


def test_the_prior_is_what_its_task_asks_for():
    assert fit_prior([True, False, True, True], "binary").predict(2).tolist() == [0.75, 0.75]
    assert fit_prior([2.0, 4.0], "regression").predict(1).tolist() == [3.0]
    assert fit_prior([0, 2, 2, 2], "multiclass").predict(1).tolist() == [[0.25, 0.0, 0.75]]
    assert fit_prior([0, 1], "multiclass", classes=3).predict(2).shape == (2, 3)
    assert fit_prior([0, 1], "binary").predict(0).shape == (0,)


@patient
@given(values, st.floats(-1e3, 1e3))
def test_the_prior_is_the_best_constant_of_its_metric(y, other):
    for metric in (default_metric("regression"), mean_absolute_error):
        prior = fit_prior(y, "regression", quantile=metric.quantile)
        at_prior = metric.value(y, prior.predict(len(y)))
        assert at_prior <= metric.value(y, np.full(len(y), other)) + 1e-9


def test_the_prior_of_a_pinball_metric_is_its_quantile():
    y = np.arange(101.0)
    assert fit_prior(y, "regression", quantile=pinball(0.9).quantile).value == (90.0,)


@patient
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-1, 4)), min_size=1, max_size=40), st.floats(0, 50))
def test_the_rate_by_code_is_its_formula(rows, shrinkage):
    y, codes = np.array(rows).T
    found = fit_rate_by_code(y, codes, "binary", shrinkage=shrinkage)
    prior = y.mean()
    for code in range(6):
        own = y[codes == code]
        expected = (own.sum() + shrinkage * prior) / (own.size + shrinkage) if own.size else prior
        assert found.predict([code])[0] == pytest.approx(expected)
    assert found.predict([-1])[0] == pytest.approx(prior)


def test_the_rate_by_code_serves_every_task():
    codes = [0, 0, 1, 1]
    shares = fit_rate_by_code([0, 1, 2, 2], codes, "multiclass", shrinkage=4).predict([0, 1, 9])
    assert shares.sum(axis=1) == pytest.approx(np.ones(3))
    assert shares[2] == pytest.approx([0.25, 0.25, 0.5])
    means = fit_rate_by_code([1.0, 3.0, 5.0, 5.0], codes, "regression", shrinkage=0).predict(codes)
    assert means.tolist() == [2.0, 2.0, 5.0, 5.0]
    medians = fit_rate_by_code(
        [0.0, 1.0, 50.0, 9.0, 9.0], [0, 0, 0, 1, 1], "regression", quantile=0.5, shrinkage=0
    )
    assert medians.predict([0, 1]).tolist() == [1.0, 9.0]


def test_shrinkage_beats_raw_rates_for_small_groups():
    generator = np.random.default_rng(5)
    rate = generator.beta(6, 14, 300)
    codes, test_codes = generator.integers(0, 300, 1500), generator.integers(0, 300, 5000)
    y, test_y = (generator.uniform(size=c.size) < rate[c] for c in (codes, test_codes))
    raw, shrunk, prior = (
        log_loss.value(test_y, fitted)
        for fitted in (
            fit_rate_by_code(y, codes, "binary", shrinkage=0).predict(test_codes),
            fit_rate_by_code(y, codes, "binary").predict(test_codes),
            fit_prior(y, "binary").predict(test_codes.size),
        )
    )
    assert shrunk < prior < raw


def test_codes_that_are_all_missing_leave_the_prior():
    assert fit_rate_by_code([0, 1], [-1, -1], "binary").predict([0, -1]).tolist() == [0.5, 0.5]


def test_the_last_value_falls_back():
    assert last_value([1.0, np.nan, 3.0], fallback=9.0).tolist() == [1.0, 9.0, 3.0]
    assert last_value([], fallback=9.0).shape == (0,)


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (lambda: fit_prior([], "binary"), "at least one"),
        (lambda: fit_prior([np.nan], "regression"), "one known y per row"),
        (lambda: fit_prior([0, 5], "binary"), "0 or 1"),
        (lambda: fit_prior([0, 3], "multiclass", classes=2), "class codes are 0 to 1; found 0 to 3"),
        (lambda: fit_prior([0, 1], "binary", quantile=0.5), "for regression, not for binary"),
        (lambda: fit_prior([0.5], "multiclass"), "codes are integers"),
        (lambda: fit_rate_by_code([0, 1], [0], "binary"), "one per row"),
        (lambda: fit_rate_by_code([0, 1], [0, 1], "binary", shrinkage=-1), "zero or more"),
        (lambda: fit_rate_by_code([0, 1], [0.5, 1], "binary"), "codes are integers"),
    ],
)
def test_bad_input_is_refused_in_words(fit, message):
    with pytest.raises(ValueError, match=message):
        fit()

"""Trees read quickly give the library's own numbers, bit by bit: missing values, texts, new words, split points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from trimtab.monitoring.quick_trees import quick_trees


def rows_of(generator, rows):
    """Two numbers, a coarse one, one that is often missing, and two texts, the first with words never fitted on."""
    x = generator.normal(size=(rows, 6))
    x[:, 2] = np.round(x[:, 2])
    x[generator.random(rows) < 0.3, 3] = np.nan
    x[:, 4] = generator.integers(0, 12, rows)
    x[:, 5] = np.where(generator.random(rows) < 0.2, np.nan, generator.integers(0, 4, rows))
    return x


def fitted(seed, *, texts, kind=HistGradientBoostingRegressor, **how):
    generator = np.random.default_rng(seed)
    x = rows_of(generator, 600)
    x[x[:, 4] == 7, 4] = 3  # a gap among the codes
    y = x[:, 0] + np.isnan(x[:, 3]) * x[:, 1] + (x[:, 4] % 3 == 1) + np.nan_to_num(x[:, 5]) * x[:, 2]
    target = y if kind is HistGradientBoostingRegressor else y > np.median(y)
    mask = [False] * 4 + [texts] * 2
    how = {"max_iter": 25, "max_leaf_nodes": 12, "min_samples_leaf": 5} | how
    return kind(categorical_features=mask, early_stopping=False, **how).fit(x, target), x


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 10_000), st.booleans())
def test_numbers_are_those_of_the_library_bit_by_bit(seed, texts):
    estimator, x = fitted(seed, texts=texts)
    quick = quick_trees(estimator, x)
    new = rows_of(np.random.default_rng([seed, 1]), 300)
    new[:50, :3] = np.nan
    new[50:80, 4] = 40
    on_split = x[:100].copy()
    on_split[:, 0] = [node["num_threshold"] for group in estimator._predictors for node in group[0].nodes][
        :100
    ]
    for rows in (x, new, on_split):
        assert np.array_equal(quick.predict(rows), estimator.predict(rows))


def test_a_classifier_gives_its_log_odds():
    estimator, x = fitted(1, texts=True, kind=HistGradientBoostingClassifier)
    assert np.array_equal(quick_trees(estimator, x).predict(x), estimator.decision_function(x))


def test_more_rows_than_fit_at_a_time_and_none_at_all():
    estimator, x = fitted(2, texts=True)
    many = np.tile(x, (8, 1))
    assert np.array_equal(quick_trees(estimator, x).predict(many), estimator.predict(many))
    assert quick_trees(estimator, x).predict(many[:0]).shape == (0,)


@pytest.mark.parametrize(("leaves", "read"), [(16, True), (17, False)])
def test_trees_with_more_leaves_than_bits_are_left_to_the_library(leaves, read):
    estimator, x = fitted(3, texts=False, max_leaf_nodes=leaves)
    assert (quick_trees(estimator, x) is not None) is read


def test_a_library_whose_trees_mean_something_else_is_left_alone():
    estimator, x = fitted(4, texts=False)
    estimator._baseline_prediction = estimator._baseline_prediction.repeat(2)
    estimator._baseline_prediction[0] += 1
    estimator.predict = lambda rows: np.zeros(len(rows))
    assert quick_trees(estimator, x) is None

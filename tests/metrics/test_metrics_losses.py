"""Losses of rows: equal to their definitions and to scikit-learn's, minimal at the truth, loud about bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from trimtab.metrics import (
    LOG_LOSS_CEILING,
    PROBABILITY_FLOOR,
    absolute_errors,
    brier_losses,
    log_losses,
    pinball_losses,
    squared_errors,
)

patient = settings(deadline=None)
probabilities = st.floats(0.001, 0.999)
numbers = st.floats(-1e6, 1e6)


@st.composite
def binary(draw, least=1):
    rows = draw(st.integers(least, 30))
    y = draw(hnp.arrays(np.int64, rows, elements=st.integers(0, 1)))
    return y, draw(hnp.arrays(np.float64, rows, elements=probabilities))


@st.composite
def classes(draw):
    rows, width = draw(st.integers(1, 20)), draw(st.integers(2, 5))
    raw = draw(hnp.arrays(np.float64, (rows, width), elements=st.floats(0.01, 1)))
    y = draw(hnp.arrays(np.int64, rows, elements=st.integers(0, width - 1)))
    return y, raw / raw.sum(axis=1, keepdims=True)


@patient
@given(binary())
def test_binary_losses_equal_scikit_learns(rows):
    y, score = rows
    assert log_losses(y, score).mean() == pytest.approx(sk.log_loss(y, score, labels=[0, 1]))
    assert brier_losses(y, score).mean() == pytest.approx(sk.brier_score_loss(y, score))


@patient
@given(classes())
def test_class_losses_equal_scikit_learns(rows):
    y, score = rows
    labels = list(range(score.shape[1]))
    assert log_losses(y, score).mean() == pytest.approx(sk.log_loss(y, score, labels=labels))
    onehot = np.eye(score.shape[1])[y]
    assert brier_losses(y, score) == pytest.approx(((score - onehot) ** 2).sum(axis=1))


@patient
@given(binary())
def test_two_classes_are_the_binary_case(rows):
    y, score = rows
    both = np.column_stack([1 - score, score])
    assert log_losses(y, both) == pytest.approx(log_losses(y, score))
    assert brier_losses(y, both) == pytest.approx(2 * brier_losses(y, score))


@patient
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20), st.floats(0.01, 0.99))
def test_regression_losses_equal_scikit_learns(rows, quantile):
    y, score = np.array(rows).T
    assert absolute_errors(y, score).mean() == pytest.approx(sk.mean_absolute_error(y, score))
    assert squared_errors(y, score).mean() == pytest.approx(sk.mean_squared_error(y, score))
    expected = sk.mean_pinball_loss(y, score, alpha=quantile)
    assert pinball_losses(y, score, quantile).mean() == pytest.approx(expected, abs=1e-9)


@patient
@given(binary())
def test_the_true_rate_is_the_best_constant(rows):
    y, score = rows
    rate = np.full(y.size, y.mean())
    constant = np.full(y.size, score[0])
    assert log_losses(y, rate).mean() <= log_losses(y, constant).mean() + 1e-12
    assert brier_losses(y, rate).mean() <= brier_losses(y, constant).mean() + 1e-12


@patient
@given(probabilities, probabilities)
def test_the_expected_loss_is_least_at_the_true_probability(truth, said):
    for losses in (log_losses, brier_losses):
        at = [truth * losses([1], [p])[0] + (1 - truth) * losses([0], [p])[0] for p in (truth, said)]
        assert at[0] <= at[1] + 1e-12


@patient
@given(st.lists(numbers, min_size=1, max_size=30), numbers, st.floats(0.05, 0.95))
def test_the_quantile_is_the_best_constant_for_pinball(values, other, quantile):
    y = np.array(values)
    best = np.quantile(y, quantile, method="inverted_cdf")
    at_best, at_other = (pinball_losses(y, np.full(y.size, c), quantile).mean() for c in (best, other))
    assert at_best <= at_other + 1e-9 * (1 + abs(at_other))


@patient
@given(binary())
def test_losses_are_bounded(rows):
    y, score = rows
    certain = np.round(score)
    assert (log_losses(y, certain) <= LOG_LOSS_CEILING).all()
    assert (log_losses(y, certain) >= 0).all()
    assert (brier_losses(y, certain) <= 1).all()


def test_a_certain_and_wrong_score_costs_the_ceiling_in_float32_too():
    assert log_losses([0], [1.0])[0] == LOG_LOSS_CEILING == -np.log(PROBABILITY_FLOOR)
    assert log_losses([0], np.array([1.0], np.float32))[0] == LOG_LOSS_CEILING
    assert log_losses([1], [1.0])[0] == 0.0
    assert not np.signbit(log_losses([1], [1.0])[0])


def test_a_missing_label_or_score_has_a_missing_loss():
    y, score = [np.nan, 1, 0], [0.5, np.nan, 0.5]
    for losses in (log_losses, brier_losses):
        assert np.isnan(losses(y, score)).tolist() == [True, True, False]


def test_no_rows_have_no_losses():
    assert log_losses([], []).shape == (0,)
    assert log_losses([], np.zeros((0, 3))).shape == (0,)
    assert squared_errors([], []).shape == (0,)


@pytest.mark.parametrize(
    ("y", "score", "message"),
    [
        ([2], [0.5], "a binary y is 0 or 1; found 2 in row 0"),
        ([0, 1], [0.5, 1.5], "found 1.5 in row 1 .is the score a logit"),
        ([0, 1], [0.5], "one number per row"),
        ([3], [[0.5, 0.5]], "score has 2 classes; y has code 3"),
        ([-1], [[0.5, 0.5]], "y has code -1"),
        ([0.5], [[0.5, 0.5]], "integer codes; y has dtype float64"),
        ([0], [[0.5, 0.4]], "row 0 sums to 0.9"),
        ([0, 1], [[0.5, 0.5]], "y .n,. and score .n, k."),
    ],
)
def test_bad_input_is_refused_in_words(y, score, message):
    for losses in (log_losses, brier_losses):
        with pytest.raises(ValueError, match=message):
            losses(y, score)


@pytest.mark.parametrize("quantile", [0, 1, -0.5, 1.5, float("nan")])
def test_pinball_refuses_what_is_no_quantile(quantile):
    with pytest.raises(ValueError, match="between 0 and 1"):
        pinball_losses([1.0], [1.0], quantile)

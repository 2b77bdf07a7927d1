"""Bounded losses: equal to their definitions, within [0, 1], and exact to add up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.declare.model import Stakes
from trimtab.errors import DataError
from trimtab.monitoring.losses import (
    GRID,
    absolute_error,
    brier,
    decision_cost,
    decision_error,
    default_loss,
    on_grid,
)

patient = settings(deadline=None, max_examples=40)
rows = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=30)


@patient
@given(rows, st.floats(0, 50), st.floats(1, 50))
def test_a_loss_in_money_times_its_scale_is_what_the_decision_costs(pairs, false_alarm, miss):
    stakes = Stakes(false_alarm=false_alarm, miss=miss)
    loss = decision_cost(stakes)
    labels, scores = zip(*pairs, strict=True)
    costs = [
        (0 if label else false_alarm) if score >= stakes.threshold_or_default else (miss if label else 0)
        for label, score in pairs
    ]
    found = loss.losses(labels, scores)
    assert np.allclose(found * loss.scale, costs, atol=loss.scale * GRID)
    assert ((found >= 0) & (found <= 1)).all()


@patient
@given(st.lists(st.floats(0, 1), min_size=2, max_size=200), st.randoms())
def test_losses_on_the_grid_add_up_to_the_same_bits_in_any_order(values, random):
    losses = on_grid(values).tolist()
    shuffled = losses[:]
    random.shuffle(shuffled)
    assert sum(losses) == sum(shuffled)
    assert sum(losses[:1]) + sum(losses[1:]) == sum(losses)


def test_floats_off_the_grid_do_not_add_up_the_same():
    assert sum([0.1, 0.2, 0.3]) != sum([0.3, 0.2, 0.1])


def test_the_wrong_side_of_the_threshold_and_the_wrong_class_cost_one():
    assert decision_error(threshold=0.3).losses([1, 1, 0, 0], [0.3, 0.2, 0.3, 0.2]).tolist() == [0, 1, 1, 0]
    scores = [[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]]
    assert decision_error("multiclass").losses([1, 2], scores).tolist() == [0, 1]


def test_brier_of_classes_is_halved_into_the_unit_range():
    worst = brier("multiclass").losses([0, 1], [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    assert worst.tolist() == [1.0, 0.0]
    assert brier().losses([1], [0.0]).tolist() == [1.0]


def test_a_missing_label_or_score_gives_no_loss():
    for loss in (decision_error(), brier()):
        assert np.isnan(loss.losses([np.nan, 1], [0.5, np.nan])).all()
    assert np.isnan(absolute_error([0.0, 1.0], [1.0, 3.0]).losses([np.nan], [1.0])).all()


def test_a_regression_is_measured_by_the_reference_and_clipped_at_its_large_errors():
    generator = np.random.default_rng(0)
    truth = generator.normal(size=10_000)
    score = truth + generator.normal(size=10_000)
    score[0] = 1e9  # one wild row does not set the scale
    loss = absolute_error(truth, score, "minutes")
    assert 2.5 < loss.scale < 3.2
    assert loss.losses([0.0, 0.0], [loss.scale / 2, 1e6]).tolist() == pytest.approx([0.5, 1.0], abs=GRID)


def test_a_reference_without_error_cannot_measure():
    with pytest.raises(DataError, match="no error"):
        absolute_error([1.0, 2.0], [1.0, 2.0])


def test_money_needs_both_prices():
    with pytest.raises(DataError, match="price of both"):
        decision_cost(Stakes(miss=3))


def test_the_default_is_money_where_priced_and_else_what_fits_the_task():
    assert default_loss("binary", Stakes(false_alarm=1, miss=2), [], []).unit == "EUR"
    assert default_loss("binary", Stakes(), [], []).kind == "brier"
    assert default_loss("multiclass", None, [], []).kind == "brier"
    assert default_loss("regression", None, [0.0], [2.0]).scale == 2.0

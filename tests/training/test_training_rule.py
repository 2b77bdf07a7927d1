"""A rule is a learner like any other: fitted, stored, loaded, served."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import trimtab as tt
from orders import orders_system
from trimtab.errors import LearnerError
from trimtab.training.rule import best_cut


def naive_gain(column, y, cut):
    """The squared error saved by two means instead of one, summed row by row."""
    sides = [y[column < cut], y[column >= cut]]
    after = sum(float(((side - side.mean()) ** 2).sum()) for side in sides if len(side))
    return float(((y - y.mean()) ** 2).sum()) - after


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(-5, 5)), min_size=2, max_size=40))
def test_the_best_cut_is_the_one_that_a_search_over_all_values_finds(pairs):
    column, y = np.array(pairs, float).T
    cut, gain = best_cut(column, y, "regression")
    values = np.unique(column)[1:]
    expected = max((naive_gain(column, y, each) for each in values), default=0.0)
    assert gain == pytest.approx(expected, abs=1e-8)
    if len(values):
        assert naive_gain(column, y, cut) == pytest.approx(expected, abs=1e-8)


def test_without_a_column_the_most_telling_one_is_taken():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(500, 3))
    rule = tt.Rule().fit(inputs, inputs[:, 1] > 0.3)
    assert rule.position_ == 1
    assert rule.threshold_ == pytest.approx(0.3, abs=0.1)


def test_gaps_have_an_answer_of_their_own():
    inputs = np.array([[1.0], [5.0], [np.nan]] * 200)
    rule = tt.Rule(0, 3).fit(inputs, np.array([0, 0, 1] * 200))
    assert rule.predict(np.array([[1.0], [np.nan]])).tolist() == [0, 1]


def test_a_rule_for_numbers_has_no_probabilities_and_a_rule_for_yes_and_no_has():
    assert hasattr(tt.Rule("weight"), "predict_proba")
    assert not hasattr(tt.Rule("weight", numbers=True), "predict_proba")
    assert clone(tt.Rule("weight", 3.0)).get_params()["cut"] == 3.0


def test_an_unknown_column_names_the_nearest_feature():
    rule = tt.Rule("wieght")
    with pytest.raises(LearnerError, match="weight"):
        rule.with_columns(("weight", "shop"), {})


@pytest.mark.parametrize(
    "rule", [tt.Rule("weight", 5.0), tt.Rule(), tt.Rule("shop"), tt.Rule("shop", {"north": 0.9})]
)
def test_a_rule_is_trained_stored_and_asked_like_any_model(rule, tmp_path):
    system = orders_system(learner=rule)
    tt.train(system, as_of="2024-02-01", home=tmp_path)
    tt.predict(system, to=tmp_path / "scores.parquet", home=tmp_path)
    import pyarrow.parquet as pq

    table = pq.read_table(tmp_path / "scores.parquet")
    score = next(table[name] for name in table.column_names if "score" in name).to_numpy()
    assert np.isfinite(score).all()
    assert 2 <= len(np.unique(score)) <= 4
    if rule.cut == {"north": 0.9}:
        assert 0.9 in np.unique(score).round(9)

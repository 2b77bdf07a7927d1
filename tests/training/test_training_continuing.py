from dataclasses import replace

import lightgbm
import numpy as np
import pyarrow as pa
import pytest
import xgboost
from catboost import CatBoostClassifier
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from trimtab import wiring
from trimtab.adapters import artifacts
from trimtab.errors import LearnerError
from trimtab.metrics import log_losses
from trimtab.runtime.versions import container, predictor_of
from trimtab.training.continuing import continue_fit, how_to_continue
from trimtab.training.fit import Recipe, fit
from trimtab.training.manners.manner import Manner, Refusal
from trimtab.training.matrix import from_table

RNG = np.random.default_rng(0)
OLD, NEW = 1500, 500


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def world(rows, strength, words=("north", "south", "west", None)):
    shop = RNG.choice(np.array(words, object), rows)
    weight = RNG.normal(3.0, 2.0, size=rows)
    chance = 1 / (1 + np.exp(-(strength * (weight - 3) + (shop == "north") - 1)))
    gaps = RNG.random(rows) < 0.1
    table = pa.table({"shop": pa.array(shop, pa.string()), "weight": pa.array(weight, mask=gaps)})
    return from_table(table), (RNG.random(rows) < chance).astype(float)


MATRIX, LABEL = world(OLD, 1.0)
FRESH, TRUTH = world(NEW, -1.0)

SGD = SGDClassifier(loss="log_loss")
LIGHT = lightgbm.LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1)
EXTREME = xgboost.XGBClassifier(n_estimators=20, max_depth=4, n_jobs=1)
GRADIENT = GradientBoostingClassifier(n_estimators=15, subsample=0.8)
CONTINUED = {
    "sgd": (SGD, None),
    "average sgd": (SGDClassifier(loss="log_loss", average=True), None),
    "naive bayes": (GaussianNB(), None),
    "network": (MLPClassifier((4,), max_iter=300, tol=1e-2, learning_rate_init=0.02), None),
    "lightgbm leaves": (LIGHT, None),
    "xgboost leaves": (EXTREME, None),
    "lightgbm trees": (LIGHT, Manner("append_trees")),
    "xgboost trees": (EXTREME, Manner("append_trees")),
    "gradient boosting trees": (GRADIENT, Manner("append_trees")),
}


def fitted(learner, **options):
    return fit(Recipe(learner, "binary", **options), MATRIX, LABEL, None, seed=1).predictor


def child_of(parent, learner, manner=None, matrix=FRESH, label=TRUTH, weight=None, seed=2, **options):
    return continue_fit(parent, Recipe(learner, "binary", **options), matrix, label, weight, seed, manner)


def stored(predictor):
    return wiring.dump({"model": predictor.estimator, "meta": {}})


def stored_and_loaded(made):
    return predictor_of(artifacts.load(*wiring.dump(container(made))))


@pytest.mark.parametrize("name", CONTINUED)
def test_a_child_learns_from_new_rows_and_leaves_its_parent_as_it_was(name):
    learner, manner = CONTINUED[name]
    parent = fitted(learner)
    before, told = parent.score(FRESH), stored(parent)
    child = child_of(parent, learner, manner)
    assert np.array_equal(parent.score(FRESH), before)
    assert stored(parent) == told, "not one byte of the parent moves"
    after = child.predictor.score(FRESH)
    assert log_losses(TRUTH, after).mean() < log_losses(TRUTH, before).mean() - 0.01
    assert child.rows == NEW
    assert child.predictor.encoder is parent.encoder


@pytest.mark.parametrize("name", CONTINUED)
def test_same_parent_rows_and_seed_give_the_same_child_also_from_its_bytes(name):
    learner, manner = CONTINUED[name]
    made = fit(Recipe(learner, "binary"), MATRIX, LABEL, None, seed=1)
    first = child_of(made.predictor, learner, manner)
    from_bytes = child_of(stored_and_loaded(made), learner, manner)
    assert np.array_equal(first.predictor.score(FRESH), from_bytes.predictor.score(FRESH))
    again = child_of(made.predictor, learner, manner)
    assert np.array_equal(first.predictor.score(FRESH), again.predictor.score(FRESH))
    if learner is not GRADIENT:  # scikit-learn leaves the padding of its tree nodes to chance
        assert stored(first.predictor) == stored(again.predictor)
    grandchild = child_of(stored_and_loaded(first), learner, manner, seed=3)
    assert np.array_equal(
        grandchild.predictor.score(FRESH),
        child_of(first.predictor, learner, manner, seed=3).predictor.score(FRESH),
    )


def test_each_update_has_a_coin_of_its_own_unless_the_learner_fixes_it():
    parent = fitted(SGD)
    one, other = (child_of(parent, SGD, seed=seed).predictor.score(FRESH) for seed in (2, 3))
    assert not np.array_equal(one, other)
    fixed = clone(SGD).set_params(random_state=5)
    parent = fitted(fixed)
    one, other = (child_of(parent, fixed, seed=seed).predictor.score(FRESH) for seed in (2, 3))
    assert np.array_equal(one, other)


REFUSED = {
    "new bins": (HistGradientBoostingClassifier(), None, "bins"),
    "forest": (RandomForestClassifier(), None, "forest"),
    "extra trees": (ExtraTreesClassifier(), None, "forest"),
    "xgboost forest": (xgboost.XGBRFClassifier(), None, "forest"),
    "bagging": (BaggingClassifier(), None, "bagging"),
    "catboost": (CatBoostClassifier(), None, "rates of words"),
    "solver": (LogisticRegression(), None, "begins its solver elsewhere"),
    "neighbours": (KNeighborsClassifier(), None, "no partial_fit"),
    "calibrated": (CalibratedClassifierCV(SGD), None, "no partial_fit"),
    "stops early": (MLPClassifier(early_stopping=True), None, "stop early"),
    "whole batches": (MLPClassifier(solver="lbfgs"), None, "solver"),
    "balanced": (SGDClassifier(class_weight="balanced"), None, "not all"),
    "dart": (lightgbm.LGBMClassifier(boosting_type="dart"), None, "dart"),
    "xgboost dart": (xgboost.XGBClassifier(booster="dart"), "append_trees", "dart"),
    "own objective": (lightgbm.LGBMRegressor(objective=lambda y, p: (p - y, y)), None, "own"),
    "gradient, early": (GradientBoostingClassifier(n_iter_no_change=3), None, "stop early"),
    "inside a pipeline": (make_pipeline(StandardScaler(), HistGradientBoostingClassifier()), None, "bins"),
    "named, not offered": (SGD, "leaf_refit", "cannot be continued by leaf_refit"),
    "named, destroyed": (HistGradientBoostingClassifier(), "append_trees", "bins"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_silently_destroy_is_refused_with_a_reason_and_a_way_out(name):
    learner, manner, reason = REFUSED[name]
    answer = how_to_continue(learner, manner)
    assert isinstance(answer, Refusal)
    assert reason in answer.reason
    assert answer.do


def test_continuing_a_refused_learner_is_an_error_of_its_own():
    learner = HistGradientBoostingClassifier(max_iter=3)
    with pytest.raises(LearnerError, match=r"new bins.*do: fit from scratch"):
        child_of(fitted(learner), learner)


def test_the_best_manner_comes_first_and_appending_carries_its_warning():
    assert how_to_continue(LIGHT).name == "leaf_refit"
    assert how_to_continue(make_pipeline(StandardScaler(), SGD)).name == "partial_fit"
    assert how_to_continue(BernoulliNB()).name == "partial_fit"
    warned = how_to_continue(LIGHT, "append_trees")
    assert "worse than never" in warned.warning
    assert warned.warning in child_of(fitted(LIGHT), LIGHT, warned).remarks


def test_a_plain_warm_start_of_histogram_boosting_on_other_rows_is_destroyed():
    """What the refusal is about; when this fails, scikit-learn keeps its bins and the refusal may go."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2000, 1))
    later = 0.3 * x
    y, truth = ((rng.random(2000) < 1 / (1 + np.exp(-3 * rows[:, 0]))).astype(int) for rows in (x, later))
    learner = HistGradientBoostingClassifier(
        max_iter=15, max_leaf_nodes=4, warm_start=True, early_stopping=False
    )
    before = log_losses(truth, learner.fit(x, y).predict_proba(later)[:, 1]).mean()
    learner.set_params(max_iter=45).fit(later, truth)
    after = log_losses(truth, learner.predict_proba(later)[:, 1]).mean()
    assert after > before + 0.02, "worse on the very rows that it learned last"


def test_old_catboost_trees_answer_differently_after_training_goes_on():
    """What the refusal is about; when this fails, CatBoost keeps its tables and the refusal may go."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 3)).astype(object)
    x[:, 2] = [f"w{i}" for i in rng.integers(0, 6, 4000)]
    y = (rng.random(4000) < 0.3 + 0.3 * (x[:, 2] == "w2")).astype(int)
    quiet = {"verbose": False, "allow_writing_files": False, "thread_count": 1, "random_state": 0}
    parent = CatBoostClassifier(iterations=20, **quiet).fit(x[:2000], y[:2000], cat_features=[2])
    child = CatBoostClassifier(iterations=10, **quiet)
    child.fit(x[2000:], y[2000:], cat_features=[2], init_model=parent)
    old, now = (model.predict(x, prediction_type="RawFormulaVal", ntree_end=20) for model in (parent, child))
    assert np.max(np.abs(old - now)) > 0.01


@given(st.integers(50, OLD - 50))
@settings(max_examples=10, deadline=None)
def test_naive_bayes_in_two_parts_is_naive_bayes_at_once(cut):
    parent = fit(Recipe(GaussianNB(), "binary"), MATRIX.rows(0, cut), LABEL[:cut], None, seed=1).predictor
    child = child_of(parent, GaussianNB(), matrix=MATRIX.rows(cut, OLD), label=LABEL[cut:]).predictor
    whole = GaussianNB().fit(
        parent.estimator[:-1].transform(parent.encoder.encode(MATRIX)), LABEL.astype(int)
    )
    numbers = slice(0, 1)  # columns of words differ by the variance that is added to all
    assert np.allclose(child.estimator[-1].theta_[:, numbers], whole.theta_[:, numbers])
    assert np.allclose(child.estimator[-1].class_prior_, whole.class_prior_)


def test_scales_words_and_imputed_values_stay_as_the_parent_fitted_them():
    parent = fitted(SGD)
    shifted = replace(FRESH, values=FRESH.values + np.array([0.0, 50.0]))
    child = child_of(parent, SGD, matrix=shifted).predictor
    encoded = parent.encoder.encode(MATRIX)
    assert np.array_equal(child.estimator[:-1].transform(encoded), parent.estimator[:-1].transform(encoded))
    assert not np.array_equal(child.estimator[-1].coef_, parent.estimator[-1].coef_)


def test_a_leaf_of_lightgbm_is_the_weighted_mean_of_what_was_and_what_is():
    learner = lightgbm.LGBMRegressor(n_estimators=1, learning_rate=1.0, verbose=-1, n_jobs=1)
    recipe = Recipe(learner, "regression", 1)
    parent = fit(recipe, MATRIX, LABEL + 5, None, seed=1).predictor
    child = continue_fit(parent, recipe, FRESH, TRUTH + 9, None, 2, Manner("leaf_refit", decay=0.7)).predictor
    leaves = parent.estimator.predict(parent.encoder.encode(FRESH), pred_leaf=True)[:, 0]
    old, now = parent.score(FRESH), child.score(FRESH)
    for leaf in np.unique(leaves):
        here = leaves == leaf
        assert now[here] == pytest.approx(0.7 * old[here] + 0.3 * (TRUTH[here] + 9).mean(), abs=1e-5)


@given(st.floats(0, 0.99))
@settings(max_examples=10, deadline=None)
def test_a_leaf_of_xgboost_lies_between_its_old_and_its_new_value(decay):
    def margin(predictor):
        return predictor.estimator.predict(predictor.encoder.encode(FRESH), output_margin=True)

    parent = PARENT_OF_XGBOOST
    blended = child_of(parent, EXTREME, Manner("leaf_refit", decay=decay)).predictor
    expected = decay * margin(parent) + (1 - decay) * margin(REFRESHED_XGBOOST)
    assert np.allclose(margin(blended), expected, atol=1e-5)


PARENT_OF_XGBOOST = fitted(EXTREME)
REFRESHED_XGBOOST = child_of(PARENT_OF_XGBOOST, EXTREME, Manner("leaf_refit", decay=0.0)).predictor


def test_trees_are_appended_behind_the_old_ones():
    for learner, count in (
        (LIGHT, lambda model: model.booster_.num_trees()),
        (GRADIENT, lambda model: model[-1].n_estimators_),
    ):
        parent = fitted(learner)
        child = child_of(parent, learner, Manner("append_trees", trees=3)).predictor
        assert count(child.estimator) == count(parent.estimator) + 3
        assert (
            count(child_of(child, learner, Manner("append_trees", trees=3)).predictor.estimator)
            == count(child.estimator) + 3
        )


def test_words_that_the_parent_does_not_know_are_missing_and_counted():
    strange, label = world(NEW, 1.0, words=("north", "south", "east", "up", None))
    parent = fitted(LIGHT)
    child = child_of(parent, LIGHT, matrix=strange, label=label)
    words = np.array([*strange.dictionaries["shop"], None], object)
    codes = np.nan_to_num(strange.values[:, 0], nan=len(words) - 1).astype(int)
    count = int(np.isin(words[codes].astype(str), ["east", "up"]).sum())
    assert count > 50
    (remark,) = child.remarks
    assert remark == (
        f"shop: {count} of {NEW} new rows hold a word that the parent does not know and count as missing until "
        "the next fit from scratch"
    )
    east, absent = (
        from_table(pa.table({"shop": pa.array([word], pa.string()), "weight": [2.0]}))
        for word in ("east", None)
    )
    assert child.predictor.score(east) == child.predictor.score(absent)
    assert child_of(parent, LIGHT).remarks == (), "known words are no remark"


def test_a_column_that_the_parent_left_out_is_told_and_one_that_is_gone_is_an_error():
    nothing = replace(
        MATRIX, names=(*MATRIX.names, "late"), values=np.c_[MATRIX.values, np.full(OLD, np.nan)]
    )
    parent = fit(Recipe(LIGHT, "binary"), nothing, LABEL, None, seed=1).predictor
    wider = replace(FRESH, names=(*FRESH.names, "late"), values=np.c_[FRESH.values, np.ones(NEW)])
    assert child_of(parent, LIGHT, matrix=wider).remarks == (
        f"late was left out by the parent; {NEW} new rows have it",
    )
    with pytest.raises(LearnerError, match="a feature of the parent is gone; found: weight"):
        child_of(parent, LIGHT, matrix=FRESH.only(["shop"]))


def test_no_rows_and_unknown_classes_are_errors_and_one_class_is_enough_to_go_on():
    parent = fitted(LIGHT)
    with pytest.raises(LearnerError, match="no new mature labelled row"):
        child_of(parent, LIGHT, matrix=FRESH.rows(0, 0), label=TRUTH[:0])
    with pytest.raises(LearnerError, match="never saw; found: 2"):
        child_of(parent, LIGHT, label=TRUTH * 2)
    for learner in (LIGHT, EXTREME, SGD):
        grown = child_of(fitted(learner), learner, label=np.ones(NEW))
        assert grown.predictor.score(FRESH).mean() > fitted(learner).score(FRESH).mean()
    with pytest.raises(LearnerError, match=r"do not hold every class.*1 of 2"):
        child_of(parent, LIGHT, Manner("append_trees"), label=np.ones(NEW))


@pytest.mark.parametrize("learner", [SGD, LIGHT, EXTREME], ids=["sgd", "lightgbm", "xgboost"])
def test_row_weights_count_and_rows_without_weight_do_not(learner):
    parent = fitted(learner)
    half = np.arange(NEW) < NEW // 2
    weighted = child_of(parent, learner, weight=half.astype(float)).predictor.score(FRESH)
    contrary = child_of(parent, learner, label=1 - TRUTH, weight=(~half).astype(float)).predictor.score(FRESH)
    assert not np.allclose(weighted, contrary)
    noise = np.where(half, TRUTH, 1 - TRUTH)
    if learner is not SGD:  # a row of weight 0 still takes a step of regularisation
        same = child_of(parent, learner, label=noise, weight=half.astype(float)).predictor.score(FRESH)
        assert np.allclose(weighted, same)


def test_row_weights_that_a_learner_does_not_take_are_an_error():
    class Deaf(SGDClassifier):
        def partial_fit(self, X, y, classes=None):
            return super().partial_fit(X, y, classes)

    learner = Deaf(loss="log_loss")
    with pytest.raises(LearnerError, match="takes no row weights"):
        child_of(fitted(learner), learner, weight=np.ones(NEW))


@pytest.mark.parametrize("emphasis", [{"weights": {1.0: 5.0}}, {"sampling": {0.0: 0.5}}])
def test_weighted_and_thinned_updates_are_corrected_back_to_the_true_rate(emphasis):
    same, label = world(NEW * 4, 1.0)
    parent = fitted(LIGHT, **emphasis)
    score = child_of(parent, LIGHT, matrix=same, label=label, **emphasis).predictor.score(same)
    assert abs(score.mean() - label.mean()) < 0.05


def test_class_weights_of_the_learner_itself_reach_its_leaves():
    learner = clone(LIGHT).set_params(class_weight={0: 1.0, 1: 8.0})
    plain = child_of(fitted(LIGHT), LIGHT, Manner("leaf_refit", decay=0.0)).predictor.score(FRESH)
    heavy = child_of(fitted(learner), learner, Manner("leaf_refit", decay=0.0)).predictor.score(FRESH)
    assert heavy.mean() > plain.mean() + 0.1


class Stumbling(SGDRegressor):
    def partial_fit(self, X, y, sample_weight=None):
        raise ZeroDivisionError("no step")


def test_what_a_learner_raises_is_named():
    recipe = Recipe(Stumbling(), "regression", 1)
    parent = fit(recipe, MATRIX, LABEL, None, seed=1).predictor
    with pytest.raises(LearnerError, match="failed to continue: ZeroDivisionError: no step"):
        continue_fit(parent, recipe, FRESH, TRUTH, None, 2)


def test_settings_of_a_manner_are_checked():
    assert str(Manner("leaf_refit", decay=0.75)) == "leaves = 0.75 x old + 0.25 x new, trees as they are"
    assert str(Manner("append_trees")) == "5 more trees, grown on the new rows"
    for wrong in ({"decay": 1.0}, {"decay": -0.1}, {"trees": 0}):
        with pytest.raises(ValueError, match="decay < 1"):
            Manner("leaf_refit", **wrong)

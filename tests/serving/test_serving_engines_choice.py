import numpy as np
import pyarrow as pa
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeClassifier

from trimtab.errors import LearnerError
from trimtab.serving.engines import choose, sample_rows, treelite
from trimtab.serving.engines.base import LAST_BITS
from trimtab.serving.engines.choice import BUILDERS, Check, NoEngineError, candidates
from trimtab.serving.engines.original import OriginalCore, build
from trimtab.serving.engines.sample import python_rows
from trimtab.training.fit import Recipe, fit
from trimtab.training.matrix import from_table

RNG = np.random.default_rng(0)
ROWS = 600
GAPS = RNG.random((2, ROWS)) < 0.15
TABLE = pa.table(
    {
        "shop": pa.array(RNG.choice(["north", "south", "west", None], ROWS), pa.string()),
        "weight": pa.array(RNG.normal(size=ROWS).round(1), mask=GAPS[0]),
        "length": pa.array(RNG.normal(size=ROWS), mask=GAPS[1]),
        "code": RNG.choice([3.0, 7.0, 100.0, 1.5], ROWS),
    }
)
MATRIX = from_table(TABLE)
CAUSE = (
    np.nan_to_num(MATRIX.values[:, 1])
    + np.isnan(MATRIX.values[:, 2])
    + 2 * (MATRIX.values[:, 3] == 7)
    + (MATRIX.values[:, 0] == 1)
)
YES = (RNG.random(ROWS) < 1 / (1 + np.exp(1 - CAUSE))).astype(float)


def fitted(learner, task="binary", label=YES):
    return fit(Recipe(learner, task, 1 if task == "regression" else 2), MATRIX, label, None, 1).predictor


def sampled(predictor):
    return sample_rows(MATRIX, predictor, seed=2)


def names_tried(chosen):
    return [(trial.name, trial.refused is None) for trial in chosen.report.tried]


class Wrong(OriginalCore):
    name = "wrong"
    exact = False

    def __init__(self, predictor, off):
        super().__init__(predictor, apart=False)
        self.name, self.exact, self.resolution, self.off = "wrong", False, 0.01, off

    def _together(self, rows):
        answers = super()._together(rows)
        answers[np.isnan(rows).all(axis=1)] += [[-self.off, self.off]]
        return answers


def test_an_engine_that_is_wrong_on_one_made_up_row_is_refused():
    predictor = fitted(DecisionTreeClassifier(max_depth=3))
    chosen = choose(predictor, sampled(predictor), builders=[lambda p: Wrong(p, 0.02), build])
    assert names_tried(chosen) == [("wrong", False), ("learner", True)]
    assert chosen.report.tried[0].difference == pytest.approx(0.02)
    assert "differ by up to 0.02" in chosen.report.tried[0].refused


def test_an_engine_within_its_resolution_is_refused_when_a_decision_flips():
    predictor = fitted(DecisionTreeClassifier(max_depth=3))
    rows = sampled(predictor)
    edge = predictor.score(rows)[np.isnan(rows.values).all(axis=1)][0]
    builders = [lambda p: Wrong(p, 0.005), build]
    assert choose(predictor, rows, builders=builders).scorer.name == "wrong"
    chosen = choose(predictor, rows, threshold=edge + 0.001, builders=builders)
    assert names_tried(chosen) == [("wrong", False), ("learner", True)]
    assert chosen.report.tried[0].flips >= 1


class Sociable(OriginalCore):
    def __init__(self, predictor):
        super().__init__(predictor, apart=False)
        self.name, self.exact, self.resolution = "sociable", False, 1.0

    def _together(self, rows):
        return super()._together(rows) * (1 - 1e-12 * len(rows))


def test_an_engine_whose_rows_depend_on_their_company_is_refused():
    predictor = fitted(DecisionTreeClassifier(max_depth=3))
    chosen = choose(predictor, sampled(predictor), builders=[Sociable, build])
    assert names_tried(chosen) == [("sociable", False), ("learner", True)]
    assert "same bits" in chosen.report.tried[0].refused


def broken(predictor):
    raise ImportError("no such library")


def test_an_engine_that_cannot_be_built_is_told_and_passed_over():
    predictor = fitted(DecisionTreeClassifier(max_depth=3))
    chosen = choose(predictor, sampled(predictor), builders=[broken, build])
    assert chosen.scorer.name == "learner"
    assert chosen.report.tried[0].refused == "ImportError: no such library"


class Moody(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_, self.calls = np.unique(y), 0
        return self

    def predict_proba(self, X):
        self.calls += 1
        return np.full((len(X), 2), 1 / (1 + self.calls))


def test_a_learner_that_contradicts_itself_has_no_engine():
    predictor = fitted(Moody())
    with pytest.raises(NoEngineError, match="no engine agrees"):
        choose(predictor, MATRIX.rows(0, 20))


@pytest.mark.parametrize("learner", [RandomForestClassifier(30), ExtraTreesClassifier(30)])
def test_forests_with_missing_values_are_exact_in_32_bits_and_refused_in_64(learner, monkeypatch):
    predictor = fitted(learner)
    rows = sampled(predictor)
    chosen = choose(predictor, rows)
    assert (chosen.scorer.name, chosen.report.tried[0].difference) == ("treelite", 0)
    monkeypatch.setattr(treelite, "_FORESTS", frozenset())
    monkeypatch.setattr(treelite, "_HISTOGRAMS", frozenset({type(learner).__name__}))
    monkeypatch.setattr(treelite, "_imported", imported)
    refused = choose(predictor, rows).report.tried[0]
    assert refused.name == "treelite"
    assert refused.difference > 1e-4


def imported(learner):
    from treelite.sklearn import import_model

    return import_model(learner)


def test_histogram_boosting_in_32_bits_is_refused(monkeypatch):
    predictor = fitted(HistGradientBoostingClassifier(max_iter=20))
    rows = sampled(predictor)
    assert choose(predictor, rows).report.tried[0].difference <= LAST_BITS
    monkeypatch.setattr(treelite, "_FORESTS", frozenset({"HistGradientBoostingClassifier"}))
    refused = choose(predictor, rows).report.tried[0]
    assert refused.difference > 1e-4


def test_categories_of_histogram_boosting_may_be_any_numbers():
    learner = HistGradientBoostingClassifier(max_iter=20, categorical_features=[0, 3])
    predictor = fitted(learner)
    chosen = choose(predictor, sampled(predictor))
    assert chosen.scorer.name == "treelite"
    values = np.tile(MATRIX.values[:40], (6, 1))
    values[:, 3] = np.repeat([3.0, 7.0, 100.0, 1.5, 1.0, np.nan], 40)  # 1.0 was never seen
    rows = type(MATRIX)(MATRIX.names, values, MATRIX.dictionaries)
    many = chosen.scorer.many(rows)
    assert np.max(np.abs(many - predictor.score(rows))) <= LAST_BITS
    assert [chosen.scorer.one(row) for row in python_rows(rows)] == many.tolist()
    by_code = many.reshape(6, 40)
    assert not np.array_equal(by_code[0], by_code[1])
    assert np.array_equal(by_code[4], by_code[5]), "a category never seen is a missing one"


def test_numbers_are_judged_by_their_own_size():
    small = fitted(Ridge(), "regression", CAUSE * 1e-15)
    rows = MATRIX.rows(0, 50)
    assert choose(small, rows).scorer.name == "flattened linear"

    class Off(OriginalCore):
        def __init__(self, predictor):
            super().__init__(predictor, apart=False)
            self.name, self.exact, self.resolution = "off", False, LAST_BITS

        def _together(self, rows):
            return super()._together(rows) + 1e-20

    refused = choose(small, rows, builders=[Off, *BUILDERS]).report.tried[0]
    assert refused.difference > 1e-7


def test_every_loss_of_histogram_regression_is_served_exactly():
    for loss in ("squared_error", "absolute_error", "gamma", "poisson"):
        predictor = fitted(HistGradientBoostingRegressor(loss=loss, max_iter=10), "regression", np.exp(CAUSE))
        chosen = choose(predictor, sampled(predictor))
        assert chosen.scorer.name == "treelite"


def test_elsewhere_a_boosters_own_call_may_differ_in_the_last_bits_only():
    import lightgbm

    predictor = fitted(lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1))
    rows = sampled(predictor)
    scorer = next(iter(candidates(predictor)))
    for moved, here, elsewhere in ((1e-15, False, True), (1e-9, False, False)):
        expected = predictor.score(rows) + moved
        assert (Check(rows, expected).trial(scorer).refused is None) == here
        assert (Check(rows, expected, elsewhere=True).trial(scorer).refused is None) == elsewhere


def test_the_report_is_plain_json():
    import json

    predictor = fitted(HistGradientBoostingClassifier(max_iter=5))
    told = json.loads(json.dumps(choose(predictor, sampled(predictor)).report.to_json()))
    assert told["engine"] == "treelite"
    assert {"rows", "microseconds", "batched", "tried"} < set(told)


def test_an_engine_answers_only_finite_numbers():
    class Blind(OriginalCore):
        def __init__(self, predictor):
            super().__init__(predictor, apart=False)
            self.name = "blind"

        def _together(self, rows):
            return super()._together(rows) * np.nan

    predictor = fitted(DecisionTreeClassifier(max_depth=3))
    chosen = choose(predictor, sampled(predictor), builders=[Blind, build])
    assert "NaN" in chosen.report.tried[0].refused
    assert chosen.scorer.name == "learner"
    blind = next(iter(candidates(predictor, [Blind])))
    with pytest.raises(LearnerError, match="NaN"):
        blind.one(python_rows(MATRIX.rows(0, 1))[0])

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier

from trimtab.errors import LearnerError
from trimtab.training.encoder import CATEGORIES_AT_MOST, fit_encoder
from trimtab.training.fingerprint import fingerprint
from trimtab.training.fit import Recipe, effective_rows, fit
from trimtab.training.matrix import from_table

RNG = np.random.default_rng(0)
ROWS = 3000


def table(rows=ROWS):
    shop = RNG.choice(["north", "south", "west", None], rows)
    weight = RNG.normal(size=rows)
    gaps = RNG.random(rows) < 0.1
    return pa.table(
        {"shop": pa.array(shop, pa.string()), "weight": pa.array(weight, mask=gaps), "heavy": weight > 1}
    )


TABLE = table()
MATRIX = from_table(TABLE)
SCORE = np.nan_to_num(MATRIX.values[:, 1]) + (MATRIX.values[:, 0] == 0)
LABEL = (RNG.random(ROWS) < 1 / (1 + np.exp(-2 * SCORE + 2.5))).astype(float)


@pytest.mark.parametrize(
    "learner",
    [
        HistGradientBoostingClassifier(max_iter=20),
        RandomForestClassifier(n_estimators=20),
        LogisticRegression(),
        KNeighborsClassifier(),
    ],
    ids=lambda learner: type(learner).__name__,
)
def test_text_and_gaps_work_without_effort(learner):
    fitted = fit(Recipe(learner, "binary"), MATRIX, LABEL, None, seed=1)
    score = fitted.predictor.score(MATRIX)
    assert score.shape == (ROWS,)
    assert score[LABEL == 1].mean() > score[LABEL == 0].mean() + 0.1
    assert not hasattr(learner, "classes_"), "the declared learner is never fitted itself"


@pytest.mark.parametrize("package", ["lightgbm", "xgboost", "catboost"])
def test_boosting_libraries_take_the_same_door(package):
    module = pytest.importorskip(package)
    name = {"lightgbm": "LGBMClassifier", "xgboost": "XGBClassifier", "catboost": "CatBoostClassifier"}[
        package
    ]
    quiet = {"lightgbm": {"verbose": -1}}.get(package, {})
    learner = getattr(module, name)(n_estimators=20, **quiet)
    fitted = fit(Recipe(learner, "binary"), MATRIX, LABEL, None, seed=1)
    score = fitted.predictor.score(MATRIX)
    assert score[LABEL == 1].mean() > score[LABEL == 0].mean() + 0.1


def test_a_pipeline_reads_columns_by_name():
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    columns = ColumnTransformer(
        [("shop", OneHotEncoder(handle_unknown="ignore"), ["shop"]), ("weight", SimpleImputer(), ["weight"])]
    )
    learner = make_pipeline(columns, LogisticRegression())
    score = fit(Recipe(learner, "binary"), MATRIX, LABEL, np.ones(ROWS), seed=1).predictor.score(MATRIX)
    assert score[LABEL == 1].mean() > score[LABEL == 0].mean() + 0.1


def test_regression_and_multiclass():
    number = fit(Recipe(Ridge(), "regression", 1), MATRIX, SCORE, None, seed=1).predictor.score(MATRIX)
    assert np.corrcoef(number, SCORE)[0, 1] > 0.9
    classes = np.digitize(SCORE, [-0.5, 0.5]).astype(float)
    recipe = Recipe(HistGradientBoostingClassifier(max_iter=10), "multiclass", 4)
    share = fit(recipe, MATRIX, classes, None, seed=1).predictor.score(MATRIX)
    assert share.shape == (ROWS, 4)
    assert np.allclose(share.sum(axis=1), 1)
    assert np.all(share[:, 3] == 0), "a class not seen in training gets no probability"


def test_a_column_without_any_value_is_left_out_and_told():
    nothing = from_table(TABLE.append_column("nothing", pa.nulls(ROWS, pa.float64())))
    fitted = fit(Recipe(HistGradientBoostingClassifier(max_iter=10), "binary"), nothing, LABEL, None, seed=1)
    assert fitted.remarks == ("nothing has no value in the training rows and was left out",)
    assert np.isfinite(fitted.predictor.score(nothing)).all()


def test_unseen_words_are_missing():
    fitted = fit(Recipe(HistGradientBoostingClassifier(max_iter=10), "binary"), MATRIX, LABEL, None, seed=1)
    strange = from_table(pa.table({"shop": ["east"], "weight": [0.5], "heavy": [False]}))
    absent = from_table(pa.table({"shop": pa.array([None], pa.string()), "weight": [0.5], "heavy": [False]}))
    assert fitted.predictor.score(strange) == fitted.predictor.score(absent)


def test_columns_are_found_by_name_whatever_their_order():
    fitted = fit(Recipe(HistGradientBoostingClassifier(max_iter=10), "binary"), MATRIX, LABEL, None, seed=1)
    shuffled = from_table(TABLE.select(["heavy", "weight", "shop"]))
    assert np.array_equal(fitted.predictor.score(shuffled), fitted.predictor.score(MATRIX))


def test_rare_words_beyond_the_bins_count_as_missing():
    words = [f"w{i}" for i in range(400)] + ["w0"] * 10
    encoder = fit_encoder(from_table(pa.table({"w": words})))
    assert len(encoder.words["w"]) == CATEGORIES_AT_MOST
    assert "w0" in encoder.words["w"]


@pytest.mark.parametrize("emphasis", [{"weights": {1.0: 5.0}}, {"sampling": {0.0: 0.2}}])
def test_weighted_and_thinned_training_is_corrected_back_to_the_true_rate(emphasis):
    learner = LogisticRegression(max_iter=500)
    plain = fit(Recipe(learner, "binary"), MATRIX, LABEL, None, seed=1).predictor.score(MATRIX)
    other = fit(Recipe(learner, "binary", **emphasis), MATRIX, LABEL, None, seed=1).predictor.score(MATRIX)
    assert abs(other.mean() - LABEL.mean()) < 0.03
    assert abs(other.mean() - plain.mean()) < 0.03


def test_same_rows_and_seed_give_the_same_scores():
    recipe = Recipe(RandomForestClassifier(n_estimators=10), "binary")
    first, second, other = (
        fit(recipe, MATRIX, LABEL, None, seed).predictor.score(MATRIX) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


class Nan(HistGradientBoostingRegressor):
    def predict(self, X):
        return np.full(len(X), np.nan)


class Broken(Ridge):
    def fit(self, X, y, sample_weight=None):
        raise ZeroDivisionError("no such matrix")


def test_a_learner_that_fails_or_answers_nan_is_named():
    with pytest.raises(LearnerError, match="failed to fit: ZeroDivisionError: no such matrix"):
        fit(Recipe(Broken(), "regression", 1), MATRIX, SCORE, None, seed=1)
    predictor = fit(Recipe(Nan(max_iter=2), "regression", 1), MATRIX, SCORE, None, seed=1).predictor
    with pytest.raises(LearnerError, match="3000 of 3000 rows"):
        predictor.score(MATRIX)


def test_one_class_or_no_row_is_an_error_of_its_own():
    with pytest.raises(LearnerError, match="all training labels are the same"):
        fit(Recipe(Ridge(), "binary"), MATRIX, np.ones(ROWS), None, seed=1)
    with pytest.raises(LearnerError, match="no mature labelled row"):
        fit(Recipe(Ridge(), "binary"), MATRIX.rows(0, 0), np.ones(0), None, seed=1)


def test_the_fingerprint_is_of_words_not_codes():
    rows = np.arange(100)
    wider = from_table(
        pa.concat_tables([TABLE, pa.table({"shop": ["a new shop"], "weight": [1.0], "heavy": [True]})])
    )
    assert fingerprint(MATRIX.take(rows), LABEL[rows]) == fingerprint(wider.take(rows), LABEL[rows])
    changed = MATRIX.values.copy()
    changed[3, 1] += 1e-9
    other = type(MATRIX)(MATRIX.names, changed, MATRIX.dictionaries)
    assert fingerprint(MATRIX.take(rows), LABEL[rows]) != fingerprint(other.take(rows), LABEL[rows])


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=50))
def test_effective_rows_lie_between_one_and_all(weights):
    assert 1 - 1e-9 <= effective_rows(np.array(weights), len(weights)) <= len(weights) + 1e-9

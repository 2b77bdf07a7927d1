import subprocess
import sys
import time
import warnings
from dataclasses import replace
from functools import cache

import catboost
import lightgbm
import numpy as np
import pyarrow as pa
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder
from sklearn.tree import DecisionTreeClassifier

from trimtab.errors import LearnerError
from trimtab.serving.engines import choose, sample_rows
from trimtab.serving.engines.base import LAST_BITS
from trimtab.serving.engines.sample import python_rows
from trimtab.training.encoder import row_encoder
from trimtab.training.fit import Recipe, fit
from trimtab.training.matrix import FeatureMatrix, from_table

ROWS = 700
NUMBERS = ("weight", "length", "queue")


def world():
    rng = np.random.default_rng(0)
    columns = {
        "shop": pa.array(rng.choice(["north", "south", "west", None], ROWS), pa.string()),
        "heavy": pa.array(rng.random(ROWS) < 0.5),
    }
    for name, digits in zip(NUMBERS, (1, 9, 0), strict=True):  # 1 and 0 digits put many rows on split points
        gaps = rng.random(ROWS) < 0.1
        columns[name] = pa.array(rng.normal(scale=3, size=ROWS).round(digits), mask=gaps)
    columns["kind"] = pa.array([f"k{number}" for number in rng.integers(0, 9, ROWS)])
    return from_table(pa.table(columns))


MATRIX = world()
CAUSE = (
    np.nan_to_num(MATRIX.values[:, 2]) + np.nan_to_num(MATRIX.values[:, 3]) + 3 * (MATRIX.values[:, 0] == 0)
)
YES = (np.random.default_rng(1).random(ROWS) < 1 / (1 + np.exp(-CAUSE))).astype(float)
CLASS = np.digitize(CAUSE, [-2, 2]).astype(float)
COLUMNS = ColumnTransformer(
    [
        ("words", OneHotEncoder(handle_unknown="ignore"), ["shop", "kind"]),
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), list(NUMBERS)),
    ]
)
CLASSIFIERS = {
    "lightgbm single row": lightgbm.LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1),
    "xgboost in place": xgboost.XGBClassifier(n_estimators=20, n_jobs=1),
    "catboost": catboost.CatBoostClassifier(n_estimators=20),
    "treelite histogram": HistGradientBoostingClassifier(max_iter=20),
    "treelite boosting": GradientBoostingClassifier(n_estimators=10),
    "treelite forest": RandomForestClassifier(20),
    "treelite extra": ExtraTreesClassifier(20),
    "treelite pipeline": make_pipeline(COLUMNS, HistGradientBoostingClassifier(max_iter=10)),
    "flattened linear": LogisticRegression(max_iter=500),
    "flattened linear pipeline": make_pipeline(COLUMNS, LogisticRegression(max_iter=500)),
    "learner": DecisionTreeClassifier(max_depth=5),
}
REGRESSORS = {
    "lightgbm single row": lightgbm.LGBMRegressor(n_estimators=20, verbose=-1, n_jobs=1),
    "xgboost in place": xgboost.XGBRegressor(n_estimators=20, n_jobs=1),
    "catboost": catboost.CatBoostRegressor(n_estimators=20),
    "treelite histogram": HistGradientBoostingRegressor(max_iter=20),
    "treelite poisson": HistGradientBoostingRegressor(max_iter=20, loss="poisson"),
    "treelite boosting": GradientBoostingRegressor(n_estimators=10),
    "treelite forest": RandomForestRegressor(20),
    "treelite extra": ExtraTreesRegressor(20),
    "flattened linear": Ridge(),
    "flattened linear of exponentials": PoissonRegressor(),
}
EXACT = ("lightgbm", "xgboost", "catboost", "learner")
CASES = [
    *(("binary", name) for name in CLASSIFIERS),
    *(("weighted", name) for name in CLASSIFIERS),
    *(("multiclass", name) for name in CLASSIFIERS),
    *(("regression", name) for name in REGRESSORS),
]


@cache
def predictor_of(task, name):
    if task == "regression":
        return fit(Recipe(REGRESSORS[name], "regression", 1), MATRIX, np.exp(CAUSE / 5), None, 1).predictor
    if task == "multiclass":  # of four classes the last one never occurs
        return fit(Recipe(CLASSIFIERS[name], "multiclass", 4), MATRIX, CLASS, None, 1).predictor
    weights = {1.0: 4.0} if task == "weighted" else {}
    return fit(Recipe(CLASSIFIERS[name], "binary", weights=weights), MATRIX, YES, None, 1).predictor


@cache
def chosen(task, name):
    predictor = predictor_of(task, name)
    return choose(predictor, sample_rows(MATRIX, predictor, seed=3))


def singly(scorer, rows):
    return np.array([scorer.one(row) for row in python_rows(rows)])


@pytest.mark.parametrize(("task", "name"), CASES)
def test_the_fast_engine_is_chosen_and_one_row_equals_many_equals_the_learner(task, name):
    predictor, engine = predictor_of(task, name), chosen(task, name)
    assert name.startswith(engine.scorer.name)
    assert engine.scorer.names == MATRIX.names
    sample = sample_rows(MATRIX, predictor, seed=8)  # other rows than those it was chosen on
    for rows in (MATRIX, sample):
        expected, many = predictor.score(rows), engine.scorer.many(rows)
        assert np.array_equal(singly(engine.scorer, rows), many)
        allowed = 0 if name.startswith(EXACT) else LAST_BITS
        assert np.max(np.abs(many - expected) / np.maximum(1, np.abs(expected))) <= allowed


TYPES = (pa.string(), pa.bool_(), pa.float64(), pa.float64(), pa.float64(), pa.string())
COMPANY = pa.table(  # pandas reads a text column by what it holds, so a pipeline's frame needs a word in each
    [pa.array([value], kind) for value, kind in zip(["west", True, 1, 2, 3, "k1"], TYPES, strict=True)],
    names=MATRIX.names,
)


@pytest.mark.parametrize("name", CLASSIFIERS)
@settings(max_examples=15, deadline=None)
@given(
    shop=st.sampled_from(["north", "south", "west", "moon", "", None]),
    heavy=st.sampled_from([True, False, None]),
    numbers=st.lists(
        st.none() | st.integers(-9, 9) | st.floats(-1e6, 1e6) | st.sampled_from([0.5, -0.0, 1e-300]),
        min_size=3,
        max_size=3,
    ),
    kind=st.sampled_from(["k0", "k8", "k9", None]),
)
def test_any_row_scores_as_the_learner_scores_it(name, shop, heavy, numbers, kind):
    row = [shop, heavy, *numbers, kind]
    columns = [pa.array([value], kind) for value, kind in zip(row, TYPES, strict=True)]
    table = pa.table(columns, names=MATRIX.names)
    scorer, rows = chosen("weighted", name).scorer, from_table(pa.concat_tables([table, COMPANY]))
    one = scorer.one(row)
    assert type(one) is float
    assert one == scorer.many(rows)[0]
    assert abs(one - predictor_of("weighted", name).score(rows)[0]) <= LAST_BITS


@given(
    st.lists(st.sampled_from(["north", "east", "west", "", None]), min_size=1, max_size=5),
    st.lists(st.none() | st.integers(-(2**53), 2**53) | st.booleans(), min_size=5, max_size=5),
)
@settings(max_examples=25, deadline=None)
def test_encoding_one_row_is_encoding_a_matrix_of_one_row(shops, numbers):
    encoder = predictor_of("binary", "learner").encoder
    encode = row_encoder(encoder)
    for shop, number in zip(shops, numbers, strict=False):
        row = [shop, True, number, 0.5, None, "k1"]
        numeric = None if number is None else float(number)
        table = pa.table(
            [
                pa.array([shop], pa.string()),
                *(pa.array([value], pa.float64()) for value in (1.0, numeric, 0.5, None)),
                pa.array(["k1"]),
            ],
            names=MATRIX.names,
        )
        assert np.array_equal(
            np.array([encode(row)], dtype=float), encoder.encode(from_table(table)), equal_nan=True
        )


def test_a_text_column_without_any_word_is_missing():
    predictor = predictor_of("binary", "treelite histogram")
    nothing = MATRIX.values[:5].copy()
    nothing[:, 0] = np.nan
    words = {"kind": MATRIX.dictionaries["kind"]}
    without = FeatureMatrix(MATRIX.names, nothing, words)
    missing = FeatureMatrix(MATRIX.names, nothing, MATRIX.dictionaries)
    assert np.array_equal(predictor.score(without), predictor.score(missing))


@pytest.mark.parametrize("name", [name for name in CLASSIFIERS if not name.endswith("pipeline")])
def test_infinite_numbers_are_scored_or_refused_as_the_learner_does(name):
    values = MATRIX.values[:1].copy()
    values[0, 2] = np.inf
    rows = replace(MATRIX, values=values)
    scorer = chosen("binary", name).scorer
    try:
        expected = predictor_of("binary", name).score(rows)
    except LearnerError:
        for call in (lambda: scorer.many(rows), lambda: singly(scorer, rows)):
            with pytest.raises(LearnerError):
                call()
    else:
        assert np.allclose(scorer.many(rows), expected, rtol=0, atol=LAST_BITS)
        assert np.array_equal(singly(scorer, rows), scorer.many(rows))


def test_a_row_of_the_wrong_length_or_kind_is_refused_by_name():
    for name in ("lightgbm single row", "treelite histogram"):
        for row in (["north"], ["north", True, "heavy", 1.0, 2.0, "k1"]):
            with pytest.raises(LearnerError, match="failed to predict"):
                chosen("binary", name).scorer.one(row)


def test_learners_that_multiply_matrices_are_scored_row_by_row():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recipe = Recipe(MLPClassifier((8,), max_iter=5), "binary")
        predictor = fit(recipe, MATRIX, YES, None, 1).predictor
    engine = choose(predictor, sample_rows(MATRIX, predictor, seed=3))
    rows = MATRIX.rows(0, 60)
    assert np.array_equal(singly(engine.scorer, rows), engine.scorer.many(rows))
    assert np.allclose(engine.scorer.many(rows), predictor.score(rows), rtol=0, atol=1e-12)


class Slow(DecisionTreeClassifier):
    def predict_proba(self, X):
        time.sleep(0.0005)
        return super().predict_proba(X)


def pipeline(words, learner):
    return make_pipeline(
        ColumnTransformer([("words", words, ["shop", "kind"])], remainder="passthrough"), learner
    )


@pytest.mark.parametrize(
    ("words", "engine"),
    [
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), "treelite"),
        (
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
            "treelite",
        ),
        (
            make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
            "treelite",
        ),
        (TargetEncoder(random_state=0), "learner"),
    ],
)
def test_pipelines_of_any_steps_score_a_row_alone_as_among_others(words, engine):
    recipe = Recipe(pipeline(words, HistGradientBoostingClassifier(max_iter=5)), "binary")
    predictor = fit(recipe, MATRIX, YES, None, 1).predictor
    scorer = choose(predictor, sample_rows(MATRIX, predictor, seed=3)).scorer
    assert scorer.name == engine
    rows = MATRIX.rows(0, 60)
    assert np.isnan(rows.values[:, 0]).any()
    assert np.max(np.abs(singly(scorer, rows) - predictor.score(rows))) <= LAST_BITS


def test_slow_learners_are_flagged_to_be_batched():
    predictor = fit(Recipe(Slow(), "binary"), MATRIX, YES, None, 1).predictor
    slow = choose(predictor, sample_rows(MATRIX, predictor, seed=3)).report
    assert slow.batched
    assert slow.microseconds > 300
    fast = chosen("binary", "treelite histogram").report
    assert not fast.batched
    assert fast.rows > 300


def test_engines_answer_from_several_threads():
    from concurrent.futures import ThreadPoolExecutor

    rows = python_rows(MATRIX.rows(0, 100))
    for name in ("lightgbm single row", "treelite forest", "xgboost in place"):
        scorer = chosen("binary", name).scorer
        expected = [scorer.one(row) for row in rows]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(scorer.one, rows * 5)) == expected * 5


def test_importing_the_engines_loads_no_learner():
    names = ("sklearn", "scipy", "lightgbm", "xgboost", "catboost", "treelite")
    code = f"import sys, trimtab.serving.engines; print([name for name in {names} if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )

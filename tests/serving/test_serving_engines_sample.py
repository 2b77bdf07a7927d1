import json

import catboost
import lightgbm
import numpy as np
import pyarrow as pa
import pytest
import xgboost
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from trimtab.serving.engines import sample_rows
from trimtab.serving.engines.sample import StoredSample, python_rows, stored_sample
from trimtab.serving.engines.splits import split_points
from trimtab.training.fit import Recipe, fit
from trimtab.training.matrix import from_table

RNG = np.random.default_rng(0)
ROWS = 500
MATRIX = from_table(
    pa.table(
        {
            "kind": RNG.choice(["b", "a", "c"], ROWS),
            "weight": RNG.normal(size=ROWS),
            "length": pa.array(RNG.normal(size=ROWS), mask=RNG.random(ROWS) < 0.2),
            "shop": pa.array(RNG.choice(["north", "south", None], ROWS), pa.string()),
        }
    )
)
YES = (MATRIX.values[:, 1] + RNG.normal(size=ROWS) / 3 > 0.4).astype(float)
LEARNERS = {
    "lightgbm": lightgbm.LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1),
    "xgboost": xgboost.XGBClassifier(n_estimators=5),
    "catboost": catboost.CatBoostClassifier(n_estimators=5),
    "histogram": HistGradientBoostingClassifier(max_iter=5),
    "boosting": GradientBoostingClassifier(n_estimators=5),
    "forest": RandomForestClassifier(5),
    "tree": DecisionTreeClassifier(max_depth=4),
}


def fitted(learner):
    return fit(Recipe(learner, "binary"), MATRIX, YES, None, 1).predictor


@pytest.mark.parametrize("name", LEARNERS)
def test_scores_change_only_at_split_points(name):
    predictor = fitted(LEARNERS[name])
    points = split_points(predictor)
    assert 1 in points
    assert set(points) <= {1, 2}, "text columns have no split points"
    grid = np.sort(np.concatenate([points[1] - 1e-5, points[1] + 1e-5]))
    values = np.tile(MATRIX.values[:1], (len(grid), 1))
    values[:, 1] = grid
    scores = predictor.score(type(MATRIX)(MATRIX.names, values, MATRIX.dictionaries))
    jumps = (grid[1:][np.diff(scores) != 0] + grid[:-1][np.diff(scores) != 0]) / 2
    assert len(jumps)
    assert all(np.min(np.abs(points[1] - jump)) < 1e-4 for jump in jumps)


def test_learners_without_trees_have_no_split_points():
    assert split_points(fitted(LogisticRegression())) == {}


def test_the_sample_holds_what_goes_wrong():
    predictor = fitted(LEARNERS["histogram"])
    rows = sample_rows(MATRIX, predictor, seed=1)
    missing = np.isnan(rows.values)
    assert missing.all(axis=1).any(), "a row without any value"
    assert missing.any(axis=0).all(), "each column is missing somewhere"
    words = python_rows(rows)
    for place, name in ((0, "kind"), (3, "shop")):
        assert {row[place] for row in words} - {None} > set(MATRIX.dictionaries[name]), "a word never seen"
        assert list(rows.dictionaries[name]) == sorted(rows.dictionaries[name])
    points = split_points(predictor)[1]
    held = rows.values[:, 1]
    for other in (points, np.nextafter(points, np.inf), np.nextafter(points, -np.inf)):
        assert np.isin(held, other).any(), "split points and both neighbours"
    assert np.nanmax(held) >= 1e9 > MATRIX.values[:, 1].max()
    assert np.nanmin(held) <= -1e9
    assert np.isin(MATRIX.values[:, 1], held).sum() >= 150, "ordinary rows"
    assert 300 < len(rows) < 900


def test_the_same_seed_gives_the_same_sample():
    predictor = fitted(LEARNERS["histogram"])
    first, again, other = (sample_rows(MATRIX, predictor, seed).values for seed in (1, 1, 2))
    assert np.array_equal(first, again, equal_nan=True)
    assert not np.array_equal(first, other, equal_nan=True)


class Picky(DecisionTreeClassifier):
    def predict_proba(self, X):
        if np.isnan(X[:, 1]).any():
            raise ValueError("a weight is needed")
        return super().predict_proba(X)


def test_rows_that_the_learner_refuses_are_left_out():
    predictor = fitted(Picky(max_depth=3))
    rows = sample_rows(MATRIX, predictor, seed=1)
    assert len(rows) > 300
    assert not np.isnan(rows.values[:, 1]).any()


def test_a_stored_sample_comes_back_as_it_was():
    predictor = fitted(LEARNERS["histogram"])
    rows = sample_rows(MATRIX, predictor, seed=1)
    for expected in (predictor.score(rows), np.column_stack([predictor.score(rows)] * 3)):
        back = stored_sample(json.loads(json.dumps(StoredSample(rows, expected).to_json())))
        assert back.rows.names == rows.names
        assert back.rows.dictionaries == rows.dictionaries
        assert np.array_equal(back.rows.values, rows.values, equal_nan=True)
        assert np.array_equal(back.expected, expected)

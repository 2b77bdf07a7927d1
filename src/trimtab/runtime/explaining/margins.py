"""What a learner itself says each feature adds: exact TreeSHAP of the boosters, and the terms of a linear model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.evaluation.attribution import Shapley
from trimtab.training.inputs import shape
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor

Floats = NDArray[np.float64]

AGREES = 1e-4
"""How far the sum may be from the score that it explains, on its own scale: XGBoost adds 32-bit numbers."""


def margins(predictor: Predictor, row: FeatureMatrix, background: FeatureMatrix | None) -> Shapley | None:
    """What a booster or a linear model says of one row, in log-odds of yes or in units of the label; None for others.

    Never of several classes, and never where the parts do not add up to the score.
    """
    if predictor.task == "multiclass":
        return None
    try:
        found = _of_booster(predictor, row) or _of_linear(predictor, row, background)
    except Exception:  # noqa: BLE001  # whatever a library raises, there is another way to explain
        return None
    return found if found is not None and adds_up(found, predictor, row) else None


def adds_up(found: Shapley, predictor: Predictor, row: FeatureMatrix) -> bool:
    """Whether base and amounts are the score of the row, on the scale of the margin."""
    target = on_margin(float(predictor.score(row)[0]), predictor)
    return abs(found.total - target) <= AGREES * max(1.0, abs(target))


def on_margin(score: float, predictor: Predictor) -> float:
    """A score as log-odds of yes; a number as it is."""
    if predictor.task == "regression":
        return score
    inner = min(max(score, 1e-15), 1 - 1e-15)
    return math.log(inner / (1 - inner))


def _shift(predictor: Predictor) -> float:
    """What class weights and thinning added to the learner's own log-odds, and the predictor takes off again."""
    if predictor.task == "regression":
        return 0.0
    return math.log(predictor.emphasis.get(0.0, 1.0) / predictor.emphasis.get(1.0, 1.0))


def _of_booster(predictor: Predictor, row: FeatureMatrix) -> Shapley | None:
    parts = _PARTS.get(predictor.family)
    if parts is None:
        return None
    told = parts(predictor, shape(predictor.family, predictor.encoder.encode(row), predictor.encoder))
    return _shapley(float(told[-1]) + _shift(predictor), told[:-1])


def _lightgbm(predictor: Predictor, inputs: Any) -> Floats:
    return np.asarray(predictor.estimator.booster_.predict(inputs, pred_contrib=True, num_threads=1)[0])


def _xgboost(predictor: Predictor, inputs: Any) -> Floats:
    from xgboost import DMatrix  # noqa: PLC0415  # an extra, there where the model is

    booster = predictor.estimator.get_booster()
    data = DMatrix(
        inputs,
        feature_types=booster.feature_types,
        enable_categorical=True,
        missing=predictor.estimator.missing,
    )
    return np.asarray(booster.predict(data, pred_contribs=True, validate_features=False)[0], np.float64)


def _catboost(predictor: Predictor, inputs: Any) -> Floats:
    from catboost import Pool  # noqa: PLC0415  # an extra, there where the model is

    pool = Pool(inputs, cat_features=list(predictor.encoder.categorical))
    told = predictor.estimator.get_feature_importance(pool, type="ShapValues", thread_count=1)
    return np.asarray(told[0], np.float64)


_PARTS = {"lightgbm": _lightgbm, "xgboost": _xgboost, "catboost": _catboost}


def _of_linear(predictor: Predictor, row: FeatureMatrix, background: FeatureMatrix | None) -> Shapley | None:
    """Coefficient times deviation from the background: of a sum of terms, each feature may be moved by itself."""
    learner = (
        predictor.estimator.steps[-1][1] if hasattr(predictor.estimator, "steps") else predictor.estimator
    )
    if background is None or not hasattr(learner, "coef_"):
        return None
    encoder = predictor.encoder
    mine, theirs = encoder.encode(row)[0], encoder.encode(background)
    # one block of background rows for each feature that is moved, and one where none is
    moved = np.repeat(theirs[None], len(mine) + 1, axis=0)
    for place, value in enumerate(mine):
        moved[place, :, place] = value
    told = _margin(predictor, moved.reshape(-1, len(mine))).reshape(len(mine) + 1, -1).mean(axis=1)
    return _shapley(float(told[-1]) + _shift(predictor), told[:-1] - told[-1])


def _margin(predictor: Predictor, encoded: Floats) -> Floats:
    inputs = shape(predictor.family, np.asfortranarray(encoded), predictor.encoder)
    method = "predict" if predictor.task == "regression" else "decision_function"
    if not hasattr(predictor.estimator, method):
        raise LearnerError("the learner tells no margin", found=type(predictor.estimator).__name__)
    return np.asarray(getattr(predictor.estimator, method)(inputs), np.float64)


def _shapley(base: float, amounts: Floats) -> Shapley:
    return Shapley(base, np.asarray(amounts, np.float64), np.zeros(len(amounts)))

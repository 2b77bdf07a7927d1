"""Where a model's trees split: the values at which a wrong number type or a wrong comparison shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab.serving.engines.base import Floats
from trimtab.serving.engines.columns import Number, histogram_columns, plain_columns
from trimtab.serving.engines.pipelines import take_apart
from trimtab.training.predictor import Predictor

Splits = Iterator[tuple[int, float]]
_LARGEST = 1e30  # beyond lie the marks that libraries set for missing values


def split_points(predictor: Predictor) -> dict[int, Floats]:
    """The distinct thresholds of each encoded number column, sorted; empty for learners without trees.

    Libraries keep their trees in places of their own; where they cannot be read there are no split points, and the
    sample says how many it has.
    """
    read = _READERS.get(predictor.family, _trees)
    try:
        pairs = list(read(predictor))
    except Exception:  # noqa: BLE001  # a sample with fewer rows is no reason to fail a training
        return {}
    words = set(predictor.encoder.categorical)
    found: dict[int, set[float]] = {}
    for position, value in pairs:
        if position not in words and abs(value) < _LARGEST:
            found.setdefault(position, set()).add(value)
    return {position: np.array(sorted(values)) for position, values in sorted(found.items())}


def _lightgbm(predictor: Predictor) -> Splits:
    text = predictor.estimator.booster_.model_to_string()
    features = re.findall(r"^split_feature=(.*)$", text, re.MULTILINE)
    thresholds = re.findall(r"^threshold=(.*)$", text, re.MULTILINE)
    for positions, values in zip(features, thresholds, strict=True):
        yield from zip(map(int, positions.split()), map(float, values.split()), strict=True)


def _xgboost(predictor: Predictor) -> Splits:
    for tree in predictor.estimator.get_booster().get_dump():
        for position, value in re.findall(r"\[f(\d+)<([^\]]+)\]", tree):
            yield int(position), float(np.float32(value))


def _catboost(predictor: Predictor) -> Splits:
    for place, values in predictor.estimator.get_borders().items():
        yield from ((int(place), float(value)) for value in values)


def _trees(predictor: Predictor) -> Splits:
    """scikit-learn's trees, whose columns are traced back through the preparation before them."""
    apart = take_apart(predictor) if hasattr(predictor.estimator, "steps") else None
    columns, learner = apart or (plain_columns(len(predictor.encoder.names)), predictor.estimator)
    columns = histogram_columns(learner) or columns
    sources = [
        column for column in columns for _ in range(1 if isinstance(column, Number) else len(column.other))
    ]
    for place, value in _thresholds(learner):
        column = sources[place]
        if isinstance(column, Number):
            yield column.source, value * column.scale + column.mean


def _thresholds(learner: Any) -> Splits:
    for group in getattr(learner, "_predictors", ()):
        for tree in group:
            inner = tree.nodes[(tree.nodes["is_leaf"] == 0) & (tree.nodes["is_categorical"] == 0)]
            yield from zip(inner["feature_idx"].tolist(), inner["num_threshold"].tolist(), strict=True)
    singles = (
        [learner] if hasattr(learner, "tree_") else np.ravel(getattr(learner, "estimators_", [])).tolist()
    )
    for single in singles:
        inner = single.tree_.children_left != -1
        thresholds = single.tree_.threshold[inner].tolist()
        yield from zip(single.tree_.feature[inner].tolist(), thresholds, strict=True)


_READERS = {"lightgbm": _lightgbm, "xgboost": _xgboost, "catboost": _catboost}

"""CatBoost's own prediction on one thread, with words where it was trained on words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.serving.engines.base import LAST_BITS, Floats
from trimtab.training.inputs import shape
from trimtab.training.predictor import Predictor


class CatBoostCore:
    """One model, told to use one thread; CatBoost itself adds up a row's trees alike in every company."""

    name = "catboost"
    exact = True
    resolution = LAST_BITS

    def __init__(self, predictor: Predictor) -> None:
        self._encoder = predictor.encoder
        self._words = tuple(
            (position, predictor.encoder.words[predictor.encoder.names[position]])
            for position in predictor.encoder.categorical
        )
        self._number = predictor.task == "regression"
        self._predict = getattr(predictor.estimator, "predict" if self._number else "predict_proba")

    def one(self, row: list[float]) -> Sequence[float]:
        """The learner's answer to one encoded row."""
        mixed: list[Any] = list(row)
        for position, words in self._words:
            code = mixed[position]
            mixed[position] = words[int(code)] if code == code else "missing"  # noqa: PLR0124  # NaN
        inputs = np.array([mixed], dtype=object if self._words else np.float64)
        return np.ravel(self._predict(inputs, thread_count=1)).tolist()  # type: ignore[no-any-return]

    def many(self, rows: Floats) -> Floats:
        """The learner's answers to encoded rows."""
        return np.asarray(
            self._predict(shape("catboost", rows, self._encoder), thread_count=1), dtype=np.float64
        )


def build(predictor: Predictor) -> CatBoostCore | None:
    """The core of a predictor whose learner is one of CatBoost's, or None."""
    return CatBoostCore(predictor) if predictor.family == "catboost" else None

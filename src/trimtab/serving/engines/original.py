"""The learner itself, for whatever has no faster way that gives the same answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.serving.engines.base import IN_OTHER_COMPANY, LAST_BITS, LAST_BITS_FLOAT32, Floats
from trimtab.serving.engines.columns import Columns, flat_rows
from trimtab.serving.engines.pipelines import take_apart
from trimtab.training.inputs import shape
from trimtab.training.predictor import Predictor


class OriginalCore:
    """The learner's own call.

    Learners that multiply matrices answer a row differently in the last bits when other rows stand beside it. With
    `apart` each row is scored on its own, so that one row and many still give the same bits. pandas types a text column
    by what it holds, so rows for a user's pipeline are accompanied by one that has a word in every text column.
    """

    exact = True

    def __init__(self, predictor: Predictor, *, apart: bool) -> None:
        self._predictor, self._apart = predictor, apart
        self.name = "learner, row by row" if apart else "learner"
        own = LAST_BITS_FLOAT32 if predictor.family == "xgboost" else LAST_BITS
        self.resolution = IN_OTHER_COMPANY if apart else own
        self.exact = not apart
        self._call = _call_of(predictor, predictor.estimator)
        self._companion = predictor.family == "frame" and bool(predictor.encoder.categorical)

    def one(self, row: list[float]) -> Sequence[float]:
        """The learner's answer to one encoded row."""
        answers: list[float] = np.ravel(self._together(np.array([row], dtype=np.float64))).tolist()
        return answers

    def many(self, rows: Floats) -> Floats:
        """The learner's answers to encoded rows."""
        if not self._apart:
            return self._together(rows)
        return np.concatenate([self._together(rows[place : place + 1]) for place in range(len(rows))])

    def _together(self, rows: Floats) -> Floats:
        accompanied = np.vstack([rows, np.zeros(rows.shape[1])]) if self._companion else rows
        inputs = shape(self._predictor.family, accompanied, self._predictor.encoder)
        return np.asarray(self._call(inputs), dtype=np.float64)[: len(rows)]


class FlattenedCore(OriginalCore):
    """The last learner of a pipeline, behind its preparation as flat columns."""

    def __init__(self, predictor: Predictor, columns: Columns, learner: Any, *, apart: bool) -> None:
        super().__init__(predictor, apart=apart)
        self.name = self.name.replace("learner", "flattened pipeline")
        self.exact = False
        self._columns = columns
        self._call = _call_of(predictor, learner)

    def _together(self, rows: Floats) -> Floats:
        return np.asarray(self._call(flat_rows(self._columns, rows)), dtype=np.float64)


def _call_of(predictor: Predictor, learner: Any) -> Any:
    return getattr(learner, "predict" if predictor.task == "regression" else "predict_proba")


def build(predictor: Predictor) -> OriginalCore:
    """The core that calls the learner as it is."""
    return OriginalCore(predictor, apart=False)


def build_apart(predictor: Predictor) -> OriginalCore:
    """The core that calls the learner one row at a time."""
    return OriginalCore(predictor, apart=True)


def build_flattened(predictor: Predictor) -> FlattenedCore | None:
    """The core that flattens a pipeline's preparation, or None for a learner that is no pipeline."""
    return _flattened(predictor, apart=False)


def build_flattened_apart(predictor: Predictor) -> FlattenedCore | None:
    """The same, one row at a time."""
    return _flattened(predictor, apart=True)


def _flattened(predictor: Predictor, *, apart: bool) -> FlattenedCore | None:
    taken = take_apart(predictor)
    return None if taken is None else FlattenedCore(predictor, *taken, apart=apart)

"""A core with everything around it that a predictor does: words to codes before, the correction of rates after."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trimtab.errors import LearnerError, TrimtabError
from trimtab.serving.engines.base import Core, Floats, Score
from trimtab.training.encoder import row_encoder
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor


class CoreScorer:
    """A Scorer made of a predictor and the core that stands in for its learner."""

    def __init__(self, predictor: Predictor, core: Core) -> None:
        self.name, self.core = core.name, core
        self.names = predictor.encoder.names
        self._encode = row_encoder(predictor.encoder)
        self._finish = _finisher(predictor)
        self._predictor = replace(predictor, estimator=_Learner(core), family="codes")

    def one(self, values: Sequence[Any]) -> Score:
        """The score of one request; raises LearnerError for values that the model cannot read."""
        try:
            return self._finish(self.core.one(self._encode(values)))
        except TrimtabError:
            raise
        except Exception as error:  # each library has its own errors for odd numbers
            raise LearnerError(f"the learner failed to predict: {type(error).__name__}: {error}") from error

    def many(self, matrix: FeatureMatrix) -> Floats:
        """The scores of many rows, by the predictor itself with the core as its learner."""
        return self._predictor.score(matrix)


@dataclass(frozen=True)
class _Learner:
    """A core in the shape of a learner that reads codes."""

    core: Core

    def predict(self, rows: Floats) -> Floats:
        return self.core.many(rows)

    predict_proba = predict


def _finisher(predictor: Predictor) -> Callable[[Sequence[float]], Score]:
    if predictor.task == "regression":
        return _number
    if predictor.task == "binary" and not predictor.emphasis:
        return _probability
    factors = [predictor.emphasis.get(code, 1.0) for code in predictor.classes]
    if predictor.task == "binary":
        return _Corrected(*factors)
    return _Classes(
        np.array([int(code) for code in predictor.classes]), np.array(factors), predictor.class_count
    )


def _number(raw: Sequence[float]) -> float:
    return _finite(float(raw[0]))


def _probability(raw: Sequence[float]) -> float:
    return _finite(float(raw[1]))


@dataclass(frozen=True)
class _Corrected:
    """The probability of yes at the true rate, in the order of operations of Predictor."""

    no_factor: float
    yes_factor: float

    def __call__(self, raw: Sequence[float]) -> float:
        no, yes = float(raw[0]) / self.no_factor, float(raw[1]) / self.yes_factor
        total = no + yes
        return _finite(yes / total if total else math.nan)


@dataclass(frozen=True)
class _Classes:
    """Class probabilities at the true rates; the same array operations as Predictor's, on one row."""

    seen: Any
    factors: Floats
    count: int

    def __call__(self, raw: Sequence[float]) -> tuple[float, ...]:
        full = np.zeros((1, self.count))
        full[:, self.seen] = np.asarray(raw, dtype=np.float64) / self.factors
        with np.errstate(invalid="ignore", divide="ignore"):
            full /= full.sum(axis=1, keepdims=True)
        scores: list[float] = full[0].tolist()
        _finite(sum(scores))
        return tuple(scores)


def _finite(score: float) -> float:
    if not math.isfinite(score):
        raise LearnerError("the learner answered 1 of 1 rows with NaN")
    return score

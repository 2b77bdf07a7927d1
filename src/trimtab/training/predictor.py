"""A fitted learner with everything it needs to answer: its encoder, its classes, its correction to the true rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.metrics import Task
from trimtab.training.encoder import Encoder
from trimtab.training.inputs import shape
from trimtab.training.matrix import FeatureMatrix


@dataclass(frozen=True)
class Predictor:
    """Scores from features: (n,) probabilities of yes, (n, k) class probabilities, or (n,) numbers.

    `emphasis` says how much over-represented each class was in training (weight times kept share); scores are
    corrected back by it.
    """

    estimator: Any
    family: str
    encoder: Encoder
    task: Task
    classes: tuple[float, ...]
    class_count: int
    emphasis: Mapping[float, float]

    def score(self, matrix: FeatureMatrix) -> NDArray[np.float64]:
        """One score a row; raises LearnerError when the learner fails or answers with anything but finite numbers."""
        if not len(matrix):
            return np.zeros((0, self.class_count) if self.task == "multiclass" else 0)
        inputs = shape(self.family, self.encoder.encode(matrix), self.encoder)
        method = "predict" if self.task == "regression" else "predict_proba"
        try:
            raw = np.asarray(getattr(self.estimator, method)(inputs), dtype=np.float64)
        except Exception as error:  # whatever the user's learner raises is the user's to read
            raise LearnerError(f"the learner failed to predict: {type(error).__name__}: {error}") from error
        scores = raw if self.task == "regression" else self._probabilities(raw)
        if not np.all(np.isfinite(scores)):
            raise LearnerError(
                f"the learner answered {int(np.sum(~np.isfinite(scores)))} of {len(scores)} rows with NaN"
            )
        return scores

    def _probabilities(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.task == "binary" and not self.emphasis:
            return raw[:, 1]
        seen = np.array([int(code) for code in self.classes])
        full = np.zeros((len(raw), self.class_count))
        full[:, seen] = raw / np.array([self.emphasis.get(code, 1.0) for code in self.classes])
        full /= full.sum(axis=1, keepdims=True)
        return full[:, 1] if self.task == "binary" else full


def emphasis_of(weights: Mapping[float, float], sampling: Mapping[float, float]) -> dict[float, float]:
    """How much each class counts in training relative to the world."""
    codes = {*weights, *sampling}
    return {code: weights.get(code, 1.0) * sampling.get(code, 1.0) for code in codes}

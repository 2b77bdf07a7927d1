"""The candidate's recipe, trained as often as the suite asks: on other columns, seeds, labels or rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from trimtab.evaluation.evaluated import Floats, Predict, Rows
from trimtab.retrain.windows import weights
from trimtab.runtime.evaluating.split import Split
from trimtab.runtime.history import History
from trimtab.runtime.training import FitSpec
from trimtab.training.fit import Fitted, Recipe, fit
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor
from trimtab.training.task import make_recipe

Positions = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trainer:
    """Fits of one recipe on rows of a history, each with the seed that a training at that instant has."""

    history: History
    split: Split
    recipe: Recipe

    @classmethod
    def of(cls, history: History, split: Split) -> Trainer:
        """The trainer of a system's declared model; raises DeclarationError when learner and label do not fit."""
        labels = history.labels
        return cls(
            history,
            split,
            make_recipe(history.system.model, labels.kind, labels.classes, labels.history.value),
        )

    def seed(self, number: int = 0) -> int:
        """The seed of a training as known at the split; `number` tells repeated ones apart."""
        return FitSpec(self.split.as_of, self.split.chosen, seed=number).seed_for(self.history.system.seed)

    def fit(
        self,
        rows: Positions | None = None,
        label: Floats | None = None,
        *,
        names: tuple[str, ...] | None = None,
        number: int = 0,
        learner: Any = None,
    ) -> Fitted:
        """Train on rows (default: those that the split allows) and labels of all requests (default: as known then).

        Raises LearnerError when the learner fails.
        """
        rows = self.split.learned if rows is None else rows
        label = self.split.then if label is None else label
        matrix = self.history.matrix.take(rows)
        if names is not None:
            matrix = matrix.only(names)
        weight = weights(self.split.chosen, self.history.requests.at[rows], self.split.as_of)
        recipe = (
            self.recipe if learner is None else replace(self.recipe, learner=learner, weights={}, sampling={})
        )
        with threadpool_limits(1):  # the same bytes whatever the number of cores
            return fit(recipe, matrix, label[rows], weight if learner is None else None, self.seed(number))

    def score(self, predictor: Predictor, rows: Positions) -> Floats:
        """The scores of requests by position."""
        with threadpool_limits(1):
            return predictor.score(self.history.matrix.take(rows))


def predict_with(predictor: Predictor) -> Predict:
    """A predictor as the suite asks it."""

    def predict(rows: Rows) -> Floats:
        with threadpool_limits(1):
            return predictor.score(FeatureMatrix(rows.names, rows.values, rows.dictionaries))

    return predict


def rows_of(matrix: FeatureMatrix) -> Rows:
    """Features as the suite sees them."""
    return Rows(matrix.names, matrix.values, matrix.dictionaries)


def evenly(rows: Positions, most: int) -> Positions:
    """At most so many positions, evenly spaced."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]

"""A real scikit-learn learner in a simulated world: slower, and its artifacts are stored and loaded as in life."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.adapters.artifacts import dump, load
from trimtab.testing.simulation.chance import generator
from trimtab.testing.simulation.surroundings import Floats, Surroundings
from trimtab.testing.simulation.trained import Lesson

EFFECTS = np.array([1.0, -0.5])
"""What two features add to the label; they stay, the level around them moves."""

POINTS = 64
"""The loss of a model is its mean over so many places."""


class Estimator:
    """A regressor that learns the simulated label from two features, and its level with them.

    >>> from sklearn.linear_model import Ridge
    >>> from trimtab.testing.simulation import Policies, simulate
    >>> simulate(Policies(), seed=1, years=0.1, learner=Estimator(Ridge())).counts.trainings > 3
    True
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, lesson: Lesson, around: Surroundings) -> bytes:
        """The fitted estimator as an artifact; its format is the first line."""
        from sklearn.base import clone  # noqa: PLC0415  # half a second that the parametric model never needs

        features = _features(around.seed, "features", len(around.at))[lesson.rows]
        weight = {} if lesson.weight is None else {"sample_weight": lesson.weight}
        artifact = dump(clone(self.estimator).fit(features, lesson.values + features @ EFFECTS, **weight))
        return artifact.format.encode() + b"\n" + artifact.content

    def excess(self, artifact: bytes, around: Surroundings) -> Floats:
        """The mean squared distance from the truth over fixed places, by day."""
        format_name, content = artifact.split(b"\n", 1)
        places = _features(around.seed, "places", POINTS)
        level = load(format_name.decode(), content).predict(places) - places @ EFFECTS
        distance = around.concept[:, None] - level
        return np.asarray((distance**2).mean(axis=1), np.float64)


def _features(seed: int, purpose: str, size: int) -> Floats:
    return generator(seed, purpose).standard_normal((size, len(EFFECTS)))

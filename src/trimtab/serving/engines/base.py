"""What an engine is: a faster way to call a fitted learner that gives the learner's own answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.training.matrix import FeatureMatrix

Score = float | tuple[float, ...]
"""A probability of yes, one probability a class, or a number."""

_INFINITY = float("inf")
Floats = NDArray[np.float64]

LAST_BITS = 1e-13
"""How far two ways to add up the same 64-bit numbers may differ, as a share of the score or of 1.

Hundreds of trees added in another order differ by about 1e-15; a row in a wrong leaf differs by far more.
"""

LAST_BITS_FLOAT32 = 1e-6
"""The same for learners that add up 32-bit numbers, between machines; on one machine they must agree exactly."""

IN_OTHER_COMPANY = 1e-9
"""The same for learners whose answer to a row depends on the rows beside it: matrix products of other shapes."""


class Scorer(Protocol):
    """Scores rows with a stored model: `one` is equal to `many`, bit for bit, whatever rows stand beside.

    `names` are the model's features in the order that `one` reads them. Both may be called from any thread, and raise
    LearnerError for an answer that is not a finite number.
    """

    @property
    def name(self) -> str:
        """What does the work, such as "treelite"."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The features that one row consists of."""
        ...

    def one(self, values: Sequence[Any]) -> Score:
        """The score of one request: None, bool, int, float or str for each of `names`."""
        ...

    def many(self, matrix: FeatureMatrix) -> Floats:
        """The scores of n rows, as Predictor.score gives them: (n,), or (n, k) for k classes."""
        ...


class Core(Protocol):
    """A learner's predict or predict_proba on encoded rows, before any correction.

    `exact` cores equal the learner bit for bit; others within `resolution`, which is also how far a core may be from
    its stored scores on another machine.
    """

    name: str
    exact: bool
    resolution: float

    def one(self, row: list[float]) -> Sequence[float]:
        """The answer to one row: k probabilities, or one number."""
        ...

    def many(self, rows: Floats) -> Floats:
        """The answers to (n, d) encoded rows: (n, k), or (n,) numbers."""
        ...


def refuse_infinite(row: Sequence[float], learner: object) -> None:
    """Raise LearnerError when a row holds an infinity, as scikit-learn's own checks do."""
    if _INFINITY in row or -_INFINITY in row:
        raise LearnerError(
            f"{type(learner).__name__} takes no infinite numbers",
            found="an infinity in one row",
            do="declare features that stay finite",
        )


def softmax(sums: Floats) -> Floats:
    """Class probabilities from (n, k) sums, in 64 bits."""
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))

"""Which settings of a learner are tried, and between which bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.errors import UsageError, nearest


@dataclass(frozen=True)
class Range:
    """A setting between two bounds, both included; whole numbers where both are. Above 0 it is searched in ratios.

    >>> Range("max_leaf_nodes", 7, 127).whole
    True
    """

    name: str
    low: float
    high: float

    @property
    def whole(self) -> bool:
        """True where both bounds are whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def in_ratios(self) -> bool:
        """True where the bounds are above 0."""
        return self.low > 0

    def at_edge(self, value: float) -> bool:
        """Whether a value lies within a twentieth of the range from one of its bounds."""
        low, high, found = (math.log(x) if self.in_ratios else x for x in (self.low, self.high, value))
        return min(found - low, high - found) < 0.05 * (high - low)


@dataclass(frozen=True)
class Choice:
    """A setting out of a few."""

    name: str
    values: tuple[Any, ...]


Space = tuple[Range | Choice, ...]

_LINEAR = {
    "LogisticRegression": (Range("C", 1e-3, 1e2),),
    "Ridge": (Range("alpha", 1e-2, 1e4),),
}
_TREES: dict[str, Space] = {
    "histogram": (
        Range("learning_rate", 0.02, 0.4),
        Range("max_iter", 20, 300),
        Range("max_leaf_nodes", 5, 127),
        Range("min_samples_leaf", 5, 500),
        Range("l2_regularization", 1e-3, 1e2),
    ),
    "lightgbm": (
        Range("learning_rate", 0.02, 0.4),
        Range("n_estimators", 20, 300),
        Range("num_leaves", 5, 127),
        Range("min_child_samples", 5, 500),
        Range("reg_lambda", 1e-3, 1e2),
    ),
    "xgboost": (
        Range("learning_rate", 0.02, 0.4),
        Range("n_estimators", 20, 300),
        Range("max_depth", 2, 9),
        Range("min_child_weight", 1, 200),
        Range("reg_lambda", 1e-3, 1e2),
    ),
    "catboost": (
        Range("learning_rate", 0.02, 0.4),
        Range("iterations", 20, 300),
        Range("depth", 2, 8),
        Range("l2_leaf_reg", 1e-1, 1e2),
    ),
}


def space_of(learner: Any, family: str) -> Space:
    """The usual space of a learner; empty where none is known.

    >>> from sklearn.linear_model import Ridge
    >>> space_of(Ridge(), "spread")
    (Range(name='alpha', low=0.01, high=10000.0),)
    """
    found = _TREES.get(family)
    return found if found is not None else _LINEAR.get(type(learner).__name__, ())


def declared_space(given: Mapping[str, Sequence[Any]], learner: Any) -> Space:
    """The space that a person gives: (low, high) numbers as a tuple, or a list of values, by setting.

    Raises UsageError for a setting that the learner does not have, or bounds that are none.

    >>> from sklearn.linear_model import Ridge
    >>> declared_space({"alpha": (0.1, 10.0), "solver": ["cholesky", "lsqr"]}, Ridge())[1].values
    ('cholesky', 'lsqr')
    """
    known = learner.get_params()
    for name in given:
        if name not in known:
            raise UsageError(
                f"{type(learner).__name__} has no setting {name!r}",
                found=", ".join(sorted(known)),
                nearest=nearest(name, known),
            )
    return tuple(_dimension(name, values) for name, values in given.items())


def _dimension(name: str, values: Sequence[Any]) -> Range | Choice:
    if not isinstance(values, tuple):
        return Choice(name, tuple(values))
    if (
        len(values) != 2
        or not all(isinstance(each, int | float) for each in values)
        or values[0] >= values[1]
    ):
        raise UsageError(
            f"{name} has no bounds",
            found=repr(values),
            do="write (low, high), or a list of the values to try",
        )
    return Range(name, *values)

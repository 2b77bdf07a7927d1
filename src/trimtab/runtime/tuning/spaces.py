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

Bounds = tuple[tuple[float, float], ...]

_BY_LEAVES: Bounds = ((0.02, 0.4), (20, 300), (5, 127), (5, 500), (1e-3, 1e2))
"""Of the rate, the number of trees, their leaves, the rows of a leaf, and the penalty."""

_BY_DEPTH: Bounds = ((0.02, 0.4), (20, 300), (2, 9), (1, 200), (1e-3, 1e2))
_OF_EVEN_TREES: Bounds = ((0.02, 0.4), (20, 300), (2, 8), (1e-1, 1e2))


def _ranges(bounds: Bounds, *names: str) -> Space:
    return tuple(Range(name, low, high) for name, (low, high) in zip(names, bounds, strict=True))


_LINEAR: dict[str, Space] = {
    "LogisticRegression": (Range("C", 1e-3, 1e2),),
    "Ridge": (Range("alpha", 1e-2, 1e4),),
}
_TREES: dict[str, Space] = {
    "histogram": _ranges(
        _BY_LEAVES, "learning_rate", "max_iter", "max_leaf_nodes", "min_samples_leaf", "l2_regularization"
    ),
    "lightgbm": _ranges(
        _BY_LEAVES, "learning_rate", "n_estimators", "num_leaves", "min_child_samples", "reg_lambda"
    ),
    "xgboost": _ranges(
        _BY_DEPTH, "learning_rate", "n_estimators", "max_depth", "min_child_weight", "reg_lambda"
    ),
    "catboost": _ranges(_OF_EVEN_TREES, "learning_rate", "iterations", "depth", "l2_leaf_reg"),
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

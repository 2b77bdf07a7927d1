"""Training as a pure function: same rows, learner and seed give the same predictor."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.metrics import Task
from trimtab.training.encoder import fit_encoder
from trimtab.training.inputs import categories_at_most, family, prepare, shape
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor, emphasis_of


@dataclass(frozen=True)
class Recipe:
    """How to train: the learner (never fitted itself), the task, and how classes are weighted or thinned.

    Classes are codes: 0.0 and 1.0 for yes/no labels, positions in the class list otherwise.
    """

    learner: Any
    task: Task
    class_count: int = 2
    weights: Mapping[float, float] = field(default_factory=dict)
    sampling: Mapping[float, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Fitted:
    """A predictor, how many rows taught it, and what the learner warned of."""

    predictor: Predictor
    rows: int
    effective_rows: float
    remarks: tuple[str, ...]


def fit(
    recipe: Recipe,
    matrix: FeatureMatrix,
    label: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    seed: int,
) -> Fitted:
    """Train a copy of the recipe's learner on rows of features and labels; `weight` is one number a row or None.

    Raises LearnerError when there is nothing to learn from or the learner itself fails.
    """
    _check_labels(recipe, label)
    kept = _sample(recipe.sampling, label, seed)
    matrix, label = (matrix.take(kept), label[kept]) if kept is not None else (matrix, label)
    weight = _weights(recipe.weights, label, weight if weight is None or kept is None else weight[kept])
    empty = matrix.empty_columns
    matrix = matrix.only([name for name in matrix.names if name not in empty]) if empty else matrix
    if not matrix.names:
        raise LearnerError("every feature is null for every training row", do="run trimtab check to see why")
    encoder = fit_encoder(matrix, categories_at_most(recipe.learner))
    kind = family(recipe.learner)
    estimator, options = prepare(_fresh(recipe.learner, seed), encoder)
    inputs = shape(kind, encoder.encode(matrix), encoder)
    if weight is not None:
        options |= _weight_option(estimator, weight)
    remarks = _call_fit(estimator, inputs, _target(label, recipe.task), options)
    classes = () if recipe.task == "regression" else tuple(float(code) for code in np.unique(label))
    emphasis = emphasis_of(recipe.weights, recipe.sampling)
    predictor = Predictor(estimator, kind, encoder, recipe.task, classes, recipe.class_count, emphasis)
    left_out = tuple(f"{name} has no value in the training rows and was left out" for name in empty)
    return Fitted(predictor, len(label), effective_rows(weight, len(label)), (*left_out, *remarks))


def effective_rows(weight: NDArray[np.float64] | None, rows: int) -> float:
    """How many equally weighted rows carry the same information: (sum w)^2 / sum w^2 (Kish 1965)."""
    return float(rows) if weight is None else float(weight.sum() ** 2 / np.sum(weight**2))


def _check_labels(recipe: Recipe, label: NDArray[np.float64]) -> None:
    if not len(label):
        raise LearnerError(
            "there is no mature labelled row to train on", do="wait for labels, or widen the window"
        )
    if recipe.task != "regression" and len(np.unique(label)) < 2:
        raise LearnerError(
            "all training labels are the same",
            found=f"{len(label)} rows of class {label[0]:g}",
            do="widen the window",
        )


def _sample(
    sampling: Mapping[float, float], label: NDArray[np.float64], seed: int
) -> NDArray[np.int64] | None:
    if not sampling:
        return None
    share = np.ones(len(label))
    for code, kept in sampling.items():
        share[label == code] = kept
    return np.flatnonzero(np.random.default_rng(seed).random(len(label)) < share)


def _weights(
    by_class: Mapping[float, float], label: NDArray[np.float64], weight: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    if not by_class:
        return weight
    combined = np.ones(len(label)) if weight is None else weight.copy()
    for code, factor in by_class.items():
        combined[label == code] *= factor
    return combined


def _fresh(learner: Any, seed: int) -> Any:
    from sklearn.base import clone  # noqa: PLC0415  # scikit-learn is loaded only where something is trained

    copy = clone(learner)
    unset = {
        name: seed % 2**31
        for name, value in copy.get_params().items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    return copy.set_params(**unset) if unset else copy


def _target(label: NDArray[np.float64], task: Task) -> NDArray[Any]:
    return label if task == "regression" else label.astype(np.int64)


def _weight_option(estimator: Any, weight: NDArray[np.float64]) -> dict[str, Any]:
    from sklearn.utils.validation import has_fit_parameter  # noqa: PLC0415

    name, last = "sample_weight", estimator
    if hasattr(estimator, "steps"):
        name, last = f"{estimator.steps[-1][0]}__sample_weight", estimator.steps[-1][1]
    if not has_fit_parameter(last, "sample_weight"):
        raise LearnerError(
            f"{type(last).__name__} takes no row weights, but the window or class weights need them",
            do="use an unweighted window and no class weights, or another learner",
        )
    return {name: weight}


def _call_fit(estimator: Any, inputs: Any, target: NDArray[Any], options: dict[str, Any]) -> tuple[str, ...]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator.fit(inputs, target, **options)
        except Exception as error:  # whatever the user's learner raises is the user's to read
            raise LearnerError(f"the learner failed to fit: {type(error).__name__}: {error}") from error
    return tuple(dict.fromkeys(f"{warning.category.__name__}: {warning.message}" for warning in caught))

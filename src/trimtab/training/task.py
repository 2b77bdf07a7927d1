"""What kind of question a label asks of a learner."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.kinds import Kind
from trimtab.declare.model import Model
from trimtab.errors import DeclarationError
from trimtab.metrics import Task
from trimtab.training.fit import Recipe


def make_recipe(
    model: Model, kind: Kind, classes: tuple[str, ...] | None, values: NDArray[np.float64]
) -> Recipe:
    """The recipe of a model for labels of a kind with the given distinct values.

    A learner that classifies makes numbers classes: 0 and 1 are yes/no, more values one class each. Raises
    DeclarationError when learner and label do not fit, or class weights name no class.
    """
    task, count = _task(model, kind, classes, values)
    named = {name: float(code) for code, name in enumerate(classes or ())}
    return Recipe(
        model.learner,
        task,
        count,
        {_code(model, key, named): weight for key, weight in model.weights},
        {_code(model, key, named): share for key, share in model.sampling},
    )


def _task(
    model: Model, kind: Kind, classes: tuple[str, ...] | None, values: NDArray[np.float64]
) -> tuple[Task, int]:
    classifier = hasattr(model.learner, "predict_proba")
    if kind is Kind.BOOL and classifier:
        return "binary", 2
    if kind is Kind.STRING and classifier:
        return "multiclass", len(classes or ())
    if kind in {Kind.INT, Kind.FLOAT} and classifier:
        whole = values[~np.isnan(values)]
        if set(np.unique(whole)) <= {0.0, 1.0}:
            return "binary", 2
        if len(whole) and np.all(whole == np.floor(whole)) and whole.min() >= 0:
            return "multiclass", int(whole.max()) + 1
    if kind in {Kind.INT, Kind.FLOAT, Kind.BOOL, Kind.DURATION} and not classifier:
        return "regression", 1
    raise DeclarationError(
        f"{type(model.learner).__name__} cannot answer a label of kind {kind}",
        where=model.site,
        found="a learner that classifies" if classifier else "a learner without predict_proba",
        do="use a classifier for yes/no and text labels, a regressor for numbers",
    )


def _code(model: Model, key: Any, named: dict[str, float]) -> float:
    if isinstance(key, str):
        if key not in named:
            raise DeclarationError(f"no class {key!r} to weight", where=model.site, found=", ".join(named))
        return named[key]
    return float(key)

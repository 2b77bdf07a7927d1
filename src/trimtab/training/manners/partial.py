"""One pass over new rows, for scikit-learn learners that have `partial_fit`."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.training.manners.manner import Manner, Refusal


def offer_partial_fit(learner: Any) -> Manner | Refusal | None:
    """One pass over new rows, why the learner's settings forbid it, or None when it has no `partial_fit`."""
    if not hasattr(learner, "partial_fit"):
        return None
    kind, settings = type(learner).__name__, learner.get_params()
    if settings.get("early_stopping"):
        return Refusal(
            f"{kind} sets rows aside to stop early, which one pass over new rows cannot do",
            "set early_stopping=False",
        )
    if settings.get("class_weight") == "balanced":
        return Refusal(
            f"{kind} balances its classes by counting all rows, and new rows are not all",
            "give class weights as numbers",
        )
    return Manner("partial_fit")


def continue_by_one_pass(
    child: Any, inputs: Any, target: NDArray[Any], weight: NDArray[np.float64] | None
) -> None:
    """Let a fitted learner pass once over new rows (n, d) with targets and weights (n,).

    All classes that it knows are passed, for a few rows may not hold them all. Raises LearnerError for weights that it
    does not take.
    """
    takes, options = signature(child.partial_fit).parameters, {}
    if "classes" in takes:
        options["classes"] = child.classes_
    if weight is not None:
        if "sample_weight" not in takes:
            raise LearnerError(
                f"partial_fit of {type(child).__name__} takes no row weights",
                do="use an unweighted window and no class weights, or another learner",
            )
        options["sample_weight"] = weight
    child.partial_fit(inputs, target, **options)

"""Continued boosting: trees grown on new rows are appended to those of the parent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.training.manners.manner import Manner, Refusal

WARNING = (
    "appended trees fit the newest rows and are never corrected by the older ones: on a year of weekly updates of "
    "flights, each with the last week's rows, they ended far worse than never learning again"
)


def offer_append_trees(learner: Any) -> Manner | Refusal | None:
    """Appended trees, with the measured warning, or None when the learner does not boost."""
    package, kind = type(learner).__module__.split(".")[0], type(learner).__name__
    if package == "sklearn" and kind in {"GradientBoostingClassifier", "GradientBoostingRegressor"}:
        if learner.get_params()["n_iter_no_change"] is not None:
            return Refusal(f"{kind} would stop early on part of the new rows", "set n_iter_no_change=None")
        return Manner("append_trees", WARNING)
    if package not in {"lightgbm", "xgboost"}:
        return None
    settings = learner.get_params()
    kind = settings.get("booster") or settings.get("boosting_type") or "gbtree"
    if kind not in {"gbtree", "gbdt"}:
        return Refusal(f"{kind} weighs all its trees anew with each that is added", "use plain boosting")
    return Manner("append_trees", WARNING)


def continue_by_append(  # what a fit needs, and how many trees
    child: Any,
    inputs: NDArray[np.float64],
    target: NDArray[Any],
    weight: NDArray[np.float64] | None,
    trees: int,
    categorical: list[int],
) -> None:
    """Append so many trees, grown on new rows (n, d), to a fitted booster.

    Raises LearnerError when a class is missing among them: these learners would take the others for all there are.
    """
    known = getattr(child, "classes_", None)
    if known is not None and len(np.unique(target)) < len(known):
        raise LearnerError(
            "the new rows do not hold every class, and trees cannot be appended without",
            found=f"{len(np.unique(target))} of {len(known)} classes",
            do="update less often, or refit leaves",
        )
    declared = child.get_params()
    options: dict[str, Any] = {"sample_weight": weight}
    package = type(child).__module__.split(".")[0]
    if package == "sklearn":
        child.set_params(n_estimators=child.n_estimators_ + trees, warm_start=True)
        child.fit(inputs, target, **options).set_params(warm_start=declared["warm_start"])
        return
    if package == "lightgbm":
        options |= {"init_model": child.booster_}
        options |= {"categorical_feature": categorical} if categorical else {}
    else:
        options |= {"xgb_model": child.get_booster()}
    child.set_params(n_estimators=trees).fit(inputs, target, **options)
    child.set_params(n_estimators=declared["n_estimators"])

"""Learners that a warm start on other rows would silently destroy, each with its reason."""

from __future__ import annotations

from typing import Any

from trimtab.training.manners.manner import Name, Refusal

SCRATCH = 'fit from scratch (manner="stateless")'

_FAMILIES = {
    "HistGradientBoosting": Refusal(
        "a warm start of HistGradientBoosting makes new bins from the new rows and reads its old trees through them, "
        "so that new trees correct errors that nobody made: on flights of 2013 it was worse than never learning again",
        f"{SCRATCH}, or use LightGBM or XGBoost, whose leaves can be refit",
    ),
    "RandomForest": Refusal(
        "a warm start of a forest leaves its trees as they are and grows others on the new rows alone: "
        "their share of the vote is the number of trees, not of rows, and the old ones never learn",
        f"{SCRATCH}: trees are grown independently, so nothing is saved by keeping some",
    ),
    "Bagging": Refusal(
        "a warm start of bagging adds members that saw the new rows alone to members that never see them",
        SCRATCH,
    ),
    "CatBoost": Refusal(
        "CatBoost has no refit of leaves, and training from an init_model replaces the rates of words that its "
        "old trees read: their own answers were measured to move by up to 0.6 in log odds",
        f"{SCRATCH}, or use LightGBM or XGBoost, whose leaves can be refit",
    ),
}
_FAMILIES |= dict.fromkeys(("ExtraTrees", "XGBRF"), _FAMILIES["RandomForest"])


def silently_destroyed(learner: Any) -> Refusal | None:
    """Why a learner of a family that seems to continue, but does not, is refused; None for all others."""
    names = [base.__name__ for base in type(learner).__mro__]
    for family, refusal in _FAMILIES.items():
        if any(name.startswith(family) for name in names):
            return refusal
    return None


def not_offered(learner: Any, name: Name | None) -> Refusal:
    """The refusal of a learner for which no manner, or not the one asked for, is known."""
    kind = type(learner).__name__
    if name is not None:
        return Refusal(f"{kind} cannot be continued by {name}", f"leave the choice open, or {SCRATCH}")
    if "warm_start" in learner.get_params():
        return Refusal(
            f"a warm start of {kind} only begins its solver elsewhere: on new rows it ends at what these alone say",
            f"{SCRATCH}, or use SGDClassifier or SGDRegressor, which have partial_fit",
        )
    return Refusal(f"{kind} has no partial_fit and no leaves to refit", SCRATCH)

"""Leaf refit of boosted trees: the structure stays, each leaf moves towards what the new rows say.

A leaf that no new row reaches moves towards 0, as in both libraries: what is not seen any more fades.
"""

from __future__ import annotations

import importlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.training.manners.manner import Manner, Refusal

Weight = NDArray[np.float64] | None
_LEAF_SETTINGS = (
    "learning_rate",
    "reg_lambda",
    "reg_alpha",
    "max_delta_step",
    "min_child_weight",
    "scale_pos_weight",
    "random_state",
    "n_jobs",
)


def offer_leaf_refit(learner: Any) -> Manner | Refusal | None:
    """Leaf refit for LightGBM and XGBoost, why their settings forbid it, or None for any other learner."""
    package = type(learner).__module__.split(".")[0]
    if package not in {"lightgbm", "xgboost"}:
        return None
    settings = learner.get_params()
    kind = settings.get("booster") or settings.get("boosting_type") or "gbtree"
    if kind not in {"gbtree", "gbdt"}:
        return Refusal(
            f"leaves are refit in order, and {kind} does not add its trees up", "use plain boosting"
        )
    if callable(settings.get("objective")):
        return Refusal("an objective of one's own is not stored with the trees", "use a built-in objective")
    return Manner("leaf_refit")


def continue_by_leaf_refit(
    child: Any, inputs: NDArray[np.float64], target: NDArray[Any], weight: Weight, decay: float
) -> None:
    """Set each leaf of a fitted booster to decay x old + (1 - decay) x new, new being a fit to rows (n, d)."""
    classes = getattr(child, "classes_", None)
    codes = target if classes is None else np.searchsorted(classes, target)
    if type(child).__module__.startswith("lightgbm"):
        _lightgbm(child, inputs, codes, _by_class(child, target, weight), decay)
    else:
        _xgboost(child, inputs, codes, weight, decay)


def _by_class(child: Any, target: NDArray[Any], weight: Weight) -> Weight:
    """The weights with the learner's own class weights, which LightGBM's wrapper applies and its booster does not."""
    own = child.get_params().get("class_weight")
    if own is None:
        return weight
    from sklearn.utils.class_weight import compute_sample_weight  # noqa: PLC0415

    factors = np.asarray(compute_sample_weight(own, target), np.float64)
    return factors if weight is None else weight * factors


def _lightgbm(
    child: Any, inputs: NDArray[np.float64], target: NDArray[Any], weight: Weight, decay: float
) -> None:
    library = importlib.import_module("lightgbm")
    # from its text, so that a parent in memory and one from disk give the same child
    parent = library.Booster(model_str=child.booster_.model_to_string(num_iteration=-1))
    booster = parent.refit(inputs, target, decay_rate=decay, weight=weight)
    vars(child).update(_Booster=booster)  # LightGBM has no public way to put a booster into its wrapper


def _xgboost(
    child: Any, inputs: NDArray[np.float64], target: NDArray[Any], weight: Weight, decay: float
) -> None:
    library = importlib.import_module("xgboost")
    parent, settings = child.get_booster(), child.get_params()
    rows = library.DMatrix(
        inputs,
        target,
        weight=weight,
        missing=settings["missing"],
        feature_types=settings["feature_types"],
        enable_categorical=bool(settings["enable_categorical"]),
    )
    how = {name: settings[name] for name in _LEAF_SETTINGS if settings.get(name) is not None}
    how |= {"process_type": "update", "updater": "refresh", "refresh_leaf": True, "verbosity": 0}
    new = library.train(how, rows, num_boost_round=parent.num_boosted_rounds(), xgb_model=parent)
    child.load_model(bytearray(_blended(parent, new, decay)))


def _blended(parent: Any, new: Any, decay: float) -> bytes:
    """The parent's model with its leaves moved towards those of a model of the same structure."""
    model, other = json.loads(parent.save_raw("json")), json.loads(new.save_raw("json"))
    for tree, refreshed in zip(_trees(model), _trees(other), strict=True):
        leaves = np.flatnonzero(np.array(tree["left_children"]) == -1)
        old, fresh = (np.array(one["split_conditions"])[leaves] for one in (tree, refreshed))
        blended = (decay * old + (1 - decay) * fresh).astype(np.float32).tolist()
        for leaf, value in zip(leaves.tolist(), blended, strict=True):
            tree["split_conditions"][leaf] = tree["base_weights"][leaf] = value
    return json.dumps(model).encode()


def _trees(model: Any) -> list[Any]:
    trees: list[Any] = model["learner"]["gradient_booster"]["model"]["trees"]
    return trees

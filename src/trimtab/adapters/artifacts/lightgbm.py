"""LightGBM models as LightGBM's own text."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

CLASSES = frozenset({"Booster", "LGBMClassifier", "LGBMRanker", "LGBMRegressor"})
_MADE_ANEW = frozenset({"_Booster", "_classes", "_class_map", "_le", "_best_score", "_evals_result"})


def dump(model: Any) -> tuple[dict[str, Any], bytes] | None:
    """The header and all trees of a booster or fitted wrapper; the history of its training is left out."""
    if type(model).__name__ == "Booster":
        return {"best_iteration": model.best_iteration}, _text(model)
    if not getattr(model, "fitted_", False):
        return None
    booster, classes = model.booster_, getattr(model, "_classes", None)
    header = {
        "best_iteration": booster.best_iteration,
        "parameters": model.get_params(),
        "state": {
            name: value
            for name, value in vars(model).items()
            if name not in _MADE_ANEW and name not in model.get_params()
        },
        "labels": None if classes is None else {"type": classes.dtype.str, "values": classes.tolist()},
    }
    return header, _text(booster)


def load(kind: type[Any], header: dict[str, Any], payload: bytes) -> Any:
    """The booster or wrapper of LightGBM's text."""
    library = importlib.import_module("lightgbm")
    booster = library.Booster(model_str=payload.decode())
    booster.best_iteration = header["best_iteration"]
    if kind is library.Booster:
        return booster
    model = kind(**header["parameters"])
    fitted = {
        "_Booster": booster,
        "_evals_result": {},
        "_best_score": {},
        "_classes": None,
        "_class_map": None,
    }
    vars(model).update(header["state"] | fitted)  # LightGBM has no public way to rebuild a wrapper
    if header["labels"] is not None:
        vars(model).update(_labels(np.array(header["labels"]["values"], dtype=header["labels"]["type"])))
    return model


def _labels(classes: Any) -> dict[str, Any]:
    encoder = importlib.import_module("sklearn.preprocessing").LabelEncoder().fit(classes)
    numbers = encoder.transform(classes)
    return {"_classes": classes, "_le": encoder, "_class_map": dict(zip(classes, numbers, strict=True))}


def _text(booster: Any) -> bytes:
    text: str = booster.model_to_string(num_iteration=-1)
    return text.encode()

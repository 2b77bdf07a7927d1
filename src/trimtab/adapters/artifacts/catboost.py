"""CatBoost models as CatBoost's own binary."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

CLASSES = frozenset({"CatBoost", "CatBoostClassifier", "CatBoostRanker", "CatBoostRegressor"})


def dump(model: Any) -> tuple[dict[str, Any], bytes] | None:
    """The header and trees of a fitted model."""
    if not model.is_fitted():
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.cbm"
        model.save_model(str(path), format="cbm")
        return {"parameters": model.get_params()}, path.read_bytes()


def load(kind: type[Any], header: dict[str, Any], payload: bytes) -> Any:
    """The model of CatBoost's binary."""
    parameters = header["parameters"]
    model = kind(parameters) if kind.__name__ == "CatBoost" else kind(**parameters)
    model.load_model(blob=payload)
    return model

"""XGBoost models as XGBoost's own UBJSON."""

from __future__ import annotations

from typing import Any

CLASSES = frozenset(
    {"Booster", "XGBClassifier", "XGBRanker", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor"}
)


def dump(model: Any) -> tuple[dict[str, Any], bytes] | None:
    """The header and trees of a booster or fitted wrapper."""
    if type(model).__name__ == "Booster":
        return {}, bytes(model.save_raw("ubj"))
    if not model.__sklearn_is_fitted__():
        return None
    return {"parameters": model.get_params()}, bytes(model.get_booster().save_raw("ubj"))


def load(kind: type[Any], header: dict[str, Any], payload: bytes) -> Any:
    """The booster or wrapper of XGBoost's UBJSON."""
    model = kind(**header.get("parameters", {}))
    model.load_model(bytearray(payload))
    return model

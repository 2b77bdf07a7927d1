"""How each family of learners wants its input: categories marked, as codes, or spread out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.training.encoder import CATEGORIES_AT_MOST, Encoder

Matrix = NDArray[np.float64]


def family(learner: Any) -> str:
    """The name of the learner's family: histogram, lightgbm, xgboost, catboost, rule, frame, codes or spread."""
    package = type(learner).__module__.split(".")[0]
    if package in {"lightgbm", "xgboost", "catboost"}:
        return package
    if "hist_gradient_boosting" in type(learner).__module__:
        return "histogram"
    if hasattr(learner, "with_columns"):
        return "rule"
    if hasattr(learner, "steps") or hasattr(learner, "transformers"):
        return "frame"
    return "codes" if _takes_missing(learner) else "spread"


def _takes_missing(learner: Any) -> bool:
    from sklearn.utils import get_tags  # noqa: PLC0415  # scikit-learn is loaded only where something is trained

    try:
        return bool(get_tags(learner).input_tags.allow_nan)
    except (AttributeError, TypeError):
        return False


def categories_at_most(learner: Any) -> int:
    """How many words of one text column the learner can tell apart."""
    bins = learner.get_params().get("max_bins") if family(learner) == "histogram" else None
    return CATEGORIES_AT_MOST if bins is None else int(bins) - 1


def prepare(learner: Any, encoder: Encoder) -> tuple[Any, dict[str, Any]]:
    """The learner told which inputs are categories, and extra arguments for its fit."""
    where = list(encoder.categorical)
    return _PREPARE[family(learner)](learner, encoder, where)


def _histogram(learner: Any, _: Encoder, where: list[int]) -> tuple[Any, dict[str, Any]]:
    if where and learner.get_params().get("categorical_features") in (None, "from_dtype"):
        learner.set_params(categorical_features=where)
    return learner, {}


def _lightgbm(learner: Any, _: Encoder, where: list[int]) -> tuple[Any, dict[str, Any]]:
    return learner, {"categorical_feature": where} if where else {}


def _xgboost(learner: Any, encoder: Encoder, where: list[int]) -> tuple[Any, dict[str, Any]]:
    if where:
        kinds = ["c" if position in where else "q" for position in range(len(encoder.names))]
        learner.set_params(enable_categorical=True, feature_types=kinds)
    return learner, {}


def _catboost(learner: Any, _: Encoder, where: list[int]) -> tuple[Any, dict[str, Any]]:
    learner.set_params(allow_writing_files=False, verbose=False)
    return learner, {"cat_features": where} if where else {}


def _rule(learner: Any, encoder: Encoder, _: list[int]) -> tuple[Any, dict[str, Any]]:
    return learner.with_columns(encoder.names, encoder.words), {}


def _as_it_is(learner: Any, _: Encoder, __: list[int]) -> tuple[Any, dict[str, Any]]:
    return learner, {}


def _spread(learner: Any, encoder: Encoder, where: list[int]) -> tuple[Any, dict[str, Any]]:
    """One column a category and a scaled, imputed column a number, for learners that take neither text nor gaps."""
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415
    from sklearn.impute import SimpleImputer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: PLC0415

    numbers = [position for position in range(len(encoder.names)) if position not in where]
    impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    steps = [("numbers", make_pipeline(impute, StandardScaler()), numbers)]
    if where:
        steps.append(("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), where))
    return make_pipeline(ColumnTransformer(steps), learner), {}


_PREPARE: dict[str, Callable[[Any, Encoder, list[int]], tuple[Any, dict[str, Any]]]] = {
    "histogram": _histogram,
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
    "catboost": _catboost,
    "rule": _rule,
    "frame": _as_it_is,
    "codes": _as_it_is,
    "spread": _spread,
}


def shape(kind: str, encoded: Matrix, encoder: Encoder) -> Any:
    """The encoded matrix in the form that the family reads."""
    if kind == "catboost" and encoder.categorical:
        return _with_words(encoded, encoder)
    if kind == "frame":
        return _frame(encoded, encoder)
    return encoded


def _with_words(encoded: Matrix, encoder: Encoder) -> NDArray[np.object_]:
    mixed = encoded.astype(object)
    for position in encoder.categorical:
        mixed[:, position] = _words(encoded[:, position], encoder.words[encoder.names[position]], "missing")
    return mixed


def _frame(encoded: Matrix, encoder: Encoder) -> Any:
    try:
        import pandas as pd  # noqa: PLC0415  # an extra, needed for pipelines that select columns by name
    except ImportError as error:
        raise LearnerError(
            "a pipeline as learner reads its columns by name, which needs pandas",
            do='pip install "trimtab[pandas]", or pass the bare estimator and let trimtab encode',
        ) from error
    columns: dict[str, Any] = {}
    for position, name in enumerate(encoder.names):
        column = encoded[:, position]
        # a column of nothing but gaps must have the same type as any other of words
        words = name in encoder.words
        columns[name] = (
            pd.Series(_words(column, encoder.words[name], np.nan), dtype=object) if words else column
        )
    return pd.DataFrame(columns)


def _words(codes: NDArray[np.float64], words: tuple[str, ...], missing: str | float) -> NDArray[np.object_]:
    names = np.array([*words, missing], dtype=object)
    chosen: NDArray[np.object_] = names[np.where(np.isnan(codes), len(words), codes).astype(np.int64)]
    return chosen

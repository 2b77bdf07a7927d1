"""The answer of last resort that is stored with a version: the label's rate, overall and by one request field."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.metrics import fit_prior, fit_rate_by_code
from trimtab.runtime.history import History
from trimtab.training.fit import Recipe

VALUES_AT_MOST = 5_000


def floor_of(
    history: History, rows: NDArray[np.int64], label: NDArray[Any], recipe: Recipe
) -> dict[str, Any]:
    """The prior and, by value of the first declared baseline field, the rates of training rows with these labels."""
    classes = recipe.class_count if recipe.task == "multiclass" else None
    label = label if classes is None else label.astype(np.int64)
    prior = fit_prior(label, recipe.task, classes=classes).predict(1)[0]
    declared = history.system.model.baselines
    if not declared:
        return {"prior": _plain(prior), "column": None, "rates": {}}
    column = declared[0]
    values, codes = _coded(history, column, rows)
    fitted = fit_rate_by_code(label, codes, recipe.task, classes=classes)
    most = np.argsort(-np.bincount(codes, minlength=len(values)), kind="stable")[:VALUES_AT_MOST]
    scores = fitted.predict(most)
    rates = {key_of(values[code]): _plain(score) for code, score in zip(most, scores, strict=True)}
    return {"prior": _plain(prior), "column": column, "rates": rates}


def _coded(history: History, column: str, rows: NDArray[np.int64]) -> tuple[list[Any], NDArray[np.int64]]:
    taken = history.requests.table[column].combine_chunks().take(rows)
    encoded = pc.dictionary_encode(taken, null_encoding="encode")
    return encoded.dictionary.to_pylist(), np.asarray(encoded.indices).astype(np.int64)


def key_of(value: Any) -> str:
    """A value of a request field as a key of the table of rates.

    >>> key_of("UA"), key_of(3), key_of(None)
    ('"UA"', '3', 'null')
    """
    return json.dumps(value, ensure_ascii=False)


def _plain(score: Any) -> Any:
    return [float(part) for part in score] if np.ndim(score) else float(score)

"""What a model must beat: answers that need no model, fitted on the same past and judged on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.metrics import Metric, Task, fit_prior, fit_rate_by_code, last_value


@dataclass(frozen=True)
class Baseline:
    """A named floor and the score that it gives each row."""

    name: str
    score: NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """Rows with labels known at the time of fitting, and the rows to be judged.

    `label` belongs to `past`; both index the same table of requests. `classes` is the number of classes.
    """

    past: NDArray[np.int64]
    label: NDArray[np.float64]
    future: NDArray[np.int64]
    classes: int


def always_the_same(known: Known, task: Task, metric: Metric) -> Baseline:
    """The rate of each class, or for numbers the constant that the metric likes best."""
    prior = fit_prior(_label(known, task), task, classes=_classes(known, task), quantile=metric.quantile)
    name = "always the mean" if task == "regression" else "always the base rate"
    return Baseline(name, prior.predict(len(known.future)))


def rate_by(column: str, codes: NDArray[np.int64], known: Known, task: Task, metric: Metric) -> Baseline:
    """The rate or mean of each value of one request field, drawn toward the overall one where it is rare."""
    fitted = fit_rate_by_code(
        _label(known, task), codes[known.past], task, classes=_classes(known, task), quantile=metric.quantile
    )
    return Baseline(f"rate by {column}", fitted.predict(codes[known.future]))


def last_answer_by(
    column: str,
    codes: NDArray[np.int64],
    known: Known,
    at: NDArray[np.int64],
    label: NDArray[np.float64],
    label_known: NDArray[np.int64],
) -> Baseline:
    """The latest answer known before each request for the same value of one request field; numbers only.

    `label` and `label_known` have one entry a request: its answer (NaN for none) and when that became known.
    """
    order = np.lexsort((label_known, codes))
    usable = order[~np.isnan(label[order]) & (codes[order] >= 0)]
    last = np.full(len(known.future), np.nan)
    for code in np.unique(codes[known.future]):
        mine = usable[codes[usable] == code]
        rows = codes[known.future] == code
        place = np.searchsorted(label_known[mine], at[known.future[rows]], side="left") - 1
        found = np.full(len(place), np.nan)
        found[place >= 0] = label[mine[place[place >= 0]]]
        last[rows] = found
    return Baseline(f"last answer by {column}", last_value(last, float(known.label.mean())))


def _label(known: Known, task: Task) -> NDArray[np.float64] | NDArray[np.int64]:
    """The labels as the fits take them: classes as whole numbers."""
    return known.label.astype(np.int64) if task == "multiclass" else known.label


def _classes(known: Known, task: Task) -> int | None:
    return known.classes if task == "multiclass" else None

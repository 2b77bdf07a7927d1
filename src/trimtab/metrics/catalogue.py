"""The metrics that come with trimtab, one value each."""

import math
import re
from dataclasses import dataclass
from types import MappingProxyType

from numpy.typing import ArrayLike

from trimtab.metrics.losses import (
    absolute_errors,
    brier_losses,
    check_quantile,
    log_losses,
    pinball_losses,
    squared_errors,
)
from trimtab.metrics.metric import Metric, Task
from trimtab.metrics.ranking import area_under_roc, average_precision
from trimtab.metrics.rows import Floats

log_loss = Metric("log_loss", ("binary", "multiclass"), "nats", per_row=log_losses)
brier = Metric("brier", ("binary", "multiclass"), "squared probability", per_row=brier_losses)
roc_auc = Metric("roc_auc", ("binary", "multiclass"), "area", greater_is_better=True, whole=area_under_roc)
pr_auc = Metric("pr_auc", ("binary", "multiclass"), "area", greater_is_better=True, whole=average_precision)
mean_absolute_error = Metric(
    "mean_absolute_error", ("regression",), "units of the label", per_row=absolute_errors, quantile=0.5
)
root_mean_squared_error = Metric(
    "root_mean_squared_error",
    ("regression",),
    "units of the label",
    per_row=squared_errors,
    from_mean=math.sqrt,
    loss_name="mean_squared_error",
    loss_unit="squared units of the label",
)

METRICS = MappingProxyType(
    {
        metric.name: metric
        for metric in (log_loss, brier, roc_auc, pr_auc, mean_absolute_error, root_mean_squared_error)
    }
)
"""Every metric without a setting, by name."""


@dataclass(frozen=True)
class _Pinball:
    """Pinball losses of one quantile; equal to another of the same quantile, as a closure would not be."""

    quantile: float

    def __call__(self, y: ArrayLike, score: ArrayLike) -> Floats:
        return pinball_losses(y, score, self.quantile)


def pinball(quantile: float) -> Metric:
    """Return the metric of predicting that quantile of y; ValueError unless 0 < quantile < 1.

    >>> pinball(0.9).value([10.0], [8.0])
    1.8
    >>> pinball(0.9) == pinball(0.9)
    True
    """
    check_quantile(quantile)
    return Metric(
        f"pinball({quantile:g})",
        ("regression",),
        "units of the label",
        per_row=_Pinball(quantile),
        quantile=quantile,
    )


def metric_named(name: str) -> Metric | None:
    """Return the metric with that name, a pinball one with its quantile; None where there is none.

    >>> metric_named("pinball(0.9)") == pinball(0.9), metric_named("luck")
    (True, None)
    """
    found = re.fullmatch(r"pinball\((0?\.\d+)\)", name)
    return METRICS.get(name) if found is None else pinball(float(found[1]))


def default_metric(task: Task) -> Metric:
    """Return the metric used where none is declared: log loss for classes, RMSE for regression.

    Both are strictly consistent: only the true probability or mean minimises them (Gneiting and Raftery 2007).
    Raises ValueError for a task that does not exist.

    >>> default_metric("regression").name
    'root_mean_squared_error'
    """
    if task in ("binary", "multiclass"):
        return log_loss
    if task == "regression":
        return root_mean_squared_error
    raise ValueError(f"tasks are 'binary', 'multiclass' and 'regression'; got {task!r}")

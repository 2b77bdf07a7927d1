"""Losses, rankings, skill and baselines: how predictions are judged.

>>> from trimtab.metrics import log_loss, roc_auc
>>> y, score = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
>>> log_loss.value(y, score).__round__(3), roc_auc.value(y, score)
(0.472, 0.75)
"""

from trimtab.metrics.baselines import (
    SHRINKAGE,
    Prior,
    RateByCode,
    fit_prior,
    fit_rate_by_code,
    last_value,
)
from trimtab.metrics.catalogue import (
    METRICS,
    brier,
    default_metric,
    log_loss,
    mean_absolute_error,
    metric_named,
    pinball,
    pr_auc,
    roc_auc,
    root_mean_squared_error,
)
from trimtab.metrics.losses import (
    LOG_LOSS_CEILING,
    PROBABILITY_FLOOR,
    absolute_errors,
    brier_losses,
    log_losses,
    pinball_losses,
    squared_errors,
)
from trimtab.metrics.metric import Metric, Task
from trimtab.metrics.ranking import area_under_roc, average_precision
from trimtab.metrics.reference import loss_difference, skill

__all__ = [
    "LOG_LOSS_CEILING",
    "METRICS",
    "PROBABILITY_FLOOR",
    "SHRINKAGE",
    "Metric",
    "Prior",
    "RateByCode",
    "Task",
    "absolute_errors",
    "area_under_roc",
    "average_precision",
    "brier",
    "brier_losses",
    "default_metric",
    "fit_prior",
    "fit_rate_by_code",
    "last_value",
    "log_loss",
    "log_losses",
    "loss_difference",
    "mean_absolute_error",
    "metric_named",
    "pinball",
    "pinball_losses",
    "pr_auc",
    "roc_auc",
    "root_mean_squared_error",
    "skill",
    "squared_errors",
]

"""Rows with their answers and the scores that several policies gave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.model import Stakes
from trimtab.metrics import Metric


@dataclass(frozen=True)
class Scored:
    """n rows: the answer, its day, the time of the request, and one array of scores per policy.

    Scores are (n,) or (n, classes). Only mature rows that every policy answered belong here.
    """

    label: NDArray[np.float64]
    day: NDArray[np.int64]
    at: NDArray[np.int64]
    scores: Mapping[str, NDArray[np.float64]]

    def losses(self, metric: Metric) -> NDArray[np.float64]:
        """The loss of each row under each policy, (n, policies), in the order of `scores`."""
        return np.column_stack([self.losses_of(metric, score) for score in self.scores.values()])

    def losses_of(self, metric: Metric, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """The loss of each row under one array of scores, (n,)."""
        return metric.losses(self.answers(metric), score)

    def answers(self, metric: Metric) -> NDArray[np.float64]:
        """The labels in the form that the metric reads: class codes as integers."""
        return self.label if "regression" in metric.tasks else self.label.astype(np.int64)


def money(
    scored: Scored, score: NDArray[np.float64], stakes: Stakes, task: str
) -> NDArray[np.float64] | None:
    """What each row cost in the user's money under the decision of the stakes, or None when they price nothing."""
    if task == "binary" and stakes.false_alarm is not None and stakes.miss is not None:
        acted = score >= stakes.threshold_or_default
        false_alarm = np.where(acted & (scored.label == 0), stakes.false_alarm, 0.0)
        return false_alarm + np.where(~acted & (scored.label == 1), stakes.miss, 0.0)
    if task == "regression" and stakes.error is not None:
        return np.abs(scored.label - score) * stakes.error
    return None

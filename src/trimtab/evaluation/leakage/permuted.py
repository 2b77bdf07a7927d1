"""L6: the whole pipeline with shuffled answers, from which nothing can be learned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.evaluation.evaluated import Floats
from trimtab.finding import Finding, Severity
from trimtab.metrics import Metric, Task, area_under_roc, fit_prior

DRAWS = 200
SURE = 4.0
"""Standard deviations of chance: one false verdict in thirty thousand."""


def shuffled(label: Floats, seed: int) -> Floats:
    """All labels (n,) in another order, of learned and judged rows alike."""
    return np.asarray(np.random.default_rng(seed).permutation(label), np.float64)


def permuted_labels(label: Floats, score: Floats, task: Task, metric: Metric, seed: int) -> Finding:
    """ACT when a pipeline that was given shuffled labels predicts those of the judged rows (n,) better than chance.

    Chance is what the same scores reach on labels that are shuffled again.

    >>> from trimtab.metrics import brier
    >>> label = np.tile([0.0, 1.0], 200)
    >>> permuted_labels(label, label * 0.8 + 0.1, "binary", brier, seed=0).severity
    <Severity.ACT: 'ACT'>
    """
    generator = np.random.default_rng(seed)
    reached = _quality(label, score, task, metric)
    chance = [_quality(generator.permutation(label), score, task, metric) for _ in range(DRAWS)]
    middle, spread = float(np.mean(chance)), float(np.std(chance)) + 1e-12
    leaks = reached > middle + SURE * spread
    what = f"{_name(task)} {reached:.3f} where chance gives {middle:.3f} ± {SURE * spread:.3f}"
    return Finding(
        f"leak: with shuffled labels the pipeline still reaches {what}"
        if leaks
        else f"with shuffled labels the pipeline learns nothing: {what}",
        Severity.ACT if leaks else Severity.OK,
        estimate=reached - middle,
        cause="something is fitted on the answers of the judged rows, such as an encoding made before the split"
        if leaks
        else None,
        action="fit every step of the pipeline on the learned rows only" if leaks else None,
    )


def _name(task: Task) -> str:
    return "ROC-AUC" if task == "binary" else "a gain of"


def _quality(label: NDArray[np.float64], score: Floats, task: Task, metric: Metric) -> float:
    """Larger is better: the ROC-AUC of yes/no labels, else the gain over the same answer for all."""
    if task == "binary":
        return float(area_under_roc(label, score))
    answers = label if task == "regression" else label.astype(np.int64)
    classes = score.shape[1] if score.ndim == 2 else None
    same = fit_prior(answers, task, classes=classes, quantile=metric.quantile).predict(len(label))
    return float(metric.losses(answers, same).mean() - metric.losses(answers, score).mean())

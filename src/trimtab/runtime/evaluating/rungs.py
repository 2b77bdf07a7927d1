"""What a candidate must beat: answers without a model, and a linear one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.evaluation.baselines import Known, last_answer_by, rate_by
from trimtab.evaluation.evaluated import Floats
from trimtab.metrics import Metric
from trimtab.runtime.baseline_fields import baseline_fields, field_codes, first_answers
from trimtab.runtime.evaluating.trainer import Trainer, evenly

LINEAR = "a linear model"
ROWS_OF_A_LINEAR_MODEL = 30_000


def rungs(trainer: Trainer, metric: Metric) -> tuple[dict[str, Floats], str]:
    """The scores of each rung by name, on the judging rows, and why there is no linear one (empty: there is)."""
    split, task = trainer.split, trainer.recipe.task
    known = Known(split.learned, split.then[split.learned], split.judged, trainer.recipe.class_count)
    found: dict[str, Floats] = {}
    for column in baseline_fields(trainer.history):
        codes = field_codes(trainer.history, column)
        if task == "multiclass":
            known = Known(known.past, known.label.astype(np.int64), known.future, known.classes)
        each = rate_by(column, codes, known, task, metric)
        found[each.name] = each.score
        if task == "regression":
            last = _last_answer(trainer, column, codes, known)
            found[last[0]] = last[1]
    try:
        found[LINEAR] = _linear(trainer)
    except LearnerError as error:
        return found, str(error)
    return found, ""


def _linear(trainer: Trainer) -> Floats:
    rows = evenly(trainer.split.learned, ROWS_OF_A_LINEAR_MODEL)
    fitted = trainer.fit(rows, learner=linear_learner(trainer.recipe.task))
    return trainer.score(fitted.predictor, trainer.split.judged)


def linear_learner(task: str) -> Any:
    """The linear model that every candidate is compared with."""
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415  # scikit-learn loads where it trains

    return Ridge() if task == "regression" else LogisticRegression(max_iter=100, tol=1e-3)


def _last_answer(trainer: Trainer, column: str, codes: NDArray[np.int64], known: Known) -> tuple[str, Floats]:
    at = trainer.history.requests.at
    each = last_answer_by(column, codes, known, at, *first_answers(trainer.history))
    return each.name, each.score

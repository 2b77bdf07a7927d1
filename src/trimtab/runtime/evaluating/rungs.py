"""What a candidate must beat: answers without a model, and a linear one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.evaluation.baselines import Known, last_answer_by, rate_by
from trimtab.evaluation.evaluated import Floats
from trimtab.metrics import Metric
from trimtab.runtime.baseline_fields import baseline_fields, field_codes, first_answers
from trimtab.runtime.evaluating.trainer import Trainer, evenly
from trimtab.runtime.floor import key_of
from trimtab.training.predictor import Predictor

LINEAR = "a linear model"
BOOSTING = "gradient boosting"
BOOSTED = ("histogram", "lightgbm", "xgboost", "catboost")
"""The families of learners that are gradient boosting themselves."""

ROWS_OF_A_LINEAR_MODEL = 30_000


@dataclass(frozen=True, eq=False)
class Rung:
    """One way to answer: its scores of the judging rows (n,) or (n, k), and what gives them.

    `predictor` is the model of a rung that is one. `answers` are those of a rule, by value of its field. A rung with
    neither repeats the latest label that is known.
    """

    name: str
    score: Floats
    predictor: Predictor | None = None
    answers: Mapping[str, Any] | None = None


def rungs(trainer: Trainer, metric: Metric) -> tuple[tuple[Rung, ...], str]:
    """Each rung on the judging rows, and why there is no linear one (empty: there is)."""
    found = rules(trainer, metric)
    try:
        return (*found, _linear(trainer)), ""
    except LearnerError as error:
        return found, str(error)


def rules(trainer: Trainer, metric: Metric) -> tuple[Rung, ...]:
    """The rungs without a model on the judging rows: rates by a request field, and for numbers its last answer."""
    split, task = trainer.split, trainer.recipe.task
    known = Known(split.learned, split.then[split.learned], split.judged, trainer.recipe.class_count)
    found: list[Rung] = []
    for column in baseline_fields(trainer.history):
        codes = field_codes(trainer.history, column)
        found.append(_rate(trainer, column, codes, known, metric))
        if task == "regression":
            found.append(_last_answer(trainer, column, codes, known))
    return tuple(found)


def _rate(trainer: Trainer, column: str, codes: NDArray[np.int64], known: Known, metric: Metric) -> Rung:
    task = trainer.recipe.task
    each = rate_by(column, codes, known, task, metric)
    # the first learned request of each value stands for the value
    first = known.past[np.unique(codes[known.past], return_index=True)[1]]
    rates = rate_by(column, codes, replace(known, future=first), task, metric).score
    values = trainer.history.requests.table[column].take(first).to_pylist()
    answers = {key_of(value): rate for value, rate in zip(values, rates.tolist(), strict=True)}
    return Rung(each.name, each.score, answers=answers)


def _linear(trainer: Trainer) -> Rung:
    rows = evenly(trainer.split.learned, ROWS_OF_A_LINEAR_MODEL)
    predictor = trainer.fit(rows, learner=linear_learner(trainer.recipe.task)).predictor
    return Rung(LINEAR, trainer.score(predictor, trainer.split.judged), predictor)


def linear_learner(task: str) -> Any:
    """The linear model that every candidate is compared with."""
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415  # scikit-learn loads where it trains

    return Ridge() if task == "regression" else LogisticRegression(max_iter=100, tol=1e-3)


def boosting_learner(task: str) -> Any:
    """The gradient boosting that stands beside a declared learner of another family."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: PLC0415

    made = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    return made(max_iter=60, min_samples_leaf=50, early_stopping=False)


def _last_answer(trainer: Trainer, column: str, codes: NDArray[np.int64], known: Known) -> Rung:
    at = trainer.history.requests.at
    each = last_answer_by(column, codes, known, at, *first_answers(trainer.history))
    return Rung(each.name, each.score)

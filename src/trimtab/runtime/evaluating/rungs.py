"""What a candidate must beat: answers without a model, and a linear one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.declare.kinds import Kind
from trimtab.errors import LearnerError
from trimtab.evaluation.baselines import Known, last_answer_by, rate_by
from trimtab.evaluation.evaluated import Floats
from trimtab.metrics import Metric
from trimtab.runtime.evaluating.trainer import Trainer, evenly
from trimtab.runtime.history import History

SUGGESTED = 2
"""How many text fields of the request serve as baselines where the model names none."""

LINEAR = "a linear model"
ROWS_OF_A_LINEAR_MODEL = 30_000


def rungs(trainer: Trainer, metric: Metric) -> tuple[dict[str, Floats], str]:
    """The scores of each rung by name, on the judging rows, and why there is no linear one (empty: there is)."""
    split, task = trainer.split, trainer.recipe.task
    known = Known(split.learned, split.then[split.learned], split.judged, trainer.recipe.class_count)
    found: dict[str, Floats] = {}
    for column in _columns(trainer.history):
        codes = _codes(trainer.history, column)
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
    fitted = trainer.fit(rows, learner=_learner(trainer.recipe.task))
    return trainer.score(fitted.predictor, trainer.split.judged)


def _learner(task: str) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415  # scikit-learn loads where it trains

    return Ridge() if task == "regression" else LogisticRegression(max_iter=100, tol=1e-3)


def _columns(history: History) -> tuple[str, ...]:
    named = history.system.model.baselines
    texts = [name for name, kind in history.requests.kinds.items() if kind is Kind.STRING]
    return named or tuple(name for name in texts if name in history.matrix.names)[:SUGGESTED]


def _codes(history: History, column: str) -> NDArray[np.int64]:
    encoded = pc.dictionary_encode(history.requests.table[column].combine_chunks())
    return np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)


def _last_answer(trainer: Trainer, column: str, codes: NDArray[np.int64], known: Known) -> tuple[str, Floats]:
    labels, at = trainer.history.labels.history, trainer.history.requests.at
    answer, since = np.full(len(at), np.nan), np.full(len(at), np.iinfo(np.int64).max)
    answer[labels.row[::-1]], since[labels.row[::-1]] = labels.value[::-1], labels.known[::-1]
    each = last_answer_by(column, codes, known, at, answer, since)
    return each.name, each.score

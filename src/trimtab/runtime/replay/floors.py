"""The baselines of a replay: fitted on what was known at half time, judged on the second half like the ladder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from trimtab.evaluation.baselines import Baseline, Known, always_the_same, last_answer_by, rate_by
from trimtab.labels.history import as_known
from trimtab.runtime.baseline_fields import baseline_fields, field_codes, first_answers
from trimtab.runtime.history import History
from trimtab.runtime.replay.curves import Test
from trimtab.runtime.replay.evaluation import Judge
from trimtab.training.fit import Recipe


def baselines(
    history: History, judge: Judge, test: Test, classes: int
) -> Iterator[tuple[Baseline, NDArray[np.int64]]]:
    """Each baseline with the rows that it was judged on: the mature rows that a rung of the ladder answered."""
    span = np.arange(test.serve.start, test.serve.stop)
    future = span[judge.view.mature[span]]
    view = as_known(history.labels.history, test.spec.as_of)
    past = np.flatnonzero(view.mature)
    if not len(past) or not len(future):
        return
    known = Known(past, view.value[past], future, classes)
    yield always_the_same(known, judge.task, judge.metric), future
    for column in baseline_fields(history):
        codes = field_codes(history, column)
        yield rate_by(column, codes, known, judge.task, judge.metric), future
        if judge.task == "regression":
            yield last_answer_by(column, codes, known, judge.at, *first_answers(history)), future


def without_a_model(history: History, recipe: Recipe, at: int) -> NDArray[np.float64]:
    """The score of a request that nobody could prepare for: the rate or mean of the labels known then, () or (k,).

    Before any label is known: even chances, or zero.
    """
    view = as_known(history.labels.history, at)
    label, task = view.value[view.mature], recipe.task
    if task == "multiclass":
        chances = np.bincount(label.astype(np.int64), minlength=recipe.class_count) + 0.0
        return chances / chances.sum() if len(label) else np.full(len(chances), 1 / len(chances))
    return np.asarray(label.mean() if len(label) else 0.5 * (task == "binary"))

"""The baselines of a replay: fitted on what was known at half time, judged on the second half like the ladder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.declare.kinds import Kind
from trimtab.evaluation.baselines import Baseline, Known, always_the_same, last_answer_by, rate_by
from trimtab.labels.history import as_known
from trimtab.runtime.history import History
from trimtab.runtime.replay.curves import Test
from trimtab.runtime.replay.evaluation import Judge

SUGGESTED = 2
"""How many text fields of the request serve as baselines where the model names none."""


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
    for column in _columns(history):
        codes = _codes(history, column)
        yield rate_by(column, codes, known, judge.task, judge.metric), future
        if judge.task == "regression":
            yield _last_answer(history, judge, column, codes, known), future


def _columns(history: History) -> tuple[str, ...]:
    named = history.system.model.baselines
    texts = [name for name, kind in history.requests.kinds.items() if kind is Kind.STRING]
    return named or tuple(name for name in texts if name in history.matrix.names)[:SUGGESTED]


def _codes(history: History, column: str) -> NDArray[np.int64]:
    encoded = pc.dictionary_encode(history.requests.table[column].combine_chunks())
    return np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)


def _last_answer(
    history: History, judge: Judge, column: str, codes: NDArray[np.int64], known: Known
) -> Baseline:
    labels = history.labels.history
    answer, since = np.full(len(judge.at), np.nan), np.full(len(judge.at), np.iinfo(np.int64).max)
    answer[labels.row[::-1]], since[labels.row[::-1]] = labels.value[::-1], labels.known[::-1]
    return last_answer_by(column, codes, known, judge.at, answer, since)

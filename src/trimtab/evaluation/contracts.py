"""What a predictor must keep to, whatever it has learned: checks that need rows, but no labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from trimtab.errors import TrimtabError
from trimtab.evaluation.evaluated import Floats, Predict, Rows
from trimtab.finding import Finding, Severity
from trimtab.metrics import Task

SAMPLE = 256
SINGLE = 32
"""Rows that are asked one by one."""

TOLERANCE = 1e-9
"""How far two scores of the same row may lie apart: sums in another order, and nothing more."""

UNSEEN = "a word that nobody ever used"

Outcome = str | None
"""What is wrong, or None."""


def contract_findings(rows: Rows, predict: Predict, task: Task) -> tuple[Finding, ...]:
    """One finding for each promise of the predictor: OK, or ACT with what was found.

    >>> found = contract_findings(Rows(("x",), np.arange(4.0)[:, None]), lambda rows: np.full(len(rows), 0.5), "binary")
    >>> {str(each.severity) for each in found}
    {'OK'}
    """
    sample = rows.take(np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(np.int64))
    try:
        score = predict(sample)
    except TrimtabError as error:
        return (_broken("scores rows", str(error)),)
    return tuple(_judged(name, check) for name, check in _checks(sample, score, predict, task))


def _checks(
    sample: Rows, score: Floats, predict: Predict, task: Task
) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    yield "answers every row with finite numbers", lambda: _finite(score, len(sample))
    if task != "regression":
        yield "answers with probabilities", lambda: _probabilities(score)
    yield "gives the same answer twice", lambda: _same(predict(sample), score)
    yield "gives one row the score that it has in a batch", lambda: _one_by_one(sample, score, predict)
    yield "does not mind the order of rows", lambda: _reversed_rows(sample, score, predict)
    yield "does not mind the order of columns", lambda: _same(predict(_other_way(sample)), score)
    yield "does not mind a column that it did not learn", lambda: _same(predict(_with_extra(sample)), score)
    yield "answers when every column is missing", lambda: _all_null(sample, predict)
    yield "answers words that it never saw", lambda: _unseen(sample, predict)
    yield "answers no rows with no scores", lambda: _empty(sample, predict)


def _judged(name: str, check: Callable[[], Outcome]) -> Finding:
    try:
        wrong = check()
    except TrimtabError as error:
        wrong = str(error)
    return Finding(f"the predictor {name}", Severity.OK) if wrong is None else _broken(name, wrong)


def _broken(name: str, why: str) -> Finding:
    return Finding(
        f"broken promise: the predictor {name}",
        Severity.ACT,
        cause=why,
        action="repair the learner: what serves would differ from what was evaluated",
    )


def _finite(score: Floats, rows: int) -> Outcome:
    if len(score) != rows:
        return f"{len(score)} scores for {rows} rows"
    wrong = int((~np.isfinite(score)).sum())
    return f"{wrong} scores are not finite" if wrong else None


def _probabilities(score: Floats) -> Outcome:
    if ((score < 0) | (score > 1)).any():
        return f"scores lie between {score.min():.4g} and {score.max():.4g}"
    if score.ndim == 2 and (np.abs(score.sum(axis=1) - 1) > 1e-6).any():
        return f"the classes of a row sum to {score.sum(axis=1).min():.6g}"
    return None


def _same(found: Floats, expected: Floats) -> Outcome:
    if found.shape != expected.shape:
        return f"{found.shape} scores instead of {expected.shape}"
    apart = float(np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected)), initial=0.0))
    return f"scores differ by up to {apart:.3g}" if apart > TOLERANCE else None


def _one_by_one(sample: Rows, score: Floats, predict: Predict) -> Outcome:
    places = np.linspace(0, len(sample) - 1, min(SINGLE, len(sample))).astype(np.int64)
    alone = np.concatenate([predict(sample.take(places[i : i + 1])) for i in range(len(places))])
    return _same(alone, score[places])


def _reversed_rows(sample: Rows, score: Floats, predict: Predict) -> Outcome:
    return _same(predict(sample.take(np.arange(len(sample))[::-1]))[::-1], score)


def _other_way(sample: Rows) -> Rows:
    return replace(sample, names=sample.names[::-1], values=sample.values[:, ::-1])


def _with_extra(sample: Rows) -> Rows:
    values = np.column_stack([np.arange(len(sample), dtype=np.float64), sample.values])
    return replace(sample, names=("a column that nobody declared", *sample.names), values=values)


def _all_null(sample: Rows, predict: Predict) -> Outcome:
    nothing = replace(sample, values=np.full_like(sample.values, np.nan))
    return _finite(predict(nothing), len(sample))


def _unseen(sample: Rows, predict: Predict) -> Outcome:
    words = {name: (*known, UNSEEN) for name, known in sample.dictionaries.items()}
    values = sample.values.copy()
    for place, name in enumerate(sample.names):
        if name in words:
            values[:, place] = len(words[name]) - 1
    return _finite(predict(replace(sample, values=values, dictionaries=words)), len(sample))


def _empty(sample: Rows, predict: Predict) -> Outcome:
    return _finite(predict(sample.take(np.zeros(0, np.int64))), 0)


def reloaded(here: Floats, there: Floats) -> Finding:
    """Whether a stored predictor, loaded in another process, gives the scores that it gave here, bit by bit.

    >>> reloaded(np.array([0.5]), np.array([0.5])).severity
    <Severity.OK: 'OK'>
    """
    same = here.shape == there.shape and bool(np.array_equal(here, there))
    if same:
        return Finding("the stored model answers in a clean process as it does here", Severity.OK)
    return _broken("answers in a clean process as it does here", _same(there, here) or "the last bits differ")

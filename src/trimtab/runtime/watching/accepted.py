"""Rows that a model was accepted on: training rows, each scored by a fit that could not know its label yet."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from trimtab.declare.days import offsets_at
from trimtab.errors import LearnerError
from trimtab.labels.history import LabelHistory, LabelView, as_known
from trimtab.monitoring.counts import Columns
from trimtab.monitoring.observed import NEVER, Observed
from trimtab.retrain.windows import Selection, select, weights
from trimtab.runtime.history import History
from trimtab.training.fit import Recipe, fit
from trimtab.training.matrix import FeatureMatrix
from trimtab.units import days

LONGEST = days(90).microseconds
"""How much of the past an accepted period covers at most; at least half of it is left to train on."""

BLOCKS = 2
"""How many fits score the accepted period, each the rows that follow what it learned from."""


def accepted(
    history: History, as_of: int, recipe: Recipe, selection: Selection, seed: int, *, paired: bool = False
) -> Observed | None:
    """The mature rows of the end of the training set, test-then-train; None where too little is known for that.

    paired: the model compared with is a fresh one, which here is the model itself.
    """
    labels, at = history.labels.history, history.requests.at
    rows = select(selection, at, as_known(labels, as_of).mature)
    if len(rows) < 2:
        return None
    first, last = int(at[rows[0]]), int(at[rows[-1]]) + 1
    start = last - min((last - first) // 2, LONGEST)
    edges = [start + (last - start) * block // BLOCKS for block in range(BLOCKS + 1)]
    score = _scores(history, rows, edges, recipe, selection, seed)
    if score is None:
        return None
    kept = rows[at[rows] >= start]
    return observed(history, as_known(labels, as_of), kept, score, score if paired else None)


def _scores(
    history: History,
    rows: NDArray[np.int64],
    edges: list[int],
    recipe: Recipe,
    selection: Selection,
    seed: int,
) -> NDArray[np.float64] | None:
    """The scores of the rows from the first edge on, in their order."""
    at, pieces = history.requests.at, []
    for start, stop in pairwise(edges):
        view = as_known(history.labels.history, start)
        known = select(selection, at, view.mature)
        asked = rows[(at[rows] >= start) & (at[rows] < stop)]
        try:
            with threadpool_limits(1):  # the same bytes whatever the number of cores
                fitted = fit(
                    recipe,
                    history.matrix.take(known),
                    view.value[known],
                    weights(selection, at[known], start),
                    seed,
                )
                pieces.append(fitted.predictor.score(history.matrix.take(asked)))
        except LearnerError:
            return None
    return np.concatenate(pieces)


def observed(
    history: History,
    view: LabelView,
    rows: NDArray[np.int64],
    score: NDArray[np.float64],
    reference_score: NDArray[np.float64] | None = None,
) -> Observed:
    """The given requests with their scores and with their labels as a view knows them."""
    at = history.requests.at[rows]
    mature = view.mature[rows]
    ready = ready_at(history.labels.history)[rows]
    return Observed(
        at,
        columns_of(history.matrix.take(rows)),
        score,
        np.where(mature, view.value[rows], np.nan),
        np.where(mature, ready, NEVER),
        reference_score,
        offsets_at(at, history.system.zone),
    )


def columns_of(matrix: FeatureMatrix) -> Columns:
    """Features as what the monitors count."""
    return Columns(matrix.names, matrix.values, matrix.dictionaries)


def ready_at(labels: LabelHistory) -> NDArray[np.int64]:
    """When each request's label was both mature and known for the first time (n,)."""
    first = np.r_[True, labels.row[1:] != labels.row[:-1]] if len(labels.row) else np.zeros(0, np.bool_)
    ready = labels.matures_at.copy()
    places = labels.row[first]
    ready[places] = np.maximum(ready[places], labels.known[first])
    return ready

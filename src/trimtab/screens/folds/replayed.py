"""Performance of a replay by day: its predictions joined with its labels, summed once by day and hour of knowing.

What is kept is small, however many rows there were: losses are added up by the day of the request and the hour in
which a label became known, so that any instant of the replayed period is a sum over part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from trimtab.metrics.catalogue import default_metric, metric_named
from trimtab.metrics.metric import Metric
from trimtab.screens.book import View
from trimtab.screens.folds.days import DAY, Days, Floats, Integers

HOUR = DAY // 24
PREDICTIONS, LABELS = "predictions", "labels"


@dataclass(frozen=True, eq=False)
class Sums:
    """Requests by day and hour, and losses by day of the request and hour of knowing.

    asked (a, 3): day, hour and requests. known (k, 4): day, hour of knowing, rows, loss. lags (l, 3): hour of knowing,
    hours from the request to its first label, rows. A corrected label takes back the loss that it had before.
    """

    asked: Floats
    known: Floats
    lags: Floats
    metric: str


def replayed_days(view: View) -> Days | None:
    """The days of a replay as they were known at the instant of a view, to the hour; None without predictions."""
    sums = sums_of(view)
    if sums is None:
        return None
    hour = view.at // HOUR
    asked, known = sums.asked[sums.asked[:, 1] < hour], sums.known[sums.known[:, 1] < hour]
    if not len(asked):
        return None
    first = int(asked[:, 0].min())
    count = int(asked[:, 0].max()) - first + 1
    requests = _by_day(asked, first, count, 2)
    labelled, loss = (_by_day(known, first, count, column) for column in (2, 3))
    nothing = np.zeros(count)
    start = (np.arange(count, dtype=np.int64) + first) * DAY
    return Days(start, requests, labelled, loss, np.full(count, np.nan), nothing, nothing, sums.metric)


def arrival(view: View) -> tuple[Integers, Floats, int] | None:
    """Hours, the share of labels known by then that came within so many hours, and how many labels these are."""
    sums = sums_of(view)
    if sums is None:
        return None
    lags = sums.lags[sums.lags[:, 0] < view.at // HOUR]
    if not len(lags):
        return None
    counts = np.bincount(np.clip(lags[:, 1], 0, 24 * 90).astype(np.int64), weights=lags[:, 2])
    return np.arange(len(counts), dtype=np.int64) + 1, np.cumsum(counts) / counts.sum(), int(counts.sum())


def sums_of(view: View) -> Sums | None:
    """The sums of a replay, made at the first call."""
    book = view.book
    state = (book.ledger.frontier(PREDICTIONS), book.ledger.frontier(LABELS))
    if not state[0]:
        return None
    return book.journals.folded("sums", state, lambda: _kept_sums(view, str(state)))


def _kept_sums(view: View, state: str) -> Sums | None:
    """The sums as an earlier process kept them, or made now and kept."""
    kept = view.book.journals.kept
    found = kept.read("sums", state)
    if found is not None:
        return Sums(found["asked"], found["known"], found["lags"], str(found["metric"]))
    made = _sums(view)
    if made is not None:
        content = {
            "asked": made.asked,
            "known": made.known,
            "lags": made.lags,
            "metric": np.array(made.metric),
        }
        kept.write("sums", state, content)
    return made


def _sums(view: View) -> Sums | None:
    predictions, labels = (view.book.ledger.read_rows(stream) for stream in (PREDICTIONS, LABELS))
    metric = _metric(view)
    if "score" not in predictions.column_names or metric.per_row is None:
        return None
    at, score = (predictions[name].to_numpy() for name in ("at", "score"))
    row, known, value = _joined(predictions, labels)
    loss = np.asarray(metric.per_row(value, score[row]), np.float64)
    # the versions of one label follow one another: each takes back what the one before added
    again = np.concatenate([[False], row[1:] == row[:-1]])
    change = loss - np.where(again, np.concatenate([[0.0], loss[:-1]]), 0.0)
    day = at // DAY
    first = ~again
    lag = np.maximum(known - at[row], 0) // HOUR
    return Sums(
        _grouped(day, at // HOUR, np.ones(len(at))),
        _grouped(day[row], known // HOUR, first.astype(np.float64), change),
        _grouped(known[first] // HOUR, lag[first], np.ones(int(first.sum()))),
        f"{metric.loss_name.replace('_', ' ')}, {metric.loss_unit}",
    )


_ROW = "__row"
"""No id has such a name."""


def _joined(predictions: pa.Table, labels: pa.Table) -> tuple[Integers, Integers, Floats]:
    """The row of the prediction that each label is of, when it was known, and its value, by row and time."""
    names = [
        name for name in labels.column_names if name not in {"sequence", "recorded_at", "known", "value"}
    ]
    numbered = predictions.select(names).append_column(_ROW, pa.array(np.arange(len(predictions))))
    both = labels.join(numbered, keys=names, join_type="inner").sort_by(
        [(_ROW, "ascending"), ("known", "ascending")]
    )
    row, known, value = (both[name].to_numpy() for name in (_ROW, "known", "value"))
    kept = ~np.isnan(value.astype(np.float64))
    return row[kept], known[kept], value[kept].astype(np.float64)


def _metric(view: View) -> Metric:
    kinds = [event.kind for event in view.book.journals.events("measurements")]
    named = (metric_named(kind) for kind in kinds)
    return next((each for each in named if each is not None), default_metric("binary"))


def _grouped(one: Integers, other: Integers, *values: Floats) -> Floats:
    """The sums of values (n,) by two keys (n,), one row a pair: both keys, then the sums."""
    low, width = int(other.min(initial=0)), int(other.max(initial=0)) - int(other.min(initial=0)) + 1
    keys, place = np.unique(one * width + (other - low), return_inverse=True)
    sums = [np.bincount(place, weights=each, minlength=len(keys)) for each in values]
    return np.column_stack([keys // width, keys % width + low, *sums]).astype(np.float64)


def _by_day(table: Floats, first: int, count: int, column: int) -> Floats:
    inside = (table[:, 0] >= first) & (table[:, 0] < first + count)
    place = table[inside, 0].astype(np.int64) - first
    found: Floats = np.bincount(place, weights=table[inside, column], minlength=count).astype(np.float64)
    return found

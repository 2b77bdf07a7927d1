"""The record of a search: each rung with its predictions row by row, so that later runs are compared on the same rows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trimtab.evaluation.evaluated import Floats
from trimtab.metrics.rows import score_columns
from trimtab.ports import Blobs, Event, Ledger
from trimtab.runtime.history import History, identity
from trimtab.runtime.tuning.result import Tuned

RUNS = "runs"
"""The journal of searches; the subject of an event is the rung."""

TUNED = "tuned"


def to_parquet(history: History, rows: NDArray[np.int64], label: Floats, score: Floats) -> bytes:
    """The predicted rows as a Parquet file: the request's id, at, label, and score 0 to k - 1."""
    scores = score_columns(score)
    requests = history.requests.table.take(pa.array(rows))
    columns: dict[str, Any] = {f"id {name}": requests[name] for name in identity(history.system)}
    columns |= {"at": history.requests.at[rows], "label": label}
    columns |= {f"score {place}": scores[:, place] for place in range(scores.shape[1])}
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    return sink.getvalue()


def keep(ledger: Ledger, done: Tuned, now: int) -> None:
    """Put a search on record, one event for each rung."""
    told = done.to_json()
    shared = {
        name: told[name] for name in ("metric", "budget", "best", "validated_from", "tested_from", "command")
    }
    events = [Event(now, TUNED, rung["name"], {**shared, **rung}) for rung in told["rungs"]]
    ledger.append_events(RUNS, events)


def earlier_best(ledger: Ledger, blobs: Blobs, metric: str) -> pa.Table | None:
    """The predictions of the best rung of the newest search that was judged by this metric; None without any."""
    found = [
        event
        for event in ledger.read_events(RUNS)
        if event.kind == TUNED and event.subject == event.body["best"] and event.body["metric"] == metric
    ]
    return pq.read_table(io.BytesIO(blobs.get(found[-1].body["predictions"]))) if found else None


def paired(one: pa.Table, other: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of the same requests in two tables of predictions, in the order of the first."""
    places = {key: place for place, key in enumerate(_keys(other))}
    pairs = [(place, places[key]) for place, key in enumerate(_keys(one)) if key in places]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def scores_of(table: pa.Table) -> Floats:
    """The scores of a table of predictions, (n,) or (n, k)."""
    names = [name for name in table.column_names if name.startswith("score ")]
    found = np.column_stack([table[name].to_numpy() for name in names])
    return np.asarray(found[:, 0] if len(names) == 1 else found, np.float64)


def _keys(table: pa.Table) -> Sequence[tuple[Any, ...]]:
    names = [name for name in table.column_names if name.startswith("id ")]
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))

"""The accepted rows of a version, kept as Parquet: what its monitors learn their reference from when they start."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trimtab.metrics.rows import score_columns
from trimtab.monitoring.counts import Columns
from trimtab.monitoring.observed import Observed
from trimtab.ports import Blobs
from trimtab.retrain.windows import Selection
from trimtab.runtime.history import History
from trimtab.runtime.watching.accepted import accepted
from trimtab.training.fit import Recipe

MOST_ROWS = 20_000
"""Accepted rows that are kept at most, evenly spaced."""

REFERENCE = "reference"
"""Where a version's provenance names its accepted rows."""

_FEATURE = "feature "
_WORDS = b"trimtab words"


def kept_reference(
    history: History, as_of: int, recipe: Recipe, chosen: Selection, seed: int, blobs: Blobs
) -> dict[str, Any]:
    """What a version's provenance tells its monitors: the blob of its accepted rows, None where it is too young."""
    found = accepted(history, as_of, recipe, chosen, seed)
    kept = None if found is None or not len(found) else blobs.put(to_parquet(evenly(found, MOST_ROWS)))
    return {REFERENCE: kept}


def evenly(observed: Observed, most: int) -> Observed:
    """At most so many rows, evenly spaced, the first and the last among them."""
    if len(observed) <= most:
        return observed
    return observed.take(np.linspace(0, len(observed) - 1, most).astype(np.int64))


def to_parquet(observed: Observed) -> bytes:
    """The rows as a Parquet file: at, label, label_at, zone_offset, score 0 to k - 1, and each feature."""
    scores = score_columns(observed.score)
    columns: dict[str, Any] = {
        "at": pa.array(observed.at).cast(pa.timestamp("us", "UTC")),
        "label": observed.label,
        "label_at": observed.label_at,
        "zone_offset": observed.offset,
    }
    columns |= {f"score {place}": scores[:, place] for place in range(scores.shape[1])}
    for place, name in enumerate(observed.columns.names):
        columns[_FEATURE + name] = _values(observed.columns, place, name)
    # the words keep their codes, those without a row too
    table = pa.table(columns).replace_schema_metadata(
        {_WORDS: json.dumps(dict(observed.columns.dictionaries))}
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def of_parquet(content: bytes) -> Observed:
    """The rows that `to_parquet` wrote."""
    table = pq.read_table(io.BytesIO(content))
    words = {name: tuple(known) for name, known in json.loads(table.schema.metadata[_WORDS]).items()}
    names = tuple(name.removeprefix(_FEATURE) for name in table.column_names if name.startswith(_FEATURE))
    values = np.empty((len(table), len(names)), order="F")
    for place, name in enumerate(names):
        values[:, place] = _numbers(table[_FEATURE + name], words.get(name))
    score = np.column_stack([table[n].to_numpy() for n in table.column_names if n.startswith("score ")])
    return Observed(
        table["at"].cast(pa.int64()).to_numpy(),
        Columns(names, values, words),
        score[:, 0] if score.shape[1] == 1 else score,
        table["label"].to_numpy(),
        table["label_at"].to_numpy(),
        zone_offset=table["zone_offset"].to_numpy(),
    )


def _values(columns: Columns, place: int, name: str) -> pa.Array:
    values = columns.values[:, place]
    missing = np.isnan(values)
    if name not in columns.dictionaries:
        return pa.array(values, mask=missing)
    codes = pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing)
    return pa.array(columns.dictionaries[name], pa.string()).take(codes)


def _numbers(column: pa.ChunkedArray, words: tuple[str, ...] | None) -> np.ndarray[Any, np.dtype[np.float64]]:
    if words is None:
        return np.asarray(column.cast(pa.float64()).fill_null(float("nan")), np.float64)
    codes = {word: float(code) for code, word in enumerate(words)}
    return np.array([np.nan if word is None else codes[word] for word in column.to_pylist()], np.float64)

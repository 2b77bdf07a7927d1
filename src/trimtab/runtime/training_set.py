"""Training sets as known at T, and versions trained on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from trimtab.labels.history import as_known
from trimtab.retrain.windows import Selection, select, weights
from trimtab.runtime.history import History, identity


def training_rows(history: History, chosen: Selection, as_of: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The positions of the requests that a training at `as_of` may learn from."""
    view = as_known(history.labels.history, as_of)
    return select(chosen, history.requests.at, view.mature)


def training_table(history: History, chosen: Selection, as_of: int) -> pa.Table:
    """The training set as known at `as_of`: identity, `at`, features as they are declared, `label`, `weight`.

    A feature of one of these names keeps it, and the column is called `training_weight` and so on instead.
    """
    taken = {*history.matrix.names, *identity(history.system)}
    at_name, label_name, weight_name = (
        f"training_{name}" if name in taken else name for name in ("at", "label", "weight")
    )
    rows = training_rows(history, chosen, as_of)
    view = as_known(history.labels.history, as_of)
    requests = history.requests.table.take(pa.array(rows))
    columns: dict[str, Any] = {
        name: requests[name] for name in identity(history.system) if name in requests.column_names
    }
    columns[at_name] = requests["__at"].cast(pa.timestamp("us", "UTC"))
    for position, name in enumerate(history.matrix.names):
        columns[name] = _column(history, position, name, rows)
    classes = history.labels.classes
    label = pa.array(view.value[rows])
    columns[label_name] = label if classes is None else pa.array(classes).take(label.cast(pa.int64()))
    weight = weights(chosen, history.requests.at[rows], as_of)
    columns[weight_name] = pa.array(np.ones(len(rows)) if weight is None else weight)
    return pa.table(columns)


def _column(
    history: History, position: int, name: str, rows: np.ndarray[Any, np.dtype[np.int64]]
) -> pa.Array:
    values = history.matrix.values[rows, position]
    missing = np.isnan(values)
    if name not in history.matrix.dictionaries:
        return pa.array(values, mask=missing)
    codes = pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing)
    return pa.array(history.matrix.dictionaries[name], pa.string()).take(codes)


@dataclass(frozen=True)
class Version:
    """An immutable trained model: its name, its artifact's digest, and everything it was made from."""

    name: str
    artifact: str
    format: str
    as_of: int
    rows: int
    dataset: str
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The version as plain JSON values."""
        return {
            "name": self.name,
            "artifact": self.artifact,
            "format": self.format,
            "as_of": self.as_of,
            "rows": self.rows,
            "dataset": self.dataset,
            **dict(self.provenance),
        }

    def __str__(self) -> str:
        at = np.datetime64(self.as_of, "us").astype("datetime64[m]")
        text = f"{self.name}: trained on {self.rows:,} rows as known at {at} UTC, dataset {self.dataset[:12]}"
        return f"{text}{lineage(self.provenance)}"


def lineage(provenance: Mapping[str, Any]) -> str:
    """What a version continues, or why it does not, as the end of a sentence; nothing where versions are not continued.

    >>> lineage({"parent": "v2", "manner": "leaf_refit", "chain": 3})
    '; continues v2 by leaf refit, 3 updates after a fit from scratch'
    """
    if "parent" in provenance:
        way, chain = str(provenance["manner"]).replace("_", " "), provenance["chain"]
        updates = "1 update" if chain == 1 else f"{chain} updates"
        return f"; continues {provenance['parent']} by {way}, {updates} after a fit from scratch"
    learning = provenance.get("learning")
    return f"; from scratch: {learning['reason']}" if learning else ""

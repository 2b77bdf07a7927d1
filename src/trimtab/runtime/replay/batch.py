"""The same requests as a batch job would have answered them: with features as of its latest run."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trimtab.ports import Engine
from trimtab.runtime.history import AT, History, compute_features
from trimtab.training.matrix import FeatureMatrix, from_table
from trimtab.units import hours

BATCH_HOURS = (1, 6, 24)


def latest_run(history: History, every_hours: int) -> NDArray[np.int64]:
    """The latest instant at or before each request at which a job every so many hours would have run."""
    size = hours(every_hours).microseconds
    return history.requests.at // size * size


def matrix_as_of(history: History, every_hours: int, engine: Engine) -> FeatureMatrix:
    """The features of all requests as of the latest run."""
    asked = history.requests.table
    position = asked.column_names.index(AT)
    shifted = asked.set_column(position, AT, pa.array(latest_run(history, every_hours)))
    return from_table(compute_features(history.system, history.features, history.facts, shifted, engine))


def unknown_to_run(history: History, every_hours: int) -> NDArray[np.bool_]:
    """The requests that the run could not know of yet."""
    return np.greater(history.requests.known, latest_run(history, every_hours))

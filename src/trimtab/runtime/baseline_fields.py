"""What the baselines of a system go by: its request fields, their values as codes, and when answers became known."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.declare.kinds import Kind
from trimtab.runtime.history import History

SUGGESTED = 2
"""How many text fields of the request serve as baselines where the model names none."""


def baseline_fields(history: History) -> tuple[str, ...]:
    """The declared baselines, else the first text fields among the features."""
    named = history.system.model.baselines
    texts = [name for name, kind in history.requests.kinds.items() if kind is Kind.STRING]
    return named or tuple(name for name in texts if name in history.matrix.names)[:SUGGESTED]


def field_codes(history: History, column: str) -> NDArray[np.int64]:
    """Each request's value of a field as a code (n,), -1 where it is missing."""
    encoded = pc.dictionary_encode(history.requests.table[column].combine_chunks())
    return np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)


def first_answers(history: History) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Each request's first answer (n,), NaN for none, and when it became known (n,), epoch microseconds."""
    labels, count = history.labels.history, len(history.requests)
    answer, since = np.full(count, np.nan), np.full(count, np.iinfo(np.int64).max)
    # written from the last version to the first, so that the first one stays
    answer[labels.row[::-1]], since[labels.row[::-1]] = labels.value[::-1], labels.known[::-1]
    return answer, since

"""The identity of a training set: same time, definitions and ledger give the same bytes and the same name."""

from __future__ import annotations

import hashlib
import json

import numpy as np
from numpy.typing import NDArray

from trimtab.training.matrix import FeatureMatrix


def fingerprint(
    matrix: FeatureMatrix, label: NDArray[np.float64], weight: NDArray[np.float64] | None = None
) -> str:
    """SHA-256, in hex, over names, values, words, labels and weights in row order.

    The words of text columns enter, not their storage codes, so adding later words changes nothing.
    """
    digest = hashlib.sha256(json.dumps([matrix.names, matrix.values.shape]).encode())
    for position, name in enumerate(matrix.names):
        column = np.ascontiguousarray(matrix.values[:, position])
        if name in matrix.dictionaries:
            column = _dense(column, matrix.dictionaries[name], digest)
        digest.update(_canonical(column))
    digest.update(_canonical(label))
    if weight is not None:
        digest.update(_canonical(weight))
    return digest.hexdigest()


def _dense(codes: NDArray[np.float64], words: tuple[str, ...], digest: hashlib._Hash) -> NDArray[np.float64]:
    used = np.unique(codes[~np.isnan(codes)]).astype(np.int64)
    digest.update(json.dumps([words[code] for code in used]).encode())
    dense = np.full(len(words) + 1, np.nan)
    dense[used] = np.arange(len(used))
    return dense[np.where(np.isnan(codes), len(words), codes).astype(np.int64)]


def _canonical(values: NDArray[np.float64]) -> bytes:
    tidy = np.ascontiguousarray(values, dtype=np.float64) + 0.0
    tidy[np.isnan(tidy)] = np.nan
    return tidy.tobytes()

"""Category maps frozen at training time: known words become codes, unseen and missing ones become NaN."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.training.matrix import FeatureMatrix

CATEGORIES_AT_MOST = 254
"""Histogram learners keep 255 bins by default, one of them for missing values; rarer words count as missing."""


@dataclass(frozen=True)
class Encoder:
    """The columns a model was trained on, in order, and the words it knows of each text column."""

    names: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]

    @property
    def categorical(self) -> tuple[int, ...]:
        """The positions of the text columns."""
        return tuple(position for position, name in enumerate(self.names) if name in self.words)

    def encode(self, matrix: FeatureMatrix) -> NDArray[np.float64]:
        """The model's input: its columns in its order, words as the codes that it was trained on.

        A text column that came without words is missing altogether.
        """
        columns = [matrix.names.index(name) for name in self.names]
        encoded = matrix.values[:, columns].astype(np.float64, order="F", copy=True)
        for position in self.categorical:
            name = self.names[position]
            codes, dictionary = encoded[:, position], matrix.dictionaries.get(name)
            encoded[:, position] = (
                np.nan if dictionary is None else _recode(codes, dictionary, self.words[name])
            )
        return encoded


def fit_encoder(matrix: FeatureMatrix, at_most: int = CATEGORIES_AT_MOST) -> Encoder:
    """The encoder for a training matrix: each text column's words, at most so many, the most frequent first to stay."""
    words = {}
    for position, name in enumerate(matrix.names):
        if name in matrix.dictionaries:
            words[name] = _kept(matrix.values[:, position], matrix.dictionaries[name], at_most)
    return Encoder(matrix.names, words)


def _kept(codes: NDArray[np.float64], dictionary: tuple[str, ...], at_most: int) -> tuple[str, ...]:
    present = codes[~np.isnan(codes)].astype(np.int64)
    counts = np.bincount(present, minlength=len(dictionary))
    seen = np.flatnonzero(counts)
    most = seen[np.lexsort((seen, -counts[seen]))][:at_most]
    return tuple(dictionary[code] for code in np.sort(most))


def _recode(
    codes: NDArray[np.float64], dictionary: tuple[str, ...], words: tuple[str, ...]
) -> NDArray[np.float64]:
    known = {word: float(code) for code, word in enumerate(words)}
    new = np.array([known.get(word, np.nan) for word in dictionary] + [np.nan])
    return new[np.where(np.isnan(codes), len(dictionary), codes).astype(np.int64)]


def row_encoder(encoder: Encoder) -> Callable[[Sequence[Any]], list[float]]:
    """A function that encodes one row of Python values (None, bool, int, float, str) in the encoder's order.

    It gives what `encode` gives for a matrix: words as codes, None and unseen words as NaN.

    >>> row_encoder(Encoder(("shop", "weight"), {"shop": ("north", "south")}))(["south", None])
    [1.0, nan]
    """
    codes = tuple(
        (position, {word: float(code) for code, word in enumerate(encoder.words[encoder.names[position]])})
        for position in encoder.categorical
    )

    def encode(values: Sequence[Any]) -> list[float]:
        row: list[Any] = [nan if value is None else value for value in values]
        for position, known in codes:
            row[position] = known.get(row[position], nan)
        return row

    return encode

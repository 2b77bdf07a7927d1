"""Small boosted trees read several times faster than their library reads them, with exactly its numbers.

Every row looks up, feature by feature, which leaves of all trees it can still reach: one word of 16 bits a tree.
The lowest bit that is left is the leaf. No row walks down a tree. Source: Lucchese et al. 2015 (QuickScorer).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Words = NDArray[np.uint16]

MOST_LEAVES = 16
"""Leaves of a tree that a word has bits for."""

CHUNK = 2048
"""Rows looked up at a time: what they hold stays in the processor's cache."""

COMPARED = 500
"""Rows that have to give the library's own numbers, bit by bit."""

_ALL = (1 << MOST_LEAVES) - 1
_PLACE_OF_BIT = np.zeros((1 << MOST_LEAVES - 1) + 1, np.uint8)
_PLACE_OF_BIT[1 << np.arange(MOST_LEAVES)] = np.arange(MOST_LEAVES)


@dataclass(frozen=True, eq=False)
class Lookup:
    """What one feature leaves of t trees: leaves (b, t), a row for each place of its values, missing ones last.

    A number's place is how many bounds, ascending, lie below it; a text, which has none, is its code's.
    """

    column: int
    leaves: Words
    bounds: Floats | None = None

    def places(self, values: Floats) -> NDArray[np.intp]:
        """The row of `leaves` of each value (n,); codes that were never seen are missing."""
        if self.bounds is not None:
            # a missing number sorts behind the last bound, which is infinite
            return np.searchsorted(self.bounds, values, side="left")
        missing = len(self.leaves) - 1
        return np.where((values >= 0) & (values < missing), values, missing).astype(np.intp)


@dataclass(frozen=True, eq=False)
class QuickTrees:
    """The raw prediction of t boosted trees: `start`, then what the leaves (t, 16) of each add."""

    start: float
    lookups: tuple[Lookup, ...]
    values: Floats

    def predict(self, inputs: Floats) -> Floats:
        """The raw prediction (n,) for inputs (n, d), NaN for missing, none infinite."""
        parts = [self._part(inputs[first : first + CHUNK]) for first in range(0, len(inputs), CHUNK)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _part(self, inputs: Floats) -> Floats:
        trees = len(self.values)
        left = np.full((len(inputs), trees), _ALL, np.uint16)
        for lookup in self.lookups:
            left &= lookup.leaves[lookup.places(inputs[:, lookup.column])]
        leaf = _PLACE_OF_BIT[left & (~left + np.uint16(1))]
        found = np.empty((len(inputs), trees + 1))
        found[:, 0] = self.start
        found[:, 1:] = self.values.ravel()[leaf + MOST_LEAVES * np.arange(trees)]
        # one tree after the other, as the library adds them up: the same bits
        return np.asarray(np.cumsum(found, axis=1)[:, -1], np.float64)


@dataclass(frozen=True)
class _Split:
    """An inner node: what goes left, and the word without the leaves on its left."""

    tree: int
    bound: float
    codes: frozenset[int] | None
    missing_left: bool
    right: int


def quick_trees(estimator: Any, inputs: Floats) -> QuickTrees | None:
    """The trees of scikit-learn's histogram boosting with one output, fitted on inputs (n, d), NaN for missing.

    None when a tree has more than 16 leaves, or when the numbers are not the library's own on the first rows: an
    unknown version of it may keep its trees otherwise.
    """
    text = estimator.is_categorical_
    text = np.zeros(inputs.shape[1], np.bool_) if text is None else np.asarray(text)
    # the library puts texts first, and numbers their codes anew
    order = np.concatenate([np.flatnonzero(text), np.flatnonzero(~text)])
    codes = {int(column): _codes(estimator, inputs, int(column)) for column in np.flatnonzero(text)}
    splits = dict[int, list[_Split]]()
    values = np.zeros((len(estimator._predictors), MOST_LEAVES))  # noqa: SLF001  # no public name for the trees
    for tree, (predictor,) in enumerate(estimator._predictors):  # noqa: SLF001
        if predictor.nodes["is_leaf"].sum() > MOST_LEAVES:
            return None
        _walk(predictor, tree, 0, 0, values, order, splits)
    lookups = tuple(
        _text_lookup(column, found, codes[column], len(values))
        if column in codes
        else _number_lookup(column, found, len(values))
        for column, found in sorted(splits.items())
    )
    found = QuickTrees(float(estimator._baseline_prediction.ravel()[0]), lookups, values)  # noqa: SLF001
    return found if _agrees(found, estimator, inputs[:COMPARED]) else None


def _agrees(found: QuickTrees, estimator: Any, inputs: Floats) -> bool:
    raw = estimator.decision_function if hasattr(estimator, "decision_function") else estimator.predict
    return np.array_equal(found.predict(inputs), raw(inputs))


def _codes(estimator: Any, inputs: Floats, column: int) -> list[int | None]:
    """The library's number of each code of a text, None where it was not fitted on the code."""
    known = inputs[:, column][~np.isnan(inputs[:, column])]
    probe = np.full((int(known.max(initial=-1)) + 1, inputs.shape[1]), np.nan)
    if not len(probe):
        return []
    probe[:, column] = np.arange(len(probe))
    place = int(np.count_nonzero(estimator.is_categorical_[:column]))
    found = np.asarray(estimator._preprocess_X(probe, reset=False))[:, place]  # noqa: SLF001
    return [None if np.isnan(each) else int(each) for each in found]


def _walk(
    predictor: Any,
    tree: int,
    node: int,
    leaf: int,
    values: Floats,
    order: NDArray[np.intp],
    splits: dict[int, list[_Split]],
) -> int:
    """Collect the splits and leaves under a node whose first leaf has this number; return the next number."""
    each = predictor.nodes[node]
    if each["is_leaf"]:
        values[tree, leaf] = each["value"]
        return leaf + 1
    middle = _walk(predictor, tree, int(each["left"]), leaf, values, order, splits)
    codes = None
    if each["is_categorical"]:
        bits = predictor.raw_left_cat_bitsets[each["bitset_idx"]]
        codes = frozenset(code for code in range(256) if bits[code // 32] >> (code % 32) & 1)
    right = _ALL & ~sum(1 << number for number in range(leaf, middle))
    split = _Split(tree, float(each["num_threshold"]), codes, bool(each["missing_go_to_left"]), right)
    splits.setdefault(int(order[each["feature_idx"]]), []).append(split)
    return _walk(predictor, tree, int(each["right"]), middle, values, order, splits)


def _number_lookup(column: int, splits: list[_Split], trees: int) -> Lookup:
    bounds = np.unique([split.bound for split in splits])
    leaves = np.full((bounds.size + 2, trees), _ALL, np.uint16)
    for split in splits:
        above = int(np.searchsorted(bounds, split.bound)) + 1
        leaves[above:-1, split.tree] &= np.uint16(split.right)
        if not split.missing_left:
            leaves[-1, split.tree] &= np.uint16(split.right)
    return Lookup(column, leaves, np.append(bounds, np.inf))


def _text_lookup(column: int, splits: list[_Split], codes: list[int | None], trees: int) -> Lookup:
    leaves = np.full((len(codes) + 1, trees), _ALL, np.uint16)
    for split in splits:
        for row, code in enumerate((*codes, None)):
            left = split.missing_left if code is None else code in (split.codes or ())
            if not left:
                leaves[row, split.tree] &= np.uint16(split.right)
    return Lookup(column, leaves)

"""Slices of rows: the values of a declared column, and the places where the model does worst by itself.

A slice is one word, one range of a number, or the rows where a column is missing: simple enough to say in a
sentence, and the same rows tomorrow.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.stats import UnitTotals, unit_totals

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = 8
"""Quantile bins of a number that the search looks at."""

MOST_SHARED = 0.5
"""Two kept slices may share at most this part of their rows, else they are one."""

STANDARD_ERRORS = 2.0
"""A slice counts by how far its loss surely exceeds the whole: its excess less so many standard errors."""


@dataclass(frozen=True)
class Slice:
    """The rows where low <= column < high, or where the column is missing, or where its text is `word`.

    >>> Slice("age", 20.0, 30.0).name, Slice("carrier", 3.0, 4.0, word="EV").name, Slice("age", missing=True).name
    ('age 20 to 30', 'carrier = EV', 'age missing')
    """

    column: str
    low: float = -inf
    high: float = inf
    word: str | None = None
    missing: bool = False

    @property
    def name(self) -> str:
        """The slice in words."""
        if self.missing:
            return f"{self.column} missing"
        if self.word is not None:
            return f"{self.column} = {self.word}"
        if self.low == -inf:
            return f"{self.column} below {self.high:.4g}"
        if self.high == inf:
            return f"{self.column} from {self.low:.4g}"
        return f"{self.column} {self.low:.4g} to {self.high:.4g}"

    def rows(self, values: ArrayLike) -> Flags:
        """Return which rows of its column (n,) belong to it; text columns hold codes, NaN is missing.

        >>> Slice("age", 20.0, 30.0).rows([19.0, 20.0, 30.0, np.nan])
        array([False,  True, False, False])
        """
        column = np.asarray(values, np.float64)
        return np.isnan(column) if self.missing else (column >= self.low) & (column < self.high)


def declared_slices(
    column: str, values: ArrayLike, words: Sequence[str] | None = None, *, minimum_rows: int = 200
) -> tuple[Slice, ...]:
    """Return one slice for each word, or range of numbers, of a column (n,) with enough reference rows.

    words: the text of each code, None for a number.

    >>> [piece.name for piece in declared_slices("carrier", [0, 0, 1], ["AA", "EV"], minimum_rows=2)]
    ['carrier = AA']
    """
    numbers = np.asarray(values, np.float64)
    pieces = _pieces(column, numbers, words)
    return tuple(piece for piece in pieces if int(piece.rows(numbers).sum()) >= minimum_rows)


def worst_slices(
    names: Sequence[str],
    values: Floats,
    losses: ArrayLike,
    dictionaries: Mapping[str, Sequence[str]],
    *,
    at_most: int = 10,
    minimum_share: float = 0.02,
) -> tuple[Slice, ...]:
    """Return where the loss surely exceeds that of the whole on the reference, worst first.

    names (d,), values (n, d) with NaN for missing and codes for the text columns in `dictionaries`, losses (n,):
    plain ones to keep an eye on the hard rows, paired differences to find where the model lags its reference.
    Slices with less than `minimum_share` of the rows, or sharing over half of them with a worse slice, are left out.

    >>> x = np.arange(800.0)[:, None]
    >>> [piece.name for piece in worst_slices(["x"], x, (x[:, 0] >= 700) * 1.0, {})]
    ['x from 699.1']
    """
    lost, columns = np.asarray(losses, np.float64), np.asarray(values, np.float64)
    found = [
        (_sure_excess(lost, rows), piece, rows)
        for position, name in enumerate(names)
        for piece in _pieces(name, columns[:, position], dictionaries.get(name))
        if minimum_share * lost.size <= (rows := piece.rows(columns[:, position])).sum() < lost.size
    ]
    kept: list[tuple[Slice, Flags]] = []
    for excess, piece, rows in sorted(found, key=lambda item: -item[0]):
        if excess > 0 and len(kept) < at_most and not any(_same(rows, other) for _, other in kept):
            kept.append((piece, rows))
    return tuple(piece for piece, _ in kept)


def slice_totals(
    slices: Sequence[Slice], names: Sequence[str], values: Floats, losses: Floats, unit: ArrayLike
) -> dict[str, UnitTotals]:
    """Return the totals of each slice by its name: losses (n,) or (n, k) of rows with values (n, d), unit (n,).

    >>> totals = slice_totals([Slice("x", 1.0)], ["x"], np.array([[0.0], [2.0]]), np.array([0.5, 0.25]), [1, 1])
    >>> totals["x from 1"].sums
    array([0.25])
    """
    keys, places = np.asarray(unit), {name: position for position, name in enumerate(names)}
    masks = {piece.name: piece.rows(values[:, places[piece.column]]) for piece in slices}
    return {name: unit_totals(losses[rows], keys[rows]) for name, rows in masks.items()}


def _pieces(column: str, values: Floats, words: Sequence[str] | None) -> Iterator[Slice]:
    known = values[np.isfinite(values)]
    if words is not None:
        yield from (Slice(column, float(code), code + 1.0, word) for code, word in enumerate(words))
    elif known.size:
        inner = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
        edges = [-inf, *(float(edge) for edge in inner), inf]
        yield from (Slice(column, low, high) for low, high in pairwise(edges))
    yield Slice(column, missing=True)


def _sure_excess(losses: Floats, rows: Flags) -> float:
    inside = losses[rows]
    return float(inside.mean() - losses.mean() - STANDARD_ERRORS * inside.std() / sqrt(inside.size))


def _same(rows: Flags, other: Flags) -> bool:
    return bool((rows & other).sum() > MOST_SHARED * min(rows.sum(), other.sum()))

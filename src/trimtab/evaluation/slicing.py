"""Where the model does worst: every value of a column and of a pair of columns, looked at by histogram.

Half of the days propose, the other half decide: what the search found by looking at thousands of cells is worth
nothing on the rows that it looked at. Holm's correction is over the few that were proposed, and the figures told are
those of the deciding half.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from trimtab.evaluation.evaluated import Flags, Floats, Rows
from trimtab.stats import holm
from trimtab.stats.clustered import Test, excess

Codes = NDArray[np.int64]

QUANTILES = 5
WORDS = 12
"""Texts that are looked at by themselves; the rest of them are one bin."""

PROPOSED = 5
MINIMUM_SHARE, MINIMUM_ROWS = 0.01, 50
MOST_SHARED = 0.5
"""Of two proposed slices that share more than this part of the smaller one's rows, the second is left out."""

FEWEST_ROWS = 2000
"""With fewer rows there is nothing to find, and the search says so."""


@dataclass(frozen=True)
class Bins:
    """One column cut into bins: the code of each row (n,) and each bin's name."""

    column: str
    codes: Codes
    names: tuple[str, ...]


@dataclass(frozen=True)
class FoundSlice:
    """A slice in words, its rows and mean losses in the deciding half, and how sure the difference is."""

    name: str
    rows: int
    inside: float
    outside: float
    test: Test
    adjusted_p_value: float

    @property
    def confirmed(self) -> bool:
        """True when the loss inside is higher with a chance of at most 5 % of any false claim."""
        return self.test.estimate > 0 and self.adjusted_p_value <= 0.05


def worst_slices(
    rows: Rows, losses: Floats, day: NDArray[np.int64], *, seed: int = 0
) -> tuple[FoundSlice, ...]:
    """The slices of one or two columns with the highest loss (n,), each told by days that did not propose it.

    losses may be differences to another model. At most five, those most surely worse first, whether confirmed or not.
    Empty for fewer than 2,000 rows.

    >>> generator = np.random.default_rng(0)
    >>> x = generator.normal(size=(8000, 3))
    >>> lost = (generator.random(8000) < np.where(x[:, 0] > 1, 0.4, 0.1)) * 1.0
    >>> found = worst_slices(Rows(("x", "y", "z"), x), lost, np.arange(8000) // 100)
    >>> found[0].name.split()[0], found[0].confirmed
    ('x', True)
    """
    if len(losses) < FEWEST_ROWS:
        return ()
    proposing = _half(day, seed)
    bins = [cut(rows, name) for name in rows.names]
    cells = _proposed([_of(each, proposing) for each in bins], losses[proposing])
    masks = [_mask(bins, cell)[~proposing] for cell in cells]
    tests = [excess(losses[~proposing], mask, day[~proposing]) for mask in masks]
    one_sided = [t.p_value / 2 if t.estimate > 0 else 1 - t.p_value / 2 for t in tests]
    adjusted = holm(one_sided)
    found = [
        _told(bins, cell, losses[~proposing], mask, test, float(p_value))
        for cell, mask, test, p_value in zip(cells, masks, tests, adjusted, strict=True)
    ]
    return tuple(sorted(found, key=lambda each: (np.isnan(each.adjusted_p_value), each.adjusted_p_value)))


def cut(rows: Rows, name: str) -> Bins:
    """One column in bins: five quantiles of a number, or its 12 commonest texts, and the missing.

    >>> cut(Rows(("x",), np.array([[1.0], [2.0], [np.nan]])), "x").names[-1]
    'x missing'
    """
    values = rows.column(name)
    gone = np.isnan(values)
    if name in rows.dictionaries:
        codes, names = _words(values, gone, rows.dictionaries[name], name)
    else:
        codes, names = _ranges(values, gone, name)
    codes[gone] = len(names)
    return Bins(name, codes, (*names, f"{name} missing"))


def _words(values: Floats, gone: Flags, known: tuple[str, ...], name: str) -> tuple[Codes, list[str]]:
    counts = np.bincount(values[~gone].astype(np.int64), minlength=len(known))
    common = np.argsort(-counts, kind="stable")[:WORDS]
    place = np.full(len(known) + 1, len(common))
    place[common] = np.arange(len(common))
    codes = place[np.where(gone, len(known), np.nan_to_num(values)).astype(np.int64)]
    return codes, [*(f"{name} = {known[word]}" for word in common), f"{name} of other texts"]


def _ranges(values: Floats, gone: Flags, name: str) -> tuple[Codes, list[str]]:
    known = values[~gone]
    inner = np.quantile(known, np.linspace(0, 1, QUANTILES + 1)[1:-1]) if known.size else np.zeros(0)
    edges = np.unique(inner)
    # a value that many rows share is a bin of its own
    edges = edges[edges > known.min()] if known.size else edges
    codes = np.searchsorted(edges, values, side="right")
    if not edges.size:
        return codes, [f"any {name}"]
    middle = [f"{name} {low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    return codes, [f"{name} below {edges[0]:.4g}", *middle, f"{name} from {edges[-1]:.4g}"]


Cell = tuple[tuple[int, int], ...]
"""One or two (column, bin) that a row must be in."""


def _half(day: NDArray[np.int64], seed: int) -> Flags:
    """The rows of every other day, by a shuffle of the days."""
    days, codes = np.unique(day, return_inverse=True)
    chosen = np.zeros(len(days), np.bool_)
    chosen[np.random.default_rng(seed).permutation(len(days))[: len(days) // 2]] = True
    return np.asarray(chosen[codes], np.bool_)


def _of(bins: Bins, rows: Flags) -> Bins:
    return Bins(bins.column, bins.codes[rows], bins.names)


def _proposed(bins: list[Bins], losses: Floats) -> list[Cell]:
    """The cells that stand out most, no two of them much the same."""
    ranked = sorted(_candidates(bins, losses), key=lambda found: -found[0])
    kept: list[tuple[Cell, Flags]] = []
    for _, cell in ranked[:200]:
        mask = _mask(bins, cell)
        if not any((mask & other).sum() > MOST_SHARED * min(mask.sum(), other.sum()) for _, other in kept):
            kept.append((cell, mask))
        if len(kept) == PROPOSED:
            break
    return [cell for cell, _ in kept]


def _candidates(bins: list[Bins], losses: Floats) -> Iterator[tuple[float, Cell]]:
    squares = losses * losses
    for place, each in enumerate(bins):
        for score, code in _standing_out(each.codes, len(each.names), losses, squares):
            yield score, ((place, code),)
    for (i, left), (j, right) in combinations(enumerate(bins), 2):
        width = len(right.names)
        joint = left.codes * width + right.codes
        for score, code in _standing_out(joint, len(left.names) * width, losses, squares):
            yield score, ((i, code // width), (j, code % width))


def _standing_out(codes: Codes, size: int, losses: Floats, squares: Floats) -> list[tuple[float, int]]:
    """How far the mean loss of each large enough cell lies above the rest, in standard errors (Welch's z)."""
    n, total, square = len(losses), float(losses.sum()), float(squares.sum())
    count = np.bincount(codes, minlength=size)
    large = np.flatnonzero((count >= max(MINIMUM_ROWS, MINIMUM_SHARE * n)) & (count <= n - MINIMUM_ROWS))
    if not large.size:
        return []
    inside, rest = count[large], n - count[large]
    sums = np.bincount(codes, losses, minlength=size)[large]
    twos = np.bincount(codes, squares, minlength=size)[large]
    mean, other = sums / inside, (total - sums) / rest
    variance = np.maximum(twos / inside - mean**2, 0) / inside
    variance += np.maximum((square - twos) / rest - other**2, 0) / rest
    z = (mean - other) / np.sqrt(np.maximum(variance, np.finfo(float).tiny))
    return [(float(z[place]), int(large[place])) for place in np.flatnonzero(z > 1)]


def _mask(bins: list[Bins], cell: Cell) -> Flags:
    return np.asarray(np.logical_and.reduce([bins[place].codes == code for place, code in cell]), np.bool_)


def _told(
    bins: list[Bins], cell: Cell, losses: Floats, inside: Flags, test: Test, p_value: float
) -> FoundSlice:
    name = " and ".join(bins[place].names[code] for place, code in cell)
    means = [float(losses[mask].mean()) if mask.any() else float("nan") for mask in (inside, ~inside)]
    return FoundSlice(name, int(inside.sum()), means[0], means[1], test, p_value)

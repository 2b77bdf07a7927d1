"""A contract from accepted rows: what they never do becomes what they may not do, with room for chance."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import ArrayLike

from trimtab.errors import DataError
from trimtab.monitoring.contract import ColumnContract, Contract, Kind, Rule
from trimtab.monitoring.counts import Columns, Floats
from trimtab.monitoring.volume import Flow

SURE = 1e-3
"""The chance that a share's bound is too low."""

MARGIN = 0.5
"""How far beyond the range seen a number may go, as a share of that range."""

WORDS = 200
"""A text with more words has an open domain."""

NEW_WORDS = 0.01
"""A text that keeps bringing new words at this rate has an open domain."""

FEWEST_ROWS = 200
"""Fewer rows that keep a rule prove nothing."""

FEWEST_IN_UNIT = 30
"""A day with fewer rows says little about its share of nulls."""

BY_CHANCE = 0.01
"""A rule is worth keeping only if rows paired at random would break it this often."""


def infer_contract(
    rows: Columns, *, times: Collection[str] = (), day: ArrayLike | None = None, flow: Flow | None = None
) -> Contract:
    """The contract of accepted rows, in the order in which they became known.

    times names the columns that hold epoch microseconds; day (n,) is each row's day or other unit: the null rate
    may then be as high as on the worst of them. Raises DataError without rows.
    """
    if not len(rows):
        raise DataError(
            "no rows to infer a contract from", found=0, do="give the rows of an accepted training set"
        )
    columns = tuple(_column(rows, place, times, day) for place in range(len(rows.names)))
    return Contract(columns, tuple(_rules(rows, columns)), flow)


def highest_share(count: int, rows: int) -> float:
    """The highest true share that a count leaves possible, wrong at most once in 1,000 times.

    Source: Clopper and Pearson 1934.

    >>> round(highest_share(0, 1000), 4)
    0.0069
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - a third of a second that most commands never need

    return 1.0 if count >= rows else float(betaincinv(count + 1, rows - count, 1 - SURE))


def _column(rows: Columns, place: int, times: Collection[str], day: ArrayLike | None) -> ColumnContract:
    name, values = rows.names[place], rows.values[:, place]
    words, missing = rows.dictionaries.get(name), np.isnan(values)
    present = values[~missing]
    nulls = _nulls_at_most(missing, day)
    constant = float(present[0]) if present.size >= FEWEST_ROWS and (present == present[0]).all() else None
    if words is not None:
        domain, unseen = _domain(present, words)
        only = None if constant is None else words[int(constant)]
        common = _commonest(values, day)
        return ColumnContract(
            name, "text", nulls, words=domain, unseen_at_most=unseen, constant=only, commonest=common
        )
    kind = _kind(name, present, times)
    # a flag may well be constant for days, which only days can tell
    common = 1.0 if kind == "flag" and day is None else _commonest(values, day)
    increasing = kind == "time" and present.size >= FEWEST_ROWS and bool((np.diff(present) >= 0).all())
    low, high = (None, None) if kind == "time" else _range(present, kind)
    return ColumnContract(
        name, kind, nulls, low, high, constant=constant, commonest=common, increasing=increasing
    )


def _kind(name: str, present: Floats, times: Collection[str]) -> Kind:
    if name in times:
        return "time"
    if present.size and np.isin(present, (0, 1)).all():
        return "flag"
    whole = present.size > 0 and bool(np.isfinite(present).all() and (present == np.floor(present)).all())
    return "whole" if whole else "number"


def _nulls_at_most(missing: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], day: ArrayLike | None) -> float:
    bound = highest_share(int(missing.sum()), missing.size)
    if day is None:
        return bound
    _, code = np.unique(np.asarray(day), return_inverse=True)
    rows, nulls = np.bincount(code), np.bincount(code, missing)
    many = rows >= FEWEST_IN_UNIT
    worst = float((nulls[many] / rows[many]).max(initial=0.0))
    return max(bound, worst)


def _commonest(values: Floats, day: ArrayLike | None) -> float:
    """The largest share that one value has of the rows with a value, in all or on any day with enough."""
    present = ~np.isnan(values)
    if not present.any():
        return 1.0
    _, value = np.unique(values[present], return_inverse=True)
    share = float(np.bincount(value).max()) / value.size
    if day is None:
        return share
    _, code = np.unique(np.asarray(day)[present], return_inverse=True)
    pairs, counts = np.unique(np.stack([code, value]), axis=1, return_counts=True)
    rows, most = np.bincount(code), np.zeros(int(code.max()) + 1)
    np.maximum.at(most, pairs[0], counts)
    return max(share, float((most / rows)[rows >= FEWEST_IN_UNIT].max(initial=0.0)))


def _range(present: Floats, kind: Kind) -> tuple[float | None, float | None]:
    finite = present[np.isfinite(present)]
    if not finite.size:
        return None, None
    low, high = float(finite.min()), float(finite.max())
    if kind == "flag":
        return 0.0, 1.0
    margin = MARGIN * (high - low)
    # what was never negative does not become so by a margin
    return (max(low - margin, 0.0) if low >= 0 else low - margin), high + margin


def _domain(present: Floats, words: tuple[str, ...]) -> tuple[tuple[str, ...] | None, float]:
    """The words and the share of others to expect; no words for an open domain."""
    counts = np.bincount(present.astype(np.int64), minlength=len(words))
    once = int((counts == 1).sum())
    if not present.size or (counts > 0).sum() > WORDS or once > NEW_WORDS * present.size:
        return None, 1.0
    return tuple(words[code] for code in np.flatnonzero(counts)), highest_share(once, present.size)


def _rules(rows: Columns, columns: tuple[ColumnContract, ...]) -> Iterator[Rule]:
    places = {column.name: rows.names.index(column.name) for column in columns}
    for column in columns:
        present = rows.values[:, places[column.name]]
        seen = int((~np.isnan(present)).sum())
        if column.kind in {"whole", "number"} and seen >= FEWEST_ROWS and np.nanmin(present) >= 0:
            yield Rule("not negative", column.name, broken_at_most=highest_share(0, seen))
    for left in columns:
        for right in columns:
            if left.name != right.name:
                first, second = (rows.values[:, places[each.name]] for each in (left, right))
                yield from _pair(left, right, first, second)


def _pair(left: ColumnContract, right: ColumnContract, first: Floats, second: Floats) -> Iterator[Rule]:
    missing, others = np.isnan(first), np.isnan(second)
    nulls = int(missing.sum())
    enough = min(nulls, missing.size - nulls) >= FEWEST_IN_UNIT
    if left.name < right.name and enough and np.array_equal(missing, others):
        yield Rule("null together", left.name, right.name, highest_share(0, missing.size))
    if not _comparable(left, right):
        return
    both = ~missing & ~others
    low, high = first[both], second[both]
    if low.size < FEWEST_ROWS or not (low <= high).all():
        return
    # rows paired at random tell a relation from two ranges that do not meet
    if (low > np.roll(high, low.size // 2)).mean() >= BY_CHANCE:
        yield Rule("at most", left.name, right.name, highest_share(0, low.size))


def _comparable(left: ColumnContract, right: ColumnContract) -> bool:
    if (left.kind == "time") != (right.kind == "time"):
        return False
    return not {left.kind, right.kind} & {"text", "flag"}

"""Which matured rows a training uses, and with what weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.windows import RecentAndReservoir, SeasonalUnion, Window
from trimtab.units import days

YEAR = days(364)
"""How far back the same season lies: 52 weeks, so that weekdays stay what they are."""


@dataclass(frozen=True)
class Selection:
    """A stretch of request time [start, stop) in epoch microseconds (None: open), and how fast weights halve."""

    start: int | None = None
    stop: int | None = None
    half_life: int | None = None


@dataclass(frozen=True, kw_only=True)
class WithSeason(Selection):
    """Also the stretch [season_start, season_stop) of request time, an earlier season."""

    season_start: int
    season_stop: int


@dataclass(frozen=True, kw_only=True)
class WithReservoir(Selection):
    """Also `rows` of the rows before `start`: those whose coins, made of the row and `seed`, are smallest."""

    rows: int
    seed: int


def selection(window: Window, as_of: int) -> Selection:
    """The rows that a declared window means at an instant.

    >>> from trimtab.declare.windows import sliding
    >>> selection(sliding(days(1)), as_of=90_000_000_000)
    Selection(start=3600000000, stop=None, half_life=None)
    """
    start = None if window.length is None else as_of - window.length.microseconds
    half_life = None if window.half_life is None else window.half_life.microseconds
    if isinstance(window, SeasonalUnion):
        first = as_of - YEAR.microseconds - window.season.microseconds // 2
        return WithSeason(
            start=start,
            half_life=half_life,
            season_start=first,
            season_stop=first + window.season.microseconds,
        )
    if isinstance(window, RecentAndReservoir):
        return WithReservoir(start=start, half_life=half_life, rows=window.rows, seed=window.seed)
    return Selection(start=start, half_life=half_life)


def select(
    selection: Selection,
    at: NDArray[np.int64],
    mature: NDArray[np.bool_],
    identity: NDArray[np.uint64] | None = None,
) -> NDArray[np.int64]:
    """The positions of the mature rows inside the selection, ascending.

    `identity` is a number (n,) for each row that never changes; without it a row is known by its time and its place
    among the rows of that very time.
    """
    chosen = mature & _inside(at, selection.start, selection.stop)
    if isinstance(selection, WithSeason):
        chosen |= mature & _inside(at, selection.season_start, selection.season_stop)
    if isinstance(selection, WithReservoir):
        older = np.flatnonzero(mature & ~_inside(at, selection.start, None))
        own = _row_numbers(at) if identity is None else identity
        chosen[older[_smallest(coins(own[older], selection.seed), selection.rows)]] = True
    return np.flatnonzero(chosen)


def _inside(at: NDArray[np.int64], start: int | None, stop: int | None) -> NDArray[np.bool_]:
    inside = np.ones(len(at), dtype=np.bool_)
    if start is not None:
        inside &= at >= start
    if stop is not None:
        inside &= at < stop
    return inside


def _row_numbers(at: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A number for each row: its time in its own way, and how many rows of the same time stand before it."""
    order = np.argsort(at, kind="stable")
    first = np.r_[True, np.diff(at[order]) != 0] if len(at) else np.zeros(0, dtype=np.bool_)
    place = np.arange(len(at))
    among = np.empty(len(at), dtype=np.int64)
    among[order] = place - np.maximum.accumulate(np.where(first, place, 0))
    return coins(at.astype(np.uint64), 0) + among.astype(np.uint64)


def coins(identity: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """A number in [0, 2^64) for each row, as good as random, that depends on the row and the seed alone.

    Source: the mixing steps of SplitMix64 (Steele, Lea and Flood 2014).

    >>> coins(np.array([1, 2], np.uint64), seed=0)[::-1].tolist() == coins(np.array([2, 1], np.uint64), 0).tolist()
    True
    """
    mixed = identity + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)


def _smallest(values: NDArray[np.uint64], count: int) -> NDArray[np.int64]:
    """The positions of the `count` smallest values; of all when there are fewer."""
    if count >= len(values):
        return np.arange(len(values))
    return np.argpartition(values, count)[:count]


def weights(selection: Selection, at: NDArray[np.int64], as_of: int) -> NDArray[np.float64] | None:
    """One weight a row, 0.5 ** (age / half-life), or None when all rows count alike."""
    if selection.half_life is None:
        return None
    decayed: NDArray[np.float64] = 0.5 ** ((as_of - at) / selection.half_life)
    return decayed

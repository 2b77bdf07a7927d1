"""What to expect at this hour of the week: the shares of a reference's bins, so that cycles are no drift.

A window is compared with the reference at the same hours of the same weekdays. Hours that the reference has
seen too little of, or that do not differ by more than chance, borrow from the same hour of all days and from
the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from trimtab.errors import DataError
from trimtab.monitoring.counts import (
    HOURS_A_WEEK,
    Binning,
    Columns,
    Counts,
    Floats,
    Integers,
    WordBins,
    hour_of_week,
)

DAY = 86_400_000_000
FEWEST_DAYS = 3
"""An hour that was seen on fewer days tells those days from each other, not the hour from others."""

PSEUDO_ROWS = 5.0
"""How many rows of no effect each bin's mean loss and score start with."""

ROUNDS = 30
"""Rounds after which hours and bins have settled which of them the loss follows."""


@dataclass(frozen=True, eq=False)
class SamePhase:
    """A reference by hour of the week, with s slots of d columns.

    shares (168, s) expected of each hour; support (168, d), the rows that stand behind them; rows in all;
    correlation (d,) of two rows of one window beyond the hour's shares, as a share of their variance; windows
    counted (w, s) with their rows by hour (w, 168). loss and score (s,) are how far the reference's mean in
    each bin is from that of its hour, None when not given; known (s,) are the reference's rows in each bin.
    """

    binning: Binning
    shares: Floats
    support: Floats
    rows: int
    correlation: Floats
    known: Integers
    windows: Integers
    window_phases: Integers
    loss: Floats | None = None
    score: Floats | None = None

    def expected(self, phases: ArrayLike) -> Floats:
        """The shares (s,) or (w, s) to expect of rows by hour of the week, (168,) or (w, 168); all hours for none.

        A column's shares add up to 1.
        """
        rows = np.asarray(phases, np.float64)
        total = rows.sum(axis=-1, keepdims=True)
        whole = self.window_phases.sum(axis=0) / max(self.rows, 1)
        weights = np.where(total > 0, rows / np.maximum(total, 1), whole)
        return np.asarray(weights @ self.shares, np.float64)

    def reference_rows(self, phases: ArrayLike) -> Floats:
        """How many independent reference rows stand behind `expected`, (d,)."""
        rows = np.asarray(phases, np.float64)
        if not rows.sum():
            return np.full(len(self.binning.columns), float(self.rows))
        weights = rows / rows.sum()
        behind = 1 / (weights**2 @ (1 / np.maximum(self.support, 1.0)))
        return np.asarray(np.minimum(behind, self.rows), np.float64)

    def effective_rows(self, windows: tuple[Counts, ...]) -> Floats:
        """How many independent rows the rows of windows are worth, (d,): rows of one window resemble each other."""
        sizes = np.array([float(window.rows) for window in windows])[:, None]
        worth = sizes / (1 + np.maximum(sizes - 1, 0) * self.correlation)
        return np.asarray(worth.sum(axis=0), np.float64)


def fit_same_phase(  # each argument is a column of the same rows
    binning: Binning,
    rows: Columns,
    at: ArrayLike,
    *,
    zone_offset: ArrayLike = 0,
    window: int = DAY,
    loss: ArrayLike | None = None,
    score: ArrayLike | None = None,
) -> SamePhase:
    """The reference of rows known at `at` (n,) in epoch microseconds.

    zone_offset is local time less UTC in microseconds, one or (n,); window the length of the windows to be
    watched, in microseconds; loss and score (n,) those of the model on these rows, NaN where there is none.
    Raises DataError without rows.
    """
    if not len(rows):
        raise DataError(
            "a reference without rows", found=0, do="give the rows that the model was accepted on"
        )
    times = np.asarray(at, np.int64) + np.asarray(zone_offset, np.int64)
    codes, hour = binning.codes(rows), hour_of_week(times)
    _, place = np.unique(times // window, return_inverse=True)
    windows, days = _grouped(codes, place, binning.size), _days(times, hour)
    phases = _grouped(hour[:, None], place, HOURS_A_WEEK)
    cells = _grouped(codes, hour, binning.size, HOURS_A_WEEK)
    shares, support = _shrunk(binning, cells, days)
    shares = _with_unseen(binning, shares)
    known = cells.sum(axis=0)
    return SamePhase(
        binning,
        shares,
        support,
        len(rows),
        _correlation(binning, windows, phases, shares),
        known,
        windows,
        phases,
        None if loss is None else _slot_means(binning, codes, hour, loss),
        None if score is None else _slot_means(binning, codes, hour, score),
    )


def column_sums(binning: Binning, values: Floats) -> Floats:
    """The sums over each column's slots: (..., s) to (..., d)."""
    return np.asarray(np.add.reduceat(values, binning.starts, axis=-1), np.float64)


def by_slot(binning: Binning, values: Floats) -> Floats:
    """Each column's value at all of its slots: (..., d) to (..., s)."""
    return np.repeat(values, [column.slots for column in binning.columns], axis=-1)


def _grouped(codes: Integers, group: Integers, size: int, groups: int = 0) -> Integers:
    """The counts (groups, size) of codes (n, d) by group (n,)."""
    count = groups or int(group.max()) + 1
    flat = (group[:, None] * size + codes).ravel()
    return np.bincount(flat, minlength=count * size).reshape(count, size)


def _days(times: Integers, hour: Integers) -> Integers:
    """On how many days each hour of the week was seen, (168,)."""
    pairs = np.unique(times // DAY * HOURS_A_WEEK + hour)
    return np.bincount(pairs % HOURS_A_WEEK, minlength=HOURS_A_WEEK)


def _shrunk(binning: Binning, cells: Integers, days: Integers) -> tuple[Floats, Floats]:
    """Shares (168, s) and support (168, d): the whole, refined by the hour of day, then by the weekday."""
    rows = column_sums(binning, cells.astype(np.float64))[:, 0]
    whole = np.tile(cells.sum(axis=0) / rows.sum(), (24, 1))
    by_day = cells.reshape(7, 24, -1)
    hourly, behind = _refined(
        binning,
        by_day.sum(axis=0),
        whole,
        np.full((24, len(binning.columns)), rows.sum()),
        days.reshape(7, 24).sum(axis=0),
    )
    return _refined(binning, cells, np.tile(hourly, (7, 1)), np.tile(behind, (7, 1)), days)


def _refined(
    binning: Binning, cells: Integers, parents: Floats, behind: Floats, days: Integers
) -> tuple[Floats, Floats]:
    """The cells' own shares, pulled to their parents' by as many rows as chance would explain.

    The pull of a column is the ratio of its variance within cells to that between them, by moments. Source:
    Kleinman 1973 (empirical Bayes for proportions with extraneous variance).
    """
    counts = cells.astype(np.float64)
    rows = column_sums(binning, counts)
    own = counts / np.maximum(by_slot(binning, rows), 1)
    within = 1 - column_sums(binning, parents**2)
    free = 1 - np.minimum(rows / behind, 1)
    enough = (days >= FEWEST_DAYS)[:, None]
    surplus = (enough * (rows * column_sums(binning, (own - parents) ** 2) - free * within)).sum(axis=0)
    between = np.maximum(surplus, 0) / np.maximum((enough * rows * free).sum(axis=0), 1)
    typical = within.mean(axis=0)
    # a column without surplus between cells is pulled all the way
    weight = enough * rows * between / np.maximum(rows * between + typical, 1e-300)
    shares = parents + by_slot(binning, weight) * (own - parents)
    support = 1 / (weight**2 / np.maximum(rows, 1) + (1 - weight) ** 2 / behind)
    return shares, support


def _with_unseen(binning: Binning, shares: Floats) -> Floats:
    """The shares with what to expect of words never seen, of which a reference can have none."""
    result = shares.copy()
    for place, column in enumerate(binning.columns):
        if isinstance(column, WordBins) and column.unseen_share:
            part = binning.parts(place)
            result[:, part] *= 1 - column.unseen_share
            result[:, part.stop - 2] += column.unseen_share
    return result


def _correlation(binning: Binning, windows: Integers, phases: Integers, shares: Floats) -> Floats:
    """How alike two rows of a window are, (d,) in [0, 1]: the surplus of the windows' variance over chance."""
    rows = phases.sum(axis=1).astype(np.float64)[:, None]
    expected = phases / rows @ shares
    within = 1 - column_sums(binning, expected**2)
    squares = column_sums(binning, (windows - rows * expected) ** 2)
    surplus = (squares - rows * within).sum(axis=0)
    most = (rows * (rows - 1) * within).sum(axis=0)
    return np.asarray(np.clip(surplus / np.maximum(most, 1e-300), 0, 1), np.float64)


def _slot_means(binning: Binning, codes: Integers, hour: Integers, values: ArrayLike) -> Floats:
    """How far the mean value in each slot (s,) is from that of its hour, pulled to 0 where rows are few.

    An additive fit of hours and bins, column by column: else a column that has the same daily cycle as the loss
    would seem to drive it. Source: Buja, Hastie and Tibshirani 1989 (backfitting).
    """
    each = np.asarray(values, np.float64)
    with_value = ~np.isnan(each)
    each, codes, hour = each[with_value], codes[with_value], hour[with_value]
    if not each.size:
        return np.full(binning.size, np.nan)
    cells = _grouped(codes, hour, binning.size, HOURS_A_WEEK).astype(np.float64)
    rows = np.maximum(np.bincount(hour, minlength=HOURS_A_WEEK), 1)[:, None]
    of_hour = np.bincount(hour, each, minlength=HOURS_A_WEEK)[:, None]
    of_slot = np.bincount(codes.ravel(), np.repeat(each, codes.shape[1]), minlength=binning.size)
    means = np.zeros(binning.size)
    for _ in range(ROUNDS):
        hourly = (of_hour - column_sums(binning, cells * means)) / rows
        means = (of_slot - (cells * by_slot(binning, hourly)).sum(axis=0)) / (cells.sum(axis=0) + PSEUDO_ROWS)
    return means

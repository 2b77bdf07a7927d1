"""Streams to watch: twenty columns with a daily cycle, and the ways in which they change or break."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trimtab.monitoring.counts import Columns, fit_bins
from trimtab.monitoring.same_phase import fit_same_phase

START = 1_700_438_400_000_000
"""Monday 20 November 2023, 00:00 UTC, in epoch microseconds."""
HOUR = 3_600_000_000
DAY = 24 * HOUR
WORDS = tuple("abcdefghijkl")
CYCLING = (0, 1, 2, 3, 4)


def rows_of(rng, at, *, cycle=0.0, numbers=16):
    """Columns of rows at the given times: numbers, four of them heavy-tailed, and four texts of 2 to 12 words."""
    n = len(at)
    angle = 2 * np.pi * (at % DAY) / DAY
    values = rng.normal(size=(n, numbers + 4))
    values[:, CYCLING] += cycle * np.sin(angle)[:, None]
    values[:, 8:12] = np.exp(values[:, 8:12])
    for place, words in enumerate((2, 5, 8, 12)):
        tilt = (1 + cycle * np.sin(angle) / 2)[:, None] ** np.arange(words)
        share = tilt / tilt.sum(axis=1, keepdims=True)
        values[:, numbers + place] = (rng.random(n)[:, None] > share.cumsum(axis=1)[:, :-1]).sum(axis=1)
    names = (*(f"x{i}" for i in range(numbers)), "t2", "t5", "t8", "t12")
    texts = dict(zip(names[numbers:], (WORDS[:2], WORDS[:5], WORDS[:8], WORDS), strict=True))
    return Columns(names, values, texts)


def hours(first, count, rows=1000):
    """The times of rows in each of count hours from the first one."""
    return (
        START
        + np.repeat(np.arange(first, first + count), rows) * HOUR
        + np.tile(np.arange(rows) * (HOUR // rows), count)
    )


def reference_of(rng, *, cycle=0.0, days=10, rows=40, window=HOUR, loss=None, score=None):
    """The reference of hourly rows of so many days."""
    at = hours(0, 24 * days, rows)
    columns = rows_of(rng, at, cycle=cycle)
    binning = fit_bins(columns)
    return fit_same_phase(
        binning,
        columns,
        at,
        window=window,
        loss=None if loss is None else loss(columns),
        score=None if score is None else score(columns),
    )


def with_column(columns, name, change):
    """The same rows with one column changed."""
    values = columns.values.copy()
    place = columns.names.index(name)
    values[:, place] = change(values[:, place])
    return replace(columns, values=values)

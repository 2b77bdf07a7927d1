"""Windows of so many rows, which see no clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trimtab.errors import UsageError
from trimtab.monitoring.budget import YEAR, Budget
from trimtab.monitoring.counts import Integers
from trimtab.monitoring.observed import NEVER, Observed
from trimtab.runtime.watching.log import Log
from trimtab.runtime.watching.logs.cut import Cut, asked_end, check_enough, default_start
from trimtab.units import weeks

WEEK = weeks(1).microseconds


@dataclass(frozen=True)
class CountedBudget(Budget):
    """A budget over windows that are no stretch of time: how many there are in a year is told."""

    windows_a_year: float = 365.25

    @property
    def windows_per_year(self) -> float:
        """How many windows a year has."""
        return self.windows_a_year


def cut_by_rows(log: Log, reference: Log | None, every: int) -> Cut:
    """The cut of a log into windows of so many rows."""
    before, after, words = _parted(log, reference, every)
    # the first rows of the reference and the last ones of the log fill no window
    spare, open_ = len(before) % every, len(after) % every
    before, after = before.take(slice(spare, None)), after.take(slice(0, len(after) - open_))
    windows = len(after) // every
    check_enough(len(before) // every, windows, f"windows of {every:,} rows", f"--every {max(every // 2, 1)}")
    first = len(before) // every
    seen = _counted(before, 0, every), _counted(after, first, every)
    wait = _longest_wait(seen[1])
    bounds = np.arange(first, first + windows + wait + 1, dtype=np.int64) * WEEK
    yearly, remarks = _yearly(log, before, after, windows + first)
    left = f"the last {open_:,} rows fill no window and were left out" if open_ else ""
    return Cut(
        *seen,
        bounds,
        windows,
        _starts(after, every, windows, wait) if log.timed else None,
        CountedBudget(log.wish.false_pages_per_year, weeks(1), yearly),
        wait * WEEK,
        log.wish.unit or "row",
        f"{every:,} rows",
        words,
        (*remarks, left) if left else remarks,
    )


def _parted(log: Log, reference: Log | None, every: int) -> tuple[Observed, Observed, str]:
    observed = log.observed
    if reference is not None:
        return reference.observed, observed, f"the {len(reference.observed):,} rows of the reference file"
    until, rows = asked_end(log), log.wish.reference_rows
    if until is not None and not log.timed:
        raise UsageError("the log has no times to cut it at", do="give rows: --reference-until 50000")
    if until is not None:
        rows = int(np.searchsorted(observed.at, until))
    total = len(observed) // every
    start = default_start(total) * every
    words = "as asked" if rows is not None else "the first quarter (another: --reference-until)"
    end = start if rows is None else rows
    return observed.take(slice(0, end)), observed.take(slice(end, None)), f"the first {end:,} rows, {words}"


def _counted(rows: Observed, first: int, every: int) -> Observed:
    """The rows at times that stand for their places: each window a week, so that all have the same hour and weekday."""
    place = np.arange(len(rows), dtype=np.int64)
    at = (first + place // every) * WEEK + place % every
    # a label that is known while a window is filled is there when it is full
    seen = np.searchsorted(rows.at, rows.label_at, side="right") - 1
    label_at = (first + np.maximum(seen, place) // every) * WEEK + every
    known = np.where(rows.label_at == NEVER, NEVER, label_at)
    return replace(rows, at=at, label_at=known, zone_offset=None)


def _longest_wait(rows: Observed) -> int:
    """After how many windows the last label of a row is known."""
    known = rows.label_at != NEVER
    waits = rows.label_at[known] // WEEK - rows.at[known] // WEEK
    return int(waits.max()) if waits.size else 0


def _starts(rows: Observed, every: int, windows: int, wait: int) -> Integers:
    last = rows.at[-1:] if len(rows) else np.zeros(1, np.int64)
    return np.concatenate([rows.at[::every][:windows], np.repeat(last, wait)])


def _yearly(log: Log, before: Observed, after: Observed, windows: int) -> tuple[float, tuple[str, ...]]:
    """How many windows a year has."""
    if log.wish.windows_per_year is not None:
        return log.wish.windows_per_year, ()
    span = (
        int(after.at[-1] - min(before.at[0], after.at[0])) if log.timed and len(before) and len(after) else 0
    )
    if span:
        yearly = windows * YEAR.microseconds / span
        return yearly, (f"at the pace of the log a year has {yearly:,.0f} windows",)
    return 365.25, ("a window is taken as a day of the year's budget; else say --windows-per-year",)

"""How a log is cut: by rows, or by time into windows of local days or hours."""

from __future__ import annotations

import numpy as np

from trimtab.errors import DataError, UsageError
from trimtab.monitoring.budget import Budget
from trimtab.monitoring.counts import Integers
from trimtab.runtime.watching.log import Log
from trimtab.runtime.watching.logs.asked import duration
from trimtab.runtime.watching.logs.cut import Cut, asked_end, check_enough, day, default_start
from trimtab.runtime.watching.logs.row_windows import cut_by_rows
from trimtab.sources.localtime import local_to_utc
from trimtab.units import days

MOST_WINDOWS = 200_000


def cut(log: Log, reference: Log | None = None) -> Cut:
    """The cut of a log, whose wish says how; the accepted period is another log where there is one.

    Raises DataError when too few windows are on either side.
    """
    rows = log.wish.reference_rows
    if reference is not None and (log.wish.reference_until is not None or rows is not None):
        raise UsageError(
            "the reference is another file or a part of the log", do="give --reference or --reference-until"
        )
    if rows is not None and not 0 < rows < len(log.observed):
        raise UsageError(
            "--reference-until names rows of the log, and some have to be left",
            found=f"{rows:,} of {len(log.observed):,} rows",
        )
    if log.wish.every is not None:
        return cut_by_rows(log, reference, log.wish.every)
    return _by_time(log, reference)


def _by_time(log: Log, reference: Log | None) -> Cut:
    window = days(1) if log.wish.window is None else duration(log.wish.window)
    length, observed = window.microseconds, log.observed
    places = (observed.at + observed.offset) // length
    if int(places[-1] - places[0]) > MOST_WINDOWS:
        raise DataError(
            f"the log has more than {MOST_WINDOWS:,} windows of {window}",
            found=f"times from {day(int(observed.at[0]))} to {day(int(observed.at[-1]))}",
            do="check the first and the last time, or take longer windows: --window 1d",
        )
    edges = _local_edges(int(places[0]), int(places[-1]) + 1, length, log.zone)
    start, words = _reference_end(log, reference, edges)
    wait = -(-log.matures_after // length)
    waiting = _local_edges(int(places[-1]) + 1, int(places[-1]) + 1 + wait, length, log.zone)[1:]
    bounds = np.concatenate([edges[start:], waiting])
    windows = len(edges) - 1 - start
    before = observed.between(int(edges[0]), int(edges[start])) if reference is None else reference.observed
    check_enough(
        len(np.unique((before.at + before.offset) // length)),
        windows,
        f"windows of {window} from {day(int(observed.at[0]))} to {day(int(observed.at[-1]))}",
        "--window 12h",
    )
    budget = Budget(log.wish.false_pages_per_year, window)
    after = observed.take(slice(int(np.searchsorted(observed.at, bounds[0])), None))
    return Cut(
        before,
        after,
        bounds,
        windows,
        bounds[:-1],
        budget,
        log.matures_after,
        log.wish.unit or "day",
        str(window),
        words,
    )


def _local_edges(first: int, last: int, length: int, zone: str) -> Integers:
    # where the clock is put forward two edges meet, and one window has no rows
    return np.unique(local_to_utc(np.arange(first, last + 1, dtype=np.int64) * length, zone).utc)


def _reference_end(log: Log, reference: Log | None, edges: Integers) -> tuple[int, str]:
    """In which window the watching begins, and what was accepted in words."""
    total = len(edges) - 1
    if reference is not None:
        return 0, f"the {len(reference.observed):,} rows of the reference file"
    until, rows = asked_end(log), log.wish.reference_rows
    if rows is not None:
        until = int(log.observed.at[rows])
    if until is not None:
        start = min(int(np.searchsorted(edges, until)), total)
        return start, f"rows before {day(int(edges[start]))}, as asked"
    start = default_start(total)
    return start, f"the first quarter, rows before {day(int(edges[start]))} (another: --reference-until)"

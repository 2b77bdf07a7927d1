"""What of a key's rows may go without changing any value from an instant on.

A window starts on the grid and ends at a request. So of the rows before the horizon, before which no request will end,
only the last of each step of the grid can be asked for; and of the rows before every window only the last one, whose
totals are taken off.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.features.online.layout import HEADER
from trimtab.features.online.series import Series
from trimtab.units import hours


@dataclass(frozen=True)
class Retention:
    """How long rows stay as they came: requests asked `grace` microseconds late are answered at their own time.

    A busy key keeps only its last `rows` instants (at least one); it is looked at after every `pause` new ones.
    """

    grace: int = hours(1).microseconds
    rows: int = 64
    pause: int = 32


def kept_rows(series: Series, known: Sequence[int], horizon: int) -> list[int]:
    """The rows that requests at the horizon or later can ask for, given when each was known, ascending."""
    low = series.earliest(horizon)
    if low is None:
        return list(range(len(known)))
    begin, end = bisect_left(known, low), bisect_left(known, horizon)
    kept = [begin - 1] if begin else []
    # a fact's row stays a row where it must be found again, also beside others of its instant
    alone = bool(series.own_id)
    step = series.step
    kept += [
        row
        for row in range(begin, end)
        if alone or row + 1 == end or step(known[row]) != step(known[row + 1])
    ]
    return kept + list(range(end, len(known)))


def horizon(series: Series, known: Sequence[int], now: int, retention: Retention) -> int:
    """The instant before which rows may be thinned: the grace before now, or later where a key is busy."""
    at = now - retention.grace
    if shrinks(series) and len(known) > retention.rows:
        at = max(at, known[-retention.rows])
    return at


def shrinks(series: Series) -> bool:
    """Whether a later horizon makes a busy key smaller."""
    return not series.own_id and (series.grid > 0 or not series.windows)


def is_dead(series: Series, blob: bytes, at: int) -> bool:
    """Whether no request at `at` or later finds anything in the blob."""
    low = series.earliest(at)
    if series.keeps_all or low is None:
        return False
    _, rows = HEADER.unpack_from(blob)
    layout = series.layout
    known: int = layout.row.unpack_from(blob, HEADER.size + (rows - 1) * layout.size)[0]
    return known < low

"""What an aggregate is, in words: source, key, and the window with its edges at an example instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trimtab.aggregate.windows import window_start
from trimtab.declare.aggregate import Aggregate
from trimtab.units import Duration

EXAMPLE = 1_736_931_750_000_000
"""Wednesday 15 January 2025, 09:02:30 UTC, in microseconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000


def meaning(aggregate: Aggregate) -> str:
    """The aggregate in one sentence.

    >>> from trimtab.declare.source import Source
    >>> from trimtab.units import hours
    >>> landings = Source("landings.parquet", known="landed")
    >>> print(meaning(landings.by("origin").mean("delay", over=hours(3))))
    mean of col("delay") over facts of landings with the request's origin, known within 3 hours: for a request at
    09:02:30, from 06:00 to just before it, on a 5-minute grid
    """
    value = "" if aggregate.value is None else f" of {aggregate.value!r}"
    where = "" if aggregate.where is None else f" where {aggregate.where!r}"
    function = aggregate.function.replace("_", " ")
    return f"{function}{value} over facts of {aggregate.source.name}{_keys(aggregate)}{where}, {_window(aggregate)}"


def _keys(aggregate: Aggregate) -> str:
    pairs = [
        f"the request's {field}" if fact == field else f"{fact} = the request's {field}"
        for fact, field in aggregate.keys
    ]
    return f" with {' and '.join(pairs)}" if pairs else ""


def _window(aggregate: Aggregate) -> str:
    over, hop = aggregate.over, aggregate.hop_microseconds
    if over is None:
        return "known at any time before the request"
    start = window_start(EXAMPLE, over.microseconds, hop)
    grid = f", on a {_grid(hop)} grid" if hop else ", exactly"
    example = (
        f"for a request at {_clock(EXAMPLE, over.microseconds)}, from {_clock(start or 0, over.microseconds)}"
    )
    return f"known within {over}: {example} to just before it{grid}"


def _grid(hop: int) -> str:
    """The grid as an adjective: 5-minute."""
    count, _, unit = str(Duration(hop)).partition(" ")
    return f"{count}-{unit.removesuffix('s')}"


def _clock(instant: int, over: int) -> str:
    """The time of day, with the date where the window is long."""
    at = _EPOCH + timedelta(microseconds=instant)
    time = at.strftime("%H:%M") if at.second == 0 and at.microsecond == 0 else at.strftime("%H:%M:%S")
    return time if over < _DAY else f"{at.day} {at.strftime('%B')} {time}"

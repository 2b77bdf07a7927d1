"""Ticks for time and for lengths of time: on the clock and the calendar, not on powers of ten."""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator

from trimtab.report.formats import EPOCH, UNITS_OF_TIME, instant, number
from trimtab.report.plot.ticks import Tick, nice_ticks

SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
CLOCK_STEPS = (
    *(count * SECOND for count in (1, 5, 15, 30)),
    *(count * MINUTE for count in (1, 5, 15, 30)),
    *(count * HOUR for count in (1, 3, 6, 12)),
    *(count * DAY for count in (1, 2, 7, 14)),
)
MONTH_STEPS = (1, 2, 3, 6)
YEAR_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
LOG_LENGTHS = (
    *(10**power for power in range(6)),
    *(count * SECOND for count in (1, 10)),
    *(count * MINUTE for count in (1, 10)),
    *(count * HOUR for count in (1, 6)),
    *(count * DAY for count in (1, 7, 30, 365, 3650)),
)


def time_ticks(low: float, high: float, count: int = 8) -> tuple[Tick, ...]:
    """At most `count` ticks between two times (epoch microseconds, UTC), on round clock or calendar times.

    >>> [tick.label for tick in time_ticks(0, 150 * DAY)]
    ['Jan', 'Feb', 'Mar', 'Apr', 'May']
    >>> [(tick.label, tick.context) for tick in time_ticks(0, 9 * HOUR, 4)]
    [('00:00', '1 Jan 1970'), ('03:00', ''), ('06:00', ''), ('09:00', '')]
    """
    for places, label, context in _candidates(low, high):
        found = tuple(itertools.islice(places, count + 1))
        if len(found) <= count:
            return tuple(_named(found, label, context))
    return ()


def duration_ticks(low: float, high: float, count: int = 6) -> tuple[float, ...]:
    """Round lengths of time (microseconds) between `low` and `high`, for a straight axis.

    >>> duration_ticks(0, 2 * HOUR) == (0, HOUR / 2, HOUR, 1.5 * HOUR, 2 * HOUR)
    True
    """
    for step in CLOCK_STEPS:
        if (high - low) / step < count and high - low > 2 * SECOND:
            return tuple(float(place) for place in _multiples(low, high, step))
    unit = DAY if high - low > 2 * SECOND else 1
    return tuple(
        tick * unit for tick in nice_ticks(low / unit, high / unit, count) if low <= tick * unit <= high
    )


def alike_durations(lengths: tuple[float, ...]) -> tuple[str, ...]:
    """The lengths as words in one unit, the largest that all of them are multiples of.

    >>> alike_durations((0, DAY / 2, DAY))
    ('0', '12 h', '24 h')
    """
    fits = ((name, size) for name, size in UNITS_OF_TIME if all(length % size == 0 for length in lengths))
    name, size = next(fits, UNITS_OF_TIME[-1])
    return tuple(f"{number(length / size, ',g')} {name}" if length else "0" for length in lengths)


def log_duration_ticks(low: float, high: float) -> tuple[float, ...]:
    """The lengths of time people name (a minute, a day, a week) between `low` and `high`.

    >>> log_duration_ticks(MINUTE, 7 * HOUR) == (MINUTE, 10 * MINUTE, HOUR, 6 * HOUR)
    True
    """
    return tuple(float(length) for length in LOG_LENGTHS if low <= length <= high)


def _candidates(low: float, high: float) -> Iterator[tuple[Iterable[int], str, str]]:
    """Every way to divide the time, finest first, with the formats of its label and its context."""
    for step in CLOCK_STEPS:
        if step == 12 * HOUR:
            continue  # noon and midnight say less than the day
        clock = "%H:%M:%S" if step < MINUTE else "%H:%M"
        label, context = ("day", "%Y") if step >= DAY else (clock, "date")
        # weeks begin on Monday; the epoch was a Thursday
        shift = 4 * DAY if step >= 7 * DAY else 0
        yield _multiples(low, high, step, shift), label, context
    for step in MONTH_STEPS:
        yield _months(low, high, step), "%b", "%Y"
    for step in YEAR_STEPS:
        yield _months(low, high, 12 * step), "%Y", ""


def _multiples(low: float, high: float, step: int, shift: int = 0) -> Iterator[int]:
    first = -((shift - round(low)) // step)
    return itertools.takewhile(
        lambda at: at <= high, (shift + step * place for place in itertools.count(first))
    )


def _months(low: float, high: float, step: int) -> Iterator[int]:
    begin = instant(low)
    month = -(-(begin.year * 12 + begin.month - 1) // step) * step
    while month // 12 <= dt.MAXYEAR:
        at = _epoch(month)
        if at > high:
            return
        if at >= low:
            yield at
        month += step


def _epoch(month: int) -> int:
    start = dt.datetime(max(month // 12, 1), month % 12 + 1, 1, tzinfo=dt.UTC)
    return (start - EPOCH) // dt.timedelta(microseconds=1)


def _named(places: Iterable[int], label: str, context: str) -> Iterator[Tick]:
    said = ""
    for at in places:
        about = _words(at, context)
        yield Tick(at, _words(at, label), "" if about == said else about)
        said = about


def _words(at: int, pattern: str) -> str:
    moment = instant(at)
    if pattern == "day":
        return f"{moment.day} {moment:%b}"
    if pattern == "date":
        return f"{moment.day} {moment:%b %Y}"
    return moment.strftime(pattern) if pattern else ""

"""Calendar parts of one instant in Python: the zone's offset by bisection, the rest from the local microseconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from trimtab.declare.typed import Typed
from trimtab.declare.zones import END, FIRST, zone_offsets

_MINUTE, _HOUR, _DAY = 60_000_000, 3_600_000_000, 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()


def calendar_part(
    node: Typed, instant: Callable[[Mapping[str, Any]], int | None]
) -> Callable[[Mapping[str, Any]], int | None]:
    """The part of the local clock that the node names, None outside the table's years."""
    instants, offsets = zone_offsets(node.value)
    part = _PARTS[node.name]

    def run(row: Mapping[str, Any]) -> int | None:
        t = instant(row)
        if t is None or not FIRST <= t < END:
            return None
        return part(t + offsets[bisect_right(instants, t) - 1])

    return run


def _date(local: int) -> date:
    return date.fromordinal(_EPOCH + local // _DAY)


def _day_of_year(local: int) -> int:
    day = _date(local)
    return day.toordinal() - date(day.year, 1, 1).toordinal() + 1


_PARTS: Mapping[str, Callable[[int], int]] = {
    "year": lambda local: _date(local).year,
    "month": lambda local: _date(local).month,
    "day": lambda local: _date(local).day,
    "day_of_year": _day_of_year,
    "weekday": lambda local: (local // _DAY + 3) % 7,
    "hour": lambda local: local % _DAY // _HOUR,
    "minute": lambda local: local % _HOUR // _MINUTE,
    "minute_of_day": lambda local: local % _DAY // _MINUTE,
}

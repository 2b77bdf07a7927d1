"""Calendar parts in SQL: the zone's offsets as a balanced tree of comparisons, the rest in integers.

The tree is written out from our own table, so no engine's time-zone data is ever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from trimtab.declare.sql_fragments import Sql, Statement, as_bigint, binary, case, closed, number
from trimtab.declare.typed import Typed
from trimtab.declare.zones import END, FIRST, Offsets, zone_offsets

_MINUTE, _HOUR, _DAY = 60_000_000, 3_600_000_000, 86_400_000_000
_MONDAY = "1894-01-01"
_SINCE_MONDAY = 27_758 * _DAY
"""From Monday, 1 January 1894, to 1970. It lies before the table, so counted from it all times are positive."""


def calendar_part(statement: Statement, node: Typed, instant: Sql) -> Sql:
    """The part of the local clock that the node names, null outside the table's years."""
    return statement.bind(instant, lambda t: _within(t, _part(node.name, _local(t, node.value))), size=16)


def _within(instant: Sql, part: Sql) -> Sql:
    after = binary(exp.GTE, instant, _whole(FIRST))
    return case(binary(exp.And, after, binary(exp.LT, instant, _whole(END))), part)


def _local(instant: Sql, zone: str) -> Sql:
    """Microseconds on the zone's clock since the Monday."""
    table = zone_offsets(zone)
    offset = _offset(instant, table, 0, len(table.offsets))
    return binary(exp.Add, binary(exp.Add, instant, offset), _whole(_SINCE_MONDAY))


def _offset(instant: Sql, table: Offsets, low: int, high: int) -> Sql:
    """The offset in force at the instant, among those from low to high, exclusive."""
    if high - low == 1:
        return _whole(table.offsets[low])
    middle = (low + high) // 2
    before, after = _offset(instant, table, low, middle), _offset(instant, table, middle, high)
    return case(binary(exp.LT, instant, _whole(table.instants[middle])), before, after)


def _part(name: str, local: Sql) -> Sql:
    match name:
        case "weekday":
            return _rest(_count(local, _DAY), 7)
        case "hour":
            return _count(_rest(local, _DAY), _HOUR)
        case "minute":
            return _count(_rest(local, _HOUR), _MINUTE)
        case "minute_of_day":
            return _count(_rest(local, _DAY), _MINUTE)
    date = binary(
        exp.Add, exp.cast(exp.Literal.string(_MONDAY), "DATE"), exp.cast(_count(local, _DAY), "INT")
    )
    return as_bigint(_DATE_PARTS[name](this=date))


_DATE_PARTS: Mapping[str, Callable[..., Sql]] = {
    "year": exp.Year,
    "month": exp.Month,
    "day": exp.Day,
    "day_of_year": exp.DayOfYear,
}


def _whole(value: int) -> Sql:
    return number(str(value))


def _count(value: Sql, unit: int) -> Sql:
    return exp.IntDiv(this=closed(value), expression=_whole(unit))


def _rest(value: Sql, unit: int) -> Sql:
    return exp.Mod(this=closed(value), expression=_whole(unit))

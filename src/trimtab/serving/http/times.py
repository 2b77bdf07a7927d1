"""Instants and lengths of time between microseconds and what JSON says of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from trimtab.declare.kinds import Kind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
_DAY = 86_400 * SECOND
FIRST = -62_135_596_800 * SECOND
"""Midnight of 1 January of the year 1, UTC; no earlier instant can be written."""
LAST = 253_402_300_800 * SECOND - 1
"""The last microsecond of the year 9999, UTC."""


def microseconds_of(at: datetime) -> int:
    """A datetime with an offset as epoch microseconds, exactly; raises ValueError outside the years 1 to 9999 UTC.

    >>> microseconds_of(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    since = at - EPOCH
    found = since.days * _DAY + since.seconds * SECOND + since.microseconds
    if not FIRST <= found <= LAST:
        raise ValueError(found)
    return found


def instant(microseconds: int) -> datetime:
    """Epoch microseconds as a datetime, which JSON writes as ISO 8601 with a Z.

    >>> instant(86_400_000_001).isoformat()
    '1970-01-02T00:00:00.000001+00:00'
    """
    return EPOCH + timedelta(0, 0, microseconds)


def whole_microseconds(seconds: float) -> int:
    """Seconds as the nearest whole microseconds.

    >>> whole_microseconds(1.5)
    1500000
    """
    return round(seconds * SECOND)


def for_json(value: Any, kind: Kind | None) -> Any:
    """A value of a kind as JSON shows it: an instant as a datetime, a duration in seconds, anything else as it is.

    >>> for_json(1_500_000, Kind.DURATION)
    1.5
    """
    if value is None or kind not in {Kind.TIMESTAMP, Kind.DURATION}:
        return value
    if kind is Kind.DURATION:
        return value / SECOND
    return instant(value) if FIRST <= value <= LAST else None

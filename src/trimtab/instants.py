"""A point in time as users write it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from trimtab.errors import UsageError

Instant = datetime | date | str | None
"""A point in time: aware datetimes as they are; dates, texts and naive datetimes in the system's zone."""


def instant(value: Instant, zone: str) -> int | None:
    """A point in time as epoch microseconds.

    >>> instant("2013-07-01", "America/New_York")
    1372651200000000
    """
    if value is None:
        return None
    import numpy as np  # noqa: PLC0415  # `import trimtab` stays free of it

    from trimtab.sources.localtime import local_to_utc  # noqa: PLC0415

    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise UsageError(
                f"{value!r} is no date", do="write it as 2013-07-01 or 2013-07-01T12:00+00:00"
            ) from None
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001  # placed in the system's zone below
    if value.tzinfo is not None:
        return int((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    local = np.array([np.datetime64(value, "us").astype(np.int64)])
    return int(local_to_utc(local, zone).utc[0])

"""Time zones as plain numbers: the offset from UTC in force from each instant on.

There is one table, that of the `tzdata` package; the machine's own table is never read, so every engine and every
machine sees the same local clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo

from trimtab.errors import DeclarationError, Where, nearest

FIRST = -2_208_988_800_000_000
"""1 January 1900 in UTC, in microseconds since 1970: where the table begins."""
END = 4_133_980_800_000_000
"""1 January 2101 in UTC, in microseconds since 1970: where the table ends, exclusive."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_STEP = 2 * 86_400  # seconds; no zone has ever changed its clock twice within six days


class Offsets(NamedTuple):
    """`offsets[i]` is in force from `instants[i]` until the next one; both in microseconds."""

    instants: tuple[int, ...]
    offsets: tuple[int, ...]


@cache
def zone_names() -> frozenset[str]:
    """The names of all zones in the pinned table.

    >>> "Europe/Berlin" in zone_names()
    True
    """
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


def check_zone(name: str, where: Where | None = None) -> None:
    """Raise a DeclarationError unless the pinned table holds a zone of that name.

    >>> check_zone("Europe/Berlino")
    Traceback (most recent call last):
        ...
    trimtab.errors.DeclarationError: no time zone 'Europe/Berlino'; did you mean 'Europe/Berlin'?; do: ...
    """
    if name not in zone_names():
        raise DeclarationError(
            f"no time zone {name!r}",
            where=where,
            nearest=nearest(name, sorted(zone_names())),
            do="name a zone of the IANA table, such as 'America/New_York' or 'UTC'",
        )


@cache
def zone_offsets(name: str) -> Offsets:
    """The offsets of a zone from 1900 to 2100, in microseconds; DeclarationError for an unknown name.

    >>> zone_offsets("Asia/Kathmandu")
    Offsets(instants=(-2208988800000000, -1577943676000000, 504901800000000),
            offsets=(20476000000, 19800000000, 20700000000))
    """
    check_zone(name)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as stream:
        zone = ZoneInfo.from_file(stream, key=name)
    first = FIRST // _SECOND
    found = [(first, _offset(zone, first))]
    for left in range(first, END // _SECOND, _STEP):
        right = min(left + _STEP, END // _SECOND - 1)
        if _offset(zone, right) != found[-1][1]:
            found.append(_change(zone, left, right))
    return Offsets(
        tuple(instant * _SECOND for instant, _ in found), tuple(offset * _SECOND for _, offset in found)
    )


def _change(zone: ZoneInfo, left: int, right: int) -> tuple[int, int]:
    """The second of the one change in (left, right], and the offset after it."""
    after = _offset(zone, right)
    while right - left > 1:
        middle = (left + right) // 2
        if _offset(zone, middle) == after:
            right = middle
        else:
            left = middle
    return right, after


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return 0 if offset is None else offset // timedelta(seconds=1)

"""Durations and sizes with their unit in the name, so that no bare number ever means time."""

from __future__ import annotations

from dataclasses import dataclass

MICROSECONDS = {
    "weeks": 604_800_000_000,
    "days": 86_400_000_000,
    "hours": 3_600_000_000,
    "minutes": 60_000_000,
    "seconds": 1_000_000,
    "milliseconds": 1_000,
    "microseconds": 1,
}


@dataclass(frozen=True, order=True)
class Duration:
    """A length of time in whole microseconds.

    >>> days(7) == hours(168), days(1) - hours(1), days(2) // hours(6)
    (True, hours(23), 8)
    """

    microseconds: int

    def __add__(self, other: Duration) -> Duration:
        return Duration(self.microseconds + other.microseconds)

    def __sub__(self, other: Duration) -> Duration:
        return Duration(self.microseconds - other.microseconds)

    def __mul__(self, factor: int) -> Duration:
        return Duration(self.microseconds * factor)

    __rmul__ = __mul__

    def __floordiv__(self, other: Duration) -> int:
        return self.microseconds // other.microseconds

    def __truediv__(self, other: Duration) -> float:
        return self.microseconds / other.microseconds

    def __neg__(self) -> Duration:
        return Duration(-self.microseconds)

    def __repr__(self) -> str:
        for unit, size in MICROSECONDS.items():
            if unit != "weeks" and self.microseconds and self.microseconds % size == 0:
                return f"{unit}({self.microseconds // size})"
        return f"microseconds({self.microseconds})"

    def __str__(self) -> str:
        """Plain words for people: '3 hours', '1 day', '7.9 days'."""
        for unit, size in MICROSECONDS.items():
            if unit != "weeks" and abs(self.microseconds) >= size:
                count = f"{self.microseconds / size:.1f}".removesuffix(".0")
                return f"{count} {unit[:-1] if count in {'1', '-1'} else unit}"
        return "no time"


def _whole(count: float, unit: str) -> Duration:
    microseconds = count * MICROSECONDS[unit]
    if microseconds != int(microseconds):
        raise ValueError(f"{unit}({count!r}) is not a whole number of microseconds")
    return Duration(int(microseconds))


def weeks(count: float) -> Duration:
    """A duration of so many weeks.

    >>> weeks(1)
    days(7)
    """
    return _whole(count, "weeks")


def days(count: float) -> Duration:
    """A duration of so many days of exactly 24 hours.

    >>> str(days(7))
    '7 days'
    """
    return _whole(count, "days")


def hours(count: float) -> Duration:
    """A duration of so many hours.

    >>> hours(0.5)
    minutes(30)
    """
    return _whole(count, "hours")


def minutes(count: float) -> Duration:
    """A duration of so many minutes.

    >>> minutes(90).microseconds
    5400000000
    """
    return _whole(count, "minutes")


def seconds(count: float) -> Duration:
    """A duration of so many seconds.

    >>> seconds(60)
    minutes(1)
    """
    return _whole(count, "seconds")


def milliseconds(count: float) -> Duration:
    """A duration of so many milliseconds.

    >>> milliseconds(20)
    milliseconds(20)
    """
    return _whole(count, "milliseconds")


def microseconds(count: int) -> Duration:
    """A duration of so many microseconds, the resolution of every time in trimtab.

    >>> microseconds(1).microseconds
    1
    """
    return _whole(count, "microseconds")


BYTES = {"gigabytes": 1_000_000_000, "megabytes": 1_000_000, "kilobytes": 1_000}


@dataclass(frozen=True, order=True)
class Size:
    """A size in whole bytes; units are decimal.

    >>> megabytes(50) > kilobytes(900), str(megabytes(1.5))
    (True, '1.5 MB')
    """

    bytes: int

    def __repr__(self) -> str:
        for unit, size in BYTES.items():
            if self.bytes and self.bytes % size == 0:
                return f"{unit}({self.bytes // size})"
        return f"Size({self.bytes})"

    def __str__(self) -> str:
        """Plain words for people: '50 MB', '712 bytes'."""
        for unit, size in BYTES.items():
            if self.bytes >= size:
                return f"{self.bytes / size:.1f}".removesuffix(".0") + f" {unit[0].upper()}B"
        return f"{self.bytes} bytes"


def _whole_bytes(count: float, unit: str) -> Size:
    size = count * BYTES[unit]
    if size != int(size):
        raise ValueError(f"{unit}({count!r}) is not a whole number of bytes")
    return Size(int(size))


def kilobytes(count: float) -> Size:
    """A size of so many thousand bytes.

    >>> kilobytes(2).bytes
    2000
    """
    return _whole_bytes(count, "kilobytes")


def megabytes(count: float) -> Size:
    """A size of so many million bytes.

    >>> megabytes(50)
    megabytes(50)
    """
    return _whole_bytes(count, "megabytes")


def gigabytes(count: float) -> Size:
    """A size of so many thousand million bytes.

    >>> gigabytes(0.5)
    megabytes(500)
    """
    return _whole_bytes(count, "gigabytes")

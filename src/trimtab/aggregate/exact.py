"""Exact sums: values become whole numbers of a unit, and one written formula turns sums back into floats.

Whole numbers add up to the same total in every order, on every engine and with every number of threads; floats do
not. Every step below is either exact or a single IEEE operation, so that SQL and Python give the same bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from trimtab.errors import DataError

WIDEST_VALUE = 2**63
"""A value is fewer units than this: a 64-bit integer."""
WIDEST_SUM = 2**127 - 1
"""Sums, also of squares, are 128-bit integers."""
LIMB = 2**64


@dataclass(frozen=True)
class Scale:
    """The unit in which values are counted, as (units per one, size of a unit): one of the two is 1.

    A unit like 1e-6, which no float holds exactly, is kept as "a million per one": v * 1e6 rounds once.

    >>> Scale.of(1e-6), Scale.of(0.3), Scale.of(1)
    (Scale(per_one=1000000.0, size=1.0), Scale(per_one=1.0, size=0.3), Scale(per_one=1.0, size=1.0))
    """

    per_one: float
    size: float

    @classmethod
    def of(cls, unit: float) -> Scale:
        """The scale of a unit such as 1e-6."""
        per_one = float(round(1.0 / unit)) if unit < 1 else 1.0
        return cls(per_one, 1.0) if 1.0 / per_one == unit else cls(1.0, float(unit))

    @property
    def whole(self) -> bool:
        """Whether values are counted as they are."""
        return self.per_one == 1.0 and self.size == 1.0

    def units(self, value: float) -> int:
        """The value as a whole number of units, halves to the even one.

        Raises DataError when the value is too large to count.

        >>> Scale.of(1e-6).units(0.1), Scale.of(1).units(2.5)
        (100000, 2)
        """
        if isinstance(value, int):
            return int(value)  # also of a condition: true is 1
        scaled = value * self.per_one if self.size == 1.0 else value / self.size
        if not -WIDEST_VALUE <= scaled < WIDEST_VALUE:
            raise DataError(
                "a value is too large to be summed exactly",
                found=value,
                do="give the aggregate a larger scale=",
            )
        return round(scaled)


def to_float(whole: int) -> float:
    """The whole number as a float: the nearest one within 64 bits, by halves of 64 bits beyond.

    >>> to_float(2**53 + 1), to_float(-(2**70))
    (9007199254740992.0, -1.1805916207174113e+21)
    """
    if -(2**63) <= whole < 2**63:
        return float(whole)
    sign = 1 if whole > 0 else -1
    high, low = divmod(abs(whole), LIMB)
    return sign * (float(high) * float(LIMB) + float(low))


def check_width(total: int) -> int:
    """The total as it is; DataError when 128 bits do not hold it."""
    if abs(total) > WIDEST_SUM:
        raise DataError("a sum overflowed 128 bits", do="give the aggregate a larger scale=")
    return total


def total(s1: int, scale: Scale) -> float:
    """The sum of the values, from the sum of their units."""
    return to_float(s1) / scale.per_one * scale.size


def mean(n: int, s1: int, scale: Scale) -> float | None:
    """The mean of n values, from the sum of their units; null for none.

    >>> mean(3, 600_000, Scale.of(1e-6))
    0.2
    """
    return None if n == 0 else to_float(s1) / (float(n) * scale.per_one) * scale.size


def variance(n: int, s1: int, s2: int, scale: Scale) -> float | None:
    """The sample variance of n values, from the sums of their units and of their squares; null for fewer than two.

    The sums are first moved, exactly, to a whole number near the mean. What is left to floats then loses no digits
    however large the values are beside their spread, and no product is larger than the sums themselves.

    >>> variance(3, 6, 14, Scale.of(1))
    1.0
    """
    if n < 2:
        return None
    centre = round(to_float(s1) / float(n))
    moved = to_float(s1 - centre * n)
    spread = s2 - centre * (2 * s1 - centre * n)
    squared = (to_float(spread) - moved * moved / float(n)) / float(n - 1)
    return squared / (scale.per_one * scale.per_one) * (scale.size * scale.size)


def deviation(n: int, s1: int, s2: int, scale: Scale) -> float | None:
    """The sample standard deviation; null for fewer than two values."""
    squared = variance(n, s1, s2, scale)
    return None if squared is None else math.sqrt(squared)

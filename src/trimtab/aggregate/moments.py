"""Sum, mean, variance and standard deviation from the exact sums (n, s1, s2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from trimtab.aggregate import exact
from trimtab.aggregate.base import Value
from trimtab.aggregate.exact import Scale
from trimtab.errors import DataError


def check_integer(s1: int) -> int:
    """The sum as it is; DataError when 64 bits do not hold it."""
    if not -(2**63) <= s1 < 2**63:
        raise DataError("a sum overflowed 64 bits", found=s1, do="sum col(...).to_float() instead")
    return s1


class Moments(NamedTuple):
    """How many values, the sum of their units, and the sum of the squares of their units."""

    n: int
    s1: int
    s2: int


@dataclass(frozen=True)
class Summing:
    """What the aggregates of sums share; they differ in `finish` only.

    >>> mean = Mean(Scale.of(1e-6))
    >>> mean.finish(mean.update(mean.update(mean.init(), 0.1, 1, 1), 0.3, 2, 2), t=9)
    0.2
    """

    scale: Scale

    def init(self) -> Moments:
        """No values."""
        return Moments(0, 0, 0)

    def update(self, state: Moments, value: Value | None, known: int, sequence: int) -> Moments:  # noqa: ARG002
        """One more value, unless null."""
        if value is None:
            return state
        units = self.scale.units(value)  # type: ignore[arg-type]  # text is refused when the kinds are inferred
        return Moments(state.n + 1, state.s1 + units, state.s2 + units * units)

    def merge(self, one: Moments, other: Moments) -> Moments:
        """Both sets of values together."""
        return Moments(one.n + other.n, one.s1 + other.s1, one.s2 + other.s2)

    def serialise(self, state: Moments) -> bytes:
        """Forty bytes: the count in 8, the sums in 16 each."""
        return b"".join(
            number.to_bytes(size, "little", signed=True)
            for number, size in zip(state, (8, 16, 16), strict=True)
        )

    def deserialise(self, content: bytes) -> Moments:
        """The sums of forty bytes."""
        parts = content[:8], content[8:24], content[24:]
        return Moments(*(int.from_bytes(part, "little", signed=True) for part in parts))


class SumOfIntegers(Summing):
    """The exact sum of whole numbers, or how many are true; null for none, DataError beyond 64 bits."""

    def finish(self, state: Moments, t: int) -> int | None:  # noqa: ARG002
        """The sum itself."""
        return check_integer(state.s1) if state.n else None


class SumOfFloats(Summing):
    """The exact sum of the values' units, as a float; null for none."""

    def finish(self, state: Moments, t: int) -> float | None:  # noqa: ARG002
        """The sum in ones."""
        return exact.total(state.s1, self.scale) if state.n else None


class Mean(Summing):
    """The mean, which of a condition is the share of true; null for none."""

    def finish(self, state: Moments, t: int) -> float | None:  # noqa: ARG002
        """The mean in ones."""
        return exact.mean(state.n, state.s1, self.scale)


class Variance(Summing):
    """The sample variance; null for fewer than two values."""

    def finish(self, state: Moments, t: int) -> float | None:  # noqa: ARG002
        """The variance in squared ones."""
        return exact.variance(state.n, state.s1, exact.check_width(state.s2), self.scale)


class Deviation(Summing):
    """The sample standard deviation; null for fewer than two values."""

    def finish(self, state: Moments, t: int) -> float | None:  # noqa: ARG002
        """The deviation in ones."""
        return exact.deviation(state.n, state.s1, exact.check_width(state.s2), self.scale)

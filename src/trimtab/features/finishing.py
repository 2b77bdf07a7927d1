"""The formulas of `aggregate.exact`, step by step, as query expressions: the same operations, so the same bits."""

from __future__ import annotations

from trimtab.aggregate.exact import LIMB, Scale
from trimtab.features.build import (
    Sql,
    at_least,
    call,
    cast,
    divided,
    less,
    minus,
    plus,
    quotient,
    real,
    remainder,
    times,
    where,
    whole,
)


def units(value: Sql, scale: Scale) -> Sql:
    """A value as a whole number of units; engines round a float to the nearest integer, halves to the even one."""
    if scale.whole:
        return cast(value, "BIGINT")
    scaled = times(value, real(scale.per_one)) if scale.size == 1.0 else divided(value, real(scale.size))
    return cast(scaled, "BIGINT")


def to_float(total: Sql) -> Sql:
    """A 128-bit whole number as a float; the slow way beyond 64 bits is taken by the rows that need it only."""
    fits = total.copy().between(whole(-(2**63)), whole(2**63 - 1))
    limb = cast(whole(LIMB), "INT128")
    size = call("abs", total)
    high = cast(cast(quotient(size, limb), "BIGINT"), "DOUBLE")
    low = cast(cast(remainder(size.copy(), limb.copy()), "UBIGINT"), "DOUBLE")
    sign = where(less(total.copy(), whole(0)), real(-1.0), real(1.0))
    split = times(sign, plus(times(high, real(float(LIMB))), low))
    return where(fits, small_to_float(total.copy()), split)


def small_to_float(total: Sql) -> Sql:
    """A whole number that fits in 64 bits as a float."""
    return cast(cast(total, "BIGINT"), "DOUBLE")


def total(s1: Sql, scale: Scale) -> Sql:
    """The sum in ones, of the sum of units as a float."""
    return _times(_divided(s1, scale.per_one), scale.size)


def mean(n: Sql, s1: Sql, scale: Scale) -> Sql:
    """The mean, of the sum of units as a float; null for no values."""
    count = _times(cast(n, "DOUBLE"), scale.per_one)
    return where(less(whole(0), n.copy()), _times(divided(s1, count), scale.size))


def centre(n: Sql, s1: Sql, *, small: bool) -> Sql:
    """The whole number near the mean to which the sums are moved; null for no values."""
    near = divided(s1, cast(n, "DOUBLE"))
    return where(less(whole(0), n.copy()), cast(near, "BIGINT" if small else "INT128"))


def moved(n: Sql, s1: Sql, centre: Sql) -> Sql:
    """The sum, once the values are moved to the centre."""
    return minus(s1, times(centre, n))


def spread(n: Sql, s1: Sql, s2: Sql, centre: Sql) -> Sql:
    """The sum of squares, once the values are moved to the centre."""
    twice = minus(times(whole(2), s1), times(centre, n))
    return minus(s2, times(cast(centre.copy(), "INT128"), twice))


def variance(n: Sql, moved: Sql, spread: Sql, scale: Scale) -> Sql:
    """The sample variance, of the moved sums as floats; null for fewer than two values."""
    around = minus(spread, divided(times(moved, moved.copy()), cast(n, "DOUBLE")))
    squared = divided(around, cast(minus(n.copy(), whole(1)), "DOUBLE"))
    squared = _times(_divided(squared, scale.per_one * scale.per_one), scale.size * scale.size)
    return where(at_least(n.copy(), whole(2)), squared)


def deviation(squared: Sql) -> Sql:
    """The standard deviation of a variance: square roots are exact to the last bit everywhere."""
    return call("sqrt", squared)


def _times(value: Sql, factor: float) -> Sql:
    """The product; by one it is the value itself."""
    return value if factor == 1.0 else times(value, real(factor))


def _divided(value: Sql, divisor: float) -> Sql:
    """The quotient; by one it is the value itself."""
    return value if divisor == 1.0 else divided(value, real(divisor))

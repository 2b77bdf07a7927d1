"""The formulas of `aggregate.exact`, step by step, as query expressions: the same operations, so the same bits."""

from __future__ import annotations

from sqlglot import exp

from trimtab.aggregate.exact import LIMB, Scale
from trimtab.features.build import as_bigint, as_double, as_hugeint, choose, real, whole


def units(value: exp.Expression, scale: Scale) -> exp.Expression:
    """A value as a whole number of units, halves to the even one (which is how engines cast)."""
    if scale.whole:
        return value
    scaled = value * real(scale.per_one) if scale.size == 1.0 else value / real(scale.size)
    return exp.paren(scaled)


def to_float(total: exp.Expression) -> exp.Expression:
    """A 128-bit whole number as a float."""
    fits = total.copy().between(whole(-(2**63)), whole(2**63 - 1))
    limb = as_hugeint(whole(LIMB))
    size = exp.func("abs", total.copy())
    high = as_double(as_bigint(exp.IntDiv(this=size, expression=limb)))
    low = as_double(exp.cast(exp.Mod(this=size.copy(), expression=limb.copy()), exp.DataType.Type.UBIGINT))
    sign = choose((total.copy() < whole(0), real(-1.0)), otherwise=real(1.0))
    split = exp.paren(sign) * exp.paren(high * real(float(LIMB)) + low)
    return choose((fits, as_double(exp.TryCast(this=total.copy(), to=exp.DataType(this=exp.DataType.Type.BIGINT)))), otherwise=split)


def unscaled(value: exp.Expression, scale: Scale) -> exp.Expression:
    """A float in units as a float in ones."""
    if scale.per_one != 1.0:
        value = exp.paren(value) / real(scale.per_one)
    return value if scale.size == 1.0 else exp.paren(value) * real(scale.size)


def mean(n: exp.Expression, s1: exp.Expression, scale: Scale) -> exp.Expression:
    """The mean; null for no values."""
    units_counted = as_double(n) if scale.per_one == 1.0 else exp.paren(as_double(n) * real(scale.per_one))
    quotient = to_float(s1) / units_counted
    quotient = quotient if scale.size == 1.0 else quotient * real(scale.size)
    return choose((n.copy() > whole(0), quotient))


def total(s1: exp.Expression, scale: Scale) -> exp.Expression:
    """The sum in ones; null stays null."""
    return unscaled(to_float(s1), scale)


def centre(n: exp.Expression, s1: exp.Expression) -> exp.Expression:
    """The whole number near the mean to which the sums are moved; null for no values."""
    return choose((n > whole(0), as_hugeint(to_float(s1) / as_double(n.copy()))))


def rest(n: exp.Expression, s1: exp.Expression, centre: exp.Expression) -> exp.Expression:
    """The sum, once the values are moved to the centre."""
    return s1 - exp.paren(centre * n)


def spread(n: exp.Expression, s1: exp.Expression, s2: exp.Expression, centre: exp.Expression) -> exp.Expression:
    """The sum of squares, once the values are moved to the centre."""
    return s2 - exp.paren(centre * exp.paren(whole(2) * s1 - exp.paren(centre.copy() * n)))


def variance(n: exp.Expression, rest: exp.Expression, spread: exp.Expression, scale: Scale) -> exp.Expression:
    """The sample variance from the moved sums; null for fewer than two values."""
    moved = to_float(rest)
    squared = exp.paren(to_float(spread) - exp.paren(exp.paren(moved * moved.copy()) / as_double(n)))
    squared = exp.paren(squared / as_double(exp.paren(n.copy() - whole(1))))
    if scale.per_one != 1.0:
        squared = squared / real(scale.per_one * scale.per_one)
    if scale.size != 1.0:
        squared = squared * real(scale.size * scale.size)
    return choose((n.copy() > whole(1), squared))


def deviation(squared: exp.Expression) -> exp.Expression:
    """The standard deviation of a variance: square roots are exact to the last bit everywhere."""
    return exp.func("sqrt", squared)

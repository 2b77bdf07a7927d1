"""The written formulas against fractions, which are exact."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.aggregate import exact
from trimtab.aggregate.exact import Scale
from trimtab.errors import DataError

ONES = Scale.of(1)
integers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-100, 100), st.integers(2**62, 2**62 + 9))


def close(found, right, ulps):
    return abs(Fraction(found) - right) <= ulps * Fraction(math.ulp(float(right)))


@given(st.integers(-(2**63), 2**63 - 1))
def test_64_bits_become_the_nearest_float(whole):
    assert exact.to_float(whole) == float(whole)


@given(st.integers(-(2**127), 2**127 - 1))
def test_128_bits_become_a_float_within_one_ulp(whole):
    assert close(exact.to_float(whole), Fraction(whole), 1)


@given(st.floats(-1e9, 1e9))
def test_a_value_is_counted_in_the_nearest_unit(value):
    units = Scale.of(1e-6).units(value)
    assert abs(Fraction(value) * 10**6 - units) <= Fraction(1, 2) + Fraction(math.ulp(value * 1e6))


@pytest.mark.parametrize(
    ("value", "units"), [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2), (True, 1), (7, 7)]
)
def test_halves_go_to_the_even_unit(value, units):
    assert ONES.units(value) == units


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 0.01, 0.25, 0.5])
def test_a_decimal_unit_is_kept_as_how_many_make_one(unit):
    assert Scale.of(unit).size == 1.0


@pytest.mark.parametrize("unit", [0.3, 7.0, 1000.0])
def test_any_other_unit_is_kept_as_its_size(unit):
    assert Scale.of(unit) == Scale(1.0, unit)


@pytest.mark.parametrize("value", [1e13, -1e13, 9.3e12])
def test_a_value_beyond_64_bits_of_units_is_refused(value):
    with pytest.raises(DataError, match="too large to be summed exactly"):
        Scale.of(1e-6).units(value)


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1))
def test_the_mean_is_the_nearest_float_to_the_true_one(units):
    found = exact.mean(len(units), sum(units), Scale.of(1e-6))
    assert close(found, Fraction(sum(units), len(units) * 10**6), 1)


@given(st.lists(integers, min_size=2, max_size=8))
def test_the_variance_loses_no_digits_beside_large_values(values):
    s1, s2 = sum(values), sum(v * v for v in values)
    right = (Fraction(s2) - Fraction(s1 * s1, len(values))) / (len(values) - 1)
    found = exact.variance(len(values), s1, s2, ONES)
    assert abs(Fraction(found) - right) <= right * Fraction(1, 10**10)


def test_the_variance_of_equal_values_is_zero():
    assert exact.variance(3, 3 * 10**18, 3 * 10**36, ONES) == 0.0


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_values_have_no_variance(n):
    assert exact.variance(n, 5 * n, 25 * n, ONES) is None
    assert exact.deviation(n, 5 * n, 25 * n, ONES) is None


def test_a_sum_beyond_128_bits_is_refused():
    assert exact.check_width(2**127 - 1) == 2**127 - 1
    with pytest.raises(DataError, match="128 bits"):
        exact.check_width(2**127)

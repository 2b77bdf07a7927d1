"""Intervals: how they read, and that an unknown one never counts as evidence."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.stats import Interval

patient = settings(deadline=None)
numbers = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0.461, 0.452, 0.471), "0.461 [0.452, 0.471]"),
        (Interval(0.46123, 0.4522, 0.4714, units="nats"), "0.461 [0.452, 0.471] nats"),
        (Interval(1234.56, 1100.1, 1400.2), "1235 [1100, 1400]"),
        (Interval(1e-5, 9e-6, 1.2e-5), "0.0000100 [0.0000090, 0.0000120]"),
        (Interval(-0.02, -0.031, -0.011), "-0.020 [-0.031, -0.011]"),
        (Interval(-0.0, -0.01, 0.01), "0.000 [-0.010, 0.010]"),
        (Interval(0.5, 0.5, 0.5), "0.5000 [0.5000, 0.5000]"),
        (Interval(0.5), "0.5 [no interval: unknown]"),
        (Interval(math.nan, reason="no rows"), "nan [no interval: no rows]"),
    ],
)
def test_it_shows_the_digits_its_width_supports(interval, text):
    assert str(interval) == text


@patient
@given(numbers, numbers, numbers)
def test_exactly_one_of_above_below_contains_is_true(low, high, value):
    interval = Interval((low + high) / 2, min(low, high), max(low, high))
    assert interval.above(value) + interval.below(value) + interval.contains(value) == 1


@patient
@given(numbers)
def test_no_bounds_are_no_evidence(value):
    interval = Interval(0.0, reason="6 units; a clustered interval needs 10")
    assert not interval.known
    assert not any((interval.above(value), interval.below(value), interval.contains(value)))


@patient
@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_falling_function_swaps_the_bounds(first, second):
    interval = Interval((first + second) / 2, min(first, second), max(first, second), units="share")
    turned = interval.transformed(lambda x: 1 - x)
    assert (turned.low, turned.high) == (1 - interval.high, 1 - interval.low)
    assert turned.units == "share"
    assert interval.transformed(np.sqrt, "minutes").units == "minutes"


def test_an_unknown_interval_stays_unknown_when_transformed():
    turned = Interval(4.0, reason="6 units").transformed(math.sqrt)
    assert (turned.estimate, turned.known, turned.reason) == (2.0, False, "6 units")


def test_it_is_a_value_and_refuses_nonsense():
    assert Interval(1, 0, 2) == Interval(1, 0, 2)
    assert len({Interval(1, 0, 2), Interval(1, 0, 2)}) == 1
    with pytest.raises(ValueError, match="low is at most high"):
        Interval(1, 2, 0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Interval(1, 0, 2, level=95)

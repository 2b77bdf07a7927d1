import itertools
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trimtab.report import Axis
from trimtab.report.plot.axisticks import axis_ticks, without_overlap
from trimtab.report.plot.ticks import Tick, decimals, inner_ticks, log_ticks, nice_ticks
from trimtab.report.plot.timeticks import DAY, HOUR, duration_ticks, log_duration_ticks, time_ticks

values = st.floats(-1e12, 1e12, allow_subnormal=False)
counts = st.integers(2, 12)
times = st.integers(-2_000_000_000_000_000, 4_000_000_000_000_000)


@given(values, values, counts)
def test_nice_ticks_cover_the_range(low, high, count):
    low, high = sorted((low, high))
    ticks = nice_ticks(low, high, count)
    assert ticks[0] <= low
    assert ticks[-1] >= high


@given(values, values, counts)
def test_nice_ticks_rise_strictly(low, high, count):
    ticks = nice_ticks(min(low, high), max(low, high), count)
    assert all(one < other for one, other in itertools.pairwise(ticks))


@given(values, values, counts)
def test_nice_ticks_are_about_as_many_as_asked_for(low, high, count):
    assert 2 <= len(nice_ticks(min(low, high), max(low, high), count)) <= count + 3


@given(values, values, counts)
def test_steps_are_one_two_or_five_times_a_power_of_ten(low, high, count):
    ticks = nice_ticks(min(low, high), max(low, high), count)
    steps = {Decimal(repr(other)) - Decimal(repr(one)) for one, other in itertools.pairwise(ticks)}
    assert len(steps) == 1
    digits = steps.pop().normalize().as_tuple().digits
    assert digits in {(1,), (2,), (5,)}


@given(values, values)
def test_inner_ticks_stay_inside_and_are_two_or_more(low, high):
    low, high = sorted((low, high))
    assume(high - low > 1e-6 * max(abs(low), abs(high)))
    ticks = inner_ticks(low, high, 4)
    assert len(ticks) >= 2
    assert all(low <= tick <= high for tick in ticks)


@given(st.floats(1e-9, 1e9), st.floats(1.01, 1e9), counts)
def test_log_ticks_stay_inside_and_rise(low, ratio, count):
    ticks = log_ticks(low, low * ratio, count)
    assert all(low <= tick <= low * ratio for tick in ticks)
    assert list(ticks) == sorted(set(ticks))


@given(times, times, st.integers(2, 20))
def test_time_ticks_stay_inside_rise_and_are_few(one, other, count):
    low, high = sorted((one, other))
    ticks = time_ticks(low, high, count)
    places = [tick.at for tick in ticks]
    assert places == sorted(set(places))
    assert all(low <= place <= high for place in places)
    assert len(ticks) <= count


@given(st.integers(0, 3_000_000_000_000_000), st.integers(3 * DAY, 4000 * DAY))
def test_a_time_axis_never_lacks_ticks(low, length):
    assert len(time_ticks(low, low + length, 8)) >= 2


@given(times, st.integers(HOUR, 4000 * DAY))
def test_the_context_is_said_when_it_changes_and_only_then(low, length):
    ticks = time_ticks(low, low + length, 12)
    said = [tick.context for tick in ticks if tick.context]
    assert all(one != other for one, other in itertools.pairwise(said))
    assert not ticks or bool(ticks[0].context) == any(tick.context for tick in ticks)


def test_a_year_has_months():
    year = time_ticks(1_356_998_400_000_000, 1_388_534_399_000_000, 12)
    assert [tick.label for tick in year][:3] == ["Jan", "Feb", "Mar"]
    assert [tick.context for tick in year] == ["2013", *[""] * 11]


@pytest.mark.parametrize("high", [3_000, 5_000_000, 40 * DAY, 4000 * DAY])
def test_lengths_of_time_rise_inside_their_axis(high):
    ticks = duration_ticks(0, high, 6)
    assert len(ticks) >= 2
    assert list(ticks) == sorted(ticks)
    assert ticks[-1] <= high
    assert all(tick <= high for tick in log_duration_ticks(1, high))


@given(st.lists(st.tuples(st.floats(0, 800), st.text("0123456789", max_size=6)), max_size=20))
def test_labels_left_along_an_axis_never_touch(items):
    items.sort()
    ticks = tuple(Tick(place, label) for place, label in items)
    kept = without_overlap(ticks, (place for place, _ in items), 12)
    edges = [
        (tick.at - 12 * 0.3 * len(tick.label), tick.at + 12 * 0.3 * len(tick.label))
        for tick in kept
        if tick.label
    ]
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(edges))


def test_labels_of_one_axis_have_the_same_decimals():
    assert [tick.label for tick in axis_ticks(Axis("loss"), 0, 1, 4)] == ["0.0", "0.5", "1.0"]
    assert [tick.label for tick in axis_ticks(Axis("n"), 0, 2e6, 4)][-1] == "2,000,000"
    assert decimals((0.1, 0.25)) == 2

"""Each aggregator is a monoid: any split of the facts, in any order, stored or not, gives the same value."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.aggregate import Scale
from trimtab.aggregate.counting import Count
from trimtab.aggregate.extremes import Max, Min
from trimtab.aggregate.moments import Deviation, Mean, SumOfFloats, SumOfIntegers, Variance
from trimtab.aggregate.ordered import First, Last, TimeSinceLast

FLOATS = st.floats(-1e9, 1e9)
INTEGERS = st.integers(-(2**53), 2**53)
TEXTS = st.text(max_size=3)
AGGREGATORS = {
    "count": (Count(), TEXTS),
    "sum of integers": (SumOfIntegers(Scale.of(1)), INTEGERS),
    "sum of floats": (SumOfFloats(Scale.of(1e-6)), FLOATS),
    "mean": (Mean(Scale.of(0.3)), FLOATS),
    "variance": (Variance(Scale.of(1e-6)), FLOATS),
    "deviation": (Deviation(Scale.of(1)), INTEGERS),
    "min": (Min(), FLOATS),
    "max": (Max(), TEXTS),
    "first": (First(), TEXTS),
    "last": (Last(), FLOATS),
    "time since last": (TimeSinceLast(), st.booleans()),
}
T = 10_000
laws = pytest.mark.parametrize("name", AGGREGATORS)


def facts(values):
    """Facts as (value or None, known, sequence) with many ties in known; sequences are never shared."""
    fact = st.tuples(st.one_of(st.none(), values), st.integers(-5, 5))
    return st.lists(fact, max_size=8).map(lambda found: [(v, k, i) for i, (v, k) in enumerate(found)])


def state(aggregator, some):
    found = aggregator.init()
    for value, known, sequence in some:
        found = aggregator.update(found, value, known, sequence)
    return found


def bits(value):
    return struct.pack("<d", value) if isinstance(value, float) else value


@laws
@given(data=st.data())
def test_nothing_is_the_identity_of_merging(name, data):
    aggregator, values = AGGREGATORS[name]
    some = state(aggregator, data.draw(facts(values)))
    assert aggregator.merge(aggregator.init(), some) == some == aggregator.merge(some, aggregator.init())


@laws
@given(data=st.data())
def test_merging_is_associative_and_commutative(name, data):
    aggregator, values = AGGREGATORS[name]
    every = data.draw(facts(values))
    cuts = sorted(data.draw(st.tuples(*[st.integers(0, len(every))] * 2)))
    a, b, c = (
        state(aggregator, part) for part in (every[: cuts[0]], every[cuts[0] : cuts[1]], every[cuts[1] :])
    )
    assert aggregator.merge(aggregator.merge(a, b), c) == aggregator.merge(a, aggregator.merge(b, c))
    assert aggregator.merge(a, b) == aggregator.merge(b, a)


@laws
@given(data=st.data())
def test_halves_in_any_order_merge_to_the_whole(name, data):
    aggregator, values = AGGREGATORS[name]
    every = data.draw(facts(values))
    shuffled = data.draw(st.permutations(every))
    cut = data.draw(st.integers(0, len(every)))
    whole = state(aggregator, every)
    halves = aggregator.merge(state(aggregator, shuffled[:cut]), state(aggregator, shuffled[cut:]))
    assert halves == whole
    assert bits(aggregator.finish(halves, T)) == bits(aggregator.finish(whole, T))


@laws
@given(data=st.data())
def test_stored_and_restored_is_the_same_state(name, data):
    aggregator, values = AGGREGATORS[name]
    some = state(aggregator, data.draw(facts(values)))
    stored = aggregator.serialise(some)
    restored = aggregator.deserialise(stored)
    assert isinstance(stored, bytes)
    assert restored == some
    assert bits(aggregator.finish(restored, T)) == bits(aggregator.finish(some, T))


@laws
@given(data=st.data())
def test_a_null_value_changes_nothing(name, data):
    aggregator, values = AGGREGATORS[name]
    some = state(aggregator, data.draw(facts(values)))
    assert aggregator.update(some, None, 3, 999) == some

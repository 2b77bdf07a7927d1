"""Evidence by betting: exact merging, honest rounding, e-values under the null, and the scale of losses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.stats.betting import FRACTIONS, Evidence, evidence, evidence_of_counts, recovery_evidence
from trimtab.stats.scale import Scale, scale_of_reference

patient = settings(deadline=None, max_examples=80)
unit_values = st.lists(st.floats(0, 1), max_size=30)
thetas = st.floats(1e-3, 1.0)


def merged(parts):
    whole = Evidence()
    for part in parts:
        whole = whole.merge(part)
    return whole


@patient
@given(unit_values, thetas, st.randoms(use_true_random=False), st.integers(1, 6))
def test_any_split_merged_in_any_order_is_the_whole(values, theta, shuffler, pieces):
    order = list(values)
    shuffler.shuffle(order)
    parts = [evidence(order[start::pieces], theta) for start in range(pieces)]
    assert merged(parts) == merged(parts[::-1]) == evidence(values, theta)


@patient
@given(st.lists(unit_values, min_size=3, max_size=3), thetas)
def test_merging_is_a_commutative_monoid(groups, theta):
    a, b, c = (evidence(values, theta) for values in groups)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(b) == b.merge(a)
    assert a.merge(Evidence()) == a


@patient
@given(unit_values, thetas)
def test_the_log_e_value_is_that_of_the_product_rounded_down(values, theta):
    naive = np.ones(FRACTIONS.size)
    for value in values:
        naive = naive * (1 + FRACTIONS / theta * (value - theta))
    found = evidence(values, theta).log_e()
    assert found == pytest.approx(np.log(naive), abs=1e-9)
    assert (found <= np.log(naive) + 1e-12 * (1 + np.abs(naive))).all()


@patient
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), thetas, st.floats(1, 20))
def test_a_quantity_within_the_bound_has_e_values_of_mean_at_most_one(low, high, share, theta, effect):
    mean = (1 - share) * low + share * high
    shrink = min(1.0, theta / mean) if mean > 0 else 1.0
    a, b = (np.exp(evidence([v * shrink], theta).log_e(effect)) for v in (low, high))
    assert ((1 - share) * a + share * b <= 1 + 1e-9).all()


@patient
@given(st.integers(0, 200), st.integers(0, 200), thetas)
def test_counts_say_exactly_what_their_units_say(ones, zeros, theta):
    units = np.repeat([1.0, 0.0], [ones, zeros])
    assert evidence_of_counts(ones, ones + zeros, theta) == evidence(units, theta)


def test_many_units_are_taken_in_pieces():
    values = np.random.default_rng(1).uniform(size=200_000)
    assert evidence(values, 0.5) == evidence(values[:70_001], 0.5).merge(evidence(values[70_001:], 0.5))
    assert evidence(values, 0.5).units == 200_000


def test_the_bound_may_differ_between_units():
    both = evidence([0.2, 0.9], [0.1, 0.5])
    assert both == evidence([0.2], 0.1).merge(evidence([0.9], 0.5))


def test_a_bound_of_one_is_never_exceeded():
    assert (evidence([1.0, 1.0, 0.3], 1.0).log_e() <= 0).all()


def test_recovery_bets_the_other_way():
    assert (recovery_evidence([0.1] * 50, 0.3).log_e() > 0).all()
    assert (recovery_evidence([0.5] * 50, 0.3).log_e() < 0).all()


@pytest.mark.parametrize("values", [[1.2], [-0.1], [float("nan")], [[0.5]]])
def test_what_is_no_bounded_quantity_is_refused(values):
    with pytest.raises(ValueError, match="rescale and clip"):
        evidence(values, 0.5)


@pytest.mark.parametrize("theta", [0.0, -1.0, float("nan")])
def test_a_bound_without_room_is_refused(theta):
    with pytest.raises(ValueError, match="theta is at least"):
        evidence([0.5], theta)
    with pytest.raises(ValueError, match="ones are 0 to 3"):
        evidence_of_counts(4, 3, 0.5)


def test_one_terrible_day_cannot_page_by_itself():
    differences = np.random.default_rng(2).normal(0, 0.01, 60)
    scale = scale_of_reference(differences, tolerance=0.005)
    values = scale.bounded(differences)
    theta = values.mean() + scale.width(0.005)
    worst = np.exp(evidence(scale.bounded([1e6]), theta).log_e()).max()
    assert worst < 20


@patient
@given(st.floats(-5, 5), st.floats(0.01, 5), st.floats(-20, 20))
def test_a_scale_goes_there_and_back(low, size, difference):
    scale = Scale(low, low + size)
    (bounded,) = scale.bounded([difference])
    assert 0 <= bounded <= 1
    assert scale.difference(bounded) == pytest.approx(min(max(difference, low), low + size), abs=1e-9)
    assert scale.width(size) == pytest.approx(1)


def test_a_scale_needs_a_reference_and_a_tolerance():
    for differences, tolerance in (([0.1], 0.1), ([0.1, 0.2], 0.0)):
        with pytest.raises(ValueError, match="2 units and a tolerance"):
            scale_of_reference(differences, tolerance)
    with pytest.raises(ValueError, match="low is below high"):
        Scale(1.0, 1.0)

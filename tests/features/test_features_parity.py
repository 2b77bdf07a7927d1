"""Served against recomputed, value by value."""

import math
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.features.parity import OFFENDERS, ULPS, compare

VALUE = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, -0.0, 0.0, 1e300])
    | st.text("ab", max_size=1)
)


def names(count):
    return [f"p{place}" for place in range(count)]


def fate(served, batch):
    """The same by the book."""
    if served is None and batch is None:
        return "both null"
    if served is None or batch is None:
        return "left null" if served is None else "right null"
    return "equal" if served == batch else "other"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(VALUE, VALUE), max_size=12))
def test_every_row_has_one_fate(pairs):
    ids = names(len(pairs))
    found = compare("x", ids, [left for left, _ in pairs], [right for _, right in pairs])
    fates = [fate(*pair) for pair in pairs]
    counts = Counter(fates)
    assert found.rows == len(pairs)
    assert found.both_null == counts["both null"]
    assert (found.left_null, found.right_null) == (counts["left null"], counts["right null"])
    assert found.mismatches == counts["other"]
    assert found.differing == len(pairs) - counts["both null"] - counts["equal"]
    differing = [id_ for id_, each in zip(ids, fates, strict=True) if each not in {"both null", "equal"}]
    assert found.first == tuple(differing[:OFFENDERS])


def test_numbers_are_compared_bit_for_bit_unless_last_places_are_allowed():
    value, steps = 1.0, [1.0]
    for _ in range(ULPS + 1):
        value = math.nextafter(value, 2.0)
        steps.append(value)
    ids, ones = names(len(steps)), [1.0] * len(steps)
    assert compare("x", ids, steps, ones).mismatches == ULPS + 1
    allowed = compare("x", ids, steps, ones, ulps=ULPS)
    assert (allowed.mismatches, allowed.first) == (1, (ids[-1],))


def test_the_worst_difference_is_of_numbers_only():
    found = compare("x", names(4), [1.0, 5, "a", None], [1.5, 2, "b", 100.0])
    assert (found.worst, found.mismatches, found.left_null) == (3.0, 3, 1)
    assert compare("x", names(1), ["a"], ["b"]).worst == 0.0


def test_a_not_a_number_is_told_rather_than_passed_over():
    assert compare("x", names(1), [math.nan], [math.nan], ulps=ULPS).differing == 1
    assert compare("x", names(1), [math.inf], [math.inf], ulps=ULPS).differing == 0
    assert compare("x", names(1), [math.inf], [1.0]).differing == 1


def test_an_infinity_equals_nothing_but_itself():
    found = compare("x", ["a", "b"], [float("inf"), float("inf")], [1.0, float("inf")], ulps=4)
    assert (found.mismatches, found.first) == (1, ("a",))

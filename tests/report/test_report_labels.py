import itertools

from hypothesis import given
from hypothesis import strategies as st
from report_shapes import points

from trimtab.report.plot.lanes import Placed, Wanted, place_labels
from trimtab.report.plot.path import path
from trimtab.report.plot.spread import spread
from trimtab.report.plot.thin import thin

places = st.floats(0, 300)
wanted = st.lists(st.builds(Wanted, st.floats(0, 800), st.floats(5, 300), st.booleans()), max_size=12)


@given(st.lists(places, max_size=15).map(tuple))
def test_labels_one_above_another_never_overlap(wishes):
    found = sorted(spread(wishes, 15, 0, 300))
    assert all(other - one >= 15 - 1e-9 for one, other in itertools.pairwise(found))


@given(st.lists(places, max_size=15).map(tuple))
def test_labels_keep_their_order_and_their_room(wishes):
    found = spread(wishes, 15, 0, 300)
    for one, other in itertools.combinations(range(len(wishes)), 2):
        assert wishes[one] == wishes[other] or (wishes[one] < wishes[other]) == (found[one] < found[other])
    assert all(-1e-9 <= place <= 300 + 1e-9 for place in found)


@given(
    st.lists(st.integers(0, 20), max_size=15, unique=True).map(lambda row: tuple(15.0 * one for one in row))
)
def test_labels_that_are_apart_stay_where_they_are(wishes):
    assert spread(wishes, 15, 0, 300) == wishes


@given(st.lists(places, min_size=1, max_size=5).map(tuple), st.lists(places, min_size=5, max_size=5))
def test_no_other_arrangement_moves_labels_less(wishes, others):
    found = spread(wishes, 15, 0, 300)
    order = sorted(range(len(wishes)), key=lambda place: wishes[place])
    rivals = sorted(others[: len(wishes)])
    if all(other - one >= 15 for one, other in itertools.pairwise(rivals)):
        theirs = sum((wishes[place] - rival) ** 2 for place, rival in zip(order, rivals, strict=True))
        assert sum((one - other) ** 2 for one, other in zip(found, wishes, strict=True)) <= theirs + 1e-6


@given(wanted)
def test_labels_of_events_never_overlap(wishes):
    found = place_labels(tuple(wishes), 0, 800)
    assert not any(_overlap(one, other) for one, other in itertools.combinations(found, 2))


@given(wanted)
def test_labels_of_events_stay_on_the_picture_and_at_their_line(wishes):
    for wish, label in zip(wishes, place_labels(tuple(wishes), 0, 800), strict=True):
        assert label.left >= -1e-9
        assert label.right <= 800 + 1e-9
        assert wish.free or label.left - 1e-9 <= label.at <= label.right + 1e-9


def test_a_line_runs_through_no_label_where_that_can_be_helped():
    labels = place_labels((Wanted(10, 100), Wanted(50, 100), Wanted(90, 100)), 0, 800)
    assert [label.lane for label in labels] == [2, 1, 0]


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(-99, 99)), min_size=1, max_size=400),
    st.integers(1, 40),
)
def test_thinned_points_keep_ends_and_extremes(pairs, columns):
    given_points = tuple(sorted(pairs))
    found = thin(given_points, columns)
    assert len(found) <= 4 * columns
    assert (found[0], found[-1]) == (given_points[0], given_points[-1])
    assert {min(y for _, y in found), max(y for _, y in found)} == {
        min(y for _, y in given_points),
        max(y for _, y in given_points),
    }
    assert set(found) <= set(given_points)
    assert [x for x, _ in found] == sorted(x for x, _ in found)


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 900)), min_size=1, max_size=60))
def test_a_path_goes_through_its_points_to_a_tenth_of_a_pixel(pairs):
    for given_point, drawn in zip(pairs, points(path(tuple(pairs))), strict=True):
        assert abs(given_point[0] - drawn[0]) < 0.051
        assert abs(given_point[1] - drawn[1]) < 0.051


def _overlap(one: Placed, other: Placed) -> bool:
    return one.lane == other.lane and one.left < other.right - 1e-9 and other.left < one.right - 1e-9

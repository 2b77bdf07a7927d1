from hypothesis import given
from hypothesis import strategies as st

from trimtab.aggregate.windows import floor_to, in_window, window_start

instants = st.integers(-(2**60), 2**60)


@given(instants, st.integers(1, 2**40))
def test_a_floor_is_on_the_grid_and_less_than_a_step_before(instant, grid):
    floor = floor_to(instant, grid)
    assert floor % grid == 0
    assert floor <= instant < floor + grid


@given(instants)
def test_without_a_grid_a_window_starts_exactly(instant):
    assert window_start(instant, 30, 0) == instant - 30


@given(instants, st.integers(1, 2**40), st.integers(0, 2**36))
def test_the_start_is_inside_and_the_end_outside(t, over, hop):
    start = window_start(t, over, hop)
    assert in_window(start, t, over, hop)
    assert in_window(t - 1, t, over, hop)
    assert not in_window(start - 1, t, over, hop)
    assert not in_window(t, t, over, hop)


@given(instants, instants)
def test_all_history_is_everything_before(known, t):
    assert in_window(known, t, None, 0) == (known < t)

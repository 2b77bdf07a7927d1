import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.declare.windows import recent_and_reservoir, seasonal_union, sliding
from trimtab.retrain.windows import Selection, coins, select, selection
from trimtab.units import days

DAY = 86_400_000_000


def test_the_same_season_of_last_year_lies_around_this_date():
    now = 500 * DAY
    at = np.arange(0, 500) * DAY
    chosen = select(selection(seasonal_union(days(10), days(20)), now), at, np.ones(500, dtype=bool))
    assert chosen.tolist() == [*range(126, 146), *range(490, 500)]
    weekdays = {(each % 7) for each in (500 - 364, 500)}
    assert len(weekdays) == 1


def test_seasons_that_overlap_count_once():
    at = np.arange(0, 500) * DAY
    chosen = select(selection(seasonal_union(days(400), days(20)), 500 * DAY), at, np.ones(500, dtype=bool))
    assert chosen.tolist() == list(range(100, 500))


def test_rows_that_are_not_mature_are_in_no_window():
    at, mature = np.arange(0, 500) * DAY, np.arange(500) % 2 == 0
    for window in (seasonal_union(days(10), days(20)), recent_and_reservoir(days(10), rows=50)):
        assert mature[select(selection(window, 500 * DAY), at, mature)].all()


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=80), st.integers(1, 40), st.integers(0, 3), st.data()
)
@settings(max_examples=80)
def test_the_reservoir_is_the_rows_with_the_smallest_coins_in_any_order(moments, rows, seed, data):
    at = np.array(moments, np.int64) * DAY
    identity = np.arange(len(at)).astype(np.uint64) * np.uint64(7919)
    chosen = selection(recent_and_reservoir(days(10), rows, seed), 31 * DAY)
    everything = np.ones(len(at), dtype=bool)
    kept = set(identity[select(chosen, at, everything, identity)].tolist())
    old = [i for i in range(len(at)) if at[i] < 21 * DAY]
    toss = coins(identity, seed)
    naive = sorted(old, key=lambda i: int(toss[i]))[:rows] + [i for i in range(len(at)) if at[i] >= 21 * DAY]
    assert kept == {int(identity[i]) for i in naive}
    order = np.array(data.draw(st.permutations(range(len(at)))))
    assert kept == set(identity[order][select(chosen, at[order], everything, identity[order])].tolist())


def test_without_identities_rows_of_one_time_are_told_apart():
    at = np.repeat(np.arange(5) * DAY, 200)
    chosen = select(
        selection(recent_and_reservoir(days(1), rows=100), 20 * DAY), at, np.ones(1000, dtype=bool)
    )
    assert len(chosen) == 100
    assert (np.bincount(chosen // 200) > 8).all(), "no day is taken whole"


def test_one_more_row_changes_the_reservoir_by_one_at_most():
    at = np.arange(0, 1000) * (DAY // 10)
    chosen = selection(recent_and_reservoir(days(1), rows=100), 200 * DAY)
    before = set(select(chosen, at[:-1], np.ones(999, dtype=bool)).tolist())
    assert len(before - set(select(chosen, at, np.ones(1000, dtype=bool)).tolist())) <= 1


def test_seeds_take_other_rows():
    at = np.arange(0, 1000) * (DAY // 10)
    first, second = (
        set(select(selection(recent_and_reservoir(days(1), 100, seed), 200 * DAY), at, at >= 0).tolist())
        for seed in (0, 1)
    )
    assert len(first & second) < 40


def test_the_words_of_a_plain_selection_stay_for_they_seed_fits():
    assert repr(selection(sliding(days(1)), 2 * DAY)) == f"Selection(start={DAY}, stop=None, half_life=None)"
    assert repr(Selection()) == "Selection(start=None, stop=None, half_life=None)"
    assert "seed=3" in repr(selection(recent_and_reservoir(days(1), 5, seed=3), DAY))

"""Batch-equal features on real flights: every value of every request, asked at its own time."""

import pytest
from flights_online import DAY, replayed

from trimtab.adapters.online.lmdb import LmdbStore
from trimtab.adapters.online.memory import MemoryStore

START = 1_356_998_400_000_000 + 5 * DAY // 24
"""Midnight of 1 January 2013 in New York."""


def assert_equal(features, least):
    assert features[0].rows >= least
    different = [feature for feature in features if feature.differing]
    assert not different, different


def test_four_days_of_flights_are_served_with_the_values_of_the_batch_plan(tmp_path):
    store = LmdbStore(tmp_path / "online")
    try:
        assert_equal(replayed(store, START, START + 4 * DAY), 3_000)
    finally:
        store.close()


@pytest.mark.campaign
def test_the_whole_of_2013_is_served_with_the_values_of_the_batch_plan():
    assert_equal(replayed(MemoryStore(), START, START + 366 * DAY), 300_000)

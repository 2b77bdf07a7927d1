"""The known traps of real flights: what each looks like offline, and what it is worth in service."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks" / "evaluation"))

import traps
from flown import STATIC, WEATHER, read

from trimtab.evaluation.leakage.known_time import availability
from trimtab.finding import Severity

HOUR = 3_600_000_000


@pytest.fixture(scope="module")
def flown():
    return read()


def test_windows_that_count_flights_in_the_air_look_better_offline_and_are_worse_in_service(flown):
    found = {name: area for name, (area, _) in traps.windows(flown, every=8).items()}
    honest = found["windows as known"]
    assert honest > found["without windows"] + 0.04
    assert found["leaky windows, offline"] > honest + 0.03
    assert found["leaky windows, in service"] < honest - 0.04


def test_three_wrong_lines_change_the_windows_and_nothing_else(flown):
    changed = {
        name
        for name, honest in flown.honest.items()
        if name not in WEATHER and not np.array_equal(honest, flown.leaky[name], equal_nan=True)
    }
    assert not changed & set(STATIC)
    assert {"origin_arrival_delay_1h", "flight_late_30d", "dest_departure_delay_6h"} <= changed


def test_such_windows_are_caught_by_construction(flown):
    """The newest delay in a window by scheduled time is known only when that flight has landed."""
    asked = flown.departs - HOUR
    newest = np.full(len(asked), -1.0)
    origin = flown.honest["origin"]
    for each in np.unique(origin):
        mine = np.flatnonzero((origin == each) & (flown.landed > 0))
        last = np.searchsorted(flown.departs[mine], asked[mine]) - 1
        newest[mine[last >= 0]] = flown.landed[mine][last[last >= 0]]
    told = availability({"origin_delay_1h": newest.astype(np.int64)}, asked.astype(np.int64))
    assert told.severity is Severity.ACT
    assert told.estimate > 0.5


def test_a_random_split_promises_what_later_days_do_not_keep(flown):
    found = {name: area for name, (area, _) in traps.splits(flown).items()}
    assert found["random split"] > found["whole days held out"] > 0.5
    assert found["random split"] > found["split by time"] + 0.1


def test_the_time_of_arrival_is_weak_alone_and_tells_all_with_the_rest(flown):
    alone, together = traps.arrival_time(flown)
    assert alone < 0.75
    assert together > 0.98

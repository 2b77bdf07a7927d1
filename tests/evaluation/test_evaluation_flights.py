"""The known traps of real flights: what each looks like offline, and what it is worth in service."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks" / "evaluation"))

import traps
from flown import HOUR, _mean, read, windows
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.evaluation.leakage.known_time import availability
from trimtab.finding import Severity


@pytest.fixture(scope="module")
def flown():
    return read()


def test_windows_that_count_flights_in_the_air_look_better_offline_and_are_worse_in_service(flown):
    found = {name: area for name, (area, _) in traps.leaky_windows(flown).items()}
    honest = found["windows as known"]
    assert honest > found["static columns only"] + 0.03
    assert found["leaky windows, offline"] > honest + 0.01
    assert found["leaky windows, in service"] < found["leaky windows, offline"] - 0.04
    assert found["leaky windows, in service"] < honest - 0.005


def test_such_windows_are_caught_by_construction(flown):
    """The newest delay in a window by scheduled time is known only when that flight has landed."""
    asked = flown.departs - HOUR
    newest = np.full(len(asked), -1)
    for each in np.unique(flown.codes["origin"]):
        mine = np.flatnonzero(flown.codes["origin"] == each)
        last = np.searchsorted(flown.departs[mine], asked[mine]) - 1
        newest[mine[last >= 0]] = flown.landed[mine][last[last >= 0]]
    told = availability({"origin_delay_1h": newest}, asked)
    assert told.severity is Severity.ACT
    assert told.estimate > 0.5


def test_a_random_split_promises_what_later_days_do_not_keep(flown):
    found = {name: area for name, (area, _) in traps.splits(flown).items()}
    assert found["random split"] > found["whole days held out"] > 0.5
    assert found["random split"] > found["split by time"] + 0.04


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_the_quick_windows_are_those_of_a_double_loop(seed):
    generator = np.random.default_rng(seed)
    key, at = generator.integers(0, 3, 40), generator.integers(0, 50, 40)
    known, value = generator.integers(0, 50, 40), generator.normal(size=40)
    naive = [
        value[(key == k) & (known >= t - 9) & (known < t)].mean()
        if ((key == k) & (known >= t - 9) & (known < t)).any()
        else np.nan
        for k, t in zip(key, at, strict=True)
    ]
    assert _mean(key, at, known, value, 9) == pytest.approx(np.array(naive), nan_ok=True)


def test_honest_windows_hold_nothing_that_was_not_known(flown):
    asked = flown.departs - HOUR
    later = flown.landed + 10**15
    assert np.isnan(windows(flown, asked, later)).all()

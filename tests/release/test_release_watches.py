"""The reverse shadow has no blind spot: harm that begins under an open watch is found, within the same budget."""

import numpy as np
import pytest
from simulated_watches import found_within, harm_under_a_watch, openings

from trimtab.declare.releasing import Release
from trimtab.release.events import Gated, Registered, Tick
from trimtab.release.machine import step
from trimtab.release.state import start
from trimtab.units import days

DAY = days(1).microseconds


def opened_by_the_machine(period, length=120):
    """The day and the anchor's first day of each watch that a refresh every so many days opens."""
    declared, found = Release(canary=()), []
    state, since = start(declared), {}
    for day in range(0, length, period):
        version = f"v{day}"
        since[version] = day
        for event in (
            Tick(day * DAY),
            Registered(day * DAY + 1, version, "a"),
            Gated(day * DAY + 2, version, passed=True),
        ):
            before = state.watches
            state, _, _ = step(state, event, declared)
            found += [(day, since[each.anchor]) for each in state.watches if each not in before]
    return found


@pytest.mark.parametrize("period", [1, 3, 7, 10, 31, 45])
def test_the_machine_opens_the_watches_that_the_simulation_assumes(period):
    assert opened_by_the_machine(period) == openings(period, fresh=True, length=120)


@pytest.mark.parametrize("late", [7, 14, 21, 28])
def test_weekly_harm_that_begins_under_an_open_watch_is_found(late):
    assert found_within(late, 40, 7, fresh=True, harm=1.5, late=late)[0] > 0.85
    assert late < 14 or found_within(late, 40, 7, fresh=False, harm=1.5, late=late)[0] < 0.3


@pytest.mark.parametrize("late", [4, 17])
def test_daily_harm_is_found_too(late):
    assert found_within(late, 40, 1, fresh=True, harm=1.5, late=late)[0] > 0.8


def test_when_nothing_differs_all_watches_of_a_year_keep_the_budget():
    errs = np.isfinite(harm_under_a_watch(1, 40, 7, fresh=True)).mean()
    assert errs <= 0.25

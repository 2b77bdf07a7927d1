"""A share of today against the days before: what is usual stays quiet, what is surely worse does not."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.finding import Severity
from trimtab.monitoring.usual import DAY, MARGIN, Days, Share, compare, percent, watched

Z = 3.090232306167813


def a_month(rng, rate, cases, between=0.0, weekend=1.0, today=0.0):
    """29 days of cases whose rate differs from day to day by `between`, and on two days a week by a factor."""
    ago = np.arange(28, -1, -1)
    rates = np.where(ago % 7 < 2, rate * weekend, rate) * rng.lognormal(0, between, 29)
    rates[-1] += today
    bad = rng.binomial(cases, np.minimum(rates, 1))
    return Days(Share(int(bad[-1]), cases), tuple(Share(int(each), cases) for each in bad[:-1]))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 500), st.integers(1, 500))
def test_the_bounds_are_the_rates_at_which_the_share_is_just_as_far_off_as_chance_allows(bad, more):
    share = Share(bad, bad + more)
    for bound in share.bounds():
        off = (share.rate - bound) ** 2 * share.of
        assert math.isclose(off, Z**2 * bound * (1 - bound), rel_tol=1e-9, abs_tol=1e-12)


def test_nothing_tells_nothing():
    assert Share().bounds() == (0.0, 1.0)
    assert math.isnan(Share().rate)
    assert compare(Days(Share(), (Share(1, 9),) * 28)).usual is None
    assert not compare(Days(Share(9, 9), (Share(0, 99),) * 6)).worse, "six days are no week"
    assert compare(Days(Share(9, 9), (Share(0, 99),) * 7)).worse


@pytest.mark.parametrize("between", [0.0, 0.3])
@pytest.mark.parametrize("weekend", [1.0, 2.5])
@pytest.mark.parametrize(("rate", "cases"), [(0.002, 5_000), (0.03, 300), (0.1, 20_000)])
def test_quiet_days_are_told_less_than_once_in_a_hundred(rate, cases, weekend, between):
    rng = np.random.default_rng(5)
    told = [compare(a_month(rng, rate, cases, between, weekend), margin=0.001).worse for _ in range(300)]
    assert np.mean(told) <= 0.01


@pytest.mark.parametrize(("rate", "cases"), [(0.002, 5_000), (0.03, 300), (0.1, 20_000)])
def test_a_day_that_is_fifteen_points_worse_is_found(rate, cases):
    rng = np.random.default_rng(6)
    found = [compare(a_month(rng, rate, cases, 0.1, today=0.15), margin=MARGIN).worse for _ in range(100)]
    assert np.mean(found) >= 0.9


def test_what_lasts_is_told_for_a_week_with_the_day_on_which_it_began():
    good, bad = Share(20, 1000), Share(190, 1000)
    for lasted in range(8):
        days = Days(bad, (good,) * (28 - lasted) + (bad,) * lasted)
        change = compare(days)
        assert change.days == 1 + lasted
        found = watched("it", days, change, 100 * DAY)
        assert (found.severity, found.since) == (Severity.WATCH, (100 - 1 - lasted) * DAY)
    assert change.usual == 0.02
    assert watched("it", Days(good, days.before), compare(Days(good, days.before)), 0).severity is Severity.OK


def test_a_sunday_is_held_against_sundays():
    sundays = tuple(Share(300 if ago % 7 == 0 else 20, 1000) for ago in range(28, 0, -1))
    assert compare(Days(Share(310, 1000), sundays)).usual == 0.3
    assert not compare(Days(Share(310, 1000), sundays)).worse
    assert compare(Days(Share(400, 1000), sundays)).worse
    shifted = (*sundays[3:], *sundays[:3])
    assert compare(Days(Share(310, 1000), shifted)).worse, "of a Wednesday it is not usual"


CASE = st.tuples(st.integers(0, 40 * DAY), st.integers(0, 3), st.integers(3, 9))


@settings(max_examples=100, deadline=None)
@given(st.lists(CASE, max_size=30))
def test_cases_are_counted_by_the_24_hours_in_which_they_lie(cases):
    now = 40 * DAY
    days = Days.of(cases, now)
    every = [*days.before, days.today]
    for ago in range(len(every)):
        lying = [each for each in cases if ago * DAY <= now - each[0] < (ago + 1) * DAY]
        assert every[-1 - ago] == Share(sum(each[1] for each in lying), sum(each[2] for each in lying))
    assert sum(each.of for each in every) == sum(each[2] for each in cases)


@pytest.mark.parametrize(
    ("rate", "words"), [(0.979, "97.9 %"), (1.0, "100 %"), (0.0, "0 %"), (0.5, "50 %"), (0.0004, "0.04 %")]
)
def test_shares_are_told_in_percent(rate, words):
    assert percent(rate) == words

"""After a promotion: what undoes it, what keeps it, and how often."""

import numpy as np
import pytest

from trimtab.finding import Severity
from trimtab.release.rollback import ReversePlan, hard_limit, judge_reverse, may_switch
from trimtab.stats import UnitTotals
from trimtab.units import days

DAY = days(1).microseconds


def daily(mean, units=20):
    return UnitTotals(np.arange(units), mean + np.tile([-1.0, 1.0], units // 2), np.ones(units))


def judge(totals, now=20 * DAY):
    return judge_reverse(totals, ReversePlan(), promoted=0, now=now)


def test_a_version_that_is_surely_worse_is_told_to_go():
    found = judge(daily(3.0))
    assert found.verdict == "worse"
    assert found.finding.action == "roll back"


def test_without_evidence_it_waits_and_is_kept_at_the_end():
    assert judge(daily(0.0)).verdict == "waiting"
    assert judge(daily(0.0), now=30 * DAY).verdict == "kept"
    assert judge(daily(3.0), now=30 * DAY).verdict == "worse"


def test_without_labels_nothing_is_said():
    found = judge(daily(3.0, 12))
    assert found.verdict == "waiting"
    assert found.finding.severity is Severity.NOT_RUN


@pytest.mark.parametrize(
    ("failures", "requests", "usual", "broken"),
    [(25, 100, 400, True), (25, 100, 900, False), (19, 19, 0, False), (20, 1000, 0, True), (0, 0, 0, False)],
)
def test_the_hard_limit_is_five_times_the_usual_and_twenty_failures(failures, requests, usual, broken):
    assert hard_limit(failures, requests, usual, 10_000) is broken


def test_two_automatic_rollbacks_a_month_and_no_more():
    assert may_switch((0,), 10 * DAY)
    assert not may_switch((0, 5 * DAY), 29 * DAY)
    assert may_switch((0, 5 * DAY), 30 * DAY)

"""The shadow: mature cohorts only, waiting is no pass, slices forbid."""

import numpy as np
import pytest

from trimtab.errors import DataError
from trimtab.finding import Severity
from trimtab.release.shadow import ShadowPlan, judge_shadow, matured_before, shadow_totals
from trimtab.stats import UnitTotals
from trimtab.units import days

DAY = days(1).microseconds


def daily(mean, units=30, spread=1.0, rows=20):
    """Days of so many rows each."""
    values = mean + spread * np.tile([-1.0, 1.0], units // 2)
    return UnitTotals(np.arange(units), values * rows, np.full(units, float(rows)))


def judge(totals, plan=None, *, now=20 * DAY, **options):
    return judge_shadow(totals, plan or ShadowPlan(), since=0, now=now, **options)


def test_requests_whose_labels_may_still_come_do_not_count():
    at = np.array([1, 2, 9]) * DAY
    before = matured_before(10 * DAY, days(3))
    totals = shadow_totals([0.5, 0.5, 0.9], [0.1, 0.2, 0.0], [1, 2, 9], at, before)
    assert totals.unit.tolist() == [1, 2]
    assert totals.sums == pytest.approx([0.4, 0.3])


def test_fast_labels_would_bias_the_answer():
    """Bad outcomes are known late: judged by what is there, the candidate looks better; by cohorts, as it is."""
    generator = np.random.default_rng(1)
    day = np.repeat(np.arange(30), 200)
    bad = generator.uniform(size=day.size) < 0.3
    known = day + np.where(bad, 5, 1)
    candidate, champion = np.where(bad, 0.9, 0.1), np.where(bad, 0.7, 0.2)  # worse where it is bad
    visible = known <= 30
    fast = (candidate - champion)[visible & (day > 24)].mean()
    ripe = shadow_totals(candidate, champion, day, day * DAY, matured_before(30 * DAY, days(5)))
    assert fast < -0.05 < float(ripe.mean)


def test_a_mature_row_without_a_loss_is_told():
    with pytest.raises(DataError, match="1 of 2 rows"):
        shadow_totals([0.1, np.nan], [0.1, 0.1], [1, 1], [0, 0], 1)


def test_a_pass_has_its_numbers_in_the_finding():
    found = judge(daily(-3.0))
    assert found.passed
    assert found.finding.severity is Severity.OK
    assert dict(found.finding.evidence)["units"] == 30


def test_no_data_is_waiting_and_never_a_pass():
    found = judge(UnitTotals(np.arange(0), np.zeros(0), np.zeros(0)))
    assert found.verdict == "continue"
    assert found.finding.severity is Severity.NOT_RUN
    assert "0 of 14" in found.finding.cause


def test_waiting_ends_undecided_at_the_deadline():
    found = judge(daily(0.0), now=60 * DAY)
    assert found.verdict == "undecided"
    assert not found.passed


def test_more_units_than_fourteen_may_be_asked_for():
    assert judge(daily(-3.0, 20), ShadowPlan(least_units=21)).verdict == "continue"
    assert judge(daily(3.0, 20), ShadowPlan(least_units=21)).verdict == "worse"  # harm is told at once


def test_a_slice_that_is_surely_worse_forbids_and_is_named():
    found = judge(daily(-3.0), slices={"EV": daily(3.0), "AA": daily(-3.0)})
    assert found.verdict == "worse"
    assert found.harmed == ("EV",)
    assert "EV" in found.finding.what


def test_a_slice_of_few_rows_forbids_nothing():
    assert judge(daily(-3.0), slices={"HA": daily(3.0, rows=1)}).verdict == "better"


def test_slices_share_one_alpha():
    slight = daily(0.66)
    assert judge(daily(-3.0), slices={"EV": slight}).harmed == ("EV",)
    many = {f"s{place}": daily(0.0) for place in range(200)}
    assert judge(daily(-3.0), slices={"EV": slight, **many}).harmed == ()


def test_a_shadow_cannot_judge_what_changes_its_own_label():
    found = judge(daily(-3.0), feedback="selective")
    assert found.verdict == "continue"
    assert "randomised" in found.finding.cause

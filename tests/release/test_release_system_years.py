"""The budgets of a system over whole years of releases, at the very edge of what they allow."""

import pytest
from simulated_system_years import at_the_margin, equal, mixed, per_year

CAMPAIGN = pytest.mark.campaign


@pytest.mark.parametrize("years", [12, pytest.param(400, marks=CAMPAIGN)])
def test_harmful_promotions_keep_the_budget_when_every_candidate_is_at_the_margin(years):
    found = per_year(100, years, at_the_margin)
    assert found["harmful at most"] <= 0.6 if years < 100 else found["harmful at most"] <= 0.5
    assert found["spent"] <= 0.5
    assert found["json"]


@pytest.mark.parametrize("years", [8, pytest.param(400, marks=CAMPAIGN)])
def test_harmful_changes_keep_it_with_the_gate_of_the_loop_which_leaves_refreshes_to_the_reverse_shadow(
    years,
):
    found = per_year(100, years, at_the_margin, proof="of recipe")
    assert found["harmful_changes"] <= 0.5
    assert years < 100 or found["harmful_changes at most"] <= 0.5
    assert found["harmful"] > 5, "refreshes that are worse by the whole margin are not in that budget"


def test_tests_at_five_percent_each_break_it():
    assert per_year(100, 4, at_the_margin, naive=True)["harmful"] > 0.75


@pytest.mark.parametrize("years", [10, pytest.param(400, marks=CAMPAIGN)])
def test_false_rollbacks_keep_the_budget_when_nothing_ever_differs(years):
    found = per_year(1000, years, equal)
    assert found["false_rollbacks at most"] <= 0.5
    assert found["promoted"] >= 8


def test_the_last_seven_days_as_a_test_break_it():
    assert per_year(1000, 4, equal, naive=True)["false_rollbacks"] > 2


@CAMPAIGN
def test_a_mixed_year_promotes_what_is_better_and_keeps_both_budgets():
    found = per_year(5000, 400, mixed)
    assert found["harmful at most"] <= 0.5
    assert found["false_rollbacks at most"] <= 0.5
    assert found["better"] >= 2

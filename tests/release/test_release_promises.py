"""Stated error rates under daily looks, held over simulated histories; the naive test fails beside each."""

import pytest
import simulated_releases as simulated
from scipy.special import betaln  # noqa: F401  # loaded before anything is timed

from trimtab.stats.proportion import log_e_share

CAMPAIGN = pytest.mark.campaign


def test_the_array_form_of_the_evidence_is_the_evidence():
    assert simulated.log_e_of_shares(30, 400, 0.05, 200) == pytest.approx(
        log_e_share(30, 400, 0.05), abs=1e-6
    )


@pytest.mark.parametrize("histories", [1000, pytest.param(20_000, marks=CAMPAIGN)])
def test_a_shadow_looked_at_daily_errs_less_than_one_in_twenty(histories):
    found = simulated.shadow(11, histories)
    assert found["either"] <= 0.03
    assert found["pass"] <= 0.03
    assert found["naive"] >= 0.20
    assert found["naive pass"] >= 0.15


@pytest.mark.parametrize("histories", [1000, pytest.param(20_000, marks=CAMPAIGN)])
def test_correlated_days_err_less_than_seven_in_a_hundred(histories):
    found = simulated.shadow(12, histories, correlation=0.4)
    assert found["either"] <= 0.07
    assert found["pass"] <= 0.06
    assert found["naive"] >= 0.50


@pytest.mark.parametrize("histories", [600, pytest.param(10_000, marks=CAMPAIGN)])
def test_rows_that_share_a_day_deceive_the_row_test_and_not_the_day_test(histories):
    found = simulated.rows_with_a_shared_day(13, histories)
    assert found["day sequence"] <= 0.03
    assert found["row sequence"] >= 0.95
    assert found["row test"] >= 0.95


@pytest.mark.parametrize("alpha", [0.02, 0.004])
def test_small_alphas_of_late_releases_hold_too(alpha):
    found = simulated.shadow(14, 4000, days=60, alpha=alpha)
    assert found["pass"] <= alpha


def test_days_with_a_long_tail_of_harm_err_about_as_often_as_stated():
    """Symmetric bounds would err in 8.7 %."""
    assert simulated.skewed_shadow(24, 1500) <= 0.07


@pytest.mark.parametrize("histories", [2000, pytest.param(50_000, marks=CAMPAIGN)])
def test_the_guards_of_a_canary_err_less_than_stated(histories):
    found = simulated.canary(15, histories)
    assert found["split"] <= 0.03
    assert found["naive"] >= 0.20
    found = simulated.quantile(16, histories)
    assert found["ranks"] <= 0.05
    assert found["naive"] >= 0.25
    found = simulated.sample_ratio(17, histories)
    assert found["evidence"] <= 0.005
    assert found["naive"] >= 0.08


def test_a_canary_that_fails_half_more_often_is_stopped():
    assert simulated.canary(18, 300, worse=1.5)["split"] >= 0.95


@pytest.mark.parametrize("histories", [60, pytest.param(1000, marks=CAMPAIGN)])
def test_an_experiment_looked_at_all_the_time_errs_less_than_one_in_twenty(histories):
    found = simulated.experiment(19, histories)
    assert found["sequence"] <= 0.05
    assert found["naive"] >= 0.20


@pytest.mark.parametrize("histories", [2000, pytest.param(20_000, marks=CAMPAIGN)])
def test_a_rollback_errs_less_than_one_in_twenty(histories):
    found = simulated.rollback(20, histories)
    assert found["sequence"] <= 0.03
    assert found["naive"] >= 0.30
    assert simulated.rollback(21, histories, correlation=0.4)["sequence"] <= 0.05


def test_an_equal_candidate_passes_and_large_harm_is_rolled_back_in_a_fortnight():
    assert simulated.shadow(22, 300, difference=0.0, margin=0.5)["power"] >= 0.9
    found = simulated.rollback(23, 300, harm=2.0)
    assert found["sequence"] == 1.0
    assert found["days_to_rollback"] <= 16

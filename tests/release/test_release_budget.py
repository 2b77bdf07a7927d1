"""The year's budget: no number of releases spends more than it, and no release gets nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.errors import DeclarationError
from trimtab.release.budget import MOST, YEAR, Account, share_of_budget


@given(st.integers(1, 400))
def test_the_first_shares_sum_to_their_closed_form_and_never_to_one(releases):
    total = sum(share_of_budget(number) for number in range(1, releases + 1))
    assert total == pytest.approx(releases / (releases + 12))
    assert total < 1


@given(st.lists(st.integers(0, 20), max_size=120), st.floats(0.01, 12))
def test_however_many_releases_a_year_has_its_budget_is_kept(gaps, per_year):
    account, now = Account(per_year), 0
    for number, gap in enumerate(gaps):
        now += gap * YEAR.microseconds // 100
        account, alpha = account.spend(f"v{number}", now)
        assert 0 < alpha <= MOST
        assert account.total <= per_year
        assert now - YEAR.microseconds < account.started <= now
        assert all(account.started <= entry.at for entry in account.spent)


def test_the_same_event_pays_once_and_a_second_promotion_of_a_version_again():
    account, alpha = Account(0.5).spend("v2", 0)
    assert account.spend("v2", 0) == (account, alpha)
    assert len(account.spend("v2", 99)[0].spent) == 2


def test_a_new_year_begins_with_the_whole_budget():
    account, first = Account(0.5).spend("v1", 0)
    account, second = account.spend("v2", YEAR.microseconds - 1)
    assert second < first
    account, third = account.spend("v3", YEAR.microseconds)
    assert third == first
    assert [entry.version for entry in account.spent] == ["v3"]


def test_a_budget_of_nothing_is_refused():
    with pytest.raises(DeclarationError, match="above 0"):
        Account(0.0)

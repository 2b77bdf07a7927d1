"""How many wrong releases a year the owner accepts, spent release by release.

A system with fifty releases a year and 5 % error in each makes 2.5 wrong ones. So the budget is of the year: release k
gets the share 12 / ((k + 11)(k + 12)) of it. The first n shares sum to n / (n + 12), below 1 for any n: half of the
budget goes to the first twelve, and no year has so many releases that nothing is left. A small alpha is cheap, as
bounds widen with the root of its logarithm only. Years are counted from the first release; evidence that is spent is
never given back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from trimtab.errors import DeclarationError
from trimtab.units import Duration, days

HALFWAY = 12
"""The releases of a year that share half of the budget."""

MOST = 0.05
"""No single comparison gets more than this, however large the budget."""

YEAR = days(365.25)


def share_of_budget(number: int) -> float:
    """Return the share of a year's budget for release `number` of it, counted from 1.

    >>> sum(share_of_budget(number) for number in range(1, 13)).__round__(9)
    0.5
    """
    return HALFWAY / ((number + HALFWAY - 1) * (number + HALFWAY))


@dataclass(frozen=True)
class Spent:
    """What one release took from the budget: when (epoch microseconds), for which version, how much."""

    at: int
    version: str
    alpha: float


@dataclass(frozen=True)
class Account:
    """A budget of wrong decisions a year, and what was spent of it in the present year.

    Raises DeclarationError for a budget that is not above 0.

    >>> account, alpha = Account(0.5).spend("v2", now=0)
    >>> round(alpha, 4), account.spend("v2", now=0)[0] == account
    (0.0385, True)
    """

    per_year: float
    started: int | None = None
    spent: tuple[Spent, ...] = ()

    def __post_init__(self) -> None:
        if not self.per_year > 0:
            raise DeclarationError(
                "a budget of wrong releases is above 0",
                found=f"{self.per_year:g} a year",
                do="state what you accept, such as 0.5 a year",
            )

    @property
    def total(self) -> float:
        """What was spent in the present year: the expected wrong decisions are at most this.

        >>> Account(0.5).total
        0.0
        """
        return sum((entry.alpha for entry in self.spent), 0.0)

    def declared(self, per_year: float) -> Account:
        """Return the account under another budget; the shares that were spent stay what they were.

        >>> Account(0.5).spend("v2", now=0)[0].declared(1.0).spend("v3", now=9)[1] > 0.05 / 1.1
        True
        """
        return self if per_year == self.per_year else replace(self, per_year=per_year)

    def spend(self, version: str, now: int) -> tuple[Account, float]:
        """Return the account after a version's share, and its alpha; asked twice for the same event, it pays once."""
        account = self._at(now)
        for entry in account.spent:
            if (entry.version, entry.at) == (version, now):
                return account, entry.alpha
        alpha = min(MOST, account.per_year * share_of_budget(len(account.spent) + 1))
        return replace(account, spent=(*account.spent, Spent(now, version, alpha))), alpha

    def _at(self, now: int) -> Account:
        """Return the account of the year that `now` lies in."""
        if self.started is None:
            return replace(self, started=now)
        years = Duration(now - self.started) // YEAR
        if years <= 0:
            return self
        return replace(self, started=self.started + (YEAR * years).microseconds, spent=())

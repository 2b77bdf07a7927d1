"""A clock that stands still until it is told to move."""

from __future__ import annotations

from trimtab.errors import UsageError
from trimtab.units import Duration


class ManualClock:
    """A clock in epoch microseconds that only its owner moves, and never back.

    >>> from trimtab.units import hours
    >>> clock = ManualClock(0)
    >>> clock.advance(hours(1))
    >>> clock.now()
    3600000000
    """

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        """The present instant in epoch microseconds, UTC."""
        return self._now

    def advance(self, by: Duration) -> None:
        """Move on by a duration; raises UsageError for a negative one."""
        self.set(self._now + by.microseconds)

    def set(self, now: int) -> None:
        """Move on to an instant in epoch microseconds; raises UsageError for one that has passed."""
        if now < self._now:
            raise UsageError(
                "a clock cannot go back",
                found=f"{now} after {self._now}",
                do="make a new ManualClock for another story",
            )
        self._now = now

    def __repr__(self) -> str:
        return f"ManualClock({self._now})"

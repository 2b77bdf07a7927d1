"""The clock of tests moves forward only."""

import pytest

from trimtab.errors import UsageError
from trimtab.ports import Clock
from trimtab.testing import ManualClock
from trimtab.units import days, seconds


def test_it_stands_still_until_told():
    clock = ManualClock(5)
    assert isinstance(clock, Clock)
    assert [clock.now(), clock.now()] == [5, 5]
    clock.advance(days(1))
    clock.advance(seconds(0))
    assert clock.now() == 86_400_000_005
    clock.set(clock.now())
    clock.set(86_400_000_006)
    assert repr(clock) == "ManualClock(86400000006)"


def test_it_never_goes_back():
    clock = ManualClock(5)
    for move in (lambda: clock.set(4), lambda: clock.advance(-days(1))):
        with pytest.raises(UsageError, match="a clock cannot go back"):
            move()
    assert clock.now() == 5

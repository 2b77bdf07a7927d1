"""An estimate and how sure one can be of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds that hold the truth in `level` of repetitions, all in `units`.

    `method` says how it was made. Where there is no interval, low and high are NaN and `reason` says why.
    Raises ValueError unless 0 < level < 1 and low <= high.

    >>> print(Interval(0.461, 0.452, 0.471, units="nats"))
    0.461 [0.452, 0.471] nats
    >>> print(Interval(0.461, reason="6 units; an interval needs 10"))
    0.461 [no interval: 6 units; an interval needs 10]
    """

    estimate: float
    low: float = math.nan
    high: float = math.nan
    level: float = 0.95
    units: str = ""
    method: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ValueError(f"a level is between 0 and 1; got {self.level:g}")
        if self.low > self.high:
            raise ValueError(f"low is at most high; got {self.low:g} and {self.high:g}")

    def __str__(self) -> str:
        tail = f" {self.units}" if self.units else ""
        if not self.known:
            return f"{self.estimate:.4g} [no interval: {self.reason or 'unknown'}]{tail}"
        digits = _decimals(self.high - self.low)
        estimate, low, high = (f"{bound + 0.0:.{digits}f}" for bound in (self.estimate, self.low, self.high))
        return f"{estimate} [{low}, {high}]{tail}"

    @property
    def known(self) -> bool:
        """True when there are bounds.

        >>> Interval(0.461).known
        False
        """
        return not (math.isnan(self.low) or math.isnan(self.high))

    def above(self, value: float) -> bool:
        """True when the whole interval lies above value; never without bounds, for no data is no evidence.

        >>> Interval(0.461, 0.452, 0.471).above(0.45), Interval(0.461).above(0.45)
        (True, False)
        """
        return self.low > value

    def below(self, value: float) -> bool:
        """True when the whole interval lies below value; never without bounds.

        >>> Interval(-0.02, -0.03, -0.01).below(0)
        True
        """
        return self.high < value

    def contains(self, value: float) -> bool:
        """True when value lies within the bounds, both included; never without bounds.

        >>> Interval(0.01, -0.01, 0.03).contains(0)
        True
        """
        return self.low <= value <= self.high

    def transformed(self, function: Callable[[float], float], units: str | None = None) -> "Interval":
        """Return the interval of a monotone function of the estimate (a root, 1 - x), in other units if given.

        >>> print(Interval(4.0, 1.0, 9.0).transformed(math.sqrt, "minutes"))
        2.0 [1.0, 3.0] minutes
        """
        low, high = function(self.low), function(self.high)
        return replace(
            self,
            estimate=function(self.estimate),
            low=min(low, high),
            high=max(low, high),
            units=self.units if units is None else units,
        )


def _decimals(width: float) -> int:
    """Return the decimals that show two significant digits of an interval's width."""
    if not (0 < width < math.inf):
        return 4
    return max(0, 1 - math.floor(math.log10(width)))

"""From values to pixels, and pixels as text."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Scale:
    """A straight or logarithmic map of values from `low` to `high` onto pixels `start` to `end`.

    >>> Scale(0, 10, 100, 200)(5)
    150.0
    >>> Scale(1, 100, 0, 200, log=True)(10)
    100.0
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value; the middle where the scale has no length."""
        if self.low == self.high:
            return (self.start + self.end) / 2
        return self.start + self.share(value) * (self.end - self.start)

    def share(self, value: float) -> float:
        """How far along the scale the value lies, 0 at `low` and 1 at `high`."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def holds(self, value: float) -> bool:
        """Whether the value lies on the scale."""
        return self.low <= value <= self.high


def px(pixels: float) -> str:
    """Pixels to a tenth, the shortest way to write them.

    >>> px(12.04), px(-0.01), px(3.25)
    ('12', '0', '3.2')
    """
    text = f"{pixels:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text

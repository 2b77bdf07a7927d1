"""Round numbers to put along an axis."""

import dataclasses
import math
from fractions import Fraction

STEPS = (1, 2, 5, 10)


@dataclasses.dataclass(frozen=True)
class Tick:
    """A place on an axis, its label, and a second line that says what the label belongs to.

    >>> Tick(0.5, "0.5").context
    ''
    """

    at: float
    label: str
    context: str = ""


def nice_ticks(low: float, high: float, count: int = 5) -> tuple[float, ...]:
    """Multiples of 1, 2 or 5 times a power of ten that cover `low` to `high` in about `count` steps.

    >>> nice_ticks(0.43, 0.52, 5)
    (0.42, 0.44, 0.46, 0.48, 0.5, 0.52)
    """
    low, high = _spread(float(low), float(high))
    factor, power = _step(high / count - low / count)
    # exact fractions of the decimals as written: a tick is a short decimal, never a sum of rounded steps
    step = factor * Fraction(10) ** power
    first, last = math.floor(Fraction(repr(low)) / step), math.ceil(Fraction(repr(high)) / step)
    return tuple(float(f"{place * factor}e{power}") for place in range(first, last + 1))


def inner_ticks(low: float, high: float, count: int = 5) -> tuple[float, ...]:
    """The nice ticks that lie between `low` and `high`, two or more unless the two are one.

    >>> inner_ticks(0.43, 0.51)
    (0.44, 0.46, 0.48, 0.5)
    """
    for finer in (count, 2 * count, 4 * count, 8 * count):
        inside = tuple(tick for tick in nice_ticks(low, high, finer) if low <= tick <= high)
        if len(inside) > 1:
            break
    return inside


def log_ticks(low: float, high: float, count: int = 6) -> tuple[float, ...]:
    """Powers of ten between `low` and `high`, with 2 and 5 or 3 times them where there is room.

    >>> log_ticks(0.5, 200)
    (1.0, 3.0, 10.0, 30.0, 100.0)
    >>> log_ticks(1, 60)
    (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [float(f"{factor}e{power}") for power in powers for factor in factors]
        inside = tuple(tick for tick in found if low <= tick <= high)
        if len(inside) <= count:
            break
    else:
        inside = inside[:: math.ceil(len(inside) / count)]
    return inside if len(inside) > 1 else inner_ticks(low, high, count)


def decimals(ticks: tuple[float, ...]) -> int:
    """The fewest decimals that tell all ticks apart and exactly.

    >>> decimals((0.0, 0.25, 0.5)), decimals((10.0, 20.0))
    (2, 0)
    """
    return max((_places(tick) for tick in ticks), default=0)


def _places(tick: float) -> int:
    exponent = Fraction(repr(tick)).denominator
    return next(places for places in range(400) if 10**places % exponent == 0)


def _spread(low: float, high: float) -> tuple[float, float]:
    """The two ends, moved apart where they are one or cannot be told apart."""
    size = max(abs(low), abs(high))
    if high - low > 1e-9 * size:
        return low, high
    room = 0.05 * size or 1.0
    return low - room, high + room


def _step(raw: float) -> tuple[int, int]:
    """The smallest nice step that is no shorter than `raw`, as factor and power of ten."""
    power = math.floor(math.log10(raw))
    share = Fraction(raw) / Fraction(10) ** power
    factor = next((step for step in STEPS if step >= share), 10)
    return (1, power + 1) if factor == 10 else (factor, power)

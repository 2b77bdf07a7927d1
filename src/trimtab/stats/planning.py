"""How long until one knows: the units and days that a comparison needs, before it is started."""

from __future__ import annotations

from math import ceil, inf, log1p, sqrt

from trimtab.stats.sequence import LEAST_UNITS, mixture_rate

SEQUENTIAL = 1.75
"""Units that a sequence needs for 80 % power, per unit of a test with one look."""

LONGEST = 10_000
"""Units beyond which a comparison counts as never decided."""


def units_per_arm(
    standard_deviation: float, effect: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Return the units of each arm that find `effect` at one look at the end, with that power.

    Raises ValueError unless standard deviation and effect are above 0.

    >>> units_per_arm(1.0, 0.1)
    1570
    """
    from scipy.special import ndtri  # noqa: PLC0415 - a third of a second that most commands never need

    if standard_deviation <= 0 or effect <= 0:
        raise ValueError(
            f"standard deviation and effect are above 0; got {standard_deviation:g} and {effect:g}"
        )
    together = ndtri(1 - alpha / 2) + ndtri(power)
    return ceil(float(2 * (together * standard_deviation / effect) ** 2))


def sequential_units_per_arm(
    standard_deviation: float, effect: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Return the units of each arm to plan for when looking every day: 1.75 times those of one look.

    What is paid for peeking at worst; an effect twice the planned one ends it after a third of one look's units.

    >>> sequential_units_per_arm(1.0, 0.1)
    2748
    """
    return ceil(SEQUENTIAL * units_per_arm(standard_deviation, effect, alpha=alpha, power=power))


def units_to_decision(
    unit_standard_deviation: float, distance: float, *, alpha: float = 0.05, planned_units: float = 56
) -> float:
    """Return after how many paired units a one-sided bound is expected to pass a limit at this distance.

    distance: from the true difference to the limit (margin - difference), in the units of the deviation. At least
    14; infinite when the distance is not above 0, or 10,000 units would not do.

    >>> units_to_decision(0.01, 0.01), units_to_decision(0.01, 0.004)
    (14, 53)
    """
    if distance <= 0:
        return inf
    rate = mixture_rate(alpha, planned_units)

    def half_width(units: int) -> float:
        grown = units * rate + 1
        return unit_standard_deviation * sqrt(
            2 * grown / (units**2 * rate) * log1p(sqrt(grown) / (2 * alpha))
        )

    return next((units for units in range(LEAST_UNITS, LONGEST) if half_width(units) <= distance), inf)

"""What a model is worth in the user's money: against the rule, by how much volume, and where the answer flips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.stats import Bootstrap, Interval, unit_totals

Floats = NDArray[np.float64]

THOUSAND = 1000.0
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True)
class Worth:
    """Money that a model saves per 1,000 decisions against the rule, and what that means at today's volume.

    `unit` is the money per 1,000 decisions of one unit of the metric, None where the metric tells no difference.
    `requests_a_day` is the volume seen and `fits_a_year` the plan; `pays_from` is how many requests a day make the
    fits pay (inf: no volume does, None: fits cost nothing). `yearly` is what a year leaves after the fits.
    """

    currency: str
    saved: Interval
    unit: float | None
    requests_a_day: float
    fits_a_year: float
    fit: float
    pays_from: float | None
    yearly: Interval


def worth(  # noqa: PLR0913  # prices, volume and rows are independent
    model: Floats,
    rule: Floats,
    day: NDArray[np.int64],
    bootstrap: Bootstrap,
    *,
    currency: str,
    metric_gain: Interval,
    requests_a_day: float,
    fits_a_year: float,
    fit: float,
) -> Worth:
    """The worth of a model by what it and the rule cost on each row (n,), in money; `metric_gain` is rule less model.

    >>> day, lost = np.repeat(np.arange(20), 10), np.ones(200)
    >>> found = worth(lost / 2, lost, day, Bootstrap(seed=1), currency="EUR", metric_gain=Interval(0.1, 0.1, 0.1),
    ...               requests_a_day=10, fits_a_year=52, fit=10)
    >>> found.saved.estimate, found.unit, round(found.pays_from, 2)
    (500.0, 5000.0, 2.85)
    """
    saved = bootstrap.difference(unit_totals(rule, day), unit_totals(model, day))
    a_thousand = saved.transformed(lambda value: THOUSAND * value, currency)
    unit = a_thousand.estimate / metric_gain.estimate if metric_gain.above(0.0) else None
    bill = fits_a_year * fit
    year = 365.0 * requests_a_day
    yearly = saved.transformed(lambda value: value * year - bill, currency)
    return Worth(
        currency, a_thousand, unit, requests_a_day, fits_a_year, fit, _pays_from(saved.estimate, bill), yearly
    )


def _pays_from(saved: float, bill: float) -> float | None:
    if bill <= 0:
        return None
    return bill / (365.0 * saved) if saved > 0 else float("inf")


def cheaper_at(
    label: Floats, model: Floats, rule: Floats, day: NDArray[np.int64], bootstrap: Bootstrap
) -> tuple[float, ...]:
    """The thresholds at which deciding by the model surely costs less than by the rule; yes/no labels and rates (n,).

    A threshold t stands for a false alarm that costs t where a miss costs 1 - t: the range of prices for which the
    model is worth having, whatever the user thinks the prices are.

    >>> label, day = np.tile([0.0, 1.0], 200), np.repeat(np.arange(20), 20)
    >>> cheaper_at(label, np.where(label > 0, 0.6, 0.4), np.full(400, 0.5), day, Bootstrap(seed=1))
    (0.45, 0.5, 0.55, 0.6)
    """
    gaps = np.column_stack([_cost(label, rule, price) - _cost(label, model, price) for price in THRESHOLDS])
    found = bootstrap.means(unit_totals(gaps, day))
    return tuple(price for price, gap in zip(THRESHOLDS, found, strict=True) if gap.above(0.0))


def _cost(label: Floats, score: Floats, price: float) -> Floats:
    acted = score >= price
    return np.where(acted, np.where(label == 0, price, 0.0), np.where(label == 1, 1 - price, 0.0))

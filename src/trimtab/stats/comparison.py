"""Many policies on the same rows against one of them: paired, clustered and adjusted for their number."""

from dataclasses import dataclass

from trimtab.stats.bootstrap import Bootstrap, mean_statistic
from trimtab.stats.bounds import two_sided_p_value
from trimtab.stats.clusters import UnitTotals
from trimtab.stats.holm import holm
from trimtab.stats.interval import Interval


@dataclass(frozen=True)
class Comparison:
    """The mean loss of one column minus the reference's, its p-value, and that adjusted for the family (Holm).

    The interval is not adjusted: it speaks of this comparison alone.

    >>> Comparison(1, Interval(-0.02, -0.03, -0.01), 0.001, 0.003).adjusted_p_value
    0.003
    """

    column: int
    difference: Interval
    p_value: float
    adjusted_p_value: float


def compare(
    totals: UnitTotals, reference: int, bootstrap: Bootstrap, *, units: str = ""
) -> tuple[Comparison, ...]:
    """Return the comparison of each column of totals (sums (u, k), same rows) with column `reference`, k - 1.

    p-values are NaN where there is no interval. They are at least 2 / (draws + 1), so a family of more than
    about 20 needs more draws. Raises ValueError when totals are of one loss only or have no such column.

    >>> import numpy as np
    >>> from trimtab.stats import unit_totals
    >>> noise = np.random.default_rng(1).normal(size=(4000, 3))
    >>> losses = noise + [0.0, 0.0, 0.5]
    >>> found = compare(unit_totals(losses, np.arange(4000) // 100), 0, Bootstrap(seed=7, block=1))
    >>> [(c.column, str(c.difference), c.adjusted_p_value < 0.05) for c in found]
    [(1, '-0.028 [-0.063, 0.010]', False), (2, '0.462 [0.417, 0.508]', True)]
    """
    if totals.sums.ndim != 2 or not 0 <= reference < totals.sums.shape[1]:
        raise ValueError(f"no column {reference} in totals with sums of shape {totals.sums.shape}")
    columns = [column for column in range(totals.sums.shape[1]) if column != reference]
    paired = UnitTotals(totals.unit, totals.sums[:, columns] - totals.sums[:, [reference]], totals.counts)
    plan, estimates, drawn = bootstrap.sample(mean_statistic(paired), totals.unit.size)
    intervals = bootstrap.bounded(plan, estimates, drawn, units)
    p_values = [
        two_sided_p_value(float(estimates[i]), drawn[:, i], plan.blocks) if interval.known else float("nan")
        for i, interval in enumerate(intervals)
    ]
    return tuple(
        Comparison(column, interval, p_value, float(adjusted))
        for column, interval, p_value, adjusted in zip(
            columns, intervals, p_values, holm(p_values), strict=True
        )
    )

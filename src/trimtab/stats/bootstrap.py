"""Intervals for statistics of clustered rows, by resampling days or weeks instead of rows.

How bounds are made was chosen by measured coverage of nominal 95 % intervals: 4,000 simulated histories a cell,
days of about 900 rows, design effect 37, normal day shocks with the lag-1 correlation named (in brackets: skewed
shocks). Percentile bounds cover what basic bounds do, or up to 1.6 points more where shocks are skewed. Both are
too narrow for few blocks, so the distance of each percentile bound from the estimate is stretched by
t(m - 1) / z x sqrt(m / (m - 1)) for m blocks, a factor that tends to 1. Coverage in %:

| days, correlation | weeks, stretched (used) | weeks, percentile | single days, stretched | rows |
|---|---|---|---|---|
| 10, 0 | - | - | 95.2 (91.9) | 26 |
| 28, 0 | 98.4 (97.3) | 85.8 (85.0) | 94.9 (93.4) | 25 |
| 365, 0 | 95.1 (94.5) | 94.3 (93.7) | 94.9 (93.9) | 25 |
| 14, 0.25 | - | - | 87.7 (86.1) | 20 |
| 28, 0.25 | 97.7 (96.3) | 82.8 (82.2) | 87.4 (86.5) | 20 |
| 60, 0.25 | 95.1 (94.2) | 89.1 (88.5) | 87.2 (87.0) | 22 |
| 365, 0.25 | 94.0 (93.8) | 93.1 (93.0) | 87.1 (87.5) | 20 |
| 365, 0.4 | 92.9 (92.7) | 91.9 (91.9) | 79.7 (81.4) | 17 |

So weeks are the default. Below four weeks a block is a quarter of the days, which covers 96 (93) at 14 and 97 (96)
at 27 days where single days would cover 87.
The tests of `tests/stats/test_stats_promises.py` hold these numbers; `-m campaign` measures them again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.stats.bounds import percentile_bounds
from trimtab.stats.clusters import UnitTotals
from trimtab.stats.interval import Interval
from trimtab.stats.resample import Resampling, block_draws, plan_resampling, unit_draws

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""A function of how often each unit occurs: (draws, units) -> (draws,), or (draws, k) for k at once."""

CELLS_AT_ONCE = 4_000_000
"""Draws x units held in memory at a time (32 MB)."""

MOST_UNDEFINED = 0.05
"""The share of draws without a value (one class only) above which there is no interval."""


@dataclass(frozen=True)
class Bootstrap:
    """A seeded clustered bootstrap; every statistic of the same units sees the same draws.

    block: consecutive units drawn together, 7 for weeks of days, 1 for independent entities. Raises ValueError
    for a block below 1, fewer than 100 draws, or a level outside (0, 1).

    >>> from trimtab.stats import unit_totals
    >>> losses = np.random.default_rng(1).exponential(0.5, 6000)
    >>> day = np.repeat(np.arange(60), 100)
    >>> print(Bootstrap(seed=7).mean(unit_totals(losses, day), units="nats"))
    0.499 [0.485, 0.512] nats
    """

    seed: int
    block: int = 7
    draws: int = 2000
    level: float = 0.95

    def __post_init__(self) -> None:
        if self.block < 1 or self.draws < 100 or not 0 < self.level < 1:
            raise ValueError(f"block >= 1, draws >= 100 and 0 < level < 1; got {self}")

    def interval(self, statistic: Statistic, unit_count: int, *, units: str = "") -> Interval:
        """Return the interval of any statistic of unit counts, (draws, unit_count) -> (draws,).

        Without bounds and with a reason for fewer than 10 units, or when over 5 % of draws have no value.

        >>> worth = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0])
        >>> print(Bootstrap(seed=7, block=1).interval(lambda counts: counts @ worth, 10, units="EUR"))
        39 [22, 57] EUR
        """
        return self.intervals(lambda counts: statistic(counts)[:, None], unit_count, units=units)[0]

    def intervals(self, statistic: Statistic, unit_count: int, *, units: str = "") -> tuple[Interval, ...]:
        """Return the intervals of k statistics of the same draws, (draws, unit_count) -> (draws, k).

        >>> worth = np.arange(20.0).reshape(10, 2)
        >>> [str(i) for i in Bootstrap(seed=7, block=1).intervals(lambda counts: counts @ worth, 10)]
        ['90 [46, 134]', '100 [56, 144]']
        """
        return self.bounded(*self.sample(statistic, unit_count), units)

    def sample(self, statistic: Statistic, unit_count: int) -> tuple[Resampling, Floats, Floats]:
        """Return the plan, the k estimates (k,) and their values in each draw (draws, k), none when refused.

        >>> plan, estimates, drawn = Bootstrap(seed=7).sample(lambda counts: counts @ np.ones((40, 1)), 40)
        >>> plan.method, estimates, drawn.shape
        ('bootstrap of 7-unit blocks, 2,000 draws', array([40.]), (2000, 1))
        """
        plan = plan_resampling(unit_count, self.block, self.draws)
        with np.errstate(invalid="ignore", divide="ignore"):
            estimates = statistic(np.ones((1, unit_count)))[0]
            parts = [] if plan.refusal else [statistic(counts) for counts in self._counts(plan)]
        drawn = np.concatenate(parts) if parts else np.zeros((0, estimates.size))
        return plan, estimates, drawn

    def ratio(self, numerator: ArrayLike, denominator: ArrayLike, *, units: str = "") -> Interval:
        """Return the interval of sum(numerator) / sum(denominator), both totals by unit (u,), u in time order.

        >>> print(Bootstrap(seed=7, block=1).ratio([1, 2, 1, 3, 1, 2, 1, 0, 1, 2], [10] * 10))
        0.14 [0.08, 0.20]
        """
        top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
        if top.ndim != 1 or top.shape != bottom.shape:
            raise ValueError(
                f"totals are one number per unit each; got shapes {top.shape} and {bottom.shape}"
            )
        return self.interval(lambda counts: (counts @ top) / (counts @ bottom), top.size, units=units)

    def mean(self, totals: UnitTotals, *, units: str = "") -> Interval:
        """Return the interval of the mean loss of a row; ValueError when totals hold several losses.

        >>> from trimtab.stats import unit_totals
        >>> print(Bootstrap(seed=7, block=1).mean(unit_totals(np.arange(40.0) % 7, np.arange(40) // 4)))
        2.9 [2.1, 3.6]
        """
        return self.ratio(totals.sums, totals.counts, units=units)

    def means(self, totals: UnitTotals, *, units: str = "") -> tuple[Interval, ...]:
        """Return the interval of each of the k mean losses of totals with sums (u, k), from shared draws.

        >>> from trimtab.stats import unit_totals
        >>> losses = np.arange(80.0).reshape(40, 2) % 7
        >>> [str(i) for i in Bootstrap(seed=7, block=1).means(unit_totals(losses, np.arange(40) // 4))]
        ['2.95 [2.58, 3.28]', '2.90 [2.54, 3.30]']
        """
        return self.intervals(mean_statistic(totals), totals.unit.size, units=units)

    def difference(self, totals: UnitTotals, reference: UnitTotals, *, units: str = "") -> Interval:
        """Return the interval of mean loss - reference's mean loss, paired; below 0 is better.

        Raises ValueError unless both are of the same rows.

        >>> from trimtab.stats import unit_totals
        >>> ours, theirs = np.arange(40.0) % 7, np.arange(40.0) % 5
        >>> day = np.arange(40) // 4
        >>> print(Bootstrap(seed=7, block=1).difference(unit_totals(ours, day), unit_totals(theirs, day)))
        0.9 [0.2, 1.6]
        """
        return self.mean(totals.minus(reference), units=units)

    def skill(self, totals: UnitTotals, reference: UnitTotals) -> Interval:
        """Return the interval of 1 - mean loss / reference's mean loss, paired; ValueError as in `difference`.

        >>> from trimtab.stats import unit_totals
        >>> ours, theirs = 1 + np.arange(40.0) % 5, 1 + np.arange(40.0) % 7
        >>> day = np.arange(40) // 4
        >>> print(Bootstrap(seed=7, block=1).skill(unit_totals(ours, day), unit_totals(theirs, day)))
        0.23 [0.07, 0.36]
        """
        totals.minus(reference)  # the same rows, or ValueError
        return self.ratio(totals.sums, reference.sums).transformed(lambda share: 1 - share)

    def bounded(
        self, plan: Resampling, estimates: Floats, drawn: Floats, units: str = ""
    ) -> tuple[Interval, ...]:
        """Return the intervals of k estimates (k,) from what `sample` drew, (draws, k).

        >>> bootstrap = Bootstrap(seed=7)
        >>> str(bootstrap.bounded(*bootstrap.sample(lambda counts: counts @ np.ones((5, 1)), 5))[0])
        '5 [no interval: 5 units; a clustered interval needs 10]'
        """
        columns = [np.zeros(0)] * estimates.size if plan.refusal else list(drawn.T)
        pairs = zip(estimates.tolist(), columns, strict=True)
        return tuple(self._bounded(plan, estimate, column, units) for estimate, column in pairs)

    def _bounded(self, plan: Resampling, estimate: float, drawn: Floats, units: str) -> Interval:
        defined = drawn[np.isfinite(drawn)]  # a ratio to nothing is undefined, too
        reason = plan.refusal or _undefined(estimate, defined.size / max(drawn.size, 1))
        if reason:
            return Interval(estimate, level=self.level, units=units, reason=reason)
        low, high = percentile_bounds(estimate, defined, self.level, plan.blocks)
        return Interval(estimate, low, high, self.level, units, plan.method)

    def _counts(self, plan: Resampling) -> Iterator[Floats]:
        """Yield the draws as count matrices of bounded size; the same ones at every call."""
        generator = np.random.default_rng(self.seed)
        step = max(1, CELLS_AT_ONCE // plan.unit_count)
        for start in range(0, self.draws, step):
            draws = min(step, self.draws - start)
            if plan.block == 1:
                yield unit_draws(plan.unit_count, draws, generator)
            else:
                yield block_draws(plan.unit_count, plan.block, draws, generator)


def mean_statistic(totals: UnitTotals) -> Statistic:
    """Return the k mean losses of totals with sums (u, k) as a function of unit counts, (b, u) -> (b, k).

    Raises ValueError when sums are not (u, k).

    >>> mean_statistic(UnitTotals(np.arange(2), np.array([[4.0], [2.0]]), np.array([2.0, 2.0])))(np.ones((1, 2)))
    array([[1.5]])
    """
    if totals.sums.ndim != 2:
        raise ValueError(f"several losses have sums (units, k); got shape {totals.sums.shape}")
    return lambda counts: (counts @ totals.sums) / (counts @ totals.counts)[:, None]


def _undefined(estimate: float, share_defined: float) -> str:
    """Return why there is no interval, empty when there is one."""
    if np.isnan(estimate):
        return "the estimate itself is undefined"
    if share_defined < 1 - MOST_UNDEFINED:
        return f"{1 - share_defined:.0%} of the draws have no value"
    return ""

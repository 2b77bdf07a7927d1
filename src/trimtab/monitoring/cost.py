"""What a broken column costs, measured: break it on reference rows and look at the loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from trimtab.monitoring.counts import Columns, Floats
from trimtab.stats.clustered import mean_test
from trimtab.stats.interval import Interval

Score = Callable[[Columns], Floats]
Loss = Callable[[Floats], Floats]


def broken_column_costs(
    rows: Columns,
    score: Score,
    loss: Loss,
    *,
    how: Literal["blank", "shuffle"] = "blank",
    seed: int = 0,
    unit: ArrayLike | None = None,
) -> dict[str, Interval]:
    """By how much the mean loss rises when one column is null, or shuffled, in every row; the dearest first.

    score gives the predictions of n rows, loss the loss of each row (n,) for these predictions. unit (n,) is
    each row's day or entity; without it rows count as independent.

    >>> rows = Columns(("x", "noise"), np.random.default_rng(0).normal(size=(400, 2)))
    >>> y = rows.values[:, 0] > 0
    >>> costs = broken_column_costs(rows, lambda r: (r.values[:, 0] > 0) * 1.0, lambda s: np.abs(s - y))
    >>> [(name, round(cost.estimate, 2)) for name, cost in costs.items()]
    [('x', 0.46), ('noise', 0.0)]
    """
    generator, units = np.random.default_rng(seed), np.arange(len(rows)) if unit is None else np.asarray(unit)
    before = loss(score(rows))
    costs = {}
    for place, name in enumerate(rows.names):
        values = rows.values.copy()
        values[:, place] = np.nan if how == "blank" else generator.permutation(values[:, place])
        costs[name] = mean_test(loss(score(replace(rows, values=values))) - before, units).interval()
    return dict(sorted(costs.items(), key=lambda pair: -pair[1].estimate))

"""Which slices may forbid a candidate: those with enough rows that a refusal is not the chance of a few of them."""

from __future__ import annotations

from collections.abc import Mapping

from trimtab.stats import UnitTotals

LEAST_SLICE_ROWS = 300
"""Rows below which a slice forbids nothing. Where none of them happens to show the rare outcome, all rows look alike.

A rate of 2 % is missed by 300 rows in one of 400 slices; two models that are equally good then seem surely different.
"""


def judged_together(slices: Mapping[str, UnitTotals], alpha: float) -> tuple[Mapping[str, UnitTotals], float]:
    """Return the slices that may forbid, and the share of alpha that each of them gets.

    >>> import numpy as np
    >>> judged_together({"EV": UnitTotals(np.arange(20), np.ones(20), np.ones(20))}, 0.05)
    ({}, 0.05)
    """
    large = {name: totals for name, totals in slices.items() if totals.counts.sum() >= LEAST_SLICE_ROWS}
    return large, alpha / max(len(large), 1)

"""L5: what a random split would have claimed, next to what time shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.finding import Finding, Severity

GAP = 0.02
"""The difference of two scores that is worth telling."""


def random_split(rows: int, share: float, seed: int) -> NDArray[np.bool_]:
    """Which of n rows a shuffled split would judge on.

    >>> int(random_split(10, 0.3, seed=0).sum())
    3
    """
    judged = np.zeros(rows, np.bool_)
    judged[np.random.default_rng(seed).permutation(rows)[: round(share * rows)]] = True
    return judged


def split_gap(random: float, time: float, *, grouped: float | None = None, what: str = "ROC-AUC") -> Finding:
    """INFO with all numbers: only the split by time is what production will see.

    >>> print(split_gap(0.753, 0.580).what)
    a random split would have claimed a ROC-AUC of 0.753; on later rows it is 0.580
    """
    shown = [(f"{what}, random split", round(random, 4)), (f"{what}, split by time", round(time, 4))]
    if grouped is not None:
        shown.insert(1, (f"{what}, whole days held out", round(grouped, 4)))
    memorised = random - time > GAP
    return Finding(
        f"a random split would have claimed a {what} of {random:.3f}; on later rows it is {time:.3f}",
        Severity.INFO if memorised else Severity.OK,
        estimate=random - time,
        cause="rows of one day share their answer, and a random split puts them on both sides"
        if memorised
        else None,
        action="never judge by a shuffled split; drop columns that name a date" if memorised else None,
        evidence=tuple(shown),
    )

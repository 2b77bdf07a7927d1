"""L9: the place of a row in its file, or its number, should say nothing about its answer."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.evaluation.evaluated import Floats
from trimtab.finding import Finding, Severity

SURE = 4.0
EFFECT = 0.05
"""The distance from an even chance, of pairs in order, that matters."""


def row_order(sequence: ArrayLike, at: NDArray[np.int64], label: Floats) -> Finding:
    """WATCH when, among requests of the same instant, the order of the file foretells the label; all are (n,).

    Time itself may well foretell it, so only rows of one instant are compared.

    >>> at, place = np.repeat(np.arange(200), 4), np.tile(np.arange(4), 200)
    >>> row_order(place, at, (place > 1) * 1.0).severity
    <Severity.WATCH: 'WATCH'>
    """
    order = np.lexsort((np.asarray(sequence), at))
    instant, answer = at[order], label[order]
    together = instant[1:] == instant[:-1]
    moved = np.sign(np.diff(answer))[together]
    ups, downs = int((moved > 0).sum()), int((moved < 0).sum())
    if ups + downs < 50:
        cause = "fewer than 50 neighbours of one instant with different labels"
        return Finding("the order of rows was not tried", Severity.NOT_RUN, cause=cause)
    share = ups / (ups + downs)
    sure = abs(share - 0.5) > SURE * 0.5 / math.sqrt(ups + downs)
    if sure and abs(share - 0.5) > EFFECT:
        return Finding(
            f"the order of rows foretells the label: it rises in {share:.0%} of the steps within one instant",
            Severity.WATCH,
            estimate=share - 0.5,
            cause="the file was sorted by something that is known only afterwards",
            action="make sure that no feature numbers the rows",
        )
    return Finding("the order of rows says nothing about the label", Severity.OK, estimate=share - 0.5)

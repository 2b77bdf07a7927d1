"""What was known of a policy at the end of each day: losses whose labels had matured, and how they compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trimtab.runtime.replay.daily import Answers, Floats, Rows
from trimtab.runtime.replay.watched import Matured
from trimtab.stats import Bootstrap, Interval, UnitTotals

TRAILING = 28
"""Days with labels that a figure is over."""

DRAWS = 500
"""Enough for a line of a chart, drawn anew for every day."""


def matured_day(answers: Answers, rows: Rows, score: Floats, fresh: Floats | None, start: int) -> Matured:
    """The totals of a day's rows (n,), all of them answered and with labels, under scores shaped (n,) or (n, k).

    Rows without an answer of the fresh model count as lost like those of the model itself.
    """
    if not len(rows):
        return Matured(start, 0, 0.0, None if fresh is None else 0.0, 0.0)
    loss = answers.loss(rows, score)
    other = None
    if fresh is not None:
        other = float(answers.loss(rows, np.where(np.isnan(fresh), score, fresh)).sum())
    return Matured(start, len(rows), float(loss.sum()), other, float(answers.constant_losses(rows).sum()))


def trailing(days: Sequence[Matured], seed: int) -> tuple[Interval | None, Interval | None, Interval | None]:
    """The mean loss, the skill over constant answers, and the gap to the fresh model over the last days with labels.

    >>> days = [Matured(day, 10, 2.0, 1.0, 4.0) for day in range(30)]
    >>> [each.estimate for each in trailing(days, seed=0)]
    [0.2, 0.5, 0.1]
    """
    held = [each for each in days if each.rows][-TRAILING:]
    if not held:
        return None, None, None
    bootstrap = Bootstrap(seed, block=7, draws=DRAWS)
    own = _totals(held, [each.loss for each in held])
    constant = _totals(held, [each.constant for each in held])
    skill = bootstrap.skill(own, constant) if constant.sums.sum() > 0 else None
    fresh = [each.fresh for each in held if each.fresh is not None]
    gap = bootstrap.difference(own, _totals(held, fresh)) if len(fresh) == len(held) else None
    return bootstrap.mean(own), skill, gap


def _totals(days: Sequence[Matured], sums: Sequence[float]) -> UnitTotals:
    unit = np.array([each.start for each in days], np.int64)
    return UnitTotals(unit, np.array(sums, np.float64), np.array([float(each.rows) for each in days]))

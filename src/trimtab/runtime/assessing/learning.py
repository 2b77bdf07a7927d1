"""Whether more data would help, and whether a random split would flatter: both by fitting the top rung again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.runtime.assessing.fits import Judging
from trimtab.runtime.evaluating.trainer import evenly
from trimtab.stats import Bootstrap, Interval, unit_totals

Floats = NDArray[np.float64]

THIN = (4, 2)
"""Every fourth and every second day: the last two doublings."""

MIXED_ROWS = 60_000
MIXED_TEST = 0.3


@dataclass(frozen=True)
class LearningPoint:
    """A share of the days learned from, their rows, and the mean loss on the same later rows."""

    share: float
    rows: int
    loss: Interval


@dataclass(frozen=True)
class Learning:
    """The learning curve, and the loss of all rows less that of every other day: below 0 the last doubling helped."""

    points: tuple[LearningPoint, ...]
    doubling: Interval | None


def learn(judging: Judging, top: Floats, bootstrap: Bootstrap) -> Learning:
    """The top rung fitted on every fourth and every second day; `top` has its losses (n,) when all days taught it.

    Days and not rows are left out, as rows of one day tell much the same.
    """
    split = judging.trainer.split
    full = unit_totals(top, split.day[split.judged])
    points, half = [], None
    for every in THIN:
        rows = split.learned[split.day[split.learned] % every == 0]
        try:
            losses = judging.losses(split.judged, _score(judging, rows))
        except LearnerError:
            continue
        half = unit_totals(losses, split.day[split.judged])
        points.append(LearningPoint(1 / every, len(rows), bootstrap.mean(half)))
    points.append(LearningPoint(1.0, len(split.learned), bootstrap.mean(full)))
    doubled = half is not None and points[-2].share == 1 / THIN[-1]
    return Learning(tuple(points), bootstrap.difference(full, half) if doubled and half is not None else None)


def _score(judging: Judging, rows: NDArray[np.int64]) -> Floats:
    return judging.trainer.score(judging.trainer.fit(rows).predictor, judging.trainer.split.judged)


@dataclass(frozen=True)
class Flattery:
    """The skill (share of the loss of always the same answer that is saved) by a split at random and by time."""

    mixed: Interval
    later: Interval

    @property
    def flatters(self) -> bool:
        """Whether the random split surely promises more than the future keeps."""
        return self.mixed.known and self.later.known and self.mixed.low > self.later.high


def flattery(judging: Judging, top: Floats, constant: Floats, bootstrap: Bootstrap) -> Flattery | None:
    """The top rung judged on rows drawn at random from its own days; None where it could not be fitted.

    `top` and `constant` have the losses (n,) on the later rows.
    """
    split = judging.trainer.split
    day = split.day
    later = bootstrap.skill(unit_totals(top, day[split.judged]), unit_totals(constant, day[split.judged]))
    rows = evenly(np.concatenate([split.learned, split.judged]), MIXED_ROWS)
    drawn = np.random.default_rng(bootstrap.seed).permutation(rows)
    held = int(MIXED_TEST * len(drawn))
    asked, taught = np.sort(drawn[:held]), np.sort(drawn[held:])
    try:
        predictor = judging.trainer.fit(taught, split.label).predictor
        own = judging.losses(asked, judging.trainer.score(predictor, asked))
    except LearnerError:
        return None
    same = judging.losses(asked, judging.constant(split.label[taught], len(asked)))
    mixed = bootstrap.skill(unit_totals(own, day[asked]), unit_totals(same, day[asked]))
    return Flattery(mixed, later)

"""What only further trainings can tell: other seeds, fewer columns, shuffled labels, another split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trimtab.errors import LearnerError
from trimtab.evaluation.evaluated import Evaluated, Floats
from trimtab.evaluation.importance import DOMINANT, Importance, tail
from trimtab.evaluation.leakage.permuted import permuted_labels, shuffled
from trimtab.evaluation.leakage.splits import random_split, split_gap
from trimtab.evaluation.leakage.together import too_good_together
from trimtab.evaluation.steadiness import seed_finding
from trimtab.finding import Finding, Severity
from trimtab.metrics import area_under_roc
from trimtab.runtime.evaluating.trainer import Positions, Trainer, evenly
from trimtab.stats import Interval

SEEDS = 3
POOLED_ROWS = 60_000
"""Rows, learned and judged together, of the trainings that only ask whether something leaks."""

EASY = 0.9
"""A ROC-AUC from which on a jump is looked for, however importance is spread."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Some of the learned and of the judged rows, in their shares, for trainings that compare splits."""

    learned: Positions
    judged: Positions

    @property
    def rows(self) -> Positions:
        """All of them, in order of time."""
        return np.concatenate([self.learned, self.judged])

    @property
    def share(self) -> float:
        """The judged part."""
        return len(self.judged) / len(self.rows)


def pooled(trainer: Trainer) -> Pool:
    """At most 60,000 rows, evenly spaced in time on either side of the split."""
    learned, judged = trainer.split.learned, trainer.split.judged
    part = min(1.0, POOLED_ROWS / (len(learned) + len(judged)))
    return Pool(evenly(learned, int(part * len(learned))), evenly(judged, int(part * len(judged))))


def seeds(trainer: Trainer, found: Evaluated) -> Finding:
    """The spread over three more trainings of the same rows."""
    try:
        fits = [trainer.fit(number=number) for number in range(1, SEEDS + 1)]
        return seed_finding(found, [trainer.score(each.predictor, trainer.split.judged) for each in fits])
    except LearnerError as error:
        return Finding("the spread of seeds was not measured", Severity.NOT_RUN, cause=str(error))


def without_tail(
    trainer: Trainer, found: Evaluated, worth: tuple[Importance, ...]
) -> tuple[Interval | None, str]:
    """The loss without the useless tail less that with it, both trained alike here, or why it is not known."""
    useless = tail(worth)
    kept = tuple(name for name in trainer.history.matrix.names if name not in useless)
    if not useless or not kept:
        return None, "there is no tail, or nothing else"
    try:
        full = trainer.score(trainer.fit().predictor, trainer.split.judged)
        less = trainer.score(trainer.fit(names=kept).predictor, trainer.split.judged)
    except LearnerError as error:
        return None, str(error)
    return found.means([found.losses(less) - found.losses(full)])[0], ""


def leaks(trainer: Trainer, found: Evaluated, worth: tuple[Importance, ...]) -> tuple[Finding, ...]:
    """L5, L6 and L8."""
    pool = pooled(trainer)
    checks: dict[str, Callable[[], Finding]] = {
        "what a random split would claim": lambda: _splits(trainer, pool),
        "the run with shuffled labels": lambda: _permuted(trainer, found, pool),
        "whether one column explains too much": lambda: _jump(trainer, found, worth, pool),
    }
    told = []
    for name, check in checks.items():
        try:
            told.append(check())
        except LearnerError as error:
            told.append(Finding(f"{name} was not tried", Severity.NOT_RUN, cause=str(error)))
    return tuple(told)


def _permuted(trainer: Trainer, found: Evaluated, pool: Pool) -> Finding:
    """All labels of both sides in another order, then everything from the encoder on anew."""
    label = trainer.split.label.copy()
    label[pool.rows] = shuffled(label[pool.rows], found.seed)
    score = trainer.score(trainer.fit(pool.learned, label).predictor, pool.judged)
    return permuted_labels(label[pool.judged], score, found.task, found.judged_by, found.seed)


def _splits(trainer: Trainer, pool: Pool) -> Finding:
    """The same number of rows each time: by time, by whole days, at random."""
    if trainer.recipe.task != "binary":
        return Finding(
            "random and time split were not compared", Severity.NOT_RUN, cause="labels are not yes or no"
        )
    rows = pool.rows
    judged_at_random = random_split(len(rows), pool.share, trainer.seed())
    days = np.unique(trainer.split.day[rows], return_inverse=True)[1]
    judged_days = random_split(int(days.max()) + 1, pool.share, trainer.seed())[days]
    time = _area(trainer, pool.learned, pool.judged)
    random, grouped = (
        _area(trainer, rows[~judged], rows[judged]) for judged in (judged_at_random, judged_days)
    )
    return split_gap(random, time, grouped=grouped)


def _jump(trainer: Trainer, found: Evaluated, worth: tuple[Importance, ...], pool: Pool) -> Finding:
    if trainer.recipe.task != "binary" or len(worth) < 2:
        return Finding("no column was taken away", Severity.NOT_RUN, cause="labels are not yes or no")
    reached = float(area_under_roc(found.label, found.score))
    if reached < EASY and worth[0].share < DOMINANT:
        return Finding(
            f"no unexplained jump: ROC-AUC {reached:.3f}, and no column carries half of it", Severity.OK
        )
    names = trainer.history.matrix.names
    less = tuple(name for name in names if name != worth[0].feature)
    return too_good_together(
        worth[0].feature,
        _area(trainer, pool.learned, pool.judged),
        _area(trainer, pool.learned, pool.judged, less),
    )


def _area(
    trainer: Trainer, learned: Positions, judged: Positions, names: tuple[str, ...] | None = None
) -> float:
    label: Floats = trainer.split.label
    fitted = trainer.fit(learned, label, names=names)
    return float(area_under_roc(label[judged], trainer.score(fitted.predictor, judged)))

"""Two lines of versions on the same mature rows: who lost more, by day, and in which slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.metrics import fit_prior
from trimtab.runtime.replay.daily import Answers
from trimtab.runtime.replay.line import line_scores
from trimtab.runtime.replay.service import Results
from trimtab.runtime.replay.timeline import Served
from trimtab.stats import UnitTotals, unit_totals

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Slices:
    """One way to slice: a name for each code, and the code of each of n rows."""

    column: str
    names: tuple[str, ...]
    codes: Rows


@dataclass(frozen=True, eq=False)
class Paired:
    """The losses (n,) of two lines on the rows that both answered, and those of one constant answer."""

    rows: Rows
    day: Rows
    new: Floats
    old: Floats
    constant: Floats

    @property
    def difference(self) -> UnitTotals:
        """By day, the losses of the new line less those of the old one."""
        return unit_totals(self.new - self.old, self.day)

    @property
    def skill(self) -> UnitTotals:
        """By day, the losses of the new line less those of the constant answer."""
        return unit_totals(self.new - self.constant, self.day)

    @property
    def old_skill(self) -> UnitTotals:
        """By day, the losses of the old line less those of the constant answer."""
        return unit_totals(self.old - self.constant, self.day)

    @property
    def days(self) -> int:
        """How many days have rows."""
        return len(np.unique(self.day))

    def sliced(self, slices: Sequence[Slices]) -> dict[str, UnitTotals]:
        """The differences by day in each slice that has rows."""
        found = {}
        for each in slices:
            codes = each.codes[self.rows]
            for code in np.unique(codes[codes >= 0]):
                mine = codes == code
                totals = unit_totals((self.new - self.old)[mine], self.day[mine])
                found[f"{each.column} {each.names[code]}"] = totals
        return found


def mature_rows(answers: Answers, start: int, now: int) -> Rows:
    """The scored rows asked from `start` on whose labels were mature at the last tick by `now`."""
    first = max(int(np.searchsorted(answers.at, start)), answers.period.start)
    last = min(int(np.searchsorted(answers.at, now)), answers.period.stop)
    rows = np.arange(first, max(first, last))
    position = int(np.searchsorted(answers.ticks, now, side="right")) - 1
    ready = (answers.maturing.tick[rows] <= position) & ~np.isnan(answers.maturing.label[rows])
    return rows[ready]


def paired(
    answers: Answers, results: Results, new: Sequence[Served], old: Sequence[Served], rows: Rows
) -> Paired:
    """The losses of two lines of versions on the rows that both answered."""
    scores = [line_scores(answers, results, line, rows) for line in (new, old)]
    both = np.all([~np.isnan(score).any(axis=tuple(range(1, score.ndim))) for score in scores], axis=0)
    kept = rows[both]
    losses = [answers.loss(kept, score[both]) for score in scores]
    return Paired(kept, answers.day[kept], losses[0], losses[1], _constant(answers, kept))


def _constant(answers: Answers, rows: Rows) -> Floats:
    """The losses of the best constant answer by what was mature when the first of the rows was asked."""
    if not len(rows):
        return np.zeros(0)
    position = int(np.searchsorted(answers.ticks, answers.at[rows[0]], side="right")) - 1
    tick, label = answers.maturing.tick[: rows[0]], answers.maturing.label[: rows[0]]
    known = label[(tick <= position) & ~np.isnan(label)]
    width = answers.classes if answers.task == "multiclass" else None
    if not len(known):
        return answers.constant_losses(rows)
    answered = known if answers.task == "regression" else known.astype(np.int64)
    prior = fit_prior(answered, answers.task, classes=width, quantile=answers.metric.quantile)
    return answers.loss(rows, prior.predict(len(rows)))

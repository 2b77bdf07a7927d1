"""Losses of matured rows, folded into daily totals as labels mature: of a champion, and of what it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.model import Stakes
from trimtab.evaluation.scored import Scored, money
from trimtab.metrics import Metric, Task, fit_prior
from trimtab.runtime.replay.maturing import Maturing
from trimtab.runtime.replay.period import Span
from trimtab.stats import UnitTotals

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
ScoresOf = Callable[[Rows], Floats]
"""The scores of some rows, (n,) or (n, classes); NaN where there is none."""

MODEL, CONSTANT, CHALLENGER, MODEL_MONEY, CHALLENGER_MONEY = range(5)
"""The columns of daily totals: losses in units of the metric, then in money."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What all policies of a replay share: n rows in order of time, their labels as they mature, how they are judged.

    `ticks` are the instants of the loop, `period` the rows that are scored, `classes` the number of classes.
    """

    at: NDArray[np.int64]
    day: NDArray[np.int64]
    ticks: NDArray[np.int64]
    maturing: Maturing
    period: Span
    metric: Metric
    task: Task
    classes: int
    stakes: Stakes | None

    @property
    def priced(self) -> bool:
        """Whether the stakes price the outcome of a row."""
        none, scored = np.zeros(0), Scored(np.zeros(0), self.day[:0], self.at[:0], {})
        return self.stakes is not None and money(scored, none, self.stakes, self.task) is not None

    def loss(self, rows: Rows, score: Floats) -> Floats:
        """The loss of rows under a model's scores, in units of the metric (n,)."""
        return Scored(self.maturing.label[rows], self.day[rows], self.at[rows], {}).losses_of(
            self.metric, score
        )

    def losses(self, rows: Rows, score: Floats) -> Floats:
        """The losses of rows under a model's scores, (n, 2): in units of the metric, and in money (NaN: unpriced)."""
        scored = Scored(self.maturing.label[rows], self.day[rows], self.at[rows], {})
        priced = None if self.stakes is None else money(scored, score, self.stakes, self.task)
        unpriced = np.full(len(rows), np.nan)
        return np.column_stack([scored.losses_of(self.metric, score), unpriced if priced is None else priced])

    def constant_losses(self, rows: Rows) -> Floats:
        """The losses of rows under the best constant answer to these very rows, known only afterwards (n,)."""
        scored = Scored(self.maturing.label[rows], self.day[rows], self.at[rows], {})
        width = self.classes if self.task == "multiclass" else None
        prior = fit_prior(
            scored.answers(self.metric), self.task, classes=width, quantile=self.metric.quantile
        )
        return scored.losses_of(self.metric, prior.predict(len(rows)))


@dataclass(eq=False)
class DailyTotals:
    """The totals of each day since one champion began to serve, brought up to date tick by tick."""

    answers: Answers
    since: int
    champion: ScoresOf
    challenger: ScoresOf | None
    first_row: int
    sums: Floats
    counts: Floats

    @classmethod
    def begin(
        cls, answers: Answers, since: int, champion: ScoresOf, challenger: ScoresOf | None
    ) -> DailyTotals:
        """No day yet."""
        first_row = max(int(np.searchsorted(answers.at, since)), answers.period.start)
        days = int(answers.day[-1] - answers.day[0]) + 1
        return cls(answers, since, champion, challenger, first_row, np.zeros((days, 5)), np.zeros(days))

    def take_in(self, position: int) -> None:
        """Sum again the days that have rows which matured at this tick; all others stay as they are.

        A row that matures at a tick was served after the previous champion, or belongs to that one and is left out.
        """
        answers = self.answers
        tick = answers.maturing.tick[self.first_row : answers.period.stop]
        fresh = self.first_row + np.flatnonzero(tick == position)
        for day in np.unique(answers.day[fresh]):
            start, stop = np.searchsorted(answers.day, [day, day + 1])
            rows = np.arange(max(int(start), self.first_row), min(int(stop), answers.period.stop))
            self._sum_day(int(day - answers.day[0]), rows[answers.maturing.tick[rows] <= position])

    def _sum_day(self, place: int, rows: Rows) -> None:
        model = self.answers.losses(rows, self.champion(rows))
        other = np.full(model.shape, np.nan)
        if self.challenger is not None:
            other = self.answers.losses(rows, self.challenger(rows))
        columns = np.column_stack([model[:, 0], self.answers.constant_losses(rows), other[:, 0], model[:, 1]])
        self.sums[place] = np.column_stack([columns, other[:, 1]]).sum(axis=0)
        self.counts[place] = len(rows)

    def totals(self, model: int, reference: int, from_day: int | None = None) -> UnitTotals:
        """The paired totals of two columns over the days, from `from_day` on, that have rows and both losses."""
        chosen = self.sums[:, [model, reference]]
        day = np.arange(len(self.counts)) + int(self.answers.day[0])
        keep = (
            (self.counts > 0)
            & (day >= (day[0] if from_day is None else from_day))
            & ~np.isnan(chosen).any(axis=1)
        )
        return UnitTotals(day[keep], chosen[keep], self.counts[keep])

"""What is evaluated: rows that a candidate has not learned from, their answers, and what was predicted for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from trimtab.metrics import Metric, Task, default_metric, fit_prior
from trimtab.stats import Bootstrap, Interval, UnitTotals, unit_totals

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Rows:
    """n rows by d named columns of float64, NaN for missing; a text column holds codes into its dictionary.

    >>> Rows(("x",), np.array([[1.0], [2.0]]), {}).column("x")
    array([1., 2.])
    """

    names: tuple[str, ...]
    values: Floats
    dictionaries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def column(self, name: str) -> Floats:
        """The values of one column (n,)."""
        return np.asarray(self.values[:, self.names.index(name)], np.float64)

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """The given rows in the given order."""
        return replace(self, values=self.values[rows])

    def with_column(self, name: str, values: Floats) -> Rows:
        """The same rows with other values (n,) in one column."""
        changed = self.values.copy(order="F")
        changed[:, self.names.index(name)] = values
        return replace(self, values=changed)

    def words(self, name: str, values: Floats) -> list[str]:
        """Values of a column as text; numbers with four digits.

        >>> Rows(("shop",), np.array([[0.0]]), {"shop": ("north",)}).words("shop", np.array([0.0, np.nan]))
        ['north', 'missing']
        """
        known = self.dictionaries.get(name)
        shown = [f"{value:.4g}" if known is None else known[int(value)] for value in np.nan_to_num(values)]
        return ["missing" if np.isnan(value) else word for value, word in zip(values, shown, strict=True)]


Predict = Callable[[Rows], Floats]
"""The scores of rows: (n,) probabilities of yes or numbers, or (n, k) probabilities of classes."""


@dataclass(frozen=True, eq=False)
class Evaluated:
    """n mature rows with label, instant `at` and `day`, the scores that were given, and the predictor itself.

    champion: the scores of who serves now; baselines: scores by name, each fitted on the same past. `learned` holds the
    labels that the candidate was trained on. slices: the columns that a person named. threshold: the score from which
    on a yes is acted on. classes: their names, where the label is one of several.
    """

    rows: Rows
    label: Floats
    at: NDArray[np.int64]
    day: NDArray[np.int64]
    score: Floats
    task: Task
    metric: Metric
    predict: Predict
    learned: Floats
    champion: Floats | None = None
    baselines: Mapping[str, Floats] = field(default_factory=dict)
    slices: tuple[str, ...] = ()
    threshold: float = 0.5
    seed: int = 0
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def judged_by(self) -> Metric:
        """The metric whose losses are compared: the declared one, or the task's own where that one only ranks."""
        return self.metric if self.metric.per_row is not None else default_metric(self.task)

    def class_named(self, code: int) -> str:
        """The name of a class, or its number where names are not known."""
        return self.classes[code] if code < len(self.classes) else str(code)

    def losses(self, score: Floats) -> Floats:
        """The loss of each row (n,) under one array of scores."""
        label = self.label if self.task == "regression" else self.label.astype(np.int64)
        return self.judged_by.losses(label, score)

    @property
    def always_the_same(self) -> Floats:
        """The scores of the answer that needs no model: the rate or mean of what the candidate learned from."""
        classes = self.score.shape[1] if self.score.ndim == 2 else None
        learned = self.learned if self.task == "regression" else self.learned.astype(np.int64)
        return fit_prior(learned, self.task, classes=classes, quantile=self.judged_by.quantile).predict(
            len(self)
        )

    @property
    def bootstrap(self) -> Bootstrap:
        """Blocks of a week of days; every statistic of these rows sees the same draws."""
        return Bootstrap(seed=self.seed, block=7, draws=DRAWS)

    def totals(self, losses: Floats) -> UnitTotals:
        """Losses (n,) or (n, k) by day."""
        return unit_totals(losses, self.day)

    def means(self, losses: Sequence[Floats], units: str | None = None) -> tuple[Interval, ...]:
        """The mean of each array of losses (n,) with its interval by day, in the unit of the loss or the given one."""
        if not losses:
            return ()
        unit = self.judged_by.loss_unit if units is None else units
        return self.bootstrap.means(self.totals(np.column_stack(losses)), units=unit)

    def take(self, rows: NDArray[np.int64]) -> Evaluated:
        """The given rows in the given order."""
        return replace(
            self,
            rows=self.rows.take(rows),
            label=self.label[rows],
            at=self.at[rows],
            day=self.day[rows],
            score=self.score[rows],
            champion=None if self.champion is None else self.champion[rows],
            baselines={name: score[rows] for name, score in self.baselines.items()},
        )

    def evenly(self, most: int) -> Evaluated:
        """At most so many rows, evenly spaced, so that every day keeps its share."""
        if len(self) <= most:
            return self
        return self.take(np.linspace(0, len(self) - 1, most).astype(np.int64))


def surely(found: Interval) -> tuple[float, float] | None:
    """The bounds of an interval as a finding holds them; None where there are none.

    >>> surely(Interval(0.5, 0.4, 0.6)), surely(Interval(0.5))
    ((0.4, 0.6), None)
    """
    return (found.low, found.high) if found.known else None

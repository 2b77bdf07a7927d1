"""The ladder from no model to the best one: every rung on the same later rows, compared by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trimtab.stats import Bootstrap, Interval, UnitTotals, compare, unit_totals

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rung:
    """One way to answer n rows: its losses (n,), what they cost in money (n,) or None, and how long one row takes.

    `model` is False for what needs no learned model: a constant, a rate, a last answer, a rule. `words` describe it;
    `seconds` are CPU seconds of its fit, `milliseconds` those of one row alone.
    """

    name: str
    model: bool
    losses: Floats
    money: Floats | None = None
    words: str = ""
    seconds: float = 0.0
    milliseconds: float | None = None


@dataclass(frozen=True)
class Step:
    """One rung compared: its mean loss, and that less the loss of always the same answer and of the best rule."""

    name: str
    model: bool
    loss: Interval
    to_constant: Interval
    to_rule: Interval
    words: str
    seconds: float
    milliseconds: float | None


@dataclass(frozen=True)
class Ladder:
    """The steps from the simplest up; `rule` is the best one without a model, `best` the best model, if there is one.

    `chosen` is the simplest model that is surely better than the rule and cannot be told from the best; None when no
    model is surely better. The rule is chosen on the rows that judge, which favours it and never a model.
    """

    steps: tuple[Step, ...]
    rule: str
    best: str | None
    chosen: str | None

    def step(self, name: str) -> Step:
        """The step of a name."""
        return next(step for step in self.steps if step.name == name)


def climb(rungs: Sequence[Rung], day: NDArray[np.int64], bootstrap: Bootstrap, unit: str = "") -> Ladder:
    """Compare rungs, the simplest first and always the same answer at the bottom; intervals are by `day` (n,).

    >>> day, rows = np.repeat(np.arange(30), 10), np.ones(300)
    >>> noise = np.tile([0.0, 0.1], 150)
    >>> found = climb([Rung("same", False, rows), Rung("model", True, rows / 2 + noise)], day, Bootstrap(seed=1))
    >>> found.rule, found.chosen
    ('same', 'model')
    """
    totals = unit_totals(np.column_stack([rung.losses for rung in rungs]), day)
    means = bootstrap.means(totals, units=unit)
    order = np.argsort(totals.mean, kind="stable")
    rule = next(int(place) for place in order if not rungs[place].model)
    best = next((int(place) for place in order if rungs[place].model), None)
    to_constant, to_rule = (_differences(totals, each, bootstrap, unit) for each in (0, rule))
    steps = tuple(
        Step(
            rung.name,
            rung.model,
            means[place],
            to_constant[place],
            to_rule[place],
            rung.words,
            rung.seconds,
            rung.milliseconds,
        )
        for place, rung in enumerate(rungs)
    )
    chosen = None
    if best is not None:
        to_best = _differences(totals, best, bootstrap, unit)
        good = [
            place
            for place, rung in enumerate(rungs)
            if rung.model and to_rule[place].below(0.0) and not to_best[place].above(0.0)
        ]
        chosen = rungs[good[0]].name if good else None
    return Ladder(steps, rungs[rule].name, None if best is None else rungs[best].name, chosen)


def _differences(totals: UnitTotals, reference: int, bootstrap: Bootstrap, unit: str) -> list[Interval]:
    """The loss of each rung less that of the reference; the reference's own is 0 without a doubt."""
    found = {
        each.column: replace(each.difference, units=unit) for each in compare(totals, reference, bootstrap)
    }
    nothing = Interval(0.0, 0.0, 0.0, units=unit)
    return [found.get(place, nothing) for place in range(len(found) + 1)]

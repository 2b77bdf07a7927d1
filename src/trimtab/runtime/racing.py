"""A race between continuing and starting anew, on labels that neither has seen.

Both contenders stand where they stood `hold_back` ago: the chain as it was then, and a fit from scratch as it would have
been then. What matured since judges both, once. Whoever wins is then trained on everything: the verdict is about the
manner, and no row that judged was seen by what it judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import nan

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.windows import Window
from trimtab.labels.history import as_known
from trimtab.retrain.windows import selection
from trimtab.runtime.training import FitResult, FitSpec, Inputs, Serve
from trimtab.stats import Interval, UnitTotals, unit_totals
from trimtab.training.chain import ChainRules, RaceResult, judge_race
from trimtab.units import Duration, days

HOLD_BACK = days(14)
"""How much of the newest past judges a race: at least ten days of it give an interval."""

Answered = Callable[[int], FitSpec | None]
"""The fit of the version that answered just before an instant, None where there was none."""

Losses = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""The loss of each row (n,) from labels (n,) and scores."""


@dataclass(frozen=True)
class Race:
    """The chain and the fit from scratch as known at the same instant, and until when labels judge them."""

    continued: FitSpec
    scratch: FitSpec
    until: int

    def judging(self, inputs: Inputs) -> NDArray[np.int64]:
        """The rows whose labels matured after both learned, ascending."""
        before, now = (as_known(inputs.labels(), at) for at in (self.scratch.as_of, self.until))
        return np.flatnonzero(now.mature & ~before.mature)

    def jobs(self, inputs: Inputs) -> dict[FitSpec, tuple[Serve, ...]]:
        """What the pool must run: both fits, each scoring the stretch that holds the judging rows."""
        rows = self.judging(inputs)
        serves = (Serve("online", int(rows[0]), int(rows[-1]) + 1),) if len(rows) else ()
        return {self.continued: serves, self.scratch: serves}


def race_before(
    child: FitSpec, window: Window, answered: Answered, hold_back: Duration = HOLD_BACK
) -> Race | None:
    """The race to run before a child is continued; None when no version answered yet so long ago.

    Whoever answered then is continued, as it would have been: in an unbroken chain this is an ancestor of the child.
    """
    cut = child.as_of - hold_back.microseconds
    parent = answered(cut)
    if parent is None or parent.as_of >= cut:
        return None
    chosen = selection(window, cut)
    scratch = FitSpec(cut, chosen, child.names, child.seed)
    return Race(replace(scratch, parent=parent, manner=child.manner), scratch, child.as_of)


@dataclass(frozen=True)
class Heat:
    """The losses of both contenders by day; heats of one recipe add up to more evidence."""

    continued: UnitTotals
    scratch: UnitTotals

    def merge(self, other: Heat) -> Heat:
        """The days of both heats together."""
        return Heat(self.continued.merge(other.continued), self.scratch.merge(other.scratch))


def heat_of(
    race: Race,
    inputs: Inputs,
    results: Mapping[FitSpec, FitResult],
    losses: Losses,
    day: NDArray[np.int64],
) -> Heat | None:
    """The paired losses by day of a race that was run, None when a contender failed.

    `day` is the day number of each row of the inputs.
    """
    if any(results[spec].problem for spec in (race.continued, race.scratch)):
        return None
    rows = race.judging(inputs)
    label = as_known(inputs.labels(), race.until).value[rows]
    totals = [
        unit_totals(losses(label, _scores(results[spec], rows)), day[rows])
        for spec in (race.continued, race.scratch)
    ]
    return Heat(*totals)


def _scores(result: FitResult, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    for serve, scores in result.scores.items():
        if serve.matrix == "online" and len(rows) and serve.start <= rows[0] and rows[-1] < serve.stop:
            return scores[rows - serve.start]
    return np.zeros(0)


def settle_race(
    race: Race, results: Mapping[FitSpec, FitResult], heat: Heat | None, rules: ChainRules, seed: int
) -> RaceResult:
    """The verdict on a race that was run; `heat` may hold earlier heats too, and is None when a contender failed."""
    cpu_seconds = (results[race.continued].cpu_seconds, results[race.scratch].cpu_seconds)
    if heat is not None:
        return judge_race(heat.continued, heat.scratch, rules, seed=seed, cpu_seconds=cpu_seconds)
    problem = results[race.continued].problem or results[race.scratch].problem or "nothing was compared"
    return RaceResult(False, Interval(nan, reason=problem), f"{problem}: the chain is cut", *cpu_seconds)

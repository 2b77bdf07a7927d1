"""The world of one simulated system: its concept, its requests and labels, and what any model would lose on any day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trimtab.labels.history import LabelHistory, as_known
from trimtab.testing.simulation.chance import DAY, generator
from trimtab.testing.simulation.faults import Faults, World
from trimtab.testing.simulation.labels import Spans, label_history

Floats = NDArray[np.float64]

BEFORE = 60
"""Days of history before the loop begins."""

DEGRADED = 0.3
"""What every model loses more while sources are degraded."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Everything that no decision changes, by day: drawn from the seed before the first day.

    concept: what a model has to know. shared: what any model loses on a day. counts: labelled rows of each day that
    were answered when they matured, 0 for a day without any.
    """

    seed: int
    world: World
    faults: Faults
    days: int

    @cached_property
    def concept(self) -> Floats:
        """The level that labels lie around, by day: a walk, a season, and sudden changes."""
        draw = generator(self.seed, "concept")
        walk = np.cumsum(self.world.drift * draw.standard_normal(self.days))
        phase = draw.uniform(0, 2 * np.pi)
        season = self.world.season * np.sin(2 * np.pi * np.arange(self.days) / 365 + phase)
        return np.asarray(walk + season + self._jumps(draw), np.float64)

    def _jumps(self, draw: np.random.Generator) -> Floats:
        found = np.zeros(self.days)
        for _ in range(draw.poisson(self.world.harmful_changes_per_year * self.days / 365)):
            first = int(draw.integers(self.days))
            size = self.world.harm * draw.choice([-1.0, 1.0])
            last = first + int(draw.integers(20, 60)) if draw.random() < 0.5 else self.days
            found[first:last] += size
        return found

    def _stretches(self, purpose: str, per_year: float) -> Spans:
        draw = generator(self.seed, purpose)
        count = draw.poisson(per_year * self.days / 365)
        firsts = draw.integers(BEFORE, self.days, count)
        return tuple((int(first), int(first + draw.integers(2, 9))) for first in sorted(firsts))

    @cached_property
    def degraded(self) -> Floats:
        """What every model loses more on a day because its sources are degraded."""
        found = np.zeros(self.days)
        for first, last in self._stretches("degraded", self.faults.degraded_sources_per_year):
            found[first:last] = DEGRADED
        return found

    @cached_property
    def shared(self) -> Floats:
        """What every model loses on a day: the perfect model's 1, the day's shock, and degraded sources."""
        draw = generator(self.seed, "shared")
        found = np.maximum(1 + self.world.day_shock * draw.standard_normal(self.days), 0.1)
        return np.asarray(found + self.degraded, np.float64)

    @cached_property
    def at(self) -> NDArray[np.int64]:
        """When each row was asked for, ascending, epoch microseconds."""
        draw = generator(self.seed, "requests")
        size = self.world.rows_per_day
        return np.sort(np.repeat(np.arange(self.days), size) * DAY + draw.integers(0, DAY, self.days * size))

    @cached_property
    def labels(self) -> LabelHistory:
        """The versions of the label of each row."""
        draw = generator(self.seed, "labels")
        values = self.concept[self.at // DAY] + 0.5 * draw.standard_normal(len(self.at))
        silent = self._stretches("silent", self.faults.silent_sources_per_year)
        return label_history(draw, self.at, values, self.world, self.faults, silent)

    @cached_property
    def counts(self) -> Floats:
        """The rows of each day that had an answer when they matured."""
        first = np.r_[True, np.diff(self.labels.row) != 0]
        rows, known = self.labels.row[first], self.labels.known[first]
        intime = rows[known < self.labels.matures_at[rows]]
        return np.bincount(self.at[intime] // DAY, minlength=self.days).astype(np.float64)

    def mature_days(self, since: int, day: int) -> NDArray[np.int64]:
        """The days from the instant `since` on whose rows have matured when `day` begins, those without any left out."""
        first = -(-since // DAY)
        wait = -(-self.world.matures_after.microseconds // DAY)
        found = np.arange(max(first, 0), max(min(day - wait, self.days), 0))
        return found[self.counts[found] > 0]

    def mature_rows(self, as_of: int) -> int:
        """How many rows have a label that is known and mature at an instant."""
        return int(as_known(self.labels, as_of).mature.sum())

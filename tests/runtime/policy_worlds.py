"""A small world without learners: requests of some months, labels two days later, models that age."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from trimtab.declare.model import Stakes
from trimtab.labels.history import LabelHistory
from trimtab.metrics import brier
from trimtab.runtime.replay.daily import Answers
from trimtab.runtime.replay.maturing import maturing
from trimtab.runtime.replay.measuring import measures
from trimtab.runtime.replay.period import Span
from trimtab.runtime.replay.service import jobs_for, settle
from trimtab.runtime.training import FitResult

DAY = 86_400_000_000


@dataclass
class World:
    """`rows` requests a day over `length` days; a model errs by 0.1, and by 0.4 once it is two weeks old."""

    length: int = 80
    rows: int = 8
    seed: int = 0
    labels_until: int | None = None
    broken: frozenset[int] = frozenset()
    made: list[dict] = field(default_factory=list)

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        count = self.length * self.rows
        self.at = np.sort(rng.integers(0, self.length * DAY, count))
        self.label = (rng.random(count) < 0.4).astype(float)
        late = rng.random(count) < 0.1
        known = self.at + np.where(late, 4 * DAY, DAY)
        self.noise = rng.uniform(-0.05, 0.05, count)
        kept = np.flatnonzero(known < (self.labels_until or 10**18))
        self.history = LabelHistory(kept, known[kept], self.label[kept], self.at + 2 * DAY)
        first = int(np.searchsorted(self.at, 10 * DAY))
        self.period = Span(first, count)
        self.ticks = tuple(day * DAY for day in range(10, self.length))

    def answers(self):
        return Answers(
            self.at,
            self.at // DAY,
            np.array(self.ticks),
            maturing(self.history, self.ticks),
            self.period,
            brier,
            "binary",
            2,
            Stakes(false_alarm=1, miss=2, fit=0.5),
        )

    def score(self, spec, rows):
        """What the model of a fit answers."""
        age = (self.at[rows] - spec.as_of) / DAY
        miss = np.where(age > 14, 0.4, 0.1) + self.noise[rows]
        return np.abs(self.label[rows] - miss)

    def run(self, jobs):
        self.made.append(jobs)
        return {spec: self._fit(spec, serves) for spec, serves in jobs.items()}

    def _fit(self, spec, serves):
        problem = "out of luck" if spec.as_of // DAY in self.broken else None
        scores = {each: self.score(spec, np.arange(each.start, each.stop)) for each in serves}
        return FitResult(spec, 1, 1.0, "", 0.0, (), problem, {} if problem else scores)

    def settle(self, *policies):
        wanted = {policy.name: ("online",) for policy in policies}
        return settle(
            policies,
            self.ticks,
            lambda lines: jobs_for(lines, self.at, self.period, wanted),
            self.run,
            partial(measures, self.answers()),
        )

"""What a policy's triggers could know at each tick of a replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np

from trimtab.declare.measured import (
    OnChallenger,
    OnDrift,
    OnEstimatedDrop,
    OnRegret,
    OnSkillDrop,
    OnVolume,
)
from trimtab.declare.policy import Policy
from trimtab.retrain import statistics
from trimtab.retrain.seen import Measured
from trimtab.retrain.triggers import parts
from trimtab.retrain.windows import Selection, select, selection
from trimtab.runtime.loop import IncidentOpened
from trimtab.runtime.replay.daily import (
    CHALLENGER,
    CHALLENGER_MONEY,
    CONSTANT,
    MODEL,
    MODEL_MONEY,
    Answers,
    DailyTotals,
)
from trimtab.runtime.replay.line import line_scores
from trimtab.runtime.replay.service import Jobs, Results
from trimtab.runtime.replay.timeline import MODELLED_TRAINING, Served
from trimtab.runtime.replay.watching import PolicyWatch
from trimtab.runtime.training import FitSpec, Serve
from trimtab.runtime.watching.figures import drift, estimated

CHALLENGER_EVERY_TICKS = 7
"""A challenger is fitted once a week, where ticks are midnights."""


@dataclass(eq=False)
class PolicyMeasure:
    """The measure of one policy: it folds the labels that matured since the last tick, and answers from totals.

    `results` is filled by the caller as fits are made. `watch`: the monitors of a policy that reads them.
    """

    answers: Answers
    policy: Policy
    results: Results
    watch: PolicyWatch | None = None
    days: DailyTotals | None = field(default=None, init=False)
    trained_rows: dict[FitSpec, int] = field(default_factory=dict, init=False)

    @cached_property
    def reads(self) -> frozenset[type]:
        """The kinds of triggers in the policy."""
        return frozenset(type(part) for part in parts(self.policy.retrain.when))

    @property
    def reads_scores(self) -> bool:
        """Whether some trigger, or what the monitors say, reads what versions in service lost."""
        return self.watch is not None or not self.foreseeable

    @property
    def foreseeable(self) -> bool:
        """Whether its trainings can be foretold as long as no incident comes."""
        return not self.reads & {OnSkillDrop, OnChallenger, OnRegret, OnEstimatedDrop, OnDrift}

    def opened(self, now: int, served: Sequence[Served]) -> IncidentOpened | None:
        """The incident that the policy's own monitors opened when the day that ends at `now` was over."""
        return None if self.watch is None else self.watch.opened(now, served)

    @cached_property
    def challengers(self) -> tuple[Served, ...]:
        """The weekly challengers, each with the time from which it scores in shadow; none where nothing reads them."""
        if not self.reads & {OnChallenger, OnRegret}:
            return ()
        first, *later = (int(tick) for tick in self.answers.ticks[::CHALLENGER_EVERY_TICKS])
        lasts = MODELLED_TRAINING.microseconds
        window = self.policy.retrain.window
        return (
            Served("challenger", first, FitSpec(first, Selection())),
            *(Served("challenger", tick + lasts, FitSpec(tick, selection(window, tick))) for tick in later),
        )

    def jobs(self) -> Jobs:
        """The challengers' fits with the rows that each scores."""
        rows = self.answers.period
        edges = [int(np.searchsorted(self.answers.at, each.since)) for each in self.challengers]
        jobs: Jobs = {}
        for each, start, stop in zip(self.challengers, edges, [*edges[1:], rows.stop], strict=False):
            serve = Serve("online", max(start, rows.start), min(stop, rows.stop))
            if serve.start < serve.stop:
                jobs[each.spec] = (serve,)
        return jobs

    def __call__(self, now: int, served: Sequence[Served], attempts: Sequence[FitSpec]) -> Measured:
        """What was measured by `now`."""
        position = int(np.searchsorted(self.answers.ticks, now))
        found = self._volume(position, attempts)
        if self.watch is not None and self.watch.reads_figures:
            windows = self.watch.figures
            found |= {"drift": drift(windows), "estimated": estimated(windows)}
        if not self.foreseeable and served:
            found |= self._statistics(self._fold(position, served[-1]), attempts[-1].as_of)
        unknown = {name: value for name, value in found.items() if isinstance(value, str)}
        known = {name: value for name, value in found.items() if name not in unknown}
        stakes = self.answers.stakes
        return Measured(**known, fit_price=None if stakes is None else stakes.fit, unknown=unknown)

    def _volume(self, position: int, attempts: Sequence[FitSpec]) -> dict[str, Any]:
        if OnVolume not in self.reads or not attempts:
            return {}
        last, maturing = attempts[-1], self.answers.maturing
        then = int(np.searchsorted(self.answers.ticks, last.as_of))
        if last not in self.trained_rows:
            chosen = select(last.selection, self.answers.at, maturing.tick <= then)
            self.trained_rows[last] = len(chosen)
        new = maturing.mature_by(position) - maturing.mature_by(then)
        return {"new_labelled_rows": new, "last_training_rows": self.trained_rows[last]}

    def _fold(self, position: int, champion: Served) -> DailyTotals:
        if self.days is None or self.days.since != champion.since:
            scores = partial(line_scores, self.answers, self.results)
            shadow = partial(scores, self.challengers) if self.challengers else None
            self.days = DailyTotals.begin(self.answers, champion.since, partial(scores, (champion,)), shadow)
        self.days.take_in(position)
        return self.days

    def _statistics(self, days: DailyTotals, last_attempt: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        fresh = self._day_of(last_attempt)
        if OnSkillDrop in self.reads:
            found["skill"] = statistics.skill(days.totals(MODEL, CONSTANT), fresh)
        if OnChallenger in self.reads:
            found["challenger"] = statistics.challenger(days.totals(MODEL, CHALLENGER, fresh))
        if OnRegret in self.reads:
            paid = days.totals(MODEL_MONEY, CHALLENGER_MONEY, fresh)
            priced = self.answers.priced
            found["regret"] = statistics.regret(paid) if priced else "the stakes price no outcome"
        return found

    def _day_of(self, instant: int) -> int:
        """The day of the first request from an instant on."""
        place = min(int(np.searchsorted(self.answers.at, instant)), len(self.answers.at) - 1)
        return int(self.answers.day[place])


def measures(
    answers: Answers, policy: Policy, results: Results, watch: PolicyWatch | None = None
) -> PolicyMeasure:
    """The measure of a policy over the answers of a replay, reading scores from results as they come."""
    return PolicyMeasure(answers, policy, results, watch)

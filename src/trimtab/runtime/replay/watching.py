"""Would the monitors have caught it? A policy of a replay, watched day by day as if it had been live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from threadpoolctl import threadpool_limits

from trimtab.errors import DataError
from trimtab.evaluation.months import months
from trimtab.finding import Finding, Severity
from trimtab.labels.history import MATURE, PENDING, LabelView
from trimtab.metrics.rows import score_columns
from trimtab.monitoring.explaining import About
from trimtab.monitoring.following import Follower
from trimtab.monitoring.observed import Observed
from trimtab.monitoring.options import Options
from trimtab.monitoring.reference import Reference, accept
from trimtab.monitoring.verdicts import realised
from trimtab.monitoring.watching import Page
from trimtab.retrain.windows import Selection
from trimtab.runtime.history import History
from trimtab.runtime.loop import IncidentOpened
from trimtab.runtime.replay.daily import Answers, Floats, Rows
from trimtab.runtime.replay.line import line_scores
from trimtab.runtime.replay.service import Results
from trimtab.runtime.replay.timeline import Served
from trimtab.runtime.replay.watched import Matured, WatchedDay, WatchedPolicy
from trimtab.runtime.replay.watched_days import matured_day, trailing
from trimtab.runtime.watching.accepted import accepted, observed
from trimtab.runtime.watching.declared import about, options_of
from trimtab.runtime.watching.figures import Figures, figures
from trimtab.runtime.watching.live import GRACE
from trimtab.training.fit import Recipe

DAY = 86_400_000_000
TOO_LITTLE = "too little is known before the first model for a period to compare with"


@dataclass(eq=False)
class Ground:
    """What all watched policies of a replay share: requests and labels, and the period that was accepted.

    `line` gives the versions of the fresh model once they are fitted, and `compared_with` names its policy; without one
    the accepted period is what later days are compared with.
    """

    history: History
    answers: Answers
    recipe: Recipe
    command: str
    results: Results
    line: Callable[[], Sequence[Served]] | None = None
    compared_with: str = ""

    @cached_property
    def fresh(self) -> Sequence[Served]:
        """The versions of the fresh model."""
        return () if self.line is None else self.line()

    @cached_property
    def told(self) -> About:
        """What pages tell beside what the monitors saw."""
        system = self.history.system
        return about(system, self.history.features, self.command, f"trimtab train {system.name}")

    @cached_property
    def options(self) -> Options:
        """How the system is watched."""
        return options_of(self.history.system, self.history.features, self.recipe.task)

    @cached_property
    def reference(self) -> Reference | str:
        """The accepted period: the end of what was known before the first model; in words why there is none."""
        first, seed = int(self.answers.ticks[0]), self.history.system.seed
        ground = accepted(self.history, first, self.recipe, Selection(), seed, paired=bool(self.fresh))
        if ground is None:
            return TOO_LITTLE
        try:
            return accept(ground, self.options)
        except DataError as problem:
            return str(problem)

    @cached_property
    def requests(self) -> Observed:
        """The scored requests without scores, each with its label as it was known when it matured."""
        rows = np.arange(self.answers.period.start, self.answers.period.stop)
        label = self.answers.maturing.label
        view = LabelView(label, np.where(np.isnan(label), PENDING, MATURE).astype(np.int8))
        return observed(self.history, view, rows, np.full(len(rows), np.nan))

    def rows(self, start: int, stop: int) -> Rows:
        """The scored rows asked in [start, stop)."""
        period = self.answers.period
        first, last = np.searchsorted(self.answers.at, [start, stop])
        return np.arange(max(int(first), period.start), min(int(last), period.stop))

    def scores(self, line: Sequence[Served], rows: Rows) -> Floats:
        """The score of each row from the version of a line then in service; NaN where none was."""
        return line_scores(self.answers, self.results, line, rows)


@dataclass(eq=False)
class PolicyWatch:
    """The monitors of one policy, day by day; `served` are its versions as far as they are known.

    `figures`, where `reads_figures` asks for them, are those that triggers may read: of all days but the newest, whose
    window is closed just after the tick.
    """

    ground: Ground
    name: str
    served: Sequence[Served] = ()
    reads_figures: bool = False
    matured: list[Matured] = field(default_factory=list, init=False)
    days: list[WatchedDay] = field(default_factory=list, init=False)
    figures: list[Figures] = field(default_factory=list, init=False)
    newest: Figures | None = field(default=None, init=False)

    @cached_property
    def follower(self) -> Follower | None:
        """The monitors; None where there is no accepted period."""
        reference = self.ground.reference
        if not isinstance(reference, Reference):
            return None
        lag = self.ground.history.system.model.label.matures_after.microseconds
        return Follower(reference, self._between, lag, self.ground.told)

    def opened(self, now: int, served: Sequence[Served]) -> IncidentOpened | None:
        """The incident of a page that the day which ends at `now` led to, if it did.

        Called tick by tick. The window of a day is closed a little after its end, as it is live.
        """
        self.served = served
        place = int(np.searchsorted(self.ground.answers.ticks, now))
        if not place:
            return None
        with threadpool_limits(1):  # the same figures whatever the number of cores
            paged = self._look(place)
        number = len(self.follower.pages) if self.follower is not None else 0
        return IncidentOpened(now + GRACE.microseconds, f"i{number}") if paged else None

    def _look(self, place: int) -> bool:
        if self.follower is None:
            return False
        start, stop = (int(tick) for tick in self.ground.answers.ticks[place - 1 : place + 1])
        self.figures += [self.newest] if self.newest is not None else []
        happened = self.follower.take(start, stop)
        if self.reads_figures and self.follower.figures[start].requests:
            self.newest = figures(self.follower.reference, self.follower.state)
        else:
            self.newest = None
        new = [self._matured(*each, place) for each in self.follower.ripe]
        self.matured += new
        self.days.append(self._day(start, stop, tuple(new)))
        return isinstance(happened, Page)

    def _day(self, start: int, stop: int, new: tuple[Matured, ...]) -> WatchedDay:
        follower = self.follower
        assert follower is not None  # noqa: S101  # asked by the caller
        line = next(realised(follower.reference, follower.state), None)
        line = line or Finding("realised performance is unknown", Severity.NOT_RUN)
        last = follower.pages[-1] if follower.pages else None
        page = last.finding if last is not None and last.closed is None else None
        figure = follower.figures[start]
        figures = trailing(self.matured, self.ground.history.system.seed)
        return WatchedDay(start, stop, figure.requests, new, *figures, line, figure.evidence, page)

    def _matured(self, start: int, stop: int, place: int) -> Matured:
        answers, rows = self.ground.answers, self.ground.rows(start, stop)
        score = self.ground.scores(self.served, rows)
        usable = (answers.maturing.tick[rows] <= place) & ~np.isnan(answers.maturing.label[rows])
        usable &= ~np.isnan(score_columns(score)).any(axis=1)
        rows, score = rows[usable], score[usable]
        fresh = self.ground.scores(self.ground.fresh, rows) if self.ground.fresh else None
        return matured_day(answers, rows, score, fresh, start)

    def _between(self, start: int, stop: int) -> Observed:
        ground, rows = self.ground, self.ground.rows(start, stop)
        first = ground.answers.period.start
        log = ground.requests.take(slice(rows[0] - first, rows[-1] + 1 - first) if len(rows) else slice(0, 0))
        score = ground.scores(self.served, rows)
        fresh = ground.scores(ground.fresh, rows) if ground.fresh else None
        log = replace(log, score=score, reference_score=fresh)
        return log.take(log.answered)

    def result(self) -> WatchedPolicy:
        """What was seen of the policy so far."""
        reference, compared = self.ground.reference, self.ground.compared_with
        budget = self.ground.options.budget.false_pages_per_year
        follower = self.follower
        if not isinstance(reference, Reference) or follower is None:
            return WatchedPolicy(self.name, "", 0, budget, problem=str(reference))
        loss = reference.loss
        return WatchedPolicy(
            self.name,
            compared or "the accepted period",
            len(self.days),
            budget,
            tuple(follower.pages),
            tuple((each.stop, each.realised) for each in self._ends_of_months()),
            tuple(follower.figures.values()),
            loss.unit if loss is not None else "",
            loss.scale if loss is not None else 1.0,
            "; ".join(reference.missing) if reference.ground is None else "",
            tuple(self.days),
        )

    def _ends_of_months(self) -> list[WatchedDay]:
        edges = np.array([[each.start, each.stop] for each in self.days], np.int64).reshape(-1, 2)
        first, last = months(edges[:, 0] // DAY), months(edges[:, 1] // DAY)
        return [self.days[place] for place in np.flatnonzero(first != last)]

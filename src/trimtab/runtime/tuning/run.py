"""Every rung of the ladder tuned with one budget, on rows older than those that test what was found."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trimtab.errors import LearnerError, UsageError
from trimtab.evaluation.evaluated import Floats
from trimtab.metrics import Metric, default_metric
from trimtab.ports import Blobs, Ledger
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.evaluating.rungs import LINEAR, linear_learner
from trimtab.runtime.evaluating.split import Split, rehearsed
from trimtab.runtime.evaluating.trainer import Trainer
from trimtab.runtime.history import History
from trimtab.runtime.tuning.records import earlier_best, keep, paired, scores_of, to_parquet
from trimtab.runtime.tuning.result import Tuned, TunedRung
from trimtab.runtime.tuning.search import Searched, parts, search, trained
from trimtab.runtime.tuning.spaces import Space, declared_space, space_of
from trimtab.stats import Bootstrap, Interval, unit_totals
from trimtab.training.inputs import family

DECLARED = "the declared learner"
DRAWS = 2000
LEAST = 2.5
"""Whole trainings that one rung needs at least: the settings as they are, and one other on all parts of the rows."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Settings:
    """What is asked of a search; `now` in epoch microseconds, `budget` in whole trainings a rung."""

    now: int
    budget: float
    space: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    command: str = ""


@dataclass(frozen=True, eq=False)
class _Work:
    """What every rung reads: trainers for the search and for the test, how losses are taken, where records go."""

    outer: Trainer
    inner: Trainer
    metric: Metric
    blobs: Blobs

    def losses(self, split: Split, score: Floats) -> Floats:
        """The loss of each judging row (n,)."""
        label = split.label[split.judged]
        numbers = self.outer.recipe.task == "regression"
        return self.metric.losses(label if numbers else label.astype(np.int64), score)

    def difference(self, *losses: Floats) -> tuple[Interval, ...]:
        """The mean of each array of losses (n,) of the test rows, with its interval by day."""
        split = self.outer.split
        bootstrap = Bootstrap(seed=self.outer.history.system.seed, block=7, draws=DRAWS)
        totals = unit_totals(np.column_stack(losses), split.day[split.judged])
        return bootstrap.means(totals, units=self.metric.unit)


def tune(history: History, ledger: Ledger, blobs: Blobs, settings: Settings, progress: Progress) -> Tuned:
    """Search the settings of every rung, test what was found, and put it on record.

    Raises UsageError for a budget that is too small, DataError when too little has matured.
    """
    if settings.budget < LEAST:
        raise UsageError(
            f"a budget of {settings.budget:g} trainings tries nothing", do=f"give at least {LEAST:g} a rung"
        )
    watch = Stopwatch()
    outer = Trainer.of(history, rehearsed(history, settings.now))
    inner = replace(outer, split=rehearsed(history, outer.split.as_of))
    declared = history.system.model.metric or default_metric(outer.recipe.task)
    metric = declared if declared.per_row is not None else default_metric(outer.recipe.task)
    work = _Work(outer, inner, metric, blobs)
    rungs, problems, lost = list[TunedRung](), list[str](), list[tuple[Floats, Floats]]()
    wanted = list(_wanted(outer, settings.space))
    for place, (name, learner, space) in enumerate(wanted):
        progress(name, place, len(wanted))
        if not space:
            problems.append(f"{name} was not tuned: no usual range is known of {type(learner).__name__}")
        try:
            rung, losses = _rung(work, name, learner, space, settings.budget)
            rungs.append(rung)
            lost.append(losses)
        except LearnerError as error:
            problems.append(f"{name}: {error.what}")
    if not rungs:
        raise LearnerError("no rung can be trained", found="; ".join(problems))
    done = _result(work, settings, rungs, problems, _over_declared(work, rungs, lost), ledger, watch)
    keep(ledger, done, settings.now)
    return done


def _wanted(trainer: Trainer, given: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, Any, Space]]:
    """A linear model and the declared learner, with what is tried of each."""
    declared = trainer.recipe.learner
    if type(declared) is not type(linear := linear_learner(trainer.recipe.task)):
        yield LINEAR, linear, space_of(linear, family(linear))
    space = declared_space(given, declared) if given else space_of(declared, family(declared))
    yield f"{DECLARED} ({type(declared).__name__})", declared, space


def _rung(
    work: _Work, name: str, learner: Any, space: Space, budget: float
) -> tuple[TunedRung, tuple[Floats, Floats]]:
    """What the search found, and the losses of the test rows (n,) with it and with the settings as they were."""
    inner, outer = work.inner, work.outer
    found = search(
        inner,
        learner,
        space,
        budget,
        lambda score: float(work.losses(inner.split, score).mean()),
        inner.seed(),
    )
    score, before = _tested(outer, learner, found)
    split = outer.split
    rows = to_parquet(outer.history, split.judged, split.label[split.judged], score)
    lost = work.losses(split, score)
    was = work.losses(split, before)
    loss, gain = work.difference(lost, was - lost)
    rung = TunedRung(
        name,
        type(learner).__name__,
        found.settings,
        found.declared,
        found.loss,
        loss,
        gain,
        found.spent,
        found.trials,
        found.finished,
        found.failed,
        found.edges,
        work.blobs.put(rows),
    )
    return rung, (lost, was)


def _over_declared(work: _Work, rungs: list[TunedRung], lost: list[tuple[Floats, Floats]]) -> Interval | None:
    """What the best rung takes off the loss of the declared learner as it was; None where that one has no rung."""
    if not rungs[-1].name.startswith(DECLARED):
        return None
    best = rungs.index(_best(rungs))
    return work.difference(lost[-1][1] - lost[best][0])[0]


def _best(rungs: list[TunedRung]) -> TunedRung:
    return min(rungs, key=lambda each: each.validation)


def _tested(outer: Trainer, learner: Any, found: Searched) -> tuple[Floats, Floats]:
    """The scores of the test rows with the settings that were found, and with those that the learner had."""
    rows, judged = parts(outer), outer.split.judged
    before = outer.score(trained(outer, learner, {}, rows), judged)
    if not found.settings:
        return before, before
    return outer.score(trained(outer, learner, found.settings, rows), judged), before


def _result(
    work: _Work,
    settings: Settings,
    rungs: list[TunedRung],
    problems: list[str],
    over_declared: Interval | None,
    ledger: Ledger,
    watch: Stopwatch,
) -> Tuned:
    best = _best(rungs)
    inner, outer = work.inner.split, work.outer.split
    return Tuned(
        system=work.outer.history.system.name,
        metric=work.metric.name,
        budget=settings.budget,
        rungs=tuple(rungs),
        best=best.name,
        validated_from=inner.as_of,
        tested_from=outer.as_of,
        validation_rows=len(inner.judged),
        test_rows=len(outer.judged),
        over_declared=over_declared,
        against_earlier=_against(work, best, earlier_best(ledger, work.blobs, work.metric.name)),
        problems=tuple(problems),
        cpu_seconds=watch.cpu_seconds,
        command=settings.command,
    )


def _against(work: _Work, best: TunedRung, earlier: pa.Table | None) -> Interval | None:
    """The loss of the best rung less that of the run before, on the requests that both predicted."""
    if earlier is None:
        return None
    mine = pq.read_table(io.BytesIO(work.blobs.get(best.predictions)))
    here, there = paired(mine, earlier)
    if not len(here):
        return None
    split = work.outer.split
    some = replace(split, judged=split.judged[here])
    apart = work.losses(some, scores_of(mine)[here]) - work.losses(some, scores_of(earlier)[there])
    bootstrap = Bootstrap(seed=work.outer.history.system.seed, block=7, draws=DRAWS)
    return bootstrap.mean(unit_totals(apart, split.day[some.judged]), units=work.metric.unit)

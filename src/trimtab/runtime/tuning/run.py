"""Every rung of the ladder tuned with one budget, on rows older than those that test what was found."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trimtab.errors import LearnerError, UsageError
from trimtab.evaluation.tradeoff import Option
from trimtab.metrics import default_metric
from trimtab.ports import Blobs, Ledger
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.evaluating.candidate import judged_by
from trimtab.runtime.evaluating.footprint import model_footprint
from trimtab.runtime.evaluating.options import Way, options, simple_ways
from trimtab.runtime.evaluating.rungs import rules
from trimtab.runtime.evaluating.split import rehearsed
from trimtab.runtime.evaluating.trainer import Trainer
from trimtab.runtime.history import History
from trimtab.runtime.tuning.ladder import DECLARED, ladder
from trimtab.runtime.tuning.records import earlier_best, keep, paired, scores_of
from trimtab.runtime.tuning.result import Tuned, TunedRung
from trimtab.runtime.tuning.rung import DRAWS, Model, Tested, Work, tuned_rung
from trimtab.runtime.versions import ChooseEngine, Dump
from trimtab.stats import Bootstrap, Interval, unit_totals

LEAST = 2.5
"""Whole trainings that one rung needs at least: the settings as they are, and one other on all parts of the rows."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Settings:
    """What is asked of a search; `now` in epoch microseconds, `budget` in whole trainings a rung.

    `dump` and `choose` store a model and find the engine that would serve it; without them its size and time are not told.
    """

    now: int
    budget: float
    space: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    command: str = ""
    dump: Dump | None = field(default=None, repr=False)
    choose: ChooseEngine | None = field(default=None, repr=False)


def tune(history: History, ledger: Ledger, blobs: Blobs, settings: Settings, progress: Progress) -> Tuned:
    """Search the settings of every rung, test what was found, and put it on record.

    Raises UsageError for a budget that is too small, DataError when too little has matured.
    """
    if settings.budget < LEAST:
        raise UsageError(
            f"a budget of {settings.budget:g} trainings tries nothing", do=f"give at least {LEAST:g} a rung"
        )
    watch = Stopwatch()
    work = _work(history, blobs, settings)
    wanted, why = ladder(work.outer.recipe, settings.space)
    tested, problems = list[Tested](), list[str]()
    for place, each in enumerate(wanted):
        progress(each.name, place, len(wanted))
        if not each.space:
            kind = type(each.learner).__name__
            problems.append(f"{each.name} was not tuned: no usual range is known of {kind}")
        try:
            tested.append(tuned_rung(work, each, settings.budget))
        except LearnerError as error:
            problems.append(f"{each.name}: {error.what}")
    if not tested:
        raise LearnerError("no rung can be trained", found="; ".join(problems))
    done = _result(work, settings, tested, (why, tuple(problems)), ledger, watch)
    keep(ledger, done, settings.now)
    return done


def _work(history: History, blobs: Blobs, settings: Settings) -> Work:
    outer = Trainer.of(history, rehearsed(history, settings.now))
    inner = replace(outer, split=rehearsed(history, outer.split.as_of))
    declared = history.system.model.metric or default_metric(outer.recipe.task)
    metric = declared if declared.per_row is not None else default_metric(outer.recipe.task)
    return Work(outer, inner, metric, blobs)


def _over_declared(work: Work, tested: Sequence[Tested], best: TunedRung) -> Interval | None:
    """What the best rung takes off the loss of the declared learner as it was; None where that one has no rung."""
    if not tested[-1].rung.name.startswith(DECLARED):
        return None
    found = next(each for each in tested if each.rung is best)
    return work.difference(tested[-1].before.losses - found.after.losses)[0]


def _result(
    work: Work,
    settings: Settings,
    tested: Sequence[Tested],
    told: tuple[str, tuple[str, ...]],
    ledger: Ledger,
    watch: Stopwatch,
) -> Tuned:
    rungs = tuple(each.rung for each in tested)
    best = min(rungs, key=lambda each: each.validation)
    inner, outer = work.inner.split, work.outer.split
    return Tuned(
        system=work.outer.history.system.name,
        metric=work.metric.loss_name,
        budget=settings.budget,
        rungs=rungs,
        best=best.name,
        validated_from=inner.as_of,
        tested_from=outer.as_of,
        validation_rows=len(inner.judged),
        test_rows=len(outer.judged),
        over_declared=_over_declared(work, tested, best),
        against_earlier=_against(work, best, earlier_best(ledger, work.blobs, work.metric.loss_name)),
        options=_options(work, tested, settings),
        why=told[0],
        problems=told[1],
        cpu_seconds=watch.cpu_seconds,
        command=settings.command,
    )


def _options(work: Work, tested: Sequence[Tested], settings: Settings) -> tuple[Option, ...]:
    """The rules, and every rung as it was and as it was found, against all requirements at once."""
    trainer, as_of = work.outer, work.outer.split.as_of
    found = judged_by(trainer, tested[-1].before.predictor)
    ways = simple_ways(found, rules(trainer, work.metric), as_of)
    for each in tested:
        ways.append(_way(trainer, each.rung.short_name, each.before, settings))
        if each.rung.settings:
            ways.append(_way(trainer, f"{each.rung.short_name}, tuned", each.after, settings))
    return options(found, ways)


def _way(trainer: Trainer, name: str, model: Model, settings: Settings) -> Way:
    taken = model_footprint(trainer, model.predictor, settings.dump, settings.choose, elsewhere=False)
    return Way(name, model.score, taken, trainer.split.as_of)


def _against(work: Work, best: TunedRung, earlier: pa.Table | None) -> Interval | None:
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
    return bootstrap.mean(unit_totals(apart, split.day[some.judged]), units=work.metric.loss_unit)

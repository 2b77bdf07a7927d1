"""All policies walked through the period: the inputs of fits on disk, the pool that makes them, each fit once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from trimtab.declare.policy import Policy
from trimtab.errors import DeclarationError
from trimtab.metrics import Metric, default_metric
from trimtab.ports import Engine
from trimtab.runtime.history import History
from trimtab.runtime.replay import batch, curves
from trimtab.runtime.replay.evaluation import (
    Judge,
    make_judge,
)
from trimtab.runtime.replay.knowing import answers_of, examiners_of, kept_fits, learnings_of
from trimtab.runtime.replay.period import Period
from trimtab.runtime.replay.policies import WEEKLY
from trimtab.runtime.replay.service import jobs_for, merge, settle
from trimtab.runtime.replay.settings import Progress, Settings
from trimtab.runtime.replay.suite import ReplayedSuite
from trimtab.runtime.replay.timeline import Timeline
from trimtab.runtime.replay.watched import WatchedPolicy
from trimtab.runtime.replay.watches import Watches
from trimtab.runtime.training import FitResult, FitSpec, Pool, Serve
from trimtab.runtime.versions import Dump
from trimtab.runtime.workspace import write_workspace
from trimtab.training.fit import Recipe
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.task import make_recipe


@dataclass(frozen=True)
class Found:
    """Everything the walk produced, ready to be judged."""

    history: History
    period: Period
    judge: Judge
    settings: Settings
    timelines: tuple[Timeline, ...]
    results: Mapping[FitSpec, FitResult]
    questions: curves.Questions
    recipe: Recipe
    watches: Watches
    watched: tuple[WatchedPolicy, ...] = ()


@dataclass
class Walks:
    """One replay's walk: the inputs of all fits on disk, the questions, and the pool that answers them."""

    history: History
    period: Period
    policies: Sequence[Policy]
    settings: Settings
    engine: Engine
    folder: Path
    dump: Dump | None = None

    def settle(self, progress: Progress) -> Found:
        """Walk all policies to the end, with every fit that they need."""
        history, at, rows = self.history, self.history.requests.at, self.period.rows
        metric, recipe = _metric_and_recipe(history)
        questions = self._questions()
        matrices = {"online": history.matrix, **self._batch_matrices(progress)}
        workspace = write_workspace(self.folder, matrices, at, history.labels.history)
        kept, keeps = kept_fits(history.system, self.policies, self.folder)
        pool = Pool(workspace, recipe, history.system.seed, self.settings.processes, kept, keeps)
        wanted = {policy.name: ("online",) for policy in self.policies} | {
            answering_in_batch(self.policies): tuple(matrices)
        }
        judge = make_judge(history, metric, recipe.task)
        answers = answers_of(history, self.period, judge, recipe)
        watches = Watches(history, answers, recipe, self.policies, self.settings.command)
        more = watches.lines()
        wanted = {line.policy.name: ("online",) for line in more} | wanted
        timelines, results = settle(
            self.policies,
            self.period.ticks,
            lambda lines: merge(jobs_for((*lines, *more), at, rows, wanted), questions.jobs()),
            lambda jobs: _collect(pool, jobs, progress),
            watches.measure,
            examiners_of(
                history,
                answers,
                self.policies,
                partial(ReplayedSuite, history, recipe, metric, kept, self.dump),
            ),
            learnings_of(self.policies, recipe, workspace, judge),
        )
        return Found(
            history, self.period, judge, self.settings, timelines, results, questions, recipe, watches
        )

    def _questions(self) -> curves.Questions:
        lag = self.history.system.model.label.matures_after.microseconds
        at, period, thorough = self.history.requests.at, self.period, self.settings.thorough
        return curves.Questions(
            curves.freshness(at, period, lag, thorough=thorough),
            curves.volume(at, period, lag, thorough=thorough),
            curves.ladder(self.history.features, at, period.rows.stop),
        )

    def _batch_matrices(self, progress: Progress) -> dict[str, FeatureMatrix]:
        matrices = {}
        for period in batch.BATCH_HOURS:
            progress(f"computing features as of a run every {period} h", 0, 0)
            matrices[f"batch_{period}"] = batch.matrix_as_of(self.history, period, self.engine)
        return matrices


def answering_in_batch(policies: Sequence[Policy]) -> str:
    """The policy whose versions also answer in batch: weekly on everything where it runs, else the last.

    Versions of a calendar score just the rows that they serve; others score all that they might have served.
    """
    names = [policy.name for policy in policies]
    return WEEKLY if WEEKLY in names else names[-1]


def _metric_and_recipe(history: History) -> tuple[Metric, Recipe]:
    model, labels = history.system.model, history.labels
    recipe = make_recipe(model, labels.kind, labels.classes, labels.history.value)
    metric = model.metric or default_metric(recipe.task)
    if recipe.task not in metric.tasks:
        raise DeclarationError(
            f"metric {metric.name} does not judge a {recipe.task} label", where=model.site, found=metric.tasks
        )
    return metric if metric.per_row is not None else default_metric(recipe.task), recipe


def _collect(
    pool: Pool, jobs: Mapping[FitSpec, Sequence[Serve]], progress: Progress
) -> dict[FitSpec, FitResult]:
    results = {}
    for result in pool.run(jobs):
        results[result.spec] = result
        progress("training and scoring", len(results), len(jobs))
    return results

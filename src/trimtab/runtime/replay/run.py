"""A replay from start to finish: load once, walk every policy, pay for each distinct fit once, compare."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.declare.policy import Policy
from trimtab.declare.system import System
from trimtab.errors import DeclarationError
from trimtab.finding import Finding, Severity
from trimtab.labels.history import arrival_delays, as_known
from trimtab.metrics import Metric, default_metric
from trimtab.ports import Engine, Ledger, Tables
from trimtab.release.exposure import exposure_finding
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.history import History, load
from trimtab.runtime.kept_fits import KeptFits
from trimtab.runtime.learning import Learning, losses_by, refuse_manner
from trimtab.runtime.replay import batch, curves
from trimtab.runtime.replay.daily import Answers
from trimtab.runtime.replay.evaluation import (
    Judge,
    arrival_curve,
    batch_cost,
    curve_points,
    ladder_rungs,
    make_judge,
    rung,
    score_policies,
)
from trimtab.runtime.replay.examining import NOT_MEASURED, ReleaseExaminer
from trimtab.runtime.replay.floors import baselines
from trimtab.runtime.replay.hindsight import releases_of
from trimtab.runtime.replay.journal import record, record_served
from trimtab.runtime.replay.learned_worth import continued
from trimtab.runtime.replay.maturing import maturing
from trimtab.runtime.replay.paired import Slices
from trimtab.runtime.replay.period import Period, choose_period
from trimtab.runtime.replay.policies import OWN, SCRATCH, WEEKLY, choose
from trimtab.runtime.replay.result import PolicyResult, Replay
from trimtab.runtime.replay.sentence import recommendation
from trimtab.runtime.replay.service import Examiners, jobs_for, merge, settle
from trimtab.runtime.replay.timeline import Timeline
from trimtab.runtime.replay.watch_journal import record_watched
from trimtab.runtime.replay.watched import WatchedPolicy
from trimtab.runtime.replay.watches import Watches
from trimtab.runtime.training import FitResult, FitSpec, Inputs, Pool, Serve
from trimtab.runtime.workspace import write_workspace
from trimtab.training.fit import Recipe
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.task import make_recipe

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


def silent(_: str, __: int, ___: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Settings:
    """What a replay was asked for. `start` and `stop` limit the scored period, in epoch microseconds."""

    start: int | None = None
    stop: int | None = None
    policies: tuple[str | Policy, ...] = ()
    thorough: bool = False
    processes: int = 2
    watch: bool = True
    command: str = "trimtab replay"


def replay(
    system: System,
    engine: Engine,
    tables: Tables,
    ledger: Ledger,
    settings: Settings,
    progress: Progress = silent,
) -> Replay:
    """Replay a system's history under several policies; raises TrimtabError where that cannot be done honestly."""
    watch = Stopwatch()
    policies = choose(system.retrain, settings.policies, thorough=settings.thorough)
    _refuse_causal(system)
    refuse_manner(system)
    progress("reading sources and computing features", 0, 0)
    history = load(system, engine, tables)
    period = choose_period(
        history.requests.at,
        system.zone,
        start=settings.start,
        stop=settings.stop,
        warm_up=system.retrain.warm_up,
    )
    with tempfile.TemporaryDirectory(prefix="trimtab-") as folder:
        found = _Run(history, period, policies, settings, engine, Path(folder)).settle(progress)
    if settings.watch:
        progress("watching as if it had been live", 0, 0)
        found = replace(found, watched=found.watches.told(found.timelines, found.results))
    progress("comparing", 0, 0)
    done = _outcome(found, watch)
    record(ledger, done, found.timelines, found.results)
    record_watched(ledger, found.watched, found.timelines)
    record_served(ledger, history, found.judge, found.timelines[-1], found.results, period.rows)
    return done


def _refuse_causal(system: System) -> None:
    if system.feedback == "causal":
        raise DeclarationError(
            "predictions of this system change the outcomes, so its history cannot say what another policy would have done",
            where=system.site,
            found='feedback="causal"',
            do="compare policies in an experiment, or declare feedback='selective' if only the labelling depends on them",
        )


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
class _Run:
    """One replay's walk: the inputs of all fits on disk, the questions, and the pool that answers them."""

    history: History
    period: Period
    policies: Sequence[Policy]
    settings: Settings
    engine: Engine
    folder: Path

    def settle(self, progress: Progress) -> Found:
        history, at, rows = self.history, self.history.requests.at, self.period.rows
        metric, recipe = _metric_and_recipe(history)
        questions = self._questions()
        matrices = {"online": history.matrix, **self._batch_matrices(progress)}
        workspace = write_workspace(self.folder, matrices, at, history.labels.history)
        grows = any(policy.retrain.continues for policy in self.policies)
        kept = KeptFits(str(self.folder)) if grows else None
        pool = Pool(workspace, recipe, history.system.seed, self.settings.processes, kept)
        wanted = {policy.name: ("online",) for policy in self.policies} | {
            answering_in_batch(self.policies): tuple(matrices)
        }
        judge = make_judge(history, metric, recipe.task)
        answers = _answers(history, self.period, judge, recipe)
        watches = Watches(history, answers, recipe, self.policies, self.settings.command)
        more = watches.lines()
        wanted = {line.policy.name: ("online",) for line in more} | wanted
        timelines, results = settle(
            self.policies,
            self.period.ticks,
            lambda lines: merge(jobs_for((*lines, *more), at, rows, wanted), questions.jobs()),
            lambda jobs: _collect(pool, jobs, progress),
            watches.measure,
            _examiners(history, answers, self.policies),
            _learnings(self.policies, recipe, workspace, judge),
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


def _line_of(found: Found, name: str) -> Timeline:
    return next(line for line in found.timelines if line.policy.name == name)


def _answers(history: History, period: Period, judge: Judge, recipe: Recipe) -> Answers:
    """What triggers that read scores may know: labels as they matured, judged as the replay judges."""
    return Answers(
        at=judge.at,
        day=judge.day,
        ticks=np.asarray(period.ticks),
        maturing=maturing(history.labels.history, period.ticks),
        period=period.rows,
        metric=judge.metric,
        task=judge.task,
        classes=recipe.class_count,
        stakes=judge.stakes,
    )


def _examiners(history: History, answers: Answers, policies: Sequence[Policy]) -> Examiners:
    """The system's own policy has to earn its traffic as declared; named ones serve whatever could be trained.

    What the own one would be from scratch has to earn it too, so that nothing but the manner tells them apart.
    """
    system = history.system
    return {
        policy.name: partial(
            ReleaseExaminer,
            answers,
            policy,
            system.release,
            system.model.label.matures_after.microseconds,
            slices=_slices(history),
            feedback=system.feedback,
        )
        for policy in policies
        if policy.name in {OWN, SCRATCH}
    }


def _learnings(
    policies: Sequence[Policy], recipe: Recipe, inputs: Inputs, judge: Judge
) -> dict[str, Learning]:
    """How the policies that continue versions decide that, by name."""
    losses = losses_by(judge.metric)
    return {
        policy.name: Learning(policy.retrain, recipe.learner, inputs, losses, judge.day, judge.seed)
        for policy in policies
        if policy.retrain.continues
    }


def _slices(history: History) -> tuple[Slices, ...]:
    """The declared slices that the request itself names."""
    table = history.requests.table
    found = []
    for column in history.system.watch.slices:
        if column in table.column_names:
            encoded = pc.dictionary_encode(table[column].cast(pa.string()).combine_chunks())
            codes = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)
            found.append(Slices(column, tuple(encoded.dictionary.to_pylist()), codes))
    return tuple(found)


def _with_releases(found: Found, policies: tuple[PolicyResult, ...]) -> tuple[PolicyResult, ...]:
    """The policies, those that were released with what came of it."""
    margin = found.history.system.release.margin
    return tuple(
        replace(
            each,
            releases=releases_of(found.judge, line, found.results, found.period.rows, margin, NOT_MEASURED),
        )
        if line.released and each.name == OWN
        else each
        for each, line in zip(policies, found.timelines, strict=True)
    )


def _with_learned(
    found: Found, policies: tuple[PolicyResult, ...], rows: NDArray[np.int64]
) -> tuple[PolicyResult, ...]:
    """The policies, the system's own with what continuing versions was worth."""
    named = {line.policy.name: (line, each) for line, each in zip(found.timelines, policies, strict=True)}
    if SCRATCH not in named or OWN not in named:
        return policies
    (own, result), (twin, other) = named[OWN], named[SCRATCH]
    spent = result.score.spent, other.score.spent
    learned = continued(found.judge, (own, twin), spent, found.results, found.period.rows, rows)
    return tuple(replace(each, learned=learned) if each is result else each for each in policies)


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


def _elsewhere(found: Found) -> float:
    """CPU seconds of training processes other than this one."""
    own = found.settings.processes == 1
    return 0.0 if own else sum(result.cpu_seconds for result in found.results.values())


def _outcome(found: Found, watch: Stopwatch) -> Replay:
    history, judge, period = found.history, found.judge, found.period.rows
    policies, verdict, unscored, rows = score_policies(judge, found.timelines, found.results, period)
    policies = _with_learned(found, _with_releases(found, policies), rows)
    stakes = history.system.stakes
    own = found.timelines[-1]
    batched = answering_in_batch([line.policy for line in found.timelines])
    late = {hours: batch.unknown_to_run(history, hours) for hours in batch.BATCH_HOURS}
    before = as_known(history.labels.history, int(judge.at[period.start]))
    fallback = float(np.mean(before.value[before.mature])) if before.mature.any() else 0.5
    half_time = next(iter(found.questions.ladder.values()))
    floors = tuple(
        rung(judge, floor.name, 0, judged, floor.score)
        for floor, judged in baselines(history, judge, half_time, found.recipe.class_count)
    )
    delays = arrival_delays(history.labels.history, judge.at)
    return Replay(
        system=history.system.name,
        metric=judge.metric.name,
        task=judge.task,
        currency=stakes.currency if stakes else None,
        start=int(judge.at[period.start]),
        stop=int(judge.at[period.stop - 1]) + 1,
        rows=len(rows),
        unscored=unscored,
        policies=policies,
        verdict=verdict,
        sentence=recommendation(policies, verdict, judge.metric, stakes, len(rows)),
        baselines=floors,
        freshness=curve_points(judge, found.questions.freshness, found.results),
        volume=curve_points(judge, found.questions.volume, found.results),
        ladder=ladder_rungs(judge, found.questions.ladder, found.results),
        batch=batch_cost(judge, _line_of(found, batched), found.results, period, rows, late, fallback),
        arrival=arrival_curve(delays, len(judge.at)),
        decisions=tuple(decision for each in found.timelines if each is own for decision in each.decisions),
        findings=(*_findings(history, unscored), *_canary_findings(found)),
        watched=found.watched,
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds + _elsewhere(found),
        command=found.settings.command,
    )


def _canary_findings(found: Found) -> tuple[Finding, ...]:
    if not any(line.released for line in found.timelines):
        return ()
    requests_a_day = len(found.period.rows) / len(found.period.ticks)
    warning = exposure_finding(found.history.system.release, requests_a_day)
    return () if warning is None else (warning,)


def _findings(history: History, unscored: Mapping[str, int]) -> tuple[Finding, ...]:
    found = [
        Finding(f"{count:,} requests not scored: {reason}", Severity.INFO)
        for reason, count in unscored.items()
    ]
    for reason, count in history.requests.excluded.items():
        found.append(
            Finding(
                f"{count:,} {reason}: left out", Severity.WATCH, owner=history.system.request.source.owner
            )
        )
    for name, facts in history.facts.items():
        owner = facts.source.owner
        found += [
            Finding(f"{name}: {count:,} facts left out: {reason}", Severity.WATCH, owner=owner)
            for reason, count in facts.excluded.items()
        ]
        found += [Finding(f"{name}: {remark}", Severity.INFO, owner=owner) for remark in facts.remarks]
    if history.system.feedback == "selective":
        found.append(
            Finding(
                "only acted-on requests get labels, so these comparisons hold for requests like those",
                Severity.WATCH,
                action="log propensities and keep a small random share to learn about the rest",
            )
        )
    return tuple(found)

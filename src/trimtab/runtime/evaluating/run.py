"""The whole suite on one candidate: the rows, who is compared, every check, and the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow.compute as pc

from trimtab.declare.expectations import Expectation, GoldenRow
from trimtab.declare.features import RequestFields
from trimtab.evaluation.evaluated import Evaluated
from trimtab.evaluation.importance import feature_values, headline, importance_findings
from trimtab.evaluation.leakage.alone import alone, too_good_alone
from trimtab.evaluation.leakage.answers import label_inside
from trimtab.evaluation.leakage.duplicates import duplicates
from trimtab.evaluation.leakage.known_time import availability, time_overlap
from trimtab.evaluation.leakage.order import row_order
from trimtab.evaluation.leakage.shadow import offline_against_served
from trimtab.evaluation.steadiness import staleness, staleness_finding
from trimtab.evaluation.suite import Suite, Wanted, run_suite
from trimtab.evaluation.tradeoff import Option
from trimtab.finding import Finding, Severity
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.evaluating.candidate import Candidate, Stored, evaluated
from trimtab.runtime.evaluating.costs import feature_costs
from trimtab.runtime.evaluating.footprint import (
    Footprint,
    footprint_finding,
    model_footprint,
    reload_finding,
)
from trimtab.runtime.evaluating.options import Way, options, simple_ways
from trimtab.runtime.evaluating.result import Evaluation
from trimtab.runtime.evaluating.retraining import leaks, seeds, without_tail
from trimtab.runtime.evaluating.rungs import Rung
from trimtab.runtime.evaluating.served import ServedScores, aligned
from trimtab.runtime.evaluating.split import MOST_ROWS, Split, enough, rehearsed, split_at
from trimtab.runtime.evaluating.trainer import Trainer, rows_of
from trimtab.runtime.history import History
from trimtab.runtime.versions import ChooseEngine, Dump
from trimtab.training.fit import Fitted
from trimtab.training.predictor import Predictor

Progress = Callable[[str, int, int], None]
Required = Callable[[float | None, int | None], Sequence[Finding]]
"""The declared limits of a candidate against its microseconds for one row and its size in bytes."""

NEWEST_FEWEST = 100
"""Requests without a label that are needed to know production's null rates."""

ASKED_ALONE = 50


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
    del what, done, total


@dataclass(frozen=True)
class Settings:
    """What is asked of an evaluation besides the system itself; `now` in epoch microseconds.

    `served` gives the scores that a version gave in service; `choose` the engine that would serve a predictor.
    """

    now: int
    expectations: Sequence[Expectation] = ()
    golden: Sequence[GoldenRow] = ()
    most_rows: int = MOST_ROWS
    retrain: bool = True
    command: str = ""
    progress: Progress = field(default=silent, repr=False)
    served: ServedScores | None = field(default=None, repr=False)
    choose: ChooseEngine | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class _Work:
    """What every step of one evaluation reads."""

    history: History
    split: Split
    trainer: Trainer
    candidate: Candidate
    champion: Stored | None
    found: Evaluated
    rungs: tuple[Rung, ...]
    problem: str
    settings: Settings
    alone: float
    stored: Footprint
    dump: Dump


def evaluate(
    history: History,
    stored: Stored | None,
    champion: Stored | None,
    dump: Dump,
    required: Required,
    settings: Settings,
) -> Evaluation:
    """Evaluate a stored version on the rows that it has not seen, else its recipe on held-out ones.

    Raises DataError when too little has matured, LearnerError when the candidate cannot be trained.
    """
    watch = Stopwatch()
    settings.progress("choosing rows", 0, 0)
    split, remarks = _split(history, stored, settings)
    trainer = Trainer.of(history, split)
    settings.progress("training the candidate and what it must beat", 0, 0)
    candidate, warned = _candidate(trainer, stored, split)
    work = _work(history, split, trainer, candidate, champion, settings, dump)
    settings.progress("checking its answers", 0, 0)
    suite = run_suite(work.found, _wanted(work))
    told, line = _told(work, suite, required)
    return _result(work, suite, told, line, (*remarks, *warned), watch)


def _split(history: History, stored: Stored | None, settings: Settings) -> tuple[Split, tuple[str, ...]]:
    if stored is not None:
        own = split_at(history, stored.version.as_of, settings.now, settings.most_rows)
        if enough(own):
            return own, ()
    split = rehearsed(history, settings.now, settings.most_rows)
    if stored is None:
        return split, ("no version is stored: the declared model was trained on the older rows for this",)
    text = (
        f"{stored.version.name} has seen almost everything: its recipe was trained on the older rows instead"
    )
    return split, (text,)


def _candidate(trainer: Trainer, stored: Stored | None, split: Split) -> tuple[Candidate, tuple[str, ...]]:
    if stored is not None and stored.version.as_of == split.as_of:
        return Candidate(stored.version.name, stored.predictor, stored.version), ()
    fitted: Fitted = trainer.fit()
    return Candidate("the declared model", fitted.predictor), fitted.remarks


def _work(
    history: History,
    split: Split,
    trainer: Trainer,
    candidate: Candidate,
    champion: Stored | None,
    settings: Settings,
    dump: Dump,
) -> _Work:
    found, rungs, problem = evaluated(trainer, candidate, champion)
    watch = Stopwatch()
    places = np.linspace(0, len(found) - 1, min(ASKED_ALONE, len(found))).astype(np.int64)
    for place in places:
        found.predict(found.rows.take(np.array([place])))
    alone_ = 1e6 * watch.seconds / len(places)
    told = None if candidate.version is None else candidate.version.provenance
    stored = model_footprint(trainer, candidate.predictor, dump, settings.choose, told)
    return _Work(
        history, split, trainer, candidate, champion, found, rungs, problem, settings, alone_, stored, dump
    )


def _wanted(work: _Work) -> Wanted:
    system = work.history.system
    requires = system.requires
    return Wanted(
        system.stakes,
        None if requires is None else requires.fairness,
        work.settings.expectations,
        work.settings.golden,
        _newest_null_rates(work),
    )


def _newest_null_rates(work: _Work) -> Mapping[str, float] | None:
    """The null rates of the requests that came after the judging rows, as features hold them now."""
    last = int(work.split.judged[-1])
    newest = rows_of(work.history.matrix.take(np.arange(last + 1, len(work.history.requests.at))))
    if len(newest) < NEWEST_FEWEST:
        return None
    return {name: float(np.isnan(newest.column(name)).mean()) for name in newest.names}


def _told(work: _Work, suite: Suite, required: Required) -> tuple[dict[str, tuple[Finding, ...]], str]:
    """All findings by topic, and the sentence that opens the feature value report."""
    found, trainer, worth = work.found, work.trainer, suite.importances
    findings = dict(suite.findings)
    reload = reload_finding(trainer, work.candidate.predictor, work.stored)
    findings["contracts"] = (*findings["contracts"], reload)
    if work.problem:
        failed = Finding(
            "the candidate was not compared with a linear model", Severity.NOT_RUN, cause=work.problem
        )
        findings["comparisons"] = (*findings["comparisons"], failed)
    dropped, why = None, "further trainings were not asked for"
    retrained: tuple[Finding, ...] = ()
    if work.settings.retrain and worth:
        work.settings.progress("training again, to see what leaks and what can go", 0, 0)
        dropped, why = without_tail(trainer, found, worth)
        findings["steadiness"] = (seeds(trainer, found),)
        retrained = leaks(trainer, found, worth)
    findings["features"] = importance_findings(worth, dropped, why) if worth else ()
    findings["leakage"] = (*_leakage(work), *retrained)
    aging = staleness_finding(staleness(found, work.split.as_of))
    findings["steadiness"] = (*findings.get("steadiness", ()), aging)
    findings["requirements"] = (
        footprint_finding(work.alone, work.stored),
        *required(work.stored.microseconds, work.stored.size),
    )
    return findings, headline(worth, dropped) if worth else ""


def _leakage(work: _Work) -> tuple[Finding, ...]:
    """The checks for leaks that need no training: L1 to L4, L7, L9 and L11; L10 is among the contracts."""
    history, split, found = work.history, work.split, work.found
    at, values = history.requests.at, history.matrix.values
    taken_on_trust = isinstance(history.system.model.features, RequestFields)
    undeclared = history.matrix.names if taken_on_trust else ()
    binary = found.task == "binary"
    sequence = history.requests.table["__sequence"].combine_chunks().take(split.judged)
    return (
        availability({"the request": history.requests.known[split.judged]}, found.at + 1, undeclared),
        *label_inside(found.rows, found.label),
        time_overlap(int(at[split.learned].max(initial=-1)), split.as_of, found.at),
        *duplicates(values[split.learned], values[split.judged], found.label),
        too_good_alone(alone(found.rows, found.label) if binary else ()),
        row_order(pc.fill_null(sequence, 0).to_numpy(zero_copy_only=False), found.at, found.label),
        offline_against_served(
            found, aligned(history, split.judged, found.score, work.candidate.version, work.settings.served)
        ),
    )


def _options(work: _Work) -> tuple[Option, ...]:
    """Every rung, the champion and the candidate against all requirements at once."""
    found, learned_until, champion = work.found, work.split.as_of, work.champion
    work.settings.progress("measuring what each way to answer takes", 0, 0)
    rules = [rung for rung in work.rungs if rung.predictor is None]
    ways = simple_ways(found, rules, learned_until)
    ways += [
        Way(rung.name, rung.score, _measured(work, rung.predictor), learned_until)
        for rung in work.rungs
        if rung.predictor is not None
    ]
    if found.champion is not None and champion is not None:
        version = champion.version
        taken = _measured(work, champion.predictor, version.provenance)
        ways.append(Way(f"champion {version.name}", found.champion, taken, version.as_of))
    ways.append(Way(work.candidate.name, found.score, work.stored, learned_until))
    return options(found, ways)


def _measured(work: _Work, predictor: Predictor, told: Mapping[str, Any] | None = None) -> Footprint:
    """What another model takes; its memory only where further trainings are welcome, for it takes as long as one."""
    choose, full = work.settings.choose, work.settings.retrain
    return model_footprint(work.trainer, predictor, work.dump, choose, told, elsewhere=full)


def _result(
    work: _Work,
    suite: Suite,
    findings: Mapping[str, tuple[Finding, ...]],
    line: str,
    remarks: tuple[str, ...],
    watch: Stopwatch,
) -> Evaluation:
    found, split, system = work.found, work.split, work.history.system
    label = found.label if found.task == "regression" else found.label.astype(np.int64)
    costs = feature_costs(work.history.features, system.request)
    return Evaluation(
        system=system.name,
        candidate=work.candidate.name,
        learned=len(split.learned),
        learned_until=split.as_of,
        rows=len(found),
        days=split.days,
        start=int(found.at[0]),
        stop=int(found.at[-1]) + 1,
        metric=found.metric.name,
        value=found.metric.value(label, found.score),
        findings=findings,
        headline=line,
        features=feature_values(found, suite.importances, suite.outages, costs),
        directions=suite.directions,
        groups=suite.groups,
        ages=staleness(found, split.as_of),
        options=_options(work),
        remarks=remarks,
        cpu_seconds=watch.cpu_seconds,
        command=work.settings.command,
    )

"""The whole suite on one candidate: the rows, who is compared, every check, and the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow.compute as pc

from trimtab.declare.days import DAY
from trimtab.declare.expectations import Expectation, GoldenRow
from trimtab.declare.features import RequestFields
from trimtab.errors import LearnerError, TrimtabError
from trimtab.evaluation.contracts import reloaded
from trimtab.evaluation.evaluated import Evaluated
from trimtab.evaluation.fairness import FEWEST, groups
from trimtab.evaluation.importance import feature_values, headline, importance_findings
from trimtab.evaluation.leakage.alone import alone, too_good_alone
from trimtab.evaluation.leakage.answers import label_inside
from trimtab.evaluation.leakage.duplicates import duplicates
from trimtab.evaluation.leakage.known_time import availability, time_overlap
from trimtab.evaluation.leakage.order import row_order
from trimtab.evaluation.leakage.shadow import offline_against_served
from trimtab.evaluation.steadiness import staleness, staleness_finding
from trimtab.evaluation.suite import Suite, Wanted, run_suite
from trimtab.evaluation.tradeoff import Option, marked
from trimtab.finding import Finding, Severity
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.evaluating.candidate import Candidate, Stored, evaluated
from trimtab.runtime.evaluating.clean import measure_elsewhere
from trimtab.runtime.evaluating.costs import feature_costs
from trimtab.runtime.evaluating.footprint import Footprint, footprint_finding
from trimtab.runtime.evaluating.result import Evaluation
from trimtab.runtime.evaluating.retraining import leaks, seeds, without_tail
from trimtab.runtime.evaluating.served import ServedScores, aligned
from trimtab.runtime.evaluating.split import MOST_ROWS, Split, enough, rehearsed, split_at
from trimtab.runtime.evaluating.trainer import Trainer, evenly, rows_of
from trimtab.runtime.history import History
from trimtab.runtime.versions import ChooseEngine, Dump, container
from trimtab.stats import Interval
from trimtab.training.fit import Fitted

Progress = Callable[[str, int, int], None]
Required = Callable[[float | None, int | None], Sequence[Finding]]
"""The declared limits of a candidate against its microseconds for one row and its size in bytes."""

NEWEST_FEWEST = 100
"""Requests without a label that are needed to know production's null rates."""

ASKED_ALONE = 50
ROWS_ELSEWHERE = 500
ROWS_OF_AN_ENGINE = 5_000
"""Learned rows from which the sample is drawn that an engine must agree on."""


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
    settings: Settings
    microseconds: float | None
    alone: float
    stored: Footprint
    reload: Finding


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
    found, problem = evaluated(history, split, trainer, candidate, champion)
    work = _work(history, split, trainer, candidate, champion, found, settings, dump)
    settings.progress("checking its answers", 0, 0)
    suite = run_suite(found, _wanted(work))
    told, line = _told(work, suite, required, problem)
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
    found: Evaluated,
    settings: Settings,
    dump: Dump,
) -> _Work:
    watch = Stopwatch()
    places = np.linspace(0, len(found) - 1, min(ASKED_ALONE, len(found))).astype(np.int64)
    for place in places:
        found.predict(found.rows.take(np.array([place])))
    alone_ = 1e6 * watch.seconds / len(places)
    told = _engine_microseconds(trainer, candidate, settings)
    stored, reload = _stored_elsewhere(trainer, candidate, dump)
    return _Work(history, split, trainer, candidate, champion, found, settings, told, alone_, stored, reload)


def _engine_microseconds(trainer: Trainer, candidate: Candidate, settings: Settings) -> float | None:
    """One row in the engine that serves the candidate, chosen when it was stored, or that would be chosen now."""
    if candidate.version is not None and "microseconds" in candidate.version.provenance:
        told: float | None = candidate.version.provenance["microseconds"]
        return told
    if settings.choose is None:
        return None
    rows = evenly(trainer.split.learned, ROWS_OF_AN_ENGINE)
    try:
        return settings.choose(
            candidate.predictor, trainer.history.matrix.take(rows), trainer.seed()
        ).microseconds
    except LearnerError:
        return None


def _stored_elsewhere(trainer: Trainer, candidate: Candidate, dump: Dump) -> tuple[Footprint, Finding]:
    """What the candidate's bytes take, and whether they answer elsewhere as the candidate does here."""
    rows = trainer.split.judged[:ROWS_ELSEWHERE]
    predictor = candidate.predictor
    try:
        fitted = Fitted(predictor, 0, 0.0, ())
        form, content = dump(container(fitted))
        there = measure_elsewhere(form, content, trainer.history.matrix.take(rows))
    except TrimtabError as error:
        what = "the stored model was not tried in a clean process"
        return Footprint(), Finding(what, Severity.NOT_RUN, cause=str(error))
    return Footprint(len(content), there), reloaded(trainer.score(predictor, rows), there.scores)


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


def _told(
    work: _Work, suite: Suite, required: Required, problem: str
) -> tuple[dict[str, tuple[Finding, ...]], str]:
    """All findings by topic, and the sentence that opens the feature value report."""
    found, trainer, worth = work.found, work.trainer, suite.importances
    findings = dict(suite.findings)
    findings["contracts"] = (*findings["contracts"], work.reload)
    if problem:
        failed = Finding(
            "the candidate was not compared with a linear model", Severity.NOT_RUN, cause=problem
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
        footprint_finding(work.alone, work.microseconds, work.stored),
        *required(work.microseconds, work.stored.size),
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
    found = work.found
    scores = {"always the same answer": found.always_the_same, **found.baselines}
    if found.champion is not None and work.champion is not None:
        scores[f"champion {work.champion.version.name}"] = found.champion
    scores[work.candidate.name] = found.score
    losses = found.means([found.losses(score) for score in scores.values()])
    options = [
        replace(_figures(work, name), loss=loss, unfairness=_unfairness(found, score))
        for (name, score), loss in zip(scores.items(), losses, strict=True)
    ]
    return marked(options)


def _figures(work: _Work, name: str) -> Option:
    """What is known of one way to answer besides its loss."""
    now, nothing = work.settings.now, Interval(float("nan"))
    if name == work.candidate.name:
        age = (now - work.split.as_of) / DAY if work.candidate.version is not None else None
        stored = work.stored
        memory = None if stored.there is None else stored.there.model_bytes
        return Option(name, nothing, work.microseconds, stored.size, age_days=age, memory=memory)
    if work.champion is not None and name == f"champion {work.champion.version.name}":
        version = work.champion.version
        told, age = version.provenance, (now - version.as_of) / DAY
        return Option(name, nothing, told.get("microseconds"), told.get("size_bytes"), age_days=age)
    return Option(name, nothing)


def _unfairness(found: Evaluated, score: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float | None:
    """The largest share by which a named group of enough rows is worse off than the whole."""
    apart = [each.worse_by for each in groups(replace(found, score=score)) if each.rows >= FEWEST]
    return max(apart) if apart else None


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

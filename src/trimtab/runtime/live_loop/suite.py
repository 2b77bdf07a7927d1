"""What the suite says of a candidate at the gate, where it was declared: promises, expectations, groups.

Promises and expectations need no labels: the candidate itself is asked, on the newest requests. Groups need rows with
labels that it has not learned, and the newest model has none: its recipe is trained on older rows and judged on newer
ones, as `trimtab evaluate` does. What could not be checked keeps a candidate waiting, a refresh too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from trimtab.errors import TrimtabError
from trimtab.evaluation.acceptances import settled
from trimtab.evaluation.contracts import contract_findings, reloaded
from trimtab.evaluation.directions import directions, expectation_findings, golden_findings
from trimtab.evaluation.evaluated import Evaluated
from trimtab.evaluation.fairness import fairness_findings, groups
from trimtab.finding import Finding, Severity, by_severity
from trimtab.release.gate import GateResult
from trimtab.release.state import Candidate
from trimtab.runtime.auditing.acceptances import read_acceptances
from trimtab.runtime.evaluating.clean import score_elsewhere
from trimtab.runtime.evaluating.split import rehearsed
from trimtab.runtime.evaluating.trainer import Trainer, predict_with, rows_of
from trimtab.runtime.live_loop import gating
from trimtab.runtime.live_loop.carrying import stored_versions
from trimtab.runtime.live_loop.past import Past
from trimtab.runtime.loop import Declared
from trimtab.runtime.training_set import Version
from trimtab.training.predictor import Predictor

NEWEST = 2_000
"""Requests on which a candidate's behaviour is looked at."""

ELSEWHERE = 500
"""Of these, how many are scored in a clean process."""


def look(past: Past, candidate: Candidate, declared: Declared) -> GateResult:
    """The gate's findings with those of the suite; what people have accepted blocks nothing until it expires."""
    found = gating.look(past, candidate, declared)
    version = stored_versions(past.means.ledger)[candidate.version]
    suite = tuple(suite_findings(past, version))
    missing = any(each.severity is Severity.NOT_RUN for each in suite)
    told = settled((*found.findings, *suite), read_acceptances(past.means.ledger), past.now)
    return replace(found, findings=by_severity(told), refresh=found.refresh and not missing)


def suite_findings(past: Past, version: Version) -> Iterator[Finding]:
    """Everything that is declared of every version, held against this one; nothing where nothing is declared."""
    system = past.means.system
    checks = (
        ("the predictor's promises", system.release.evaluation, _promises),
        ("what is expected of its behaviour", system.expectations or system.golden, _expectations),
        ("how groups are served", system.requires and system.requires.fairness, _fairness),
    )
    for what, wanted, check in checks:
        if not wanted:
            continue
        try:
            yield from check(past, version)
        except TrimtabError as problem:
            yield Finding(f"not checked: {what}", Severity.NOT_RUN, cause=str(problem))


def _promises(past: Past, version: Version) -> Iterator[Finding]:
    """One finding for all promises that are kept, one for each that is broken, and one for a clean process."""
    found = _newest(past, past.predictor(version))
    told = contract_findings(found.rows, found.predict, found.task)
    broken = [each for each in told if each.severity is not Severity.OK]
    yield from broken or [Finding(f"the predictor keeps its {len(told)} promises", Severity.OK)]
    rows = np.arange(min(ELSEWHERE, len(found)))
    matrix = past.history.matrix.take(_places(past)[rows]).only(found.rows.names)
    there = score_elsewhere(version.format, past.means.blobs.get(version.artifact), matrix)
    yield reloaded(found.score[rows], there)


def _expectations(past: Past, version: Version) -> Iterator[Finding]:
    system, found = past.means.system, _newest(past, past.predictor(version))
    if system.expectations:
        yield from expectation_findings(found, directions(found), system.expectations)
    yield from golden_findings(found, system.golden)


def _fairness(past: Past, _: Version) -> Iterator[Finding]:
    system = past.means.system
    split = rehearsed(past.history, past.now)
    trainer = Trainer.of(past.history, split)
    predictor = trainer.fit().predictor
    judged = split.judged
    matrix = past.history.matrix.take(judged)
    found = Evaluated(
        rows_of(matrix),
        split.label[judged],
        past.at[judged],
        split.day[judged],
        trainer.score(predictor, judged),
        past.recipe.task,
        past.metric,
        predict_with(predictor),
        split.then[split.learned],
        slices=tuple(name for name in system.watch.slices if name in matrix.names),
        threshold=system.stakes.threshold_or_default if system.stakes is not None else 0.5,
        seed=system.seed,
    )
    limit = system.requires.fairness if system.requires is not None else None
    yield from fairness_findings(groups(found), limit)


def _places(past: Past) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    count = len(past.at)
    return np.arange(max(count - NEWEST, 0), count)


def _newest(past: Past, predictor: Predictor) -> Evaluated:
    """The newest requests with the scores of a predictor; labels play no part in what is asked of them."""
    places = _places(past)
    if not len(places):
        raise TrimtabError("there is no request on record", do="wait for the first ones")
    with threadpool_limits(1):
        score = past.score(predictor, places)
    matrix = past.history.matrix.take(places).only(predictor.encoder.names)
    unknown = np.full(len(places), np.nan)
    return Evaluated(
        rows_of(matrix),
        unknown,
        past.at[places],
        past.day[places],
        score,
        predictor.task,
        past.metric,
        predict_with(predictor),
        unknown,
        seed=past.means.system.seed,
    )

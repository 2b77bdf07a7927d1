"""What the gate sees of a candidate: what its recipe did on the newest mature days, as replays judge it.

No version has mature labels that are newer than itself on the day it is trained. So the recipe is judged. Of a refresh
these are the versions that answered in the last weeks, against the one that answered before them. Of a change it is a
rehearsal: its recipe trained on what was known then, against what was answered. Neither side had learned these rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from trimtab.errors import ArtifactError, LearnerError
from trimtab.finding import Finding, Severity, by_severity
from trimtab.labels.history import as_known
from trimtab.metrics import fit_prior
from trimtab.ports import Ledger
from trimtab.release.gate import GateEvidence, GatePlan, GateResult, judge_gate
from trimtab.release.state import Candidate
from trimtab.retrain.windows import select, selection, weights
from trimtab.runtime.live_loop.carrying import VERSIONS, stored_versions
from trimtab.runtime.live_loop.past import Past
from trimtab.runtime.live_loop.routes import ACTIVATED
from trimtab.runtime.loop import Declared
from trimtab.runtime.training import FitSpec
from trimtab.runtime.training_set import Version
from trimtab.stats import unit_totals
from trimtab.stats.sequence import LEAST_CORRELATED_UNITS
from trimtab.training.fit import fit
from trimtab.training.predictor import Predictor
from trimtab.units import Duration, days

WEEK = days(7)

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class _Judged:
    """Losses of mature rows: the recipe's and the old version's (n,), NaN where there is none."""

    rows: Rows
    new: Floats
    old: Floats
    since: int


def look(past: Past, candidate: Candidate, declared: Declared) -> GateResult:
    """The gate's findings on a candidate as of now; one that is ACT blocks, and one that is NOT RUN lets it wait."""
    version = stored_versions(past.means.ledger)[candidate.version]
    checked = (*past.means.checks(version, past.now), *_loads(past, version))
    # limits that show only while a version serves are for the canary
    checked = tuple(each for each in checked if each.severity is not Severity.NOT_RUN)
    if candidate.kind == "first":
        told = Finding("the first version has nothing to be compared with", Severity.INFO)
        return GateResult(version.name, by_severity((told, *checked)))
    try:
        found = _compared(past, candidate, version, declared)
    except (ArtifactError, LearnerError) as problem:
        told = Finding("the candidate was not compared", Severity.NOT_RUN, cause=str(problem))
        return GateResult(version.name, by_severity((told, *checked)))
    return _judged(
        past, candidate, found, checked, 0.0 if declared.release is None else declared.release.margin
    )


def _judged(
    past: Past, candidate: Candidate, found: _Judged, checked: tuple[Finding, ...], margin: float
) -> GateResult:
    both = ~np.isnan(found.new) & ~np.isnan(found.old)
    rows, new, old = found.rows[both], found.new[both], found.old[both]
    difference, day = new - old, past.day[rows]
    rate = _baseline(past, rows, found.since) if len(rows) else np.zeros(0)
    evidence = GateEvidence(
        candidate.version,
        found.since,
        found.since,
        champion=unit_totals(difference, day),
        baselines={"the rate": unit_totals(new - rate, day)},
        champion_baselines={"the rate": unit_totals(old - rate, day)},
        slices={
            name: unit_totals(difference[mine], day[mine])
            for name, mine in past.slices(rows, past.means.system.watch.slices).items()
        },
        checked=checked,
    )
    level = float(old.mean()) if len(old) else 0.0
    return judge_gate(evidence, GatePlan.of_recipe(margin * level, refresh=candidate.kind == "refresh"))


def _compared(past: Past, candidate: Candidate, version: Version, declared: Declared) -> _Judged:
    """The losses of the recipe and of what it is compared with, on the newest mature rows."""
    since, line = version.as_of - held_back(past).microseconds, champions(past.means.ledger)
    before = [place for place, (at, _) in enumerate(line) if at <= since]
    first_at, first = line[before[-1] if before else 0]
    since = max(since, first_at)
    rows = past.mature(since, past.now)
    if candidate.kind == "refresh":
        return _Judged(rows, _answered(past, rows, line), _frozen(past, rows, first), since)
    twin = _twin(past, candidate, version, declared, since)
    new = past.losses(rows, past.score(twin, rows)) if len(rows) else np.zeros(0)
    return _Judged(rows, new, _answered(past, rows, line), since)


def held_back(past: Past) -> Duration:
    """How far back the gate looks: 28 mature days, in whole weeks."""
    least = days(LEAST_CORRELATED_UNITS) + past.means.system.model.label.matures_after
    return WEEK * -(-least.microseconds // WEEK.microseconds)


def champions(ledger: Ledger) -> list[tuple[int, str]]:
    """Who was let answer from when on."""
    events = ledger.read_events(VERSIONS)
    return [(event.at, event.subject) for event in events if event.kind == ACTIVATED]


def _loads(past: Past, version: Version) -> tuple[Finding, ...]:
    try:
        past.predictor(version)
        past.means.try_out(version)
    except (ArtifactError, LearnerError) as problem:
        return (Finding("the candidate cannot be loaded", Severity.ACT, cause=str(problem)),)
    return (Finding("the candidate loads, and scores as it did where it was trained", Severity.OK),)


def _twin(past: Past, candidate: Candidate, version: Version, declared: Declared, as_of: int) -> Predictor:
    """The candidate's recipe on what was known at an instant, or itself where it is older; raises LearnerError."""
    if version.as_of <= as_of:
        return past.predictor(version)
    if candidate.recipe != declared.recipe:
        raise LearnerError("its recipe is not the one that is declared now, so that it cannot be rehearsed")
    history = past.history
    chosen = selection(history.system.retrain.window, as_of)
    view = as_known(history.labels.history, as_of)
    rows = select(chosen, past.at, view.mature)
    seed = FitSpec(as_of, chosen).seed_for(history.system.seed)
    weight = weights(chosen, past.at[rows], as_of)
    with threadpool_limits(1):  # the same bytes whatever the number of cores
        return fit(past.recipe, history.matrix.take(rows), view.value[rows], weight, seed).predictor


def _baseline(past: Past, rows: Rows, as_of: int) -> Floats:
    """The losses of the rows under the rate, or mean, of all labels that were mature at an instant."""
    view = as_known(past.history.labels.history, as_of)
    known = view.value[view.mature]
    multiclass = past.recipe.task == "multiclass"
    prior = fit_prior(
        known.astype(np.int64) if multiclass else known,
        past.recipe.task,
        classes=past.recipe.class_count if multiclass else None,
        quantile=past.metric.quantile,
    )
    return past.losses(rows, prior.predict(len(rows)))


def _answered(past: Past, rows: Rows, line: Sequence[tuple[int, str]]) -> Floats:
    """The loss of each row under the version that was let answer at its time; NaN where it had learned the row."""
    found = np.full(len(rows), np.nan)
    for (since, name), until in zip(line, [*(at for at, _ in line[1:]), past.now], strict=True):
        mine = (past.at[rows] >= since) & (past.at[rows] < until)
        if mine.any():
            found[mine] = _frozen(past, rows[mine], name)
    return found


def _frozen(past: Past, rows: Rows, name: str) -> Floats:
    """The loss of each row under one version; NaN where it had learned the row."""
    version, found = stored_versions(past.means.ledger)[name], np.full(len(rows), np.nan)
    unseen = past.at[rows] >= version.as_of
    if unseen.any():
        mine = rows[unseen]
        found[unseen] = past.losses(mine, past.score(past.predictor(version), mine))
    return found

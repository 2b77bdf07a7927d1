"""Does the data hold what the declaration says? Every problem is collected, not only the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from trimtab.declare.needs import explicit_features
from trimtab.declare.system import System
from trimtab.declare.windows import RecentAndReservoir, SeasonalUnion
from trimtab.errors import TrimtabError, nearest
from trimtab.features import Explanation
from trimtab.finding import Finding, Severity, by_severity, worst
from trimtab.labels import health
from trimtab.labels.history import as_known
from trimtab.ports import Engine, Tables
from trimtab.release.exposure import exposure_finding
from trimtab.report import Column, Document, FindingsList, Section, Table
from trimtab.report.shown import Shown
from trimtab.retrain.windows import selection
from trimtab.runtime.history import History, explain_features, load, load_source
from trimtab.runtime.learning import refuse_manner
from trimtab.runtime.live_loop.challenging import wants_challenger
from trimtab.runtime.training_set import training_rows
from trimtab.sources import contract
from trimtab.training.continuing import how_to_continue
from trimtab.training.manners.manner import Manner
from trimtab.training.task import make_recipe

CHALLENGERS_A_YEAR = 52
UNITS_TO_DECIDE = 14
"""Days with mature labels that a comparison of versions needs at least."""


@dataclass(frozen=True)
class Check(Shown):
    """The findings about a system's declaration and data, and the plan of each feature in words."""

    system: str
    findings: tuple[Finding, ...]
    plans: tuple[Explanation, ...]

    @property
    def severity(self) -> Severity:
        """The worst finding."""
        return worst(self.findings)

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        plans = [{"feature": name, "meaning": meaning, "plan": plan} for name, meaning, plan in self.plans]
        return {
            "system": self.system,
            "severity": str(self.severity),
            "findings": [finding.to_json() for finding in self.findings],
            "plans": plans,
        }

    def document(self, *, explained: bool = True) -> Document:
        """The outcome as a page."""
        sections = [Section("Findings", (FindingsList(self.findings),))]
        if self.plans and explained:
            columns = (Column("feature"), Column("what it is"), Column("how it is computed"))
            sections.append(Section("Features", (Table(columns, self.plans),)))
        verdict = (
            "The data holds what the declaration says."
            if self.severity < Severity.ACT
            else "Not ready: see below."
        )
        ran = worst(finding for finding in self.findings if finding.severity is not Severity.NOT_RUN)
        return Document(f"Check of {self.system}", verdict, severity=ran, sections=tuple(sections))


def check(system: System, engine: Engine, tables: Tables, now: int) -> Check:
    """Run every check that can run; what cannot is a finding with its reason."""
    found: list[Finding] = [*_slices(system), *_expected(system), *_manner(system)]
    readable = True
    for source in system.sources:
        try:
            found += contract.findings(load_source(system, source, engine, tables), now)
        except TrimtabError as error:
            readable = False
            found.append(_failed(f"source {source.name!r} cannot be used", error))
    plans: tuple[Explanation, ...] = ()
    if readable:
        try:
            history = load(system, engine, tables)
            found += _about(history, now)
            plans = explain_features(history, engine)
        except TrimtabError as error:
            found.append(_failed("features or labels cannot be computed", error))
    else:
        what = "features and labels were not checked"
        found.append(Finding(what, Severity.NOT_RUN, cause="a source cannot be used"))
    return Check(system.name, by_severity(found), plans)


def _slices(system: System) -> Iterator[Finding]:
    """A slice must be a feature by name, or a field that the request's features read."""
    known = {name for name, _ in explicit_features(system)}
    for name in system.watch.slices if known else ():
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else f"name one of {', '.join(sorted(known))}"
            yield Finding(f"slice {name!r} is no feature of the model", Severity.ACT, action=hint)


def _expected(system: System) -> Iterator[Finding]:
    """An expectation or a golden row must name features, or a candidate waits at the gate for ever."""
    known = {name for name, _ in explicit_features(system)}
    named = [(each.feature, each.site) for each in system.expectations]
    named += [(name, each.site) for each in system.golden for name in each.features]
    for name, site in named if known else ():
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else f"name one of {', '.join(sorted(known))}"
            what = f"{name!r}, of which something is expected, is no feature of the model"
            yield Finding(what, Severity.ACT, action=hint, evidence=(("declared at", str(site)),))


def _manner(system: System) -> Iterator[Finding]:
    """A learner is continued only where that is known not to destroy it; what it was measured to cost is told."""
    retrain = system.retrain
    try:
        refuse_manner(system)
    except TrimtabError as error:
        yield _failed("the manner of learning is refused", error)
        return
    if not retrain.continues:
        return
    manner = how_to_continue(system.model.learner, retrain.update)
    if isinstance(manner, Manner) and manner.warning:
        yield Finding(f"versions are continued by {manner}", Severity.WATCH, cause=manner.warning)
    if isinstance(retrain.window, SeasonalUnion | RecentAndReservoir):
        what = f"a continued version learns new rows alone; of {retrain.window} the older ones count in fits from scratch"
        yield Finding(what, Severity.WATCH, action='use manner="stateless", or another window')


def _failed(what: str, error: TrimtabError) -> Finding:
    where = () if error.where is None else (("declared at", str(error.where)),)
    return Finding(f"{what}: {error.what}", Severity.ACT, cause=str(error), action=error.do, evidence=where)


def _about(history: History, now: int) -> Iterator[Finding]:
    model, requests = history.system.model, history.requests
    for reason, count in requests.excluded.items():
        yield Finding(
            f"{count:,} {reason}: left out", Severity.WATCH, owner=history.system.request.source.owner
        )
    labels = history.labels.history
    make_recipe(model, history.labels.kind, history.labels.classes, labels.value)
    yield from health.findings(model.label, labels, requests.at, now)
    if history.labels.classes:
        yield from health.rare_classes(history.labels.classes, as_known(labels, now))
    yield from _outcome_in_request(history, now)
    yield from _empty_features(history)
    yield from _time_to_decide(history)
    yield from _challenger(history, now)
    if model.learner.get_params().get("class_weight"):
        yield Finding(
            "class_weight inside the learner moves its scores away from the true rate",
            Severity.WATCH,
            action="declare weights= on tt.Model: scores are then corrected back",
        )
    yield Finding(
        "asserted known times were not compared with received ones",
        Severity.NOT_RUN,
        cause="no fact has arrived live yet",
    )


def _outcome_in_request(history: History, now: int) -> Iterator[Finding]:
    view = as_known(history.labels.history, now)
    if not set(np.unique(view.value[view.mature])) <= {0.0, 1.0}:
        return
    for name in history.requests.kinds:
        missing = np.asarray(pc.is_null(history.requests.table[name]))
        finding = health.filled_in_afterwards(name, missing, view.value, view.mature)
        if finding is not None:
            yield finding


def _empty_features(history: History) -> Iterator[Finding]:
    declared = dict(explicit_features(history.system))
    for position, name in enumerate(history.matrix.names):
        column = history.matrix.values[:, position]
        nulls = float(np.mean(np.isnan(column)))
        where = getattr(declared.get(name), "site", None)
        evidence = () if where is None else (("declared at", str(where)),)
        if nulls == 1.0:
            what = f"feature {name!r} is null for every request"
            yield Finding(what, Severity.ACT, cause="its keys or window match no fact", evidence=evidence)
        elif nulls > 0.9:
            yield Finding(
                f"feature {name!r} is null for {nulls:.0%} of requests", Severity.WATCH, evidence=evidence
            )
        elif np.nanmin(column) == np.nanmax(column) and nulls == 0:
            yield Finding(
                f"feature {name!r} is the same for every request", Severity.WATCH, evidence=evidence
            )


def _challenger(history: History, now: int) -> Iterator[Finding]:
    """What a weekly challenger costs, where one is wanted: a training a week beside the server."""
    system = history.system
    if not wants_challenger(system):
        return
    ripe = int(history.requests.at[-1]) + system.model.label.matures_after.microseconds
    as_of = min(now, ripe)  # data that ended long ago is looked at as it was then
    rows = len(training_rows(history, selection(system.retrain.window, as_of), as_of))
    size = f"of {rows:,} rows and {len(history.matrix.names)} features"
    price = None if system.stakes is None else system.stakes.fit
    paid = f", {CHALLENGERS_A_YEAR * price:,.2f} {system.stakes.currency}" if system.stakes and price else ""
    who = "the monitors compare" if system.watch.challenger else "a trigger compares"
    yield Finding(
        f"{who} the champion with a weekly challenger: {CHALLENGERS_A_YEAR} more trainings a year, {size} now{paid}",
        Severity.INFO,
    )


def _time_to_decide(history: History) -> Iterator[Finding]:
    system = history.system
    days = (history.requests.at[-1] - history.requests.at[0]) / 86_400_000_000
    maturity = system.model.label.matures_after.microseconds / 86_400_000_000
    shadow = system.release.shadow.microseconds / 86_400_000_000
    needed = UNITS_TO_DECIDE + maturity
    rate = len(history.requests) / max(days, 1)
    text = (
        f"{rate:,.0f} requests a day: a changed model can be judged after {needed:.0f} days at the earliest "
        f"({UNITS_TO_DECIDE} days of traffic and {maturity:.0f} for labels)"
    )
    late = shadow < UNITS_TO_DECIDE
    action = f"raise the shadow to at least {UNITS_TO_DECIDE} days; it is {shadow:.0f}" if late else None
    yield Finding(text, Severity.WATCH if late else Severity.INFO, estimate=needed, action=action)
    slow = exposure_finding(system.release, rate)
    if slow is not None:
        yield slow

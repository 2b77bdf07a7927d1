"""What the monitors say now, one finding a matter: harm, its estimate, drift, breakage, and what is not watched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from trimtab.finding import Finding, Severity, by_severity
from trimtab.monitoring.attribution import drift_findings
from trimtab.monitoring.breakage import breakage_finding
from trimtab.monitoring.drift import drifts
from trimtab.monitoring.explaining import About
from trimtab.monitoring.gauge import Part
from trimtab.monitoring.losses import BoundedLoss
from trimtab.monitoring.realised import realised_finding
from trimtab.monitoring.reference import Reference
from trimtab.monitoring.summary import OutcomeSummary
from trimtab.monitoring.trust import estimated_finding
from trimtab.monitoring.watcher import State
from trimtab.stats.clusters import UnitTotals

RECENT = 28
"""Windows of matured rows that the realised verdict is told from."""

DRIFTING = 7
"""Windows of requests that drift is told from."""

SHOWN = 5


def verdicts(reference: Reference, state: State, about: About) -> tuple[Finding, ...]:
    """Every verdict of the monitors, worst first; none of them pages by itself."""
    found = [*realised(reference, state), *_estimated(reference, state), *_drift(reference, state, about)]
    found += [*_broken(state, about), *_missing(reference)]
    return by_severity(found)


def paired_of(reference: Reference, outcomes: Sequence[OutcomeSummary]) -> UnitTotals:
    """The totals (u, 2) of windows: the model's loss, and that of what it is compared with on the same rows.

    Without another model that is the mean loss of the accepted period.
    """
    held = [(each, _both(reference, each)) for each in outcomes]
    held = [(each, both) for each, both in held if both[2]]
    sums = np.array([both[:2] for _, both in held]).reshape(-1, 2)
    counts = np.array([float(both[2]) for _, both in held])
    return UnitTotals(np.array([each.start for each, _ in held], np.int64), sums, counts)


def _both(reference: Reference, outcome: OutcomeSummary) -> tuple[float, float, int]:
    """The totals of both losses on the rows that have both, and how many these are."""
    loss, other = outcome.loss, outcome.reference_loss
    if not reference.paired:
        return loss.total, loss.rows * reference.baseline, loss.rows
    difference = outcome.parts.get("realised", Part())
    return other.total + difference.total, other.total, difference.rows


def realised(reference: Reference, state: State) -> Iterator[Finding]:
    """The verdict of realised performance over the latest windows with labels, where there is a reference for it."""
    if reference.loss is None or reference.ground is None:
        return
    recent = paired_of(reference, state.outcomes[-RECENT:])
    ground = reference.ground
    if not reference.paired:
        sums = np.column_stack([ground.sums[:, 0], ground.counts * reference.baseline])
        ground = UnitTotals(ground.unit, sums, ground.counts)
    yield realised_finding(recent, ground, reference.loss, reference.tolerance, reference.options.seed)


def _estimated(reference: Reference, state: State) -> Iterator[Finding]:
    if reference.loss is None or reference.estimate is None:
        return
    weighed = None if state.weighed is None else state.weighed.reweighted
    loss: BoundedLoss = reference.loss
    yield estimated_finding(state.trust, weighed, reference.baseline, loss, reference.tolerance)


def _drift(reference: Reference, state: State, about: About) -> Iterator[Finding]:
    held = [each for each in state.inputs[-DRIFTING:] if each.rows]
    if not held:
        yield Finding("no prediction was seen", Severity.NOT_RUN, cause="no request came lately")
        return
    found = drifts(reference.breakage.reference, [each.counts for each in held])
    shown = drift_findings(
        found,
        about.origins,
        since=held[0].start,
        metric=_metric(reference),
        check_command=about.check_command,
    )
    if shown:
        yield from shown[:SHOWN]
    else:
        what = f"no column drifts: {len(found)} compared at the same hours of the week"
        yield Finding(what, Severity.OK, since=held[0].start)


def _metric(reference: Reference) -> str:
    loss = reference.loss
    return "mean loss" if loss is None or not loss.unit else f"mean loss (1 is {loss.scale:g} {loss.unit})"


def _broken(state: State, about: About) -> Iterator[Finding]:
    verdict = state.broken
    if verdict is None or verdict.value is None:
        yield Finding(
            "inputs were not checked for breakage", Severity.NOT_RUN, cause="too few requests in a window"
        )
        return
    since = state.inputs[-1].start if state.inputs else None
    found = breakage_finding(verdict, about.origins, since=since, check_command=about.check_command)
    yield found or Finding("no column is broken", Severity.OK, since=since)


def _missing(reference: Reference) -> Iterator[Finding]:
    for why in reference.missing:
        what = "harm is not watched" if reference.ground is None else "estimates are not watched"
        yield Finding(what, Severity.NOT_RUN, cause=why)

"""A page as a person needs it: what, since when, how sure, what it costs, the likely cause, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, isnan, nan

import numpy as np

from trimtab.finding import Fact, Finding, Severity
from trimtab.monitoring.attribution import Origin, by_source, moved
from trimtab.monitoring.breakage import breakage_finding
from trimtab.monitoring.drift import ColumnDrift, drifts
from trimtab.monitoring.gauge import Part
from trimtab.monitoring.reference import Reference
from trimtab.monitoring.summary import OutcomeSummary
from trimtab.monitoring.watcher import State
from trimtab.monitoring.watching import Page
from trimtab.stats.bootstrap import Bootstrap
from trimtab.stats.clusters import UnitTotals
from trimtab.stats.interval import Interval

WEEK = 7
SHOWN = 3
LARGEST = 700.0
"""The largest log evidence that is written as a number."""


@dataclass(frozen=True)
class About:
    """What a page cannot know from the monitors: where features come from, and how to look and act by hand."""

    system: str = "the system"
    origins: Mapping[str, Origin] = field(default_factory=dict)
    check_command: str | None = None
    train_command: str | None = None


def page_finding(reference: Reference, state: State, page: Page, about: About) -> Finding:
    """The finding of a page, ACT, told from the state in which it came."""
    name = page.shares[0][0]
    sure = _sureness(reference, page)
    if name == "breakage" and state.broken is not None:
        found = breakage_finding(
            state.broken, about.origins, since=page.since, check_command=about.check_command
        )
        if found is not None:
            return replace(found, evidence=(*found.evidence, *sure))
    if name == "estimated":
        return _estimated(reference, state, page, about, sure)
    return _realised(reference, state, page, about, sure)


def _realised(
    reference: Reference, state: State, page: Page, about: About, sure: tuple[Fact, ...]
) -> Finding:
    """Harm that labels show."""
    carried = [each for each, _ in page.shares]
    name = next((each for each in carried if each.startswith("realised")), "residual")
    since = page.since - state.lag
    held = [each for each in state.outcomes if each.start >= since] or list(state.outcomes[-1:])
    harm = _interval(held, name, reference)
    covariate, concept = split(reference, held)
    moves = _moves(reference, state, since)
    who = name.removeprefix("realised").removeprefix(", ") if name != "residual" else ""
    stale = reference.paired and name != "residual"
    size = reference.loss.scale if reference.loss is not None else 1.0
    return Finding(
        f"{who or about.system} loses {_amount(reference, harm.estimate)} a request more {_than(reference, name)}",
        Severity.ACT,
        since,
        harm.estimate * size,
        (harm.low * size, harm.high * size) if harm.known else None,
        cost=_cost(reference, harm, held, name),
        cause=_cause(covariate, concept, moves, about, stale=stale),
        owner=_owner(moves, about) if covariate > concept else None,
        action=_action(about, stale=stale),
        check_command=about.check_command,
        evidence=(
            ("windows since then", len(held)),
            ("requests with labels since then", sum(each.loss.rows for each in held)),
            ("tolerated", reference.tolerance * size),
            ("change of the loss from other requests (covariate shift)", covariate * size),
            ("change of the loss from a changed relation (concept shift)", concept * size),
            *_slices(reference, held),
            *_drifted(moves),
            *sure,
        ),
    )


def _estimated(
    reference: Reference, state: State, page: Page, about: About, sure: tuple[Fact, ...]
) -> Finding:
    """Harm that is estimated while labels are late."""
    held = [each.estimated for each in state.inputs if each.start >= page.since]
    rows = sum(part.rows for part in held)
    grown = sum(part.total for part in held) / max(rows, 1) - reference.baseline
    half = state.trust.uncertainty
    size = reference.loss.scale if reference.loss is not None else 1.0
    moves = _moves(reference, state, page.since)
    return Finding(
        f"{about.system} is estimated to lose {_amount(reference, grown)} a request more than when it was accepted; "
        "labels are not there yet",
        Severity.ACT,
        page.since,
        grown * size,
        ((grown - half) * size, (grown + half) * size),
        cost=f"{_amount(reference, grown)} a request",
        cause=_cause(grown, 0.0, moves, about, stale=False),
        owner=_owner(moves, about),
        action=_action(about, stale=False),
        check_command=about.check_command,
        evidence=(
            ("requests since then", rows),
            ("tolerated", reference.tolerance * size),
            *_drifted(moves),
            *sure,
        ),
    )


def split(reference: Reference, outcomes: Sequence[OutcomeSummary]) -> tuple[float, float]:
    """By how much the mean loss grew since the reference, from other rows and from a changed relation; NaN unknown."""
    held = [each for each in outcomes if each.gap.rows]
    rows = sum(each.gap.rows for each in held)
    if not rows:
        return nan, nan
    estimated = sum(each.estimated.total for each in held) / rows
    realised = sum(each.loss.total for each in held) / rows
    return estimated - reference.baseline, realised - estimated


def _interval(held: Sequence[OutcomeSummary], name: str, reference: Reference) -> Interval:
    """The mean loss a row that a monitor found beyond what was expected, resampled by weeks of windows."""
    known = [each for each in held if each.parts.get(name, Part()).rows]
    if not known:
        return Interval(nan, reason="no window with labels")
    totals = UnitTotals(
        np.array([each.start for each in known], np.int64),
        np.array([_harm(reference, name, each) for each in known]),
        np.array([float(each.parts[name].rows) for each in known]),
    )
    return Bootstrap(reference.options.seed, WEEK).mean(totals)


def _harm(reference: Reference, name: str, outcome: OutcomeSummary) -> float:
    """The loss of a window's rows beyond what a monitor expected of them."""
    part = outcome.parts.get(name, Part())
    if name == "residual":
        return 2 * part.total - part.rows
    if reference.paired or not part.rows:
        return part.total
    gauge = reference.gauges[name]
    return part.total - part.rows * gauge.difference(gauge.expected(outcome.start, outcome.offset))


def _moves(reference: Reference, state: State, since: int) -> tuple[ColumnDrift, ...]:
    """The columns that moved since then, those first that do most to the loss."""
    held = [each.counts for each in state.inputs if each.start >= since and each.rows]
    return moved(drifts(reference.breakage.reference, held)) if held else ()


def _than(reference: Reference, name: str) -> str:
    if name == "residual":
        return "than its features and scores let expect"
    if reference.paired:
        return "than a fresh model does on the same requests"
    return "than in the period it was accepted on"


def _amount(reference: Reference, size: float) -> str:
    loss = reference.loss
    if loss is None or (loss.scale == 1 and not loss.unit):
        return f"{size:.4f}"
    return f"{size * loss.scale:.3g} {loss.unit}".rstrip()


def _cost(reference: Reference, harm: Interval, held: Sequence[OutcomeSummary], name: str) -> str:
    rows = sum(each.parts.get(name, Part()).rows for each in held) / max(len(held), 1)
    each = _amount(reference, harm.estimate)
    return f"{each} a request, {_amount(reference, harm.estimate * rows)} a window of {rows:,.0f} requests"


def _cause(
    covariate: float, concept: float, moves: Sequence[ColumnDrift], about: About, *, stale: bool
) -> str:
    if isnan(concept):
        text = "no error model tells other requests from a changed relation"
    elif concept >= covariate:
        text = "the relation between features and label changed"
    else:
        text = "there are more requests of the kind that the model errs on"
    if stale:
        text = f"the model is out of date: {text}"
    if moves:
        text += "; what moved with it: " + ", ".join(_place(each, about) for each in moves[:SHOWN])
    return text


def _place(drift: ColumnDrift, about: About) -> str:
    origin = about.origins.get(drift.column)
    return drift.column if origin is None else f"{drift.column} (of {origin.source})"


def _owner(moves: Sequence[ColumnDrift], about: About) -> str | None:
    sources = by_source(moves, about.origins)
    return sources[0].owner if sources else None


def _action(about: About, *, stale: bool) -> str:
    train = f": {about.train_command}" if about.train_command else ""
    if stale:
        return f"train on what is known now, which is measured to do better{train}"
    return f"look at what moved, then compare with a fresh fit{train}"


def _slices(reference: Reference, held: Sequence[OutcomeSummary]) -> list[Fact]:
    """The slices that lose most beyond what was expected of them."""
    found = []
    for piece in reference.slices:
        name = f"realised, {piece.name}"
        rows = sum(each.parts[name].rows for each in held if name in each.parts)
        if rows and name in reference.gauges:
            found.append((sum(_harm(reference, name, each) for each in held) / rows, piece.name))
    size = reference.loss.scale if reference.loss is not None else 1.0
    return [(f"slice {name}", harm * size) for harm, name in sorted(found, reverse=True)[:SHOWN]]


def _drifted(moves: Sequence[ColumnDrift]) -> list[Fact]:
    return [(f"{each.column}, mass moved", each.total_variation.estimate) for each in moves[:SHOWN]]


def _sureness(reference: Reference, page: Page) -> tuple[Fact, ...]:
    budget = reference.options.budget
    return (
        ("evidence", exp(min(page.log_evidence, LARGEST))),
        ("a page needs", page.threshold),
        ("false pages a year, at most", budget.false_pages_per_year),
        ("told by", ", ".join(f"{name} {share:.0%}" for name, share in page.shares)),
    )

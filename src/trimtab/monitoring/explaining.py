"""A page as a person needs it: what, since when, how sure, what it costs, the likely cause, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp

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
    name = next((each for each, _ in page.shares if each.startswith("realised")), "realised")
    since = page.since - state.lag
    held = [each for each in state.outcomes if each.start >= since] or list(state.outcomes[-1:])
    harm = _interval(held, name, reference)
    covariate, concept = split(reference, held)
    moves = _moves(reference, state, page.since)
    who = name.removeprefix("realised").removeprefix(", ") or about.system
    than = (
        "than a fresh model does on the same requests"
        if reference.paired
        else "than in the period it was accepted on"
    )
    stale = reference.paired and name.startswith("realised")
    return Finding(
        f"{who} loses {_amount(reference, harm.estimate)} a request more {than}",
        Severity.ACT,
        since,
        harm.estimate,
        (harm.low, harm.high) if harm.known else None,
        cost=_cost(reference, harm, held),
        cause=_cause(covariate, concept, moves, about, stale=stale),
        owner=_owner(moves, about) if covariate > concept else None,
        action=_action(about, stale=stale),
        check_command=about.check_command,
        evidence=(
            ("windows since then", len(held)),
            ("requests with labels since then", sum(each.loss.rows for each in held)),
            ("tolerated", reference.tolerance),
            ("of it, from other requests (covariate shift)", covariate),
            ("of it, from a changed relation (concept shift)", concept),
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
    moves = _moves(reference, state, page.since)
    return Finding(
        f"{about.system} is estimated to lose {_amount(reference, grown)} a request more than when it was accepted; "
        "labels are not there yet",
        Severity.ACT,
        page.since,
        grown,
        (grown - half, grown + half),
        cost=f"{_amount(reference, grown)} a request",
        cause=_cause(grown, 0.0, moves, about, stale=False),
        owner=_owner(moves, about),
        action=_action(about, stale=False),
        check_command=about.check_command,
        evidence=(
            ("requests since then", rows),
            ("tolerated", reference.tolerance),
            *_drifted(moves),
            *sure,
        ),
    )


def split(reference: Reference, outcomes: Sequence[OutcomeSummary]) -> tuple[float, float]:
    """By how much the mean loss grew since the reference, from other rows and from a changed relation."""
    held = [each for each in outcomes if each.gap.rows]
    rows = sum(each.gap.rows for each in held)
    if not rows:
        return 0.0, 0.0
    estimated = sum(each.estimated.total for each in held) / rows
    realised = sum(each.loss.total for each in held) / rows
    return estimated - reference.baseline, realised - estimated


def _interval(held: Sequence[OutcomeSummary], name: str, reference: Reference) -> Interval:
    """The mean of a monitor's values over windows, less what is expected, resampled by weeks of windows."""
    parts = [(each.start, each.parts.get(name, Part())) for each in held]
    known = [(start, part) for start, part in parts if part.rows]
    if not known:
        return Interval(float("nan"), reason="no window with labels")
    totals = UnitTotals(
        np.array([start for start, _ in known], np.int64),
        np.array([part.total for _, part in known]),
        np.array([float(part.rows) for _, part in known]),
    )
    found = Bootstrap(reference.options.seed, WEEK).mean(totals)
    base = 0.0 if reference.paired else reference.baseline
    if name == "residual":
        return replace(found, estimate=2 * found.estimate - 1, low=2 * found.low - 1, high=2 * found.high - 1)
    return replace(found, estimate=found.estimate - base, low=found.low - base, high=found.high - base)


def _moves(reference: Reference, state: State, since: int) -> tuple[ColumnDrift, ...]:
    """The columns that moved since then, those first that do most to the loss."""
    held = [each.counts for each in state.inputs if each.start >= since and each.rows]
    return moved(drifts(reference.breakage.reference, held)) if held else ()


def _amount(reference: Reference, size: float) -> str:
    loss = reference.loss
    return f"{size * loss.scale:.3g} {loss.unit}" if loss is not None and loss.unit else f"{size:.4f}"


def _cost(reference: Reference, harm: Interval, held: Sequence[OutcomeSummary]) -> str:
    rows = sum(each.loss.rows for each in held) / max(len(held), 1)
    each = _amount(reference, harm.estimate)
    return f"{each} a request, {_amount(reference, harm.estimate * rows)} a window of {rows:,.0f} requests"


def _cause(
    covariate: float, concept: float, moves: Sequence[ColumnDrift], about: About, *, stale: bool
) -> str:
    if concept >= covariate:
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
    """The slices that lose most."""
    found = []
    for piece in reference.slices:
        harm = _sum([each.parts.get(f"realised, {piece.name}", Part()) for each in held])
        if harm.rows:
            base = 0.0 if reference.paired else reference.baseline
            found.append((harm.mean - base, piece.name))
    return [(f"slice {name}", size) for size, name in sorted(found, reverse=True)[:SHOWN]]


def _sum(parts: Sequence[Part]) -> Part:
    total = Part()
    for part in parts:
        total = total.merge(replace(part, evidence=None))
    return total


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

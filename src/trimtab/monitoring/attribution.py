"""From drift to the one who can repair it: features to the sources that they come from, and the owners of these.

Drift explains and never pages, so no finding here is worse than WATCH.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from trimtab.finding import Fact, Finding, Severity
from trimtab.monitoring.drift import ColumnDrift

TOLERANCE = 0.05
"""The share of rows that may move before drift is worth a word."""


class Origin(NamedTuple):
    """Where a feature comes from: the source, its column, and who can repair it."""

    source: str
    column: str
    owner: str | None = None


@dataclass(frozen=True)
class SourceDrift:
    """The moved features of one source, the largest effect first.

    effect is the largest absolute effect of one of them; features of one source move together, so a sum would
    count the same thing again.
    """

    source: str
    owner: str | None
    effect: float
    drifts: tuple[ColumnDrift, ...]


def moved(drifts: Iterable[ColumnDrift], *, tolerance: float = TOLERANCE) -> tuple[ColumnDrift, ...]:
    """The drifts whose moved mass is surely above the tolerance, in the given order."""
    return tuple(drift for drift in drifts if drift.total_variation.above(tolerance))


def by_source(drifts: Iterable[ColumnDrift], origins: Mapping[str, Origin]) -> tuple[SourceDrift, ...]:
    """The drifts by source, the largest effect first; columns without an origin, such as the label, are left out."""
    groups: dict[str, list[ColumnDrift]] = {}
    for drift in drifts:
        if drift.column in origins:
            groups.setdefault(origins[drift.column].source, []).append(drift)
    found = [_source(source, members, origins) for source, members in groups.items()]
    return tuple(sorted(found, key=lambda each: -each.effect))


def drift_findings(
    drifts: Iterable[ColumnDrift],
    origins: Mapping[str, Origin],
    *,
    tolerance: float = TOLERANCE,
    since: int | None = None,
    metric: str = "loss",
    check_command: str | None = None,
) -> tuple[Finding, ...]:
    """One finding a moved column in the order of the drifts; `since` in epoch microseconds.

    WATCH where the move may harm: its effect is unknown, or raises the loss. INFO where it is known not to.
    """
    return tuple(
        _finding(drift, origins.get(drift.column), since, metric, check_command)
        for drift in moved(drifts, tolerance=tolerance)
    )


def _source(source: str, members: list[ColumnDrift], origins: Mapping[str, Origin]) -> SourceDrift:
    ranked = sorted(members, key=lambda drift: -_size(drift))
    return SourceDrift(source, origins[ranked[0].column].owner, _size(ranked[0]), tuple(ranked))


def _size(drift: ColumnDrift) -> float:
    effect = abs(drift.effect.estimate)
    return effect if math.isfinite(effect) else 0.0


def _finding(
    drift: ColumnDrift, origin: Origin | None, since: int | None, metric: str, check_command: str | None
) -> Finding:
    known = math.isfinite(drift.effect.estimate)
    of_loss = math.isfinite(drift.loss_effect.estimate)
    owner = None if origin is None else origin.owner
    return Finding(
        f"{drift.column} drifts: {drift.total_variation.estimate:.0%} of its mass moved, "
        f"{_effect_in_words(drift, metric)}",
        Severity.INFO if _harmless(drift) else Severity.WATCH,
        since,
        drift.effect.estimate if known else drift.total_variation.estimate,
        _bounds(drift),
        cost=f"{drift.loss_effect.estimate:+.3g} {metric}" if of_loss else None,
        cause=_cause(drift, origin),
        owner=owner,
        action=f"ask {owner or 'the owner'} what changed in {_place(drift, origin)}",
        check_command=check_command,
        evidence=_evidence(drift),
    )


def _harmless(drift: ColumnDrift) -> bool:
    """Whether the reference knows the loss of the rows that moved, and it does not rise."""
    loss = drift.loss_effect
    return loss.known and not loss.above(0.0) and drift.uncharted <= TOLERANCE


def _bounds(drift: ColumnDrift) -> tuple[float, float]:
    interval = drift.effect if drift.effect.known else drift.total_variation
    return (interval.low, interval.high)


def _effect_in_words(drift: ColumnDrift, metric: str) -> str:
    if not math.isfinite(drift.effect.estimate):
        return "effect unknown"
    name = metric if math.isfinite(drift.loss_effect.estimate) else "mean score"
    if drift.effect.contains(0):
        return f"no effect on the {name} is seen"
    unknown = f"; the effect of {drift.uncharted:.0%} is unknown" if drift.uncharted > TOLERANCE else ""
    return f"which by itself moves the {name} by {drift.effect.estimate:+.3g}{unknown}"


def _cause(drift: ColumnDrift, origin: Origin | None) -> str:
    moves = ", ".join(f"{move.bin} {move.expected:.0%} -> {move.found:.0%}" for move in drift.moves)
    return f"{_place(drift, origin)}: {moves}"


def _place(drift: ColumnDrift, origin: Origin | None) -> str:
    return drift.column if origin is None else f"{origin.source}.{origin.column}"


def _evidence(drift: ColumnDrift) -> tuple[Fact, ...]:
    facts: list[Fact] = [
        ("rows", drift.rows),
        ("total variation", drift.total_variation.estimate),
        ("total variation, at least", drift.total_variation.low),
        ("population stability index", drift.psi),
    ]
    if drift.wasserstein is not None:
        facts.append(("Wasserstein distance", drift.wasserstein))
    if math.isfinite(drift.score_effect.estimate):
        facts.append(("effect on the mean score", drift.score_effect.estimate))
    return tuple(facts)

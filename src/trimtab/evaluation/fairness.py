"""Quality by group for the attributes that a person named: criterion, tolerance, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from trimtab.evaluation.evaluated import Evaluated, Flags, Floats
from trimtab.evaluation.slicing import cut
from trimtab.finding import Finding, Severity
from trimtab.stats.clustered import Test, excess

FEWEST = 100
"""Rows below which a group is 'insufficient': named, and not judged."""

CRITERION = "mean loss of the group less that of the whole, as a share of the whole"


@dataclass(frozen=True)
class Group:
    """One group: rates with yes/no labels (else NaN), its mean loss, and by which share that exceeds the whole.

    low and high are the bounds of that share, together right in 95 % of the cases for all groups (Bonferroni).
    """

    name: str
    rows: int
    base_rate: float
    selected: float
    true_positive: float
    false_positive: float
    precision: float
    calibration: float
    loss: float
    worse_by: float
    low: float = nan
    high: float = nan


def groups(found: Evaluated) -> tuple[Group, ...]:
    """Every value of every named column with at least one row."""
    own = found.losses(found.score)
    pieces: list[tuple[str, Flags]] = []
    for name in found.slices:
        bins = cut(found.rows, name)
        masks = [bins.codes == code for code in range(len(bins.names))]
        pieces += [(bins.names[code], mask) for code, mask in enumerate(masks) if mask.any()]
    level = 1 - 0.05 / max(len(pieces), 1)
    return tuple(_group(found, own, name, rows, level) for name, rows in pieces)


def _group(found: Evaluated, own: Floats, name: str, rows: Flags, level: float) -> Group:
    whole = float(own.mean())
    count = int(rows.sum())
    share = count / len(found)
    # inside less whole is (1 - share) x (inside less outside)
    test = excess(own, rows, found.day) if share < 1 else Test(0.0, nan, 0)
    bounds = test.bounds(level) if count >= FEWEST else None
    scale = (1 - share) / whole if whole > 0 else nan
    low, high = (nan, nan) if bounds is None else (bounds[0] * scale, bounds[1] * scale)
    loss = float(own[rows].mean())
    return Group(name, count, *_rates(found, rows), loss, loss / whole - 1 if whole > 0 else nan, low, high)


def _rates(found: Evaluated, rows: Flags) -> tuple[float, float, float, float, float, float]:
    if found.task != "binary":
        return (nan,) * 6
    label, score = found.label[rows], found.score[rows]
    acted = score >= found.threshold
    return (
        float(label.mean()),
        float(acted.mean()),
        _share(acted, label == 1),
        _share(acted, label == 0),
        _share(label == 1, acted),
        float(label.mean() - score.mean()),
    )


def _share(what: Flags, among: Flags) -> float:
    return float(what[among].mean()) if among.any() else nan


def fairness_findings(found: Sequence[Group], tolerance: float | None) -> tuple[Finding, ...]:
    """The groups against a tolerance (a share of the whole's loss): ACT where one is surely beyond it.

    >>> fairness_findings((), 0.2)[0].cause
    'no slice is declared'
    """
    if tolerance is None:
        return ()
    if not found:
        what = "the required fairness was not checked"
        return (
            Finding(
                what, Severity.NOT_RUN, cause="no slice is declared", action="declare tt.Watch(slices=...)"
            ),
        )
    judged = [each for each in found if not np.isnan(each.low)]
    few = [each for each in found if np.isnan(each.low)]
    if not judged:
        cause = f"insufficient: every group has fewer than {FEWEST} rows or 10 days"
        return (Finding("the required fairness was not checked", Severity.NOT_RUN, cause=cause),)
    worst = max(judged, key=lambda each: each.low)
    if worst.low > tolerance:
        return (
            _told(
                f"{worst.name} is served worse than is allowed", Severity.ACT, worst, judged, few, tolerance
            ),
        )
    open_ = [each for each in judged if each.high > tolerance]
    if open_:
        top = max(open_, key=lambda each: each.high)
        what = f"these rows cannot tell whether {top.name} is served worse than is allowed"
        return (_told(what, Severity.INFO, top, open_, few, tolerance),)
    return (_told("no group is served worse than is allowed", Severity.OK, worst, judged, few, tolerance),)


def _told(
    what: str,
    severity: Severity,
    top: Group,
    groups_: Sequence[Group],
    few: Sequence[Group],
    tolerance: float,
) -> Finding:
    return Finding(
        what,
        severity,
        estimate=top.worse_by,
        interval=(top.low, top.high),
        action="collect more rows of this group, or give it a model of its own"
        if severity is Severity.ACT
        else None,
        evidence=(
            ("criterion", CRITERION),
            ("tolerance", tolerance),
            *(
                (each.name, f"{each.worse_by:+.1%} [{each.low:+.1%}, {each.high:+.1%}]")
                for each in groups_[:8]
            ),
            *((each.name, f"insufficient: {each.rows} rows") for each in few[:4]),
        ),
    )

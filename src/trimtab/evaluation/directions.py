"""How scores follow each number: measured for all, and held against what a person expects."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from trimtab.declare.expectations import Expectation, GoldenRow
from trimtab.errors import nearest
from trimtab.evaluation.evaluated import Evaluated, Floats, Rows
from trimtab.finding import Finding, Severity
from trimtab.metrics.rows import score_columns

STEP = 0.25
"""By how much of its standard deviation a number is moved up."""

STILL = 1e-9
CLEAR = 0.98
"""The share of moved rows from which on a direction is suggested as an expectation."""


@dataclass(frozen=True)
class Direction:
    """Of rows whose number was moved up: the shares whose score rose, fell or stayed, and the mean change."""

    feature: str
    rose: float
    fell: float
    mean: float

    @property
    def stayed(self) -> float:
        """The share of rows whose score did not move."""
        return 1 - self.rose - self.fell

    @property
    def suggestion(self) -> str | None:
        """The expectation that the model keeps already; None where it has no clear direction."""
        moved = self.rose + self.fell
        if moved < 0.05:
            return None
        for kind, share in (("rising", self.rose), ("falling", self.fell)):
            if share / moved >= CLEAR:
                return kind
        return None


def directions(found: Evaluated, names: Collection[str] | None = None) -> tuple[Direction, ...]:
    """Every number, or those of some names, moved up by a quarter of its standard deviation.

    Texts are left alone, classes give none.

    >>> day, x = np.arange(4), np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> from trimtab.metrics import brier
    >>> found = Evaluated(Rows(("x",), x), day * 1.0, day, day, x[:, 0] / 10, "regression", brier,
    ...                   lambda rows: rows.values[:, 0] / 10, day * 1.0)
    >>> directions(found)[0].suggestion
    'rising'
    """
    if found.score.ndim == 2:
        return ()
    wanted = [name for name in found.rows.names if names is None or name in names]
    return tuple(_direction(found, name) for name in wanted if name not in found.rows.dictionaries)


def _direction(found: Evaluated, name: str) -> Direction:
    values = found.rows.column(name)
    spread = float(np.nanstd(values)) if not np.isnan(values).all() else 0.0
    # a flag has one way up, and beyond it there is nothing
    flag = set(np.unique(values[~np.isnan(values)])) <= {0.0, 1.0}
    moved = np.where(np.isnan(values), np.nan, 1.0) if flag else values + STEP * spread
    change = found.predict(found.rows.with_column(name, moved)) - found.score
    known = (moved != values) & ~np.isnan(values)
    rose, fell = (
        float((way[known]).mean()) if known.any() else 0.0 for way in (change > STILL, change < -STILL)
    )
    return Direction(name, rose, fell, float(change[known].mean()) if known.any() else 0.0)


def expectation_findings(
    found: Evaluated, measured: Sequence[Direction], expected: Sequence[Expectation]
) -> tuple[Finding, ...]:
    """What was declared, held against what was measured; without a declaration, what could be declared."""
    by_name = {each.feature: each for each in measured}
    if expected:
        return tuple(_held(each, by_name, found) for each in expected)
    clear = [(each.feature, each.suggestion) for each in measured if each.suggestion]
    if not clear:
        return (Finding("no feature has a clear direction to expect", Severity.INFO),)
    return (
        Finding(
            f"{len(clear)} features have a clear direction that could be expected of every version",
            Severity.INFO,
            evidence=tuple(
                f'Expectation("{name}", "{kind}"): holds in {max(by_name[name].rose, by_name[name].fell):.0%} of the rows'
                for name, kind in clear
            ),
        ),
    )


def _held(each: Expectation, measured: dict[str, Direction], found: Evaluated) -> Finding:
    what = f"scores are {each.kind} with {each.feature}"
    if each.kind == "invariant" and each.feature in found.rows.dictionaries:
        share = _invariant(found, each.feature)
    elif each.feature in measured:
        share = _share(each, measured[each.feature])
    else:
        near = nearest(each.feature, found.rows.names)
        cause = f"{each.feature!r} is no such feature" + (f"; did you mean {near!r}?" if near else "")
        return Finding(f"not checked: {what}", Severity.NOT_RUN, cause=cause)
    broken = share < each.at_least
    return Finding(
        f"expected, but not so: {what}" if broken else what,
        Severity.ACT if broken else Severity.OK,
        estimate=share,
        action="constrain the learner, or take the expectation back" if broken else None,
        evidence=(("holds in", f"{share:.1%} of the rows"), ("declared at", str(each.site))),
    )


def _share(each: Expectation, measured: Direction) -> float:
    """A score that does not move breaks no direction."""
    return {
        "rising": 1 - measured.fell,
        "falling": 1 - measured.rose,
        "invariant": measured.stayed,
    }[each.kind]


def _invariant(found: Evaluated, name: str) -> float:
    """The share of rows whose score is the same with another word, taken from another row."""
    values = found.rows.column(name)
    other = np.random.default_rng(found.seed).permutation(values)
    apart = score_columns(np.abs(found.predict(found.rows.with_column(name, other)) - found.score))
    changed = ~((other == values) | (np.isnan(other) & np.isnan(values)))
    return float((apart.max(axis=1) <= STILL)[changed].mean()) if changed.any() else 1.0


def golden_findings(found: Evaluated, golden: Sequence[GoldenRow]) -> tuple[Finding, ...]:
    """Rows whose answer a person has fixed: OK, or ACT with the first one that is wrong."""
    if not golden:
        return ()
    if found.score.ndim == 2:
        cause = "their scores are numbers, and this model answers with several classes"
        return (Finding("golden rows were not checked", Severity.NOT_RUN, cause=cause),)
    score = found.predict(_rows_of(found.rows, golden))
    wrong = [
        (row, float(value))
        for row, value in zip(golden, score, strict=True)
        if not row.low <= value <= row.high
    ]
    if not wrong:
        return (Finding(f"all {len(golden)} golden rows are answered as they must be", Severity.OK),)
    row, value = wrong[0]
    return (
        Finding(
            f"{len(wrong)} of {len(golden)} golden rows are answered wrongly",
            Severity.ACT,
            estimate=value,
            action="find out what changed since the row was fixed",
            evidence=((str(dict(row.features)), f"{value:.4g}, not in [{row.low:g}, {row.high:g}]"),),
        ),
    )


def _rows_of(rows: Rows, golden: Sequence[GoldenRow]) -> Rows:
    values: Floats = np.full((len(golden), len(rows.names)), np.nan)
    for place, name in enumerate(rows.names):
        words = rows.dictionaries.get(name)
        for row, each in enumerate(golden):
            given = each.features.get(name)
            if given is not None and words is not None:
                values[row, place] = words.index(given) if given in words else np.nan
            elif given is not None:
                values[row, place] = float(given)
    return Rows(rows.names, values, rows.dictionaries)

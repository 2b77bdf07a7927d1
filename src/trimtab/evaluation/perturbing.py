"""What small noise, usual gaps and the loss of a whole column do to the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trimtab.evaluation.evaluated import Evaluated, Floats, Rows, surely
from trimtab.finding import Finding, Severity
from trimtab.stats import Interval

FRAGILE = 0.1
"""Noise or gaps that cost more than this share of the gain over the same answer for all are worth a look."""

STEPS_OF_A_SCALE = 1000
"""A number with at most so many distinct values is measured in steps; others to 1 % of their spread."""


@dataclass(frozen=True)
class Disturbed:
    """What a disturbance did: the rise of the mean loss, and the share of decisions that changed."""

    name: str
    rise: Interval
    flipped: float


def outages(found: Evaluated) -> tuple[Disturbed, ...]:
    """Each column missing in every row; the dearest first."""
    cases = [found.rows.with_column(name, np.full(len(found), np.nan)) for name in found.rows.names]
    done = disturbed(found, found.rows.names, cases)
    return tuple(sorted(done, key=lambda each: -each.rise.estimate))


def disturbed(found: Evaluated, names: Sequence[str], cases: Sequence[Rows]) -> tuple[Disturbed, ...]:
    """What each changed copy of the rows did to losses and decisions."""
    before = found.losses(found.score)
    scores = [found.predict(rows) for rows in cases]
    rises = found.means([found.losses(score) - before for score in scores])
    return tuple(
        Disturbed(name, rise, flipped(found, score))
        for name, rise, score in zip(names, rises, scores, strict=True)
    )


def flipped(found: Evaluated, score: Floats) -> float:
    """The share of rows that would be decided otherwise; for numbers, that move by a tenth of their spread."""
    if found.score.ndim == 2:
        return float((score.argmax(axis=1) != found.score.argmax(axis=1)).mean())
    if found.task == "binary":
        return float(((score >= found.threshold) != (found.score >= found.threshold)).mean())
    return float((np.abs(score - found.score) > 0.1 * found.score.std()).mean())


def noisy(rows: Rows, seed: int) -> Rows:
    """Every number off by up to half of its smallest step: what its own measurement cannot tell.

    >>> rows = Rows(("whole",), np.arange(10.0)[:, None])
    >>> float(np.abs(noisy(rows, 0).values - rows.values).max()) <= 0.5
    True
    """
    generator = np.random.default_rng(seed)
    values = rows.values.copy()
    for place, name in enumerate(rows.names):
        if name not in rows.dictionaries:
            step = _step(values[:, place])
            values[:, place] += generator.uniform(-step / 2, step / 2, len(values))
    return Rows(rows.names, values, rows.dictionaries)


def _step(values: Floats) -> float:
    """The least difference of a scale with steps, or 1 % of the standard deviation; 0 for flags and constants."""
    known = np.unique(values[~np.isnan(values)])
    if known.size < 3:
        return 0.0
    spread = 0.01 * float(np.nanstd(values))
    return float(np.diff(known).min()) if known.size <= STEPS_OF_A_SCALE else spread


def with_gaps(rows: Rows, null_rates: Mapping[str, float], seed: int) -> Rows:
    """Further values missing, at random, until each column has the given share of them.

    >>> rows = Rows(("x",), np.arange(1000.0)[:, None])
    >>> round(float(np.isnan(with_gaps(rows, {"x": 0.3}, 0).values).mean()), 1)
    0.3
    """
    generator = np.random.default_rng(seed)
    values = rows.values.copy()
    for place, name in enumerate(rows.names):
        present = ~np.isnan(values[:, place])
        wanted = null_rates.get(name, 0.0) - (1 - present.mean())
        if wanted > 0:
            gone = present & (generator.random(len(values)) < wanted / present.mean())
            values[gone, place] = np.nan
    return Rows(rows.names, values, rows.dictionaries)


def perturbation_findings(
    found: Evaluated, null_rates: Mapping[str, float] | None = None
) -> tuple[Finding, ...]:
    """Noise at the scale of measurement, and the null rates of production where they are known."""
    gain = _gain(found)
    names = ["noise below what is measured"]
    cases = [noisy(found.rows, found.seed)]
    if null_rates is not None:
        names.append("the null rates of the newest requests")
        cases.append(with_gaps(found.rows, null_rates, found.seed))
    done = [_judged(each, gain) for each in disturbed(found, names, cases)]
    if null_rates is None:
        cause = "there are no newer requests to take them from"
        done.append(Finding("the null rates of production were not tried", Severity.NOT_RUN, cause=cause))
    return tuple(done)


def outage_finding(costs: Sequence[Disturbed], found: Evaluated) -> Finding:
    """Which column's loss costs most; what each costs stands in the table."""
    worst = costs[0]
    gain = _gain(found)
    share = f", {worst.rise.estimate / gain:.0%} of the model's gain" if gain > 0 else ""
    return Finding(
        f"the dearest outage is that of {worst.name}: {worst.rise.estimate:.4g} a row{share}",
        Severity.INFO,
        estimate=worst.rise.estimate,
        interval=surely(worst.rise),
        evidence=tuple((each.name, str(each.rise)) for each in costs[:5]),
    )


def _gain(found: Evaluated) -> float:
    same, own = found.losses(found.always_the_same), found.losses(found.score)
    return float(same.mean() - own.mean())


def _judged(each: Disturbed, gain: float) -> Finding:
    fragile = each.rise.known and each.rise.low > FRAGILE * max(gain, 0.0)
    cost = f"{each.name} changes {each.flipped:.1%} of the decisions and costs {each.rise.estimate:.4g} a row"
    return Finding(
        cost,
        Severity.WATCH if fragile else Severity.OK,
        estimate=each.rise.estimate,
        interval=surely(each.rise),
        cause="answers hang on differences that nobody can measure, or on values that are often missing"
        if fragile
        else None,
        action="use wider bins, larger leaves or more regularisation" if fragile else None,
        evidence=(("gain over the same answer for all", gain),),
    )

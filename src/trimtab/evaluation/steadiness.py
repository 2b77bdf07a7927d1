"""How much of a result is the coin of one training, and how it ages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trimtab.declare.days import DAY
from trimtab.evaluation.evaluated import Evaluated, Floats
from trimtab.evaluation.perturbing import flipped
from trimtab.finding import Finding, Severity
from trimtab.stats import Interval

BIN_DAYS = 14
UNSTEADY = 0.1
"""The share of decisions that another seed may move before it is worth a word."""


def seed_finding(found: Evaluated, refits: Sequence[Floats]) -> Finding:
    """The spread of the loss and of the decisions over trainings that differ in their seed only."""
    if not refits:
        cause = "the model could not be trained again here"
        return Finding("the spread of seeds was not measured", Severity.NOT_RUN, cause=cause)
    losses = [float(found.losses(score).mean()) for score in (found.score, *refits)]
    churn = float(np.mean([flipped(found, score) for score in refits]))
    return Finding(
        f"{len(refits)} more seeds: losses between {min(losses):.4g} and {max(losses):.4g}, "
        f"{churn:.1%} of decisions differ",
        Severity.INFO,
        estimate=float(np.std(losses, ddof=1)),
        action="average several trainings, or regularise more" if churn > UNSTEADY else None,
        evidence=(("standard deviation of the loss", float(np.std(losses, ddof=1))), ("decisions", churn)),
    )


@dataclass(frozen=True)
class Age:
    """The loss that the model saves against the same answer for all, at an age in days since it was trained."""

    first_day: int
    last_day: int
    rows: int
    saved: Interval


def staleness(found: Evaluated, trained_at: int) -> tuple[Age, ...]:
    """The gain over the same answer for all by age, in bins of 14 days; `trained_at` in epoch microseconds."""
    age = (found.at - trained_at) // DAY
    bins = age // BIN_DAYS
    gain = found.losses(found.always_the_same) - found.losses(found.score)
    told = []
    for each in np.unique(bins):
        rows = np.flatnonzero(bins == each)
        saved = found.take(rows).means([gain[rows]])[0]
        told.append(Age(int(age[rows].min()), int(age[rows].max()), len(rows), saved))
    return tuple(told)


def staleness_finding(ages: Sequence[Age]) -> Finding:
    """From the first stretch to the last: what is left of the gain."""
    known = [each for each in ages if each.saved.known]
    if len(known) < 2:
        cause = "these rows cover less than two stretches of two weeks"
        return Finding("how the model ages was not measured", Severity.NOT_RUN, cause=cause)
    first, last = known[0], known[-1]
    return Finding(
        f"the model saves {first.saved.estimate:.4g} a row in its first {first.last_day + 1} days and "
        f"{last.saved.estimate:.4g} after {last.first_day}",
        Severity.INFO,
        estimate=last.saved.estimate - first.saved.estimate,
        evidence=tuple((f"days {each.first_day} to {each.last_day}", str(each.saved)) for each in known),
    )

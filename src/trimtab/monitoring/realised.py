"""Realised performance: what predictions lost once their labels matured, against a reference on the same rows.

A raw loss moves with the world: bad weather lifts it with no change in the model. So every row carries the loss of
the model and that of a reference model, and only their difference counts. Rows are collapsed to units (days,
entities), whose sums and counts merge exactly. One unit gives one value.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.errors import DataError
from trimtab.finding import Finding, Severity
from trimtab.monitoring.losses import BoundedLoss, on_grid
from trimtab.stats import Bootstrap, Interval, UnitTotals, unit_totals

Floats = NDArray[np.float64]

NO_SKILL = 0.0005
"""Below it skill is shown as 0.000."""

WEEK = 7
"""Units drawn together for an interval: neighbouring days resemble each other."""


def paired_totals(losses: ArrayLike, reference_losses: ArrayLike, unit: ArrayLike) -> UnitTotals:
    """Collapse both losses of the same mature rows, (n,) in [0, 1], to the totals of each unit (n,).

    The sums are (u, 2): the model's, the reference's. Totals of parts merge to those of the whole, bit by bit, in
    any order. Raises DataError when a loss is missing: rows without a label or score are counted elsewhere.

    >>> paired_totals([0.5, 0.0], [0.25, 0.5], ["mon", "tue"]).sums
    array([[0.5 , 0.25],
           [0.  , 0.5 ]])
    """
    both = np.column_stack([on_grid(losses), on_grid(reference_losses)])
    if np.isnan(both).any():
        raise DataError(
            "only rows with a mature label and a score have a loss",
            found=f"{int(np.isnan(both).any(axis=1).sum())} of {len(both)} rows without one",
            do="leave these rows out, and count them",
        )
    return unit_totals(both, unit)


def differences(totals: UnitTotals) -> UnitTotals:
    """Return the totals of the paired differences, model - reference: above 0 the model is worse.

    >>> differences(paired_totals([0.5, 0.0], [0.25, 0.5], ["mon", "tue"])).sums
    array([ 0.25, -0.5 ])
    """
    return UnitTotals(totals.unit, totals.sums[:, 0] - totals.sums[:, 1], totals.counts)


def unit_differences(totals: UnitTotals, minimum_rows: int = 1) -> Floats:
    """Return one value a unit (u,), the mean paired difference in [-1, 1]; NaN where it has fewer rows.

    A unit without enough rows is no data: it adds no evidence for or against.

    >>> unit_differences(paired_totals([0.5, 0.0, 0.0], [0.25, 0.5, 0.5], [1, 2, 2]), minimum_rows=2)
    array([ nan, -0.5])
    """
    enough = totals.counts >= max(minimum_rows, 1)
    means = np.full(totals.counts.shape, np.nan)
    means[enough] = (totals.sums[enough, 0] - totals.sums[enough, 1]) / totals.counts[enough]
    return means


def skill_interval(totals: UnitTotals, seed: int = 0) -> Interval:
    """Return the skill, 1 - loss / reference loss, with its interval by resampling weeks of units.

    1 is perfect, 0 as good as the reference, below 0 worse. Without bounds, and saying why, for fewer than 10
    units.

    >>> days = np.arange(30).repeat(10)
    >>> skill_interval(paired_totals(np.full(300, 0.25), np.full(300, 0.5), days)).estimate
    0.5
    """
    model = UnitTotals(totals.unit, totals.sums[:, 0], totals.counts)
    reference = UnitTotals(totals.unit, totals.sums[:, 1], totals.counts)
    return Bootstrap(seed, WEEK).skill(model, reference)


def _compared(skill: float) -> str:
    """How a skill is said.

    >>> _compared(-0.2), _compared(0.0001)
    ('worse than', 'as good as')
    """
    if abs(skill) < NO_SKILL:
        return "as good as"
    return "worse than" if skill < 0 else "better than"


def realised_finding(
    totals: UnitTotals, reference: UnitTotals, loss: BoundedLoss, tolerance: float, seed: int = 0
) -> Finding:
    """Judge recent paired totals against those of the reference period: WATCH when worse, never ACT.

    WATCH when the difference to the reference model grew by more than `tolerance` (in [0, 1]), or when skill surely
    lies below 0, however good the raw loss looks. A page is the matter of sequential evidence, not of this view. NOT RUN
    without rows.
    """
    if not totals.counts.sum() or not reference.counts.sum():
        return Finding(
            "realised performance is unknown",
            Severity.NOT_RUN,
            cause="no mature labels",
            action="send labels",
        )
    now, skill = Bootstrap(seed, WEEK).mean(differences(totals)), skill_interval(totals, seed)
    before = float(differences(reference).mean)
    grown = now.estimate - before
    worse = grown > tolerance
    behind = skill.known and skill.below(0.0)
    state = f"{_compared(skill.estimate)} its reference"
    return Finding(
        f"the model is {state}: skill {skill.estimate:.3f}, paired loss {grown:+.4f} since the reference period",
        Severity.WATCH if worse or behind else Severity.OK,
        estimate=grown,
        interval=(now.low - before, now.high - before) if now.known else None,
        cost=f"{grown * loss.scale:.4g} {loss.unit} a row" if loss.unit else grown,
        action="compare with a fresh fit; retrain if that is better" if worse else None,
        evidence=(
            ("rows", int(totals.counts.sum())),
            ("units", int(totals.unit.size)),
            ("mean loss", float(totals.mean[0])),
            ("mean loss of the reference model", float(totals.mean[1])),
            ("skill", str(skill)),
        ),
    )

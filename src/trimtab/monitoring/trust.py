"""When an estimate of performance may be believed: else it is silent and says why.

An estimate without labels is most wrong just when inputs break: it then reports better times. So it speaks only
where the reference holds rows like the current ones, where two estimates agree, and while its own past error is
small.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

from trimtab.finding import Finding, Severity
from trimtab.monitoring.losses import BoundedLoss
from trimtab.monitoring.residual import NORMAL_90, PastError
from trimtab.monitoring.reweighted import Reweighted

MINIMUM_ROWS = 500
"""Fewer current rows cannot be told from the reference well enough."""

MINIMUM_COVERAGE = 0.8
"""The least share of current rows that must lie where the reference has rows.

Measured: 0.90 to 1.01 for sub-populations and shifts with rows to compare, at most 0.58 for a column that is stuck,
null or of another scale. Rolling features that tell the date (a route's rate of the last 14 days) look like rows never
seen, too: there the estimate is silent unless its reference is recent.
"""


@dataclass(frozen=True)
class Trust:
    """Whether an estimate may be believed: `reasons` why not (none: it may), and its `uncertainty`.

    `uncertainty` is the half width, in [0, 1] of the loss, that holds the expected loss of the rows nine times in
    ten: the disagreement of both estimates, sampling error, and the estimate's past error where known.
    """

    reasons: tuple[str, ...]
    uncertainty: float = nan

    @property
    def trusted(self) -> bool:
        """True when nothing speaks against the estimate."""
        return not self.reasons


def trust(
    reweighted: Reweighted | None,
    past: PastError | None,
    tolerance: float,
    *,
    broken: Sequence[str] = (),
) -> Trust:
    """Return whether an estimate may be believed to within `tolerance`, in [0, 1] of the loss.

    broken: the columns whose inputs are known to be broken. No past error yet is no reason against it; no comparison
    with the re-weighted estimate is.

    >>> trust(Reweighted(5000, 0.2, 0.001, 0.003, 900.0, coverage=0.01), None, 0.02).reasons
    ('only 1 % of the rows are like any reference row (needs 80 %)',)
    """
    reasons = [f"broken inputs: {', '.join(broken)}"] if broken else []
    if reweighted is None:
        return Trust((*reasons, "not yet compared with the re-weighted estimate"))
    reasons += _weak_ground(reweighted, tolerance)
    if reweighted.disagreement > tolerance:
        reasons.append(f"its two estimates are {reweighted.disagreement:.3f} apart (tolerance {tolerance:g})")
    likely = past.likely if past is not None and past.known else 0.0
    if likely > tolerance:
        reasons.append(f"it was {likely:.3f} off when labels came (tolerance {tolerance:g})")
    return Trust(tuple(reasons), reweighted.disagreement + NORMAL_90 * reweighted.standard_error + likely)


def _weak_ground(reweighted: Reweighted, tolerance: float) -> list[str]:
    if reweighted.rows < MINIMUM_ROWS:
        return [f"only {reweighted.rows:,} rows (needs {MINIMUM_ROWS:,})"]
    reasons = []
    if reweighted.coverage < MINIMUM_COVERAGE:
        share, least = 100 * reweighted.coverage, 100 * MINIMUM_COVERAGE
        reasons.append(f"only {share:.0f} % of the rows are like any reference row (needs {least:.0f} %)")
    if 2 * reweighted.standard_error > tolerance:
        needed = reweighted.effective_rows * (2 * reweighted.standard_error / tolerance) ** 2
        reasons.append(
            f"the reference holds rows like these worth {reweighted.effective_rows:,.0f} (needs {needed:,.0f})"
        )
    return reasons


def estimated_finding(
    verdict: Trust, reweighted: Reweighted | None, baseline: float, loss: BoundedLoss, tolerance: float
) -> Finding:
    """Tell the estimated change of the mean loss from `baseline`: WATCH above tolerance, never ACT by itself.

    NOT RUN with the reasons where the estimate is not to be trusted.

    >>> estimated_finding(Trust(("only 20 rows (needs 500)",)), None, 0.2, BoundedLoss("brier", "binary"), 0.02).what
    'performance is unknown until labels come'
    """
    if reweighted is None or not verdict.trusted:
        return Finding(
            "performance is unknown until labels come",
            Severity.NOT_RUN,
            cause="; ".join(verdict.reasons),
            action="send labels; check the inputs that moved",
        )
    grown = reweighted.estimate - baseline
    return Finding(
        f"while labels are late, the estimated loss is {grown:+.4f} from the reference",
        Severity.WATCH if grown > tolerance else Severity.OK,
        estimate=grown,
        interval=(grown - verdict.uncertainty, grown + verdict.uncertainty),
        cost=f"{grown * loss.scale:.4g} {loss.unit} a row" if loss.unit else grown,
        cause="more rows of the kind that the model errs on" if grown > tolerance else None,
        evidence=(
            ("rows", reweighted.rows),
            ("running estimate", reweighted.running),
            ("re-weighted estimate", reweighted.estimate),
            ("effective reference rows", reweighted.effective_rows),
            ("coverage by the reference", reweighted.coverage),
        ),
    )

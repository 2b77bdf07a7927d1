"""Against the champion and the baselines: paired, by day, with what these rows are able to see."""

from __future__ import annotations

from trimtab.evaluation.evaluated import Evaluated, surely
from trimtab.finding import Finding, Severity
from trimtab.stats import Interval

MARGIN = 0.02
"""What still counts as not worse than the champion: a share of the champion's gain over the same answer for all."""


def comparison_findings(found: Evaluated) -> tuple[Finding, ...]:
    """One finding for the champion, one for each baseline; differences are candidate less other, in the metric's unit."""
    others = {"always the same answer": found.always_the_same, **found.baselines}
    own = found.losses(found.score)
    apart = found.means([own - found.losses(score) for score in others.values()])
    against = tuple(_baseline(name, each, found) for name, each in zip(others, apart, strict=True))
    return (_champion(found), *against)


def _champion(found: Evaluated) -> Finding:
    if found.champion is None:
        return Finding(
            "the candidate was not compared with a champion",
            Severity.NOT_RUN,
            cause="there is none that has not seen these rows",
        )
    own, champion = found.losses(found.score), found.losses(found.champion)
    same = found.losses(found.always_the_same)
    apart, gain = found.means([own - champion, same - champion])
    margin = MARGIN * max(gain.estimate, 0.0)
    if not apart.known:
        return Finding(
            "the candidate was not compared with the champion", Severity.NOT_RUN, cause=apart.reason
        )
    what, severity = _verdict(apart, margin)
    return Finding(
        f"the candidate is {what}",
        severity,
        estimate=apart.estimate,
        interval=surely(apart),
        action="keep the champion" if severity is Severity.ACT else None,
        evidence=(
            ("margin", margin),
            ("smallest difference that these rows can see", (apart.high - apart.low) / 2),
            ("days", len(set(found.day.tolist()))),
        ),
    )


def _verdict(apart: Interval, margin: float) -> tuple[str, Severity]:
    """A difference that may be chance blocks nothing, and proves nothing: the shadow will tell."""
    if apart.low > margin:
        return "worse than the champion", Severity.ACT
    if apart.high < 0:
        return "better than the champion", Severity.OK
    if apart.high <= margin:
        return "not worse than the champion", Severity.OK
    return "neither shown to be as good as the champion nor to be worse", Severity.INFO


def _baseline(name: str, apart: Interval, found: Evaluated) -> Finding:
    zero_rule = name == "always the same answer"
    if not apart.known:
        return Finding(
            f"the candidate was not compared with the baseline {name}", Severity.NOT_RUN, cause=apart.reason
        )
    if apart.high < 0:
        what, severity = f"the candidate beats the baseline {name}", Severity.OK
    else:
        what = (
            f"the baseline {name} beats the candidate"
            if apart.low > 0
            else f"the candidate is not shown to beat the baseline {name}"
        )
        severity = Severity.ACT if zero_rule else Severity.WATCH
    calm = severity is Severity.OK
    return Finding(
        what,
        severity,
        estimate=apart.estimate,
        interval=surely(apart),
        cause=None if calm else "features that say little of this period, or a split that flattered training",
        action=None if calm else f"serve the baseline {name}, which costs nothing, until a model beats it",
        evidence=(("difference", f"candidate less baseline, {found.judged_by.loss_unit}"),),
    )

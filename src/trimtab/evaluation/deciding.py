"""From scores to decisions: what a threshold or a capacity is worth in the user's money."""

from __future__ import annotations

import numpy as np

from trimtab.declare.model import Stakes
from trimtab.evaluation.evaluated import Evaluated, Flags, Floats, surely
from trimtab.finding import Finding, Severity

BETTER = 0.05
"""Another threshold is worth a word when it surely saves this share of the cost."""

CAPACITIES = (0.01, 0.05, 0.1, 0.2)


def decision_findings(found: Evaluated, stakes: Stakes | None) -> tuple[Finding, ...]:
    """What the declared threshold costs a row, and whether another would cost less; or what each capacity catches."""
    if found.task != "binary":
        return ()
    if stakes is None or stakes.false_alarm is None or stakes.miss is None:
        return (_capacity(found),)
    return (_threshold(found, stakes.false_alarm, stakes.miss, stakes),)


def _threshold(found: Evaluated, false_alarm: float, miss: float, stakes: Stakes) -> Finding:
    declared = stakes.threshold_or_default
    now = costs(found.label, found.score >= declared, false_alarm, miss)
    nobody = costs(found.label, np.zeros(len(found), np.bool_), false_alarm, miss)
    everyone = costs(found.label, np.ones(len(found), np.bool_), false_alarm, miss)
    idle = nobody if nobody.sum() <= everyone.sum() else everyone
    choosing = _choosing(found)
    other = best_threshold(found.label[choosing], found.score[choosing], false_alarm, miss)
    changed = costs(found.label, found.score >= other, false_alarm, miss)
    judged = found.take(np.flatnonzero(~choosing))
    money = stakes.currency
    mean, saved = found.means([now, idle - now], money)
    gain = judged.means([(now - changed)[~choosing]], money)[0]
    better = gain.known and gain.low > BETTER * mean.estimate
    return Finding(
        f"acting from a score of {declared:.3g} on costs {mean.estimate:.4g} {money} a row, "
        f"{saved.estimate:.4g} {money} less than the best rule without scores",
        Severity.WATCH if better else Severity.INFO,
        estimate=mean.estimate,
        interval=surely(mean),
        cost=f"{mean.estimate:.4g} {money} a row",
        cause="scores are not calibrated where decisions are made" if better else None,
        action=f"recalibrate, or act from a score of {other:.3g} on" if better else None,
        evidence=(
            ("saved against no model", str(saved)),
            ("cheapest threshold, on half of the days", other),
            ("what it would save on the other half", str(gain)),
            ("acted on", f"{float((found.score >= declared).mean()):.1%} of the rows"),
        ),
    )


def costs(label: Floats, acted: Flags, false_alarm: float, miss: float) -> Floats:
    """What each decision cost (n,).

    >>> costs(np.array([1.0, 0.0]), np.array([False, True]), false_alarm=2, miss=9)
    array([9., 2.])
    """
    return np.where(acted & (label == 0), false_alarm, 0.0) + np.where(~acted & (label == 1), miss, 0.0)


def best_threshold(label: Floats, score: Floats, false_alarm: float, miss: float) -> float:
    """The score from which on acting is cheapest on these rows (n,); infinity for never.

    >>> best_threshold(np.array([0.0, 0.0, 1.0]), np.array([0.1, 0.4, 0.6]), 1, 1)
    0.6
    """
    order = np.argsort(-score, kind="stable")
    gained = np.cumsum(np.where(label[order] == 1, miss, -false_alarm))
    last = np.r_[score[order][1:] != score[order][:-1], True]
    best = int(np.argmax(np.where(last, gained, -np.inf)))
    return float(score[order][best]) if gained[best] > 0 else float("inf")


def _choosing(found: Evaluated) -> Flags:
    """The rows of every other day choose a threshold, the others say what it is worth."""
    codes = np.unique(found.day, return_inverse=True)[1]
    return np.asarray(codes % 2 == 0, np.bool_)


def _capacity(found: Evaluated) -> Finding:
    """Without prices: of all positives, the share among the highest scores."""
    order = np.argsort(-found.score, kind="stable")
    caught = np.cumsum(found.label[order]) / max(found.label.sum(), 1)
    told = tuple(
        (
            f"the highest {share:.0%} of scores",
            f"{caught[max(int(share * len(found)) - 1, 0)]:.1%} of the positives",
        )
        for share in CAPACITIES
    )
    return Finding(
        "what a decision is worth is not declared; this is what each capacity would catch",
        Severity.INFO,
        action="declare tt.Stakes(false_alarm=..., miss=...)",
        evidence=told,
    )

"""The recommendation in one sentence, in money when the stakes are declared."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.declare.model import Stakes
from trimtab.evaluation.policies import Verdict
from trimtab.metrics import Metric
from trimtab.runtime.replay.policies import NEVER
from trimtab.runtime.replay.result import PolicyResult


def recommendation(
    policies: Sequence[PolicyResult], verdict: Verdict, metric: Metric, stakes: Stakes | None, rows: int
) -> str:
    """What to do, what it gains over never retraining with its interval, and what that is worth."""
    chosen = next(each for each in policies if each.name == verdict.recommended)
    return f"{_policy(policies, chosen, metric, stakes, rows)}{_but(chosen)}"


def beats_a_constant(chosen: PolicyResult) -> bool:
    """Whether a policy is shown to lose less than one answer for all, or too little is known to say."""
    return not chosen.skill.known or chosen.skill.above(0.0)


def _but(chosen: PolicyResult) -> str:
    """What no choice of a policy mends."""
    if beats_a_constant(chosen):
        return ""
    skill = chosen.skill
    return (
        f" {'Nor is it' if chosen.name == NEVER else 'But it is not'} shown to beat one answer for all "
        f"(skill {skill.estimate:.3f}, {skill.low:.3f} to {skill.high:.3f}): ask trimtab assess whether a model is right here."
    )


def _policy(
    policies: Sequence[PolicyResult], chosen: PolicyResult, metric: Metric, stakes: Stakes | None, rows: int
) -> str:
    never = next(each for each in policies if each.name == NEVER)
    metric_name = metric.loss_name.replace("_", " ")
    if chosen.name == NEVER:
        return f"Do not retrain: on these {rows:,} requests no policy is better than the first model beyond chance."
    gain = chosen.score.to_never
    text = (
        f"Use {chosen.name} ({chosen.policy.retrain}): {-gain.estimate:.4f} less {metric_name} than never retraining "
        f"(95 % interval {-gain.high:.4f} to {-gain.low:.4f}) for {chosen.score.spent.fits} fits"
    )
    if stakes is not None and chosen.money is not None and never.money is not None:
        saved = never.money - chosen.money
        verb = "saving" if saved >= 0 else "costing"
        text += f", {verb} {abs(saved):,.0f} {stakes.currency} over the replayed period, fits included"
    return text + "."

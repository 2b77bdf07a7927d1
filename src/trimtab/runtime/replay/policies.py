"""The policies that a replay compares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from trimtab.declare.measured import on_challenger, on_regret, on_skill_drop, on_volume
from trimtab.declare.policy import Policy, Retrain
from trimtab.declare.triggers import every, never
from trimtab.declare.windows import expanding, recency_weighted, sliding
from trimtab.errors import UsageError, nearest
from trimtab.units import days

NEVER = "never"
OWN = "own"
SCRATCH = "own-from-scratch"
"""The system's own policy with every training from scratch: what its manner is measured against."""
WEEKLY = "weekly-expanding"

DEFAULT = (
    Policy(NEVER, Retrain(never())),
    Policy("monthly", Retrain(every(days(30)))),
    Policy(WEEKLY, Retrain(every(days(7)), expanding())),
    Policy("weekly-60-days", Retrain(every(days(7)), sliding(days(60)))),
    Policy("weekly-recency", Retrain(every(days(7)), recency_weighted(days(60)))),
)
THOROUGH = (
    Policy("weekly-120-days", Retrain(every(days(7)), sliding(days(120)))),
    Policy("daily-60-days", Retrain(every(days(1)), sliding(days(60)))),
    Policy("daily-expanding", Retrain(every(days(1)), expanding())),
)

BY_EVIDENCE = (
    Policy("volume", Retrain(on_volume().cooldown(days(7)))),
    Policy("skill", Retrain(on_skill_drop(0.005).cooldown(days(7)))),
    Policy("challenger", Retrain(on_challenger())),
    Policy("regret", Retrain(on_regret().cooldown(days(7)))),
)
"""Policies whose triggers read what was measured; they run when they are named."""


def choose(
    own: Retrain, wanted: Iterable[str | Policy] = (), *, thorough: bool = False
) -> tuple[Policy, ...]:
    """The wanted policies, given or by name, or the default ones and the system's own; `never` is always among them.

    Where the system's own continues versions, what it would be from scratch comes before it.

    >>> [policy.name for policy in choose(Retrain(), ["monthly"])]
    ['never', 'monthly']
    >>> [policy.name for policy in choose(Retrain(manner="stateful"), ["own"])]
    ['never', 'own-from-scratch', 'own']
    """
    twins = (Policy(SCRATCH, replace(own, manner="stateless", update=None)),) if own.continues else ()
    known = {policy.name: policy for policy in (*DEFAULT, *THOROUGH, *BY_EVIDENCE, *twins, Policy(OWN, own))}
    usual = (*(policy.name for policy in (*DEFAULT, *(THOROUGH if thorough else ()))), OWN)
    policies = [_named(each, known) for each in (NEVER, *(tuple(wanted) or usual))]
    chosen = [each for policy in policies for each in (*(twins if policy.name == OWN else ()), policy)]
    return tuple({policy.name: policy for policy in chosen}.values())


def _named(wanted: str | Policy, known: Mapping[str, Policy]) -> Policy:
    if isinstance(wanted, Policy):
        return wanted
    if wanted not in known:
        raise UsageError(f"no policy {wanted!r}", found=", ".join(known), nearest=nearest(wanted, known))
    return known[wanted]

"""The policies that a replay compares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trimtab.declare.policy import Policy, Retrain, every, expanding, never, recency_weighted, sliding
from trimtab.errors import UsageError, nearest
from trimtab.units import days

NEVER = "never"
OWN = "own"

DEFAULT = (
    Policy(NEVER, Retrain(never())),
    Policy("monthly", Retrain(every(days(30)))),
    Policy("weekly-expanding", Retrain(every(days(7)), expanding())),
    Policy("weekly-60-days", Retrain(every(days(7)), sliding(days(60)))),
    Policy("weekly-recency", Retrain(every(days(7)), recency_weighted(days(60)))),
)
THOROUGH = (
    Policy("weekly-120-days", Retrain(every(days(7)), sliding(days(120)))),
    Policy("daily-60-days", Retrain(every(days(1)), sliding(days(60)))),
    Policy("daily-expanding", Retrain(every(days(1)), expanding())),
)


def choose(
    own: Retrain, wanted: Iterable[str | Policy] = (), *, thorough: bool = False
) -> tuple[Policy, ...]:
    """The wanted policies, given or by name, or the default ones and the system's own; `never` is always among them.

    >>> [policy.name for policy in choose(Retrain(), ["monthly"])]
    ['never', 'monthly']
    """
    known = {policy.name: policy for policy in (*DEFAULT, *THOROUGH, Policy(OWN, own))}
    usual = (*(policy.name for policy in (*DEFAULT, *(THOROUGH if thorough else ()))), OWN)
    chosen = [_named(each, known) for each in (NEVER, *(tuple(wanted) or usual))]
    return tuple({policy.name: policy for policy in chosen}.values())


def _named(wanted: str | Policy, known: Mapping[str, Policy]) -> Policy:
    if isinstance(wanted, Policy):
        return wanted
    if wanted not in known:
        raise UsageError(f"no policy {wanted!r}", found=", ".join(known), nearest=nearest(wanted, known))
    return known[wanted]

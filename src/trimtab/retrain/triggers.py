"""Is a training due? Each trigger answers from what was known at the tick, with the numbers that it saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trimtab.declare.policy import AllOf, AnyOf, Every, Never, OnIncident, Trigger
from trimtab.units import Duration


@dataclass(frozen=True)
class Seen:
    """What triggers may look at: the last attempt to train and the number of incidents opened since.

    The attempt counts, not its success: a refused candidate must not lead to a training at every tick.
    """

    last_attempt: int
    incidents_since: int = 0


@dataclass(frozen=True)
class Due:
    """Whether a training is due, why, and the numbers behind it."""

    due: bool
    reason: str
    numbers: Mapping[str, float] = field(default_factory=dict)


def judge(trigger: Trigger, seen: Seen, now: int) -> Due:
    """The answer of a trigger, or of a combination, at `now`."""
    match trigger:
        case Every(period):
            return _every(period, seen, now)
        case Never():
            return Due(due=False, reason="never retrained")
        case OnIncident():
            opened = seen.incidents_since > 0
            reason = f"{seen.incidents_since} incidents since the last attempt"
            return Due(opened, reason, {"incidents": float(seen.incidents_since)})
        case AnyOf(triggers):
            return _combine([judge(part, seen, now) for part in triggers], any_is_enough=True)
        case AllOf(triggers):
            return _combine([judge(part, seen, now) for part in triggers], any_is_enough=False)
    raise TypeError(f"unknown trigger {trigger!r}")


def _every(period: Duration, seen: Seen, now: int) -> Due:
    """Counts whole days, so that a clock change, which makes a local day 23 hours long, moves no schedule."""
    since = round(Duration(now - seen.last_attempt) / DAY)
    reason = f"{DAY * since} since the last attempt, due every {period}"
    return Due(since >= period / DAY, reason, {"since_days": float(since)})


def _combine(parts: list[Due], *, any_is_enough: bool) -> Due:
    due = any(part.due for part in parts) if any_is_enough else all(part.due for part in parts)
    telling = [part.reason for part in parts if part.due == due]
    numbers = {name: value for part in parts for name, value in part.numbers.items()}
    return Due(due, "; ".join(telling), numbers)


DAY = Duration(86_400_000_000)

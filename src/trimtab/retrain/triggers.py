"""Is a training due? Each trigger answers from what was known at the tick, with the numbers that it saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trimtab.declare.triggers import (
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Cooldown,
    Every,
    Never,
    OnIncident,
    Trigger,
)
from trimtab.retrain.due import Due, combined, not_known
from trimtab.retrain.readings import read
from trimtab.retrain.seen import Measured, Seen
from trimtab.units import Duration, days

__all__ = ["Due", "Measured", "Seen", "judge", "parts"]

DAY = days(1)


def judge(trigger: Trigger, seen: Seen, now: int) -> Due:  # noqa: PLR0911  # one return a kind of trigger
    """The answer of a trigger, or of a combination, at `now`."""
    match trigger:
        case Every(period):
            return _every(period, seen, now)
        case Never():
            return Due(due=False, reason="never retrained")
        case OnIncident():
            opened = seen.incidents_since
            reason = f"{opened} incidents since the last attempt"
            return Due(opened > 0, reason, {"incidents": float(opened)})
        case AnyOf(triggers):
            return combined([judge(part, seen, now) for part in triggers], 1)
        case AllOf(triggers):
            return combined([judge(part, seen, now) for part in triggers], len(triggers))
        case AtLeast(count, triggers):
            return combined([judge(part, seen, now) for part in triggers], count)
        case Cooldown(inner, period):
            return _rested(judge(inner, seen, now), period, seen, now)
        case AtMost(inner, fits, per):
            return _within_budget(judge(inner, seen, now), fits, per, seen.measured.attempts, now)
        case _:
            return read(trigger, seen.measured)


def parts(trigger: Trigger) -> Iterator[Trigger]:
    """A trigger and every trigger inside it.

    >>> from trimtab.declare.triggers import every, on_incident
    >>> [str(part) for part in parts(every(days(7)) | on_incident())]
    ['every 7 days or on an incident', 'every 7 days', 'on an incident']
    """
    yield trigger
    match trigger:
        case AnyOf(inside) | AllOf(inside) | AtLeast(_, inside):
            for part in inside:
                yield from parts(part)
        case Cooldown(inner) | AtMost(inner):
            yield from parts(inner)


def _days_since(instant: int, now: int) -> int:
    """Whole days, so that a clock change, which makes a local day 23 hours long, moves no schedule."""
    return round(Duration(now - instant) / DAY)


def _every(period: Duration, seen: Seen, now: int) -> Due:
    since = _days_since(seen.last_attempt, now)
    reason = f"{DAY * since} since the last attempt, due every {period}"
    return Due(since >= period / DAY, reason, {"since_days": float(since)})


def _rested(inner: Due, period: Duration, seen: Seen, now: int) -> Due:
    since = _days_since(seen.last_attempt, now)
    numbers = {**inner.numbers, "since_days": float(since)}
    if not inner.due or since >= period / DAY:
        return replace(inner, numbers=numbers)
    reason = f"resting {period} after each attempt, the last {DAY * since} ago; {inner.reason}"
    return replace(inner, due=False, reason=reason, numbers=numbers)


def _within_budget(inner: Due, fits: int, per: Duration, attempts: tuple[int, ...] | None, now: int) -> Due:
    if attempts is None:
        return not_known("earlier attempts are not counted here")
    spent = sum(_days_since(attempt, now) < per / DAY for attempt in attempts)
    numbers = {**inner.numbers, "fits_spent": float(spent), "fits_allowed": float(fits)}
    if not inner.due or spent < fits:
        return replace(inner, numbers=numbers)
    reason = f"the budget of fits is spent ({spent} in {per}); {inner.reason}"
    return replace(inner, due=False, reason=reason, numbers=numbers)

"""When to train again: schedules, combinations of triggers, and limits on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trimtab.declare.checks import require_duration
from trimtab.declare.site import declared_here
from trimtab.errors import DeclarationError
from trimtab.units import Duration, days


@dataclass(frozen=True)
class Trigger:
    """A rule that says at each tick whether a training is due; combine two with `|` (either) or `&` (both)."""

    def __or__(self, other: Trigger) -> Trigger:
        return AnyOf((self, other))

    def __and__(self, other: Trigger) -> Trigger:
        return AllOf((self, other))

    def cooldown(self, period: Duration) -> Trigger:
        """Due when this trigger is, but never sooner than `period` after the last attempt.

        >>> print((every(days(7)) | on_incident()).cooldown(days(2)))
        (every 7 days or on an incident), at least 2 days apart
        """
        return Cooldown(self, _at_least_a_day("cooldown()", period))

    def at_most(self, fits: int, per: Duration) -> Trigger:
        """Due when this trigger is, but with at most `fits` attempts in any stretch of `per`.

        >>> print(on_incident().at_most(2, per=days(30)))
        on an incident, at most 2 fits per 30 days
        """
        require_number("at_most(fits)", fits, least=1, whole=True, do="write .at_most(2, per=days(30))")
        return AtMost(self, fits, _at_least_a_day("at_most(per)", per))


@dataclass(frozen=True)
class Every(Trigger):
    """Due when so long has passed since the last attempt."""

    period: Duration

    def __str__(self) -> str:
        return f"every {self.period}"


@dataclass(frozen=True)
class Never(Trigger):
    """Never due: the first model serves for ever."""

    def __str__(self) -> str:
        return "never"


@dataclass(frozen=True)
class OnIncident(Trigger):
    """Due when an incident of harm opens."""

    def __str__(self) -> str:
        return "on an incident"


@dataclass(frozen=True)
class AnyOf(Trigger):
    """Due when any of its triggers is."""

    triggers: tuple[Trigger, ...]

    def __str__(self) -> str:
        return " or ".join(_inside(part, Cooldown, AtMost) for part in self.triggers)


@dataclass(frozen=True)
class AllOf(Trigger):
    """Due when all of its triggers are."""

    triggers: tuple[Trigger, ...]

    def __str__(self) -> str:
        return " and ".join(_inside(part, AnyOf, Cooldown, AtMost) for part in self.triggers)


@dataclass(frozen=True)
class AtLeast(Trigger):
    """Due when at least `count` of its triggers are."""

    count: int
    triggers: tuple[Trigger, ...]

    def __str__(self) -> str:
        return f"at least {self.count} of ({', '.join(_inside(part, Cooldown, AtMost) for part in self.triggers)})"


@dataclass(frozen=True)
class Cooldown(Trigger):
    """Due when its trigger is and the last attempt lies at least `period` back."""

    trigger: Trigger
    period: Duration

    def __str__(self) -> str:
        return f"{_inside(self.trigger, AnyOf, AllOf)}, at least {self.period} apart"


@dataclass(frozen=True)
class AtMost(Trigger):
    """Due when its trigger is and fewer than `fits` attempts were made within the last `per`."""

    trigger: Trigger
    fits: int
    per: Duration

    def __str__(self) -> str:
        fits = "1 fit" if self.fits == 1 else f"{self.fits} fits"
        return f"{_inside(self.trigger, AnyOf, AllOf)}, at most {fits} per {self.per}"


def every(period: Duration) -> Trigger:
    """Due when `period` has passed since the last attempt.

    >>> print(every(days(7)) | on_incident())
    every 7 days or on an incident
    """
    return Every(_at_least_a_day("every()", period))


def never() -> Trigger:
    """Never due.

    >>> print(never())
    never
    """
    return Never()


def on_incident() -> Trigger:
    """Due when an incident of harm opens.

    >>> print(on_incident())
    on an incident
    """
    return OnIncident()


def at_least(count: int, *triggers: Trigger) -> Trigger:
    """Due when at least `count` of the triggers are.

    >>> print(at_least(2, every(days(7)), on_incident(), never()))
    at least 2 of (every 7 days, on an incident, never)
    """
    do = "write at_least(2, every(days(7)), on_incident(), on_volume())"
    require_number("at_least()", count, least=1, most=len(triggers), whole=True, do=do)
    given: tuple[object, ...] = triggers
    strange = [each for each in given if not isinstance(each, Trigger)]
    if strange:
        raise DeclarationError(
            "at_least() combines triggers", where=declared_here(), found=repr(strange[0]), do=do
        )
    return AtLeast(count, triggers)


def require_number(
    argument: str,
    value: float,
    *,
    do: str,
    least: float = 0.0,
    most: float = math.inf,
    whole: bool = False,
) -> None:
    """Check that a number lies in [least, most], finite and whole if asked; raises DeclarationError at the caller."""
    number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if number and math.isfinite(value) and least <= value <= most:
        return
    kind = "a whole number" if whole else "a number"
    raise DeclarationError(
        f"{argument} needs {kind} {_span(least, most)}", where=declared_here(), found=repr(value), do=do
    )


def _span(least: float, most: float) -> str:
    return f"from {least:g} on" if math.isinf(most) else f"from {least:g} to {most:g}"


def _at_least_a_day(argument: str, value: object) -> Duration:
    length = require_duration(argument, value)
    if length < days(1):
        raise DeclarationError(
            f"{argument} needs a duration of at least a day: the loop decides once a day",
            where=declared_here(),
            found=repr(value),
            do="write days(7)",
        )
    return length


def _inside(part: Trigger, *bracketed: type[Trigger]) -> str:
    """A part's words, in brackets where they would run into those around them."""
    return f"({part})" if isinstance(part, bracketed) else str(part)

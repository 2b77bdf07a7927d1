"""When to retrain, on which window of the past, and how a candidate earns traffic."""

from __future__ import annotations

from dataclasses import dataclass, field

from trimtab.declare.checks import require_duration
from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError
from trimtab.units import Duration, days


@dataclass(frozen=True)
class Trigger:
    """A rule that says at each tick whether a training is due; combine two with `|` (either) or `&` (both)."""

    def __or__(self, other: Trigger) -> Trigger:
        return AnyOf((self, other))

    def __and__(self, other: Trigger) -> Trigger:
        return AllOf((self, other))


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
        return " or ".join(map(str, self.triggers))


@dataclass(frozen=True)
class AllOf(Trigger):
    """Due when all of its triggers are."""

    triggers: tuple[Trigger, ...]

    def __str__(self) -> str:
        return " and ".join(map(str, self.triggers))


def every(period: Duration) -> Trigger:
    """Due when `period` has passed since the last attempt.

    >>> print(every(days(7)) | on_incident())
    every 7 days or on an incident
    """
    if require_duration("every()", period) < days(1):
        raise DeclarationError(
            "every() needs a duration of at least a day: the loop decides once a day",
            where=declared_here(),
            found=repr(period),
            do="write every(days(7))",
        )
    return Every(period)


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


@dataclass(frozen=True)
class Window:
    """Which matured rows a training uses, and with what weight.

    `length` limits them to the most recent stretch of request time; `half_life` halves a row's weight for each so
    much age. Neither: everything, equally.
    """

    length: Duration | None = None
    half_life: Duration | None = None

    def __str__(self) -> str:
        base = "everything" if self.length is None else f"the last {self.length}"
        return base if self.half_life is None else f"{base}, weights halving every {self.half_life}"


def expanding() -> Window:
    """Everything known so far, equally weighted.

    >>> print(expanding())
    everything
    """
    return Window()


def sliding(length: Duration) -> Window:
    """Only the most recent stretch.

    >>> print(sliding(days(60)))
    the last 60 days
    """
    return Window(length=length)


def recency_weighted(half_life: Duration) -> Window:
    """Everything, each row's weight halving with every `half_life` of its age.

    >>> print(recency_weighted(days(60)))
    everything, weights halving every 60 days
    """
    return Window(half_life=half_life)


@dataclass(frozen=True)
class Retrain:
    """When to train again and on which window; `warm_up` is the history before the first model."""

    when: Trigger = field(default_factory=lambda: Every(days(7)))
    window: Window = field(default_factory=Window)
    warm_up: Duration | None = None

    def __str__(self) -> str:
        return f"{self.when}, on {self.window}"


@dataclass(frozen=True)
class Policy:
    """A named way to keep a model fresh, for comparison in a replay.

    >>> print(Policy("monthly", Retrain(every(days(30)))))
    monthly: every 30 days, on everything
    """

    name: str
    retrain: Retrain

    def __str__(self) -> str:
        return f"{self.name}: {self.retrain}"


@dataclass(frozen=True)
class Release:
    """How a candidate earns traffic: days in shadow, then shares of a canary."""

    shadow: Duration = field(default_factory=lambda: days(14))
    canary: tuple[float, ...] = (0.05, 0.25)
    site: Site = field(default_factory=declared_here, compare=False)


@dataclass(frozen=True)
class Watch:
    """How many false pages a year the owner accepts, and the slices to look at besides the whole."""

    false_pages_per_year: float = 1.0
    slices: tuple[str, ...] = ()

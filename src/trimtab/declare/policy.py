"""When to retrain, on which window of the past, and how a candidate earns traffic."""

from __future__ import annotations

from dataclasses import dataclass, field

from trimtab.declare.manners import (
    MANNERS,
    UPDATES,
    Manner,
    Update,
    require_choice,
    require_continued,
)
from trimtab.declare.measured import (
    on_challenger,
    on_drift,
    on_estimated_drop,
    on_regret,
    on_skill_drop,
    on_volume,
)
from trimtab.declare.releasing import Release
from trimtab.declare.triggers import (
    AllOf,
    AnyOf,
    Every,
    Never,
    OnIncident,
    Trigger,
    at_least,
    every,
    never,
    on_incident,
    require_number,
)
from trimtab.declare.watch import Watch
from trimtab.declare.windows import (
    Window,
    expanding,
    recency_weighted,
    recent_and_reservoir,
    seasonal_union,
    sliding,
)
from trimtab.units import Duration, days

__all__ = [
    "AllOf",
    "AnyOf",
    "Every",
    "Never",
    "OnIncident",
    "Policy",
    "Release",
    "Retrain",
    "Trigger",
    "Watch",
    "Window",
    "at_least",
    "every",
    "expanding",
    "never",
    "on_challenger",
    "on_drift",
    "on_estimated_drop",
    "on_incident",
    "on_regret",
    "on_skill_drop",
    "on_volume",
    "recency_weighted",
    "recent_and_reservoir",
    "seasonal_union",
    "sliding",
]


@dataclass(frozen=True)
class Retrain:
    """When to train again, on which window and in what manner; `warm_up` is the history before the first model.

    manner: "stateless" trains from scratch; "stateful" continues the version that answers on the rows that matured
    since it learned; "race" does whichever of both lost less on rows that neither had seen. update: how a version is
    continued, by default the learner's best way. A chain has at most `longest_chain` updates, and every `race_every`-th
    is raced against a fit from scratch. Raises DeclarationError for other words or numbers.

    >>> print(Retrain(every(days(7)), manner="stateful"))
    every 7 days, on everything, continued at most 8 times in a row, every 4th raced against a fit from scratch
    """

    when: Trigger = field(default_factory=lambda: every(days(7)))
    window: Window = field(default_factory=expanding)
    warm_up: Duration | None = None
    manner: Manner = "stateless"
    update: Update | None = None
    longest_chain: int = 8
    race_every: int = 4

    def __post_init__(self) -> None:
        require_choice("manner=", self.manner, MANNERS)
        if self.update is not None:
            require_choice("update=", self.update, UPDATES)
        require_continued(self.manner, self.update)
        for argument in ("longest_chain", "race_every"):
            do = "write longest_chain=8, race_every=4"
            require_number(f"{argument}=", getattr(self, argument), least=1, whole=True, do=do)

    @property
    def continues(self) -> bool:
        """Whether a version may be continued.

        >>> Retrain().continues
        False
        """
        return self.manner != "stateless"

    @property
    def learning(self) -> str | None:
        """How it learns in words, None for from scratch each time."""
        if not self.continues:
            return None
        way = f" by {self.update}" if self.update else ""
        if self.manner == "race":
            return f"continued{way} or from scratch, raced each time, at most {self.longest_chain} updates in a row"
        race = "every one" if self.race_every == 1 else f"every {_ordinal(self.race_every)}"
        raced = "" if self.race_every > self.longest_chain else f", {race} raced against a fit from scratch"
        return f"continued{way} at most {self.longest_chain} times in a row{raced}"

    def __str__(self) -> str:
        return ", ".join(filter(None, (f"{self.when}, on {self.window}", self.learning)))


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 < number % 100 < 14 else ending}"


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

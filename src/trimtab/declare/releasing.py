"""How a candidate earns traffic, and how often that may go wrong in a year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from trimtab.declare.checks import require_duration
from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError, nearest
from trimtab.units import Duration, days

STEPS = ("shadow", "canary", "promotion")
"""The steps that a person may have to approve."""

LEAST_SHADOW = days(14)
"""A shadow needs 14 mature days before labels may say anything."""


@dataclass(frozen=True)
class Release:
    """How a candidate earns traffic: gate, days in shadow, shares of a canary, and then a watch by the old champion.

    shadow: how long a change of recipe at least stays in shadow; a refresh of the same recipe needs none. canary: the
    shares of units, ascending, none for no canary; each sees at least `exposures` answers and a full day. margin: what
    still counts as not worse, as a share of the champion's loss, set before any comparison. harmful_promotions_per_year,
    false_rollbacks_per_year: how many of each you accept, whatever the number of releases. approval: the steps a
    person has to approve. deadline: when a step that reached no verdict ends, with the champion kept. watch_after: how
    long the old champion goes on in shadow after a promotion. evaluation: whether the gate also tries every candidate by
    the promises of a predictor, here and in a clean process.

    >>> Release(canary=(0.01, 0.1, 0.5), approval=("promotion",)).deadline
    days(60)
    """

    shadow: Duration = field(default_factory=lambda: days(14))
    canary: tuple[float, ...] = (0.25,)
    exposures: int = 20
    margin: float = 0.01
    harmful_promotions_per_year: float = 0.5
    false_rollbacks_per_year: float = 0.5
    approval: tuple[str, ...] = ()
    deadline: Duration = field(default_factory=lambda: days(60))
    watch_after: Duration = field(default_factory=lambda: days(30))
    evaluation: bool = False
    site: Site = field(default_factory=declared_here, compare=False)

    def __post_init__(self) -> None:
        for name in ("shadow", "deadline", "watch_after"):
            require_duration(f"Release({name}=)", getattr(self, name))
        for name, fine, do in (*self._durations(), *self._numbers()):
            if not fine:
                raise DeclarationError(
                    f"Release({name}=) cannot be kept to",
                    where=self.site,
                    found=repr(getattr(self, name)),
                    do=do,
                )
        for step in self.approval:
            if step not in STEPS:
                raise DeclarationError(
                    "a person can approve no such step",
                    where=self.site,
                    found=repr(step),
                    nearest=nearest(step, STEPS),
                    do=f"use {', '.join(STEPS)}",
                )

    def _durations(self) -> Iterator[tuple[str, bool, str]]:
        """Each argument, whether it is fine, and what to do."""
        yield "shadow", self.shadow >= LEAST_SHADOW, f"give it at least {LEAST_SHADOW}: fewer prove nothing"
        yield "deadline", self.deadline > self.shadow, "let it be longer than the shadow"
        yield "watch_after", self.watch_after >= LEAST_SHADOW, "watch for longer, such as days(30)"

    def _numbers(self) -> Iterator[tuple[str, bool, str]]:
        yield "canary", _shares(self.canary), "write ascending shares below 1, such as (0.05, 0.25)"
        yield "evaluation", isinstance(self.evaluation, bool), "write True or False"
        yield "exposures", self.exposures >= 1, "ask for at least one answer, such as 200"
        yield "margin", 0 <= self.margin < 1, "write a share of the champion's loss, such as 0.01"
        for name in ("harmful_promotions_per_year", "false_rollbacks_per_year"):
            yield name, 0 < getattr(self, name) <= 12, "write how many a year you accept, such as 0.5"


def _shares(canary: tuple[float, ...]) -> bool:
    return all(0 < share < 1 for share in canary) and all(low < high for low, high in pairwise(canary))

"""The pages of a simulated year: the champion's realised loss against what it lost when it was accepted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from trimtab.declare.watch import Watch
from trimtab.monitoring.budget import Budget, Monitor
from trimtab.monitoring.watching import Page, Watching, restart, start_watching, watch
from trimtab.monitoring.window import window_evidence
from trimtab.testing.simulation.chance import DAY
from trimtab.testing.simulation.ground import Ground

CLIPPED = 4.0
"""Losses are clipped here and rescaled to [0, 1]; a perfect model loses 1."""

TOLERANCE = 0.10
"""By how much of its loss a champion may do worse than when it was accepted, where nothing is declared."""


@dataclass
class Pager:
    """The monitor of realised loss, day by day as labels mature; `sent` are its pages and whether each was false.

    A page is false when on no day since the harm began, as it says, was the champion truly worse than tolerated.
    """

    ground: Ground
    declared: Watch
    state: Watching = field(init=False)
    champion: str | None = None
    accepted: float = 1.0
    next_day: int = 0
    sent: list[tuple[Page, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        budget = Budget(self.declared.false_pages_per_year)
        self.state = start_watching(budget, [Monitor("realised")])

    def look(self, day: int) -> Page | None:
        """Take in the days that have matured since the last look; the page that this led to, if any."""
        self._follow(day)
        page = None
        for each in self.ground.around.mature_days(self.next_day * DAY, day).tolist():
            found = self._day(each)
            page = page or found
            self.next_day = each + 1
        return page

    def _follow(self, day: int) -> None:
        """A new champion is accepted at the level it has now, and judged by its own days only."""
        if self.ground.champion == self.champion or self.ground.champion is None:
            return
        self.champion = self.ground.champion
        self.accepted = 1 + float(self.ground.versions[self.champion].true[day])
        self.state, self.next_day = restart(self.state), day

    def _day(self, day: int) -> Page | None:
        tolerance = TOLERANCE if self.declared.tolerance is None else self.declared.tolerance
        value = float(np.clip(self.ground.line[day] / CLIPPED, 0, 1))
        allowed = tolerance * self.accepted / CLIPPED
        # a champion that loses all it can when accepted cannot be seen to do worse
        theta = min(self.accepted / CLIPPED + allowed, 0.99)
        evidence = window_evidence([value], theta, tolerance=min(allowed, theta / 2))
        self.state, found = watch(self.state, {"realised": evidence}, at=day * DAY)
        if not isinstance(found, Page):
            return None
        self.sent.append((found, self._false(found.since // DAY, day, tolerance)))
        return found

    def _false(self, first: int, last: int, tolerance: float) -> bool:
        version, around = self.ground.versions[self.champion or ""], self.ground.around
        true = 1 + version.true[first : last + 1] + around.degraded[first : last + 1]
        return bool((true <= self.accepted * (1 + tolerance)).all())

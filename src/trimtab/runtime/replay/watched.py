"""What the monitors would have said of one policy."""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.finding import Finding
from trimtab.monitoring.following import Figure, Sent


@dataclass(frozen=True)
class WatchedPolicy:
    """What the monitors would have said of one policy.

    pages that would have been sent; told: (epoch microseconds, the worst verdict of realised performance) at the end
    of each month; figures of each day, to be checked by hand. problem says why nothing was watched.
    """

    name: str
    compared_with: str
    windows: int
    budget: float
    pages: tuple[Sent, ...] = ()
    told: tuple[tuple[int, Finding], ...] = ()
    figures: tuple[Figure, ...] = ()
    unit: str = ""
    scale: float = 1.0
    problem: str = ""

    @property
    def days_open(self) -> int:
        """On how many days a page was open."""
        ends = [each.closed.at if each.closed else self._end for each in self.pages]
        return sum(
            sum(each.page.at <= figure.start < end for figure in self.figures)
            for each, end in zip(self.pages, ends, strict=True)
        )

    @property
    def _end(self) -> int:
        return self.figures[-1].start + 1 if self.figures else 0

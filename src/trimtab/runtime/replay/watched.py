"""What the monitors would have said of one policy."""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.finding import Finding, Severity
from trimtab.monitoring.following import Figure, Sent
from trimtab.stats import Interval


@dataclass(frozen=True)
class Matured:
    """The labels of a day that came to count: over `rows`, sums of losses in the metric of the replay.

    start in epoch microseconds; fresh is the loss of the fresh model (None without one), constant that of the best
    constant answer to these very rows.
    """

    start: int
    rows: int
    loss: float
    fresh: float | None
    constant: float


@dataclass(frozen=True)
class WatchedDay:
    """One local day from start to stop, epoch microseconds, as it was known when it ended.

    loss, skill (over constant answers) and gap (to the fresh model) are over the last days with labels, None without
    any; realised is the monitors' own verdict, evidence what they had gathered, page that of an open one.
    """

    start: int
    stop: int
    requests: int
    matured: tuple[Matured, ...]
    loss: Interval | None
    skill: Interval | None
    gap: Interval | None
    realised: Finding
    evidence: float
    page: Finding | None = None

    @property
    def severity(self) -> Severity:
        """What a person would have seen: ACT while a page is open."""
        return self.realised.severity if self.page is None else self.page.severity

    @property
    def what(self) -> str:
        """Why, in words."""
        return self.realised.what if self.page is None else self.page.what


@dataclass(frozen=True)
class WatchedPolicy:
    """What the monitors would have said of one policy.

    pages that would have been sent; told: (epoch microseconds, the worst verdict of realised performance) at the end
    of each month; figures of each day, to be checked by hand; days as they were known. problem says why nothing was
    watched.
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
    days: tuple[WatchedDay, ...] = ()

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

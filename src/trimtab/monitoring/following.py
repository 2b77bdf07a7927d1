"""A whole log followed window by window: what the monitors would have said, when, and how often they would have paged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import exp

import numpy as np

from trimtab.finding import Finding
from trimtab.monitoring.counts import Integers
from trimtab.monitoring.explaining import LARGEST, About, page_finding
from trimtab.monitoring.observed import Observed
from trimtab.monitoring.reference import Reference
from trimtab.monitoring.summary import InputSummary, OutcomeSummary, summarise_inputs, summarise_outcomes
from trimtab.monitoring.verdicts import verdicts
from trimtab.monitoring.watcher import State, Watcher
from trimtab.monitoring.watching import Closed, Page


@dataclass(frozen=True)
class Sent:
    """A page that would have been sent, with its finding, and how and when it ended, None while it is open."""

    page: Page
    finding: Finding
    closed: Closed | None = None


@dataclass(frozen=True)
class Figure:
    """One window as a person can check it by hand; start in epoch microseconds.

    loss and reference_loss are means over the requests of this window whose labels matured, None until they have;
    estimated is the estimate of the loss, trusted whether it may be believed; evidence is what all monitors had
    gathered once this window was over, of which a page needs the budget's threshold.
    """

    start: int
    requests: int
    estimated: float | None
    trusted: bool
    evidence: float
    loss: float | None = None
    reference_loss: float | None = None
    labelled: int = 0


@dataclass(frozen=True, eq=False)
class Followed:
    """What came of following a log: the pages, the verdicts at chosen instants, and the state at the end."""

    windows: int
    figures: tuple[Figure, ...]
    pages: tuple[Sent, ...]
    told: tuple[tuple[int, tuple[Finding, ...]], ...]
    state: State


@dataclass(eq=False)
class Follower:
    """Follows a log as it grows, window by window.

    between(start, stop) gives the rows asked in a window once it is over, and the same ones later; ripe are the
    windows whose labels came to count with the last one taken.
    """

    reference: Reference
    between: Callable[[int, int], Observed]
    matures_after: int
    about: About
    state: State = field(init=False)
    figures: dict[int, Figure] = field(default_factory=dict, init=False)
    pages: list[Sent] = field(default_factory=list, init=False)
    ripe: list[tuple[int, int]] = field(default_factory=list, init=False)
    waiting: list[tuple[int, int]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.watcher = Watcher(self.reference)
        self.state = self.watcher.begin()

    def take(self, start: int, stop: int) -> Page | Closed | None:
        """Take in the next window and the earlier ones whose labels have matured; return what happened."""
        self.waiting.append((start, stop))
        self.ripe = [each for each in self.waiting if each[1] + self.matures_after <= stop]
        self.waiting = self.waiting[len(self.ripe) :]
        weigh, uncertainty = self.watcher.weighs(self.state), self.state.uncertainty
        rows = self.between(start, stop)
        inputs = summarise_inputs(self.reference, rows, start, weigh=weigh, uncertainty=uncertainty)
        outcomes = [
            summarise_outcomes(self.reference, self.between(*each).labelled(stop), each[0])
            for each in self.ripe
        ]
        self.state, happened = self.watcher.step(self.state, inputs, outcomes)
        self.figures[start] = _figure(inputs, self.state, happened)
        self.figures |= {each.start: _with_labels(self.figures[each.start], each) for each in outcomes}
        if isinstance(happened, Page):
            finding = page_finding(self.reference, self.state, happened, self.about)
            self.pages.append(Sent(happened, finding))
        elif isinstance(happened, Closed):
            self.pages[-1] = replace(self.pages[-1], closed=happened)
        return happened


def edges(start: int, stop: int, length: int, offset: int = 0) -> Integers:
    """The starts of windows of so many microseconds of local time, and the end of the last one.

    >>> edges(5, 25, 10).tolist()
    [0, 10, 20, 30]
    """
    first, last = (start + offset) // length, -(-(stop + offset) // length)
    return np.arange(first, last + 1, dtype=np.int64) * length - offset


def follow(
    reference: Reference,
    observed: Observed,
    bounds: Sequence[int] | Integers,
    matures_after: int,
    about: About,
    *,
    tell: Callable[[int, int], bool] = lambda _, __: False,
) -> Followed:
    """Follow the windows between bounds, ascending; each window's labels are taken in once it has matured.

    tell(start, stop) says after which windows all verdicts are wanted. Labels that come later than matures_after
    (microseconds) are left out, as no decision could have waited for them.
    """
    follower = Follower(reference, observed.between, matures_after, about)
    told = list[tuple[int, tuple[Finding, ...]]]()
    for start, stop in _pairs(bounds):
        follower.take(start, stop)
        if tell(start, stop):
            told.append((stop, verdicts(reference, follower.state, about)))
    figures, pages = tuple(follower.figures.values()), tuple(follower.pages)
    return Followed(len(bounds) - 1, figures, pages, tuple(told), follower.state)


def _figure(inputs: InputSummary, state: State, happened: Page | Closed | None) -> Figure:
    evidence = state.watching.log_evidence().values()
    total = happened.log_evidence if isinstance(happened, Page) else float(np.logaddexp.reduce([*evidence]))
    mean = inputs.estimated.mean if inputs.estimated.rows else None
    return Figure(inputs.start, inputs.rows, mean, state.trust.trusted, exp(min(total, LARGEST)))


def _with_labels(figure: Figure, outcome: OutcomeSummary) -> Figure:
    other = outcome.reference_loss
    return replace(
        figure,
        loss=outcome.loss.mean if outcome.loss.rows else None,
        reference_loss=other.mean if other.rows else None,
        labelled=outcome.loss.rows,
    )


def _pairs(bounds: Sequence[int] | Integers) -> Iterator[tuple[int, int]]:
    each = [int(bound) for bound in bounds]
    return pairwise(each)

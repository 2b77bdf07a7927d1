"""A whole log followed window by window: what the monitors would have said, when, and how often they would have paged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
    watcher, waiting = Watcher(reference), list[tuple[int, int]]()
    state = watcher.begin()
    pages, told = list[Sent](), list[tuple[int, tuple[Finding, ...]]]()
    figures = dict[int, Figure]()
    for start, stop in _pairs(bounds):
        waiting.append((start, stop))
        rows = observed.between(start, stop)
        weigh = watcher.weighs(state)
        inputs = summarise_inputs(reference, rows, start, weigh=weigh, uncertainty=state.uncertainty)
        ripe = [each for each in waiting if each[1] + matures_after <= stop]
        waiting = waiting[len(ripe) :]
        outcomes = _outcomes(reference, observed, ripe, stop)
        state, happened = watcher.step(state, inputs, outcomes)
        figures[start] = _figure(inputs, state, happened)
        figures |= {each.start: _with_labels(figures[each.start], each) for each in outcomes}
        if isinstance(happened, Page):
            pages.append(Sent(happened, page_finding(reference, state, happened, about)))
        elif isinstance(happened, Closed):
            pages[-1] = Sent(pages[-1].page, pages[-1].finding, happened)
        if tell(start, stop):
            told.append((stop, verdicts(reference, state, about)))
    return Followed(len(bounds) - 1, tuple(figures.values()), tuple(pages), tuple(told), state)


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


def _outcomes(
    reference: Reference, observed: Observed, ripe: Sequence[tuple[int, int]], now: int
) -> list[OutcomeSummary]:
    found = []
    for start, stop in ripe:
        rows = observed.between(start, stop).labelled(now)
        found.append(summarise_outcomes(reference, rows, start))
    return found

"""From windows of evidence to at most one open page: page, recovery, acknowledgement, and quiet again.

While a page is open no other is sent. It ends when every monitor that carried it shows recovery, or when a person
says so. Recovery is its own test, of the null "still harmful" at a bound below the one that paged (hysteresis).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import DataError, UsageError, nearest
from trimtab.monitoring.budget import Budget, Monitor, log_inflows, total_log_evidence, weights
from trimtab.monitoring.window import WindowEvidence
from trimtab.stats.betting import Evidence
from trimtab.stats.detector import Detector, advance, empty_detector

Floats = NDArray[np.float64]
Answer = Literal["benign", "fixed", "working"]
"""What a person says to a page: no harm, harm that is repaired, or harm that is being worked on."""

RECOVERED = 20.0
"""The evidence against "still harmful" that closes a page: wrong at most once in 20 pages."""

CARRYING = 0.1
"""A monitor with this share of the evidence of a page has to recover before the page closes."""


@dataclass(frozen=True)
class Page:
    """A page: when, since when, with how much evidence of the threshold, and which monitors carried it.

    shares: (monitor name, share of the evidence), largest first, of those that carried at least a tenth.
    """

    at: int
    since: int
    log_evidence: float
    threshold: float
    shares: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Closed:
    """The end of a page: when, why, and from when a new reference should start, if it should."""

    at: int
    page: Page
    why: Literal["recovered", "benign", "fixed"]
    reference_from: int | None = None


@dataclass(frozen=True, eq=False)
class OpenPage:
    """A page that is not over, its recovery so far (k monitors) and how many windows each had data since, (k,)."""

    page: Page
    recovery: Detector
    windows: NDArray[np.int64]
    carriers: NDArray[np.bool_]
    acknowledged: bool = False


@dataclass(frozen=True, eq=False)
class Watching:
    """The state of a system's paging: its monitors (k,), the evidence of each, and the open page if there is one."""

    budget: Budget
    monitors: tuple[Monitor, ...]
    shares: Floats
    detector: Detector
    open: OpenPage | None = None

    def log_evidence(self) -> dict[str, float]:
        """The log evidence of each monitor, weights in it, -inf for none; a page needs the log of the threshold."""
        values = self.detector.log_evidence.tolist()
        return dict(zip((monitor.name for monitor in self.monitors), values, strict=True))


def start_watching(budget: Budget, monitors: Sequence[Monitor]) -> Watching:
    """Return the state before any window. Raises DeclarationError as `weights` does.

    >>> start_watching(Budget(), [Monitor("realised")]).log_evidence()
    {'realised': -inf}
    """
    return Watching(budget, tuple(monitors), weights(monitors), empty_detector((len(monitors),)))


def watch(
    state: Watching, window: Mapping[str, WindowEvidence], *, at: int
) -> tuple[Watching, Page | Closed | None]:
    """Take in one window that began at `at`, by monitor name, and say what it led to.

    A monitor that is not in the window, or has no unit in it, waits: no data adds nothing and is never a pass.
    Raises DataError for a name that is not watched.

    >>> from trimtab.monitoring.window import window_evidence
    >>> bad = {"realised": window_evidence([0.9] * 20, 0.3, tolerance=0.05)}
    >>> state, page = watch(start_watching(Budget(), [Monitor("realised")]), bad, at=7)
    >>> page.since, page.shares
    (7, (('realised', 1.0),))
    """
    found = _in_order(state, window)
    if state.open is not None:
        return _recovering(state, state.open, found, at)
    present = np.array([seen.harm.units > 0 for seen in found])
    log_e = _log_e(state, [seen.harm for seen in found])
    detector = advance(state.detector, log_e, at=at, log_inflow=log_inflows(state.shares, present))
    if not state.budget.exceeded(detector):
        return replace(state, detector=detector), None
    page, carriers = _page(state, detector, at)
    size = len(state.monitors)
    opened = OpenPage(page, empty_detector((size,)), np.zeros(size, np.int64), carriers)
    return replace(state, detector=empty_detector((size,)), open=opened), page


def acknowledge(state: Watching, answer: Answer, *, at: int) -> tuple[Watching, Closed | None]:
    """Take in what a person said to the open page.

    'benign' closes it and asks for a new reference from the change point; 'fixed' closes it; 'working' leaves it
    open until recovery is shown. Raises UsageError without an open page.

    >>> acknowledge(start_watching(Budget(), [Monitor("realised")]), "benign", at=7)
    Traceback (most recent call last):
        ...
    trimtab.errors.UsageError: no page is open; do: ...
    """
    if state.open is None:
        raise UsageError("no page is open", do="look at the status; there is nothing to acknowledge")
    if answer == "working":
        return replace(state, open=replace(state.open, acknowledged=True)), None
    page = state.open.page
    return restart(state), Closed(at, page, answer, page.since if answer == "benign" else None)


def restart(state: Watching) -> Watching:
    """Return the state with no evidence and no open page, as after a promotion: old evidence is of another model.

    >>> restart(start_watching(Budget(), [Monitor("realised")])).open is None
    True
    """
    return replace(state, detector=empty_detector((len(state.monitors),)), open=None)


def with_monitors(state: Watching, monitors: Sequence[Monitor]) -> Watching:
    """Return the state with other monitors: kept ones keep their evidence, new ones start at 0.

    The promise survives, as weights act on what comes in from now on and not on what was gathered. An open page
    stays open; a carrier that is gone no longer has to recover. Raises DeclarationError as `weights` does.

    >>> both = with_monitors(start_watching(Budget(), [Monitor("realised")]), [Monitor("realised"), Monitor("breakage")])
    >>> both.shares.round(2)
    array([0.67, 0.33])
    """
    names = [monitor.name for monitor in state.monitors]
    places = [names.index(m.name) if m.name in names else len(names) for m in monitors]
    changed = Watching(
        state.budget, tuple(monitors), weights(monitors), _picked(state.detector, places), state.open
    )
    if state.open is None:
        return changed
    opened = replace(
        state.open,
        recovery=_picked(state.open.recovery, places),
        windows=np.append(state.open.windows, 0)[places],
        carriers=np.append(state.open.carriers, False)[places],
    )
    return replace(changed, open=opened)


def _in_order(state: Watching, window: Mapping[str, WindowEvidence]) -> list[WindowEvidence]:
    """Return the evidence in the order of the monitors, empty where there is none."""
    names = [monitor.name for monitor in state.monitors]
    for name in window:
        if name not in names:
            raise DataError(
                f"no monitor {name!r} is watched", found=", ".join(names), nearest=nearest(name, names)
            )
    return [window.get(name, WindowEvidence()) for name in names]


def _log_e(state: Watching, found: Sequence[Evidence]) -> Floats:
    """Return the tempered log e-values (k, bets), 0 without data."""
    pairs = zip(found, state.monitors, strict=True)
    return np.array([part.log_e(monitor.design_effect(part.units)) for part, monitor in pairs])


def _page(state: Watching, detector: Detector, at: int) -> tuple[Page, NDArray[np.bool_]]:
    """Return the page and which monitors carried it (k,)."""
    total = float(total_log_evidence(detector))
    share = np.exp(detector.log_evidence - total)
    # the start that counts is that of the monitor with the largest share
    since = int(detector.since[share.argmax()])
    carriers = share >= min(CARRYING, share.max())
    order = [place for place in np.argsort(-share, kind="stable") if carriers[place]]
    shares = tuple((state.monitors[place].name, float(share[place])) for place in order)
    return Page(at, since, total, state.budget.threshold, shares), carriers


def _recovering(
    state: Watching, opened: OpenPage, found: Sequence[WindowEvidence], at: int
) -> tuple[Watching, Closed | None]:
    """Take in a window while a page is open: only evidence of recovery counts.

    Recovery may start at any window s: its inflow is 1 / (s (s + 1)), which sums to 1, so that the evidence reaches
    20 with chance at most 1 / 20 while the harm lasts (Ville), however long it lasted before.
    """
    present = np.array([seen.recovery.units > 0 for seen in found])
    windows = opened.windows + present
    starts = np.maximum(windows, 1)
    inflow = np.where(present, -np.log(starts * (starts + 1.0)), -np.inf)[:, None]
    log_e = _log_e(state, [seen.recovery for seen in found])
    recovery = advance(opened.recovery, log_e, at=at, log_inflow=inflow)
    shown = recovery.log_evidence >= np.log(RECOVERED)
    if shown[opened.carriers].all():
        return restart(state), Closed(at, opened.page, "recovered")
    return replace(state, open=replace(opened, recovery=recovery, windows=windows)), None


def _picked(detector: Detector, places: Sequence[int]) -> Detector:
    """Return the monitors at these places (k,), an empty one for a place beyond the end."""
    none = empty_detector((1,))
    return Detector(
        np.concatenate([detector.log_sum, none.log_sum])[places],
        np.concatenate([detector.log_largest, none.log_largest])[places],
        np.concatenate([detector.start, none.start])[places],
    )

"""What triggers read of a closed window: how far its requests drifted, and what is estimated of their loss.

The figures stand in the window's event, made by the terms of that time. So windows of different versions compare: each
was measured against the period that its own version was accepted on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.monitoring.drift import drifts
from trimtab.monitoring.reference import Reference
from trimtab.monitoring.summary import InputSummary
from trimtab.monitoring.watcher import State
from trimtab.ports import Ledger
from trimtab.retrain import statistics
from trimtab.retrain.readings import WINDOWS as RECENT
from trimtab.retrain.seen import Drift, Estimated
from trimtab.runtime.watching.windows import TERMS, WINDOW, WINDOWS, Folded

FIGURES = "figures"
"""Where a window's event holds them."""


Figures = Mapping[str, Any]


def folded_figures(folded: Folded) -> dict[str, Any] | None:
    """The figures of the window that was folded last; None where nothing was compared."""
    watcher, state = folded.watcher, folded.state
    if watcher is None or state is None or not folded.rows:
        return None
    return figures(watcher.reference, state)


def figures(reference: Reference, state: State) -> dict[str, Any]:
    """The figures of the newest window with requests.

    drift: by how much the mean loss (or score, without labels) would change from the moves of that column alone which
    does most. estimated_drop: by how much the loss is estimated to exceed that of the accepted period, in the loss's
    own unit; trusted says whether that may be believed. quiet: no page is open.
    """
    inputs = state.inputs[-1]
    return {
        "drift": _drift(reference, inputs),
        "estimated_drop": _estimated(reference, inputs),
        "trusted": state.trust.trusted,
        "quiet": state.watching.open is None,
    }


def drift(windows: Sequence[Figures]) -> Drift | str:
    """The ranks of the newest windows among the quiet ones before them, or why they are unknown."""
    held = [each for each in windows if each["drift"] is not None]
    if not held:
        return "no window has been compared with the accepted period"
    quiet = [each["drift"] for each in held[:-RECENT] if each["quiet"]]
    return statistics.drift(quiet, [each["drift"] for each in held[-RECENT:]])


def estimated(windows: Sequence[Figures]) -> Estimated | str:
    """The estimated drops of the newest windows, or why they are unknown."""
    held = [each for each in windows if each["estimated_drop"] is not None][-RECENT:]
    if not held:
        return "no window has an estimate"
    return Estimated(tuple(each["estimated_drop"] for each in held), trusted=held[-1]["trusted"])


def figures_before(ledger: Ledger, now: int) -> Sequence[Figures]:
    """The figures of the windows that ended before an instant, of the line that answers now, oldest first.

    A window that ends just then is closed a little later, so that nothing depends on how soon somebody looks.
    """
    found, line = list[Figures](), None
    for event in ledger.read_events(WINDOWS):
        if event.kind == TERMS and event.body["line"] != line:
            found, line = [], event.body["line"]
        elif event.kind == WINDOW and event.at < now and event.body.get(FIGURES):
            found.append(event.body[FIGURES])
    return found


def _drift(reference: Reference, inputs: InputSummary) -> float | None:
    found = drifts(reference.breakage.reference, [inputs.counts])
    sizes = [abs(each.effect.estimate) for each in found]
    return max((size for size in sizes if np.isfinite(size)), default=None)


def _estimated(reference: Reference, inputs: InputSummary) -> float | None:
    if not inputs.estimated.rows or reference.loss is None:
        return None
    return (inputs.estimated.mean - reference.baseline) * reference.loss.scale

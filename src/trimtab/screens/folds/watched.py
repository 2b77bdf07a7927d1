"""Performance of a live system by day: the journal of closed windows, each unpacked once and kept as a few numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trimtab.monitoring.gauge import Part
from trimtab.ports import Event
from trimtab.runtime.watching.packing import unpacked
from trimtab.runtime.watching.windows import TERMS, WINDOW, WINDOWS
from trimtab.screens.book import View
from trimtab.screens.folds.days import Days, Floats, Integers
from trimtab.screens.keeping import Arrays

_NOTHING = Part()


def watched_days(view: View) -> Days | None:
    """The days that were closed by the instant of a view; None where nothing was watched."""
    found = view.book.journals.grown(WINDOWS, _numbers)
    windows = found["windows"][found["windows"][:, 0] <= view.at]
    if not len(windows):
        return None
    outcomes = found["outcomes"][found["outcomes"][:, 0] <= view.at]
    start = windows[:, 1].astype(np.int64)
    labelled, loss, compared, total = _matured(start, outcomes)
    return Days(
        start,
        windows[:, 2],
        labelled,
        loss,
        np.where(compared > 0, total, np.nan),
        windows[:, 3],
        windows[:, 4],
        _metric(view, found),
        "the model it is compared with",
    )


def _matured(start: Integers, outcomes: Floats) -> Floats:
    """What had matured of each day (4, d): rows, loss, rows that were compared, and the loss they are compared with."""
    place = np.searchsorted(start, outcomes[:, 1].astype(np.int64))
    inside = place < len(start)
    inside[inside] = start[place[inside]] == outcomes[inside, 1]
    found = np.zeros((4, len(start)))
    # a window that was told twice counts as it was told last
    found[:, place[inside]] = outcomes[inside, 2:].T
    return found


def _numbers(events: Sequence[Event]) -> Arrays:
    """Events as numbers: windows (w, 5), outcomes of earlier windows (o, 6) and terms (t,) with their losses (t,)."""
    windows, outcomes, terms = list[list[float]](), list[list[float]](), list[tuple[int, str]]()
    for event in events:
        if event.kind == TERMS:
            terms.append((event.at, str(event.body["options"].get("loss") or "")))
        elif event.kind == WINDOW:
            own, matured = _figures(event)
            windows.append([event.at, event.body["start"], event.body["rows"], own.total, own.rows])
            outcomes += [[event.at, *each] for each in matured]
    return {
        "windows": np.array(windows, np.float64).reshape(-1, 5),
        "outcomes": np.array(outcomes, np.float64).reshape(-1, 6),
        "terms": np.array([at for at, _ in terms], np.int64),
        "losses": np.array([name for _, name in terms], dtype="<U40"),
    }


def _figures(event: Event) -> tuple[Part, list[tuple[float, ...]]]:
    """What a window estimated of its requests, and the loss and its reference of the windows that matured by then."""
    if "summaries" not in event.body:
        return _NOTHING, []
    inputs, outcomes = unpacked(event.body["summaries"])
    matured: list[tuple[float, ...]] = [
        (each.start, each.loss.rows, each.loss.total, each.reference_loss.rows, each.reference_loss.total)
        for each in outcomes
    ]
    return inputs.estimated, matured


def _metric(view: View, found: Arrays) -> str:
    names = found["losses"][found["terms"] <= view.at]
    name = str(names[-1]) if len(names) else ""
    return f"mean {name} loss of a request (0 to 1)" if name else "mean loss of a request (0 to 1)"

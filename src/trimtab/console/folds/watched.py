"""Performance of a live system by day: the journal of closed windows, each unpacked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.console.book import View
from trimtab.console.folds.days import Days
from trimtab.monitoring.gauge import Part
from trimtab.ports import Event
from trimtab.runtime.watching.packing import unpacked
from trimtab.runtime.watching.windows import TERMS, WINDOW, WINDOWS

_NOTHING = Part()


def watched_days(view: View) -> Days | None:
    """The days that were closed by the instant of a view; None where nothing was watched."""
    events = view.events(WINDOWS)
    windows = [event.body for event in events if event.kind == WINDOW]
    if not windows:
        return None
    figures = [_figures(view, body) for body in windows]
    outcomes = {start: parts for _, found in figures for start, parts in found.items()}
    terms = [event for event in events if event.kind == TERMS]
    columns = [
        _row(body, own, outcomes.get(body["start"])) for body, (own, _) in zip(windows, figures, strict=True)
    ]
    table = np.array(columns, np.float64).T
    start = np.array([body["start"] for body in windows], np.int64)
    requests, labelled, loss, reference, estimated, estimated_rows = table
    return Days(
        start,
        requests,
        labelled,
        loss,
        reference,
        estimated,
        estimated_rows,
        _metric(terms),
        "the model it is compared with",
    )


Outcomes = Mapping[int, tuple[Part, Part]]


def _figures(view: View, body: Mapping[str, Any]) -> tuple[Part, Outcomes]:
    """What a window estimated of its requests, and the loss and its reference of the windows that matured by then."""
    if "summaries" not in body:
        return _NOTHING, {}

    def make() -> tuple[Part, Outcomes]:
        inputs, outcomes = unpacked(body["summaries"])
        return inputs.estimated, {each.start: (each.loss, each.reference_loss) for each in outcomes}

    return view.book.journals.folded(("window", body["start"]), len(body["summaries"]), make)


def _row(body: Mapping[str, Any], own: Part, outcome: tuple[Part, Part] | None) -> tuple[float, ...]:
    loss, reference = outcome or (_NOTHING, _NOTHING)
    compared = reference.total if reference.rows else float("nan")
    return (body["rows"], loss.rows, loss.total, compared, own.total, own.rows)


def _metric(terms: Sequence[Event]) -> str:
    name = terms[-1].body["options"].get("loss") if terms else ""
    return f"mean {name} loss of a request (0 to 1)" if name else "mean loss of a request (0 to 1)"

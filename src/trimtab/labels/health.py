"""Is the label sound: does maturity wait long enough, how much stays silent, is anything known too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.model import Label
from trimtab.finding import Finding, Severity
from trimtab.labels.history import (
    CENSORED,
    LabelHistory,
    LabelView,
    arrival_delays,
    as_known,
    revised_after_maturity,
)

CHURN = 0.01
FOR_EVER = 2**62

CLASSES_AT_MOST = 50
"""With more, a class learns from few rows, and boosting grows a tree for each in every round."""

FEWEST_ROWS = 20
"""A class with fewer tells nothing that would hold again."""


def findings(label: Label, history: LabelHistory, at: NDArray[np.int64], now: int) -> Iterator[Finding]:
    """Everything worth saying about a label's history at `now` (epoch microseconds)."""
    delays = arrival_delays(history, at)
    if not len(delays):
        yield Finding(
            "no request ever gets a label",
            Severity.ACT,
            cause="the arms of the label share no id with the requests",
            action="check that the id columns of the arms and of the request mean the same thing",
            evidence=(("declared at", str(label.site)),),
        )
        return
    yield from _too_short(label, delays)
    yield from _silent(history, now)
    yield from _one_answer(history, now)
    early = int(np.sum(delays < 0))
    if early:
        yield Finding(
            f"{early:,} labels were known before their request was made",
            Severity.ACT,
            cause="a leak or a wrong clock",
        )
    revised = revised_after_maturity(history)
    if revised:
        bad = revised / len(delays) > CHURN
        what = f"{revised:,} labels changed after they were mature"
        yield Finding(
            what, Severity.WATCH if bad else Severity.INFO, action="wait longer: raise matures_after"
        )


def _too_short(label: Label, delays: NDArray[np.int64]) -> Iterator[Finding]:
    in_time = float(np.mean(delays <= label.matures_after.microseconds))
    hours = np.quantile(delays, [0.5, 0.95, 0.999]) / 3_600_000_000
    what = (
        f"{in_time:.2%} of labels are known within {label.matures_after}; "
        f"half within {hours[0]:.1f} h, 95 % within {hours[1]:.1f} h"
    )
    severity = Severity.OK if in_time >= 0.99 else Severity.WATCH if in_time >= 0.9 else Severity.ACT
    action = None if in_time >= 0.99 else f"matures_after of {hours[2] / 24:.1f} days would wait for 99.9 %"
    yield Finding(what, severity, estimate=in_time, action=action)


def _silent(history: LabelHistory, now: int) -> Iterator[Finding]:
    state = as_known(history, now).state
    censored = float(np.mean(state == CENSORED))
    if censored:
        yield Finding(
            f"{censored:.2%} of requests stay without a label and are left out",
            Severity.WATCH if censored > CHURN else Severity.INFO,
            estimate=censored,
            action="if silence is an answer, declare it with silence=",
        )


def _one_answer(history: LabelHistory, now: int) -> Iterator[Finding]:
    view = as_known(history, now)
    label = view.value[view.mature]
    if len(label) and (label == label[0]).all():
        yield Finding(
            f"all {len(label):,} labels that are mature say the same",
            Severity.ACT,
            cause="a label that is filled in for one answer only, or a wrong condition",
            action="declare what the other answer looks like, or what silence= means",
        )


def rare_classes(names: Sequence[str], view: LabelView) -> Iterator[Finding]:
    """Classes too many or too rare to be learned, of a label that says one of several.

    >>> from trimtab.labels.history import MATURE
    >>> view = LabelView(np.repeat([0.0, 1.0], [40, 3]), np.full(43, MATURE))
    >>> [each.what for each in rare_classes(("keep", "refund"), view)]
    ["1 of 2 classes has fewer than 20 rows: 'refund'"]
    """
    if len(names) > CLASSES_AT_MOST:
        yield Finding(
            f"the label has {len(names):,} classes: each learns from few rows, and trees are grown for each",
            Severity.WATCH,
            action="join classes, or ask about each of them by itself, with one yes or no",
        )
    rows = np.bincount(view.value[view.mature].astype(np.int64), minlength=len(names))
    rare = [str(name) for name, count in zip(names, rows, strict=True) if count < FEWEST_ROWS]
    if rare:
        some = ", ".join(map(repr, rare[:5])) + (", ..." if len(rare) > 5 else "")
        verb = "has" if len(rare) == 1 else "have"
        what = f"{len(rare):,} of {len(names):,} classes {verb} fewer than {FEWEST_ROWS} rows: {some}"
        yield Finding(what, Severity.WATCH, action="join them with others, or wait for more rows")


def filled_in_afterwards(
    name: str, missing: NDArray[np.bool_], value: NDArray[np.float64], known: NDArray[np.bool_]
) -> Finding | None:
    """A request field whose gaps foretell a yes/no label was filled in from the outcome; None when it looks honest.

    The classical case: an aircraft's tail number is missing exactly for the flights that were cancelled.
    """
    gaps = missing & known
    if gaps.sum() < 30 or (~missing & known).sum() < 30:
        return None
    among, others = float(value[gaps].mean()), float(value[known & ~missing].mean())
    if not (among > 0.98 or among < 0.02) or abs(among - others) < 0.2:
        return None
    return Finding(
        f"request field {name!r} looks filled in from the outcome: where it is missing the label is {among:.0%} yes, "
        f"elsewhere {others:.0%}",
        Severity.ACT,
        estimate=among - others,
        cause="the field was completed after the request was made",
        action="drop the field, or take it from a source that records when it became known",
    )

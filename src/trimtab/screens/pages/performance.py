"""How well the model does, with the maturity of labels: charts of what was realised, estimated and compared."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.report import Axis, Bar, BarChart, Column, LineChart, Mark, Region, Series, Table
from trimtab.report.document import Explanation, Paragraph
from trimtab.screens.book import View
from trimtab.screens.folds.days import DAY, WINDOW, Days, trailing
from trimtab.screens.folds.matters import entries, incidents, kept_versions
from trimtab.screens.folds.replayed import arrival, replayed_days
from trimtab.screens.folds.watched import watched_days
from trimtab.screens.page import Piece, absent

HOURS_SHOWN = 24 * 7
MOST_MARKS = 6
"""Up to so many promotions are named along a chart; more become ticks."""


def days_of(view: View) -> Days | None:
    """The days of a record as known at the instant, whatever kind of record it is."""
    return replayed_days(view) if view.book.replay else watched_days(view)


def command_of(view: View) -> str:
    """The command that gives the numbers of a view."""
    return f"trimtab {'replay' if view.book.replay else 'watch'} {view.book.target}"


def performance(view: View) -> tuple[Piece, ...]:
    """The chart of performance, and what its lines are; what is not on record is said."""
    days = days_of(view)
    if days is None or not days.labelled.sum():
        how = "trimtab watch SYSTEM, once a day with answers has ended"
        return (absent("Performance", how),)
    return (_chart(view, days), _lines(view, days))


def mean_of_late(days: Days) -> tuple[str, int] | None:
    """The mean loss of the last 28 complete days in words, and over how many rows; None before there are any."""
    complete = _complete(days)
    found = trailing(days.start[complete], days.loss[complete], days.labelled[complete])
    return (str(found[-1].mean), found[-1].rows) if found else None


def _complete(days: Days) -> slice:
    until = days.mature_until
    return slice(0, 0 if until is None else int(np.searchsorted(days.start, until)))


def _chart(view: View, days: Days) -> LineChart:
    complete = _complete(days)
    until = days.mature_until
    end = int(days.start[-1]) + DAY
    waits = until is not None and until < end
    return LineChart(
        f"Loss of the model that answered, trailing {WINDOW} days",
        Axis("day", kind="time"),
        Axis(days.metric, better="lower"),
        tuple(_series(days, complete)),
        marks=tuple(_marks(view)),
        regions=(Region(until, end, "labels arrive"),) if waits and until is not None else (),
        note=(
            f"n = {int(days.requests.sum()):,} requests on {len(days):,} days, {int(days.labelled.sum()):,} with a "
            f"label by then. Band: 95 % interval, resampled by days in blocks of a week; none below 10 days."
        ),
        command=command_of(view),
    )


def _series(days: Days, complete: slice) -> Iterator[Series]:
    yield _line("realised", days, complete, emphasised=True)
    if not np.isnan(days.reference[complete]).all():
        kept = days.reference[complete]
        points = trailing(days.start[complete], kept, days.labelled[complete])
        yield Series(
            days.compared, tuple(p.at for p in points), tuple(p.mean.estimate for p in points), style="ghost"
        )
    if days.estimated_rows.sum():
        points = trailing(days.start, days.estimated, days.estimated_rows)
        x, y = tuple(p.at for p in points), tuple(p.mean.estimate for p in points)
        yield Series("estimated, without labels", x, y)


def _line(name: str, days: Days, part: slice, *, emphasised: bool) -> Series:
    points = trailing(days.start[part], days.loss[part], days.labelled[part])
    means = [point.mean for point in points]
    return Series(
        name,
        tuple(point.at for point in points),
        tuple(mean.estimate for mean in means),
        tuple(mean.low for mean in means),
        tuple(mean.high for mean in means),
        emphasised=emphasised,
    )


def _marks(view: View) -> Iterator[Mark]:
    """Promotions, refusals and incidents; those of which there are many without a name."""
    spans = [(since, each.name) for each in kept_versions(view) for since, _ in each.spans]
    for since, name in spans:
        yield Mark(since, "promoted", name if len(spans) <= MOST_MARKS else "")
    for each in incidents(view):
        yield Mark(each.opened_at, "page", each.id)
    for entry in entries(view):
        if entry.decision == "refuse":
            yield Mark(entry.at, "refused")


def _lines(view: View, days: Days) -> Explanation:
    rules = [
        "Realised: the mean loss of requests whose label was known, of days whose labels are complete (95 %).",
        "Estimated: what the error model expects of requests, for the days whose labels are not there yet."
        if days.estimated_rows.sum()
        else "Estimated loss: not on record yet; a watched system has it.",
    ]
    if view.book.replay:
        rules.append(
            "The ghost, the first model never retrained: a replay records its predictions for its own policy only; "
            "how all policies compare over the whole period stands under Replay."
        )
    return Explanation("What the lines are", tuple(Paragraph(rule) for rule in rules))


def label_clock(view: View) -> tuple[Piece, ...]:
    """How labels arrive: the curve of lags where single labels are on record, and the share that is there by day."""
    found: list[Piece] = []
    curve = arrival(view) if view.book.replay else None
    if curve is not None:
        hours, share, count = curve
        kept = slice(0, min(HOURS_SHOWN, int(np.searchsorted(share, 0.9995)) + 2))
        x, y = tuple(hours[kept].tolist()), tuple(share[kept].tolist())
        note = f"n = {count:,} first labels known by then. All of them are counted, so there is no interval."
        lags = (Series("labels", x, y, emphasised=True, step=True),)
        axes = (
            Axis("hours from request to label"),
            Axis("share of labels that came", kind="share", include=(0, 1)),
        )
        found.append(
            LineChart("Arrival of labels", *axes, lags, note=note, command=command_of(view), height=220)
        )
    days = days_of(view)
    if days is None:
        return (*found, absent("Labels by day", "trimtab watch SYSTEM"))
    return (*found, _ripening(view, days))


def _ripening(view: View, days: Days) -> LineChart:
    last = slice(max(len(days) - 60, 0), len(days))
    share = days.labelled[last] / np.maximum(days.requests[last], 1)
    x = tuple((days.start[last] + DAY // 2).tolist())
    return LineChart(
        "Share of requests with a label, last 60 days",
        Axis("day", kind="time"),
        Axis("share with a label", kind="share", include=(0.0, 1.0)),
        (Series("labelled", x, tuple(share.tolist()), emphasised=True),),
        note=f"n = {int(days.requests[last].sum()):,} requests, all of them counted.",
        command=command_of(view),
        height=200,
    )


def strip(view: View) -> tuple[Piece, ...]:
    """Policies compared over a replayed period."""
    if not view.book.replay:
        return (
            absent(
                "Policies compared", f"trimtab replay {view.book.target}, whose record stands beside this one"
            ),
        )
    done = [event for event in view.events("measurements") if "loss" in event.body and "fits" in event.body]
    if not done:
        words = "Policies are compared at the end of the replayed period; this instant lies before it."
        return (Paragraph(words),)
    metric = done[-1].kind.replace("_", " ")
    best = min(done, key=lambda event: event.body["loss"]).subject
    bars = tuple(
        Bar(e.subject, e.body["loss"], e.body["low"], e.body["high"], emphasised=e.subject == best)
        for e in done
    )
    days = days_of(view)
    counted = (
        "" if days is None else f"n = {int(days.labelled.sum()):,} labelled requests on {len(days):,} days. "
    )
    chart = BarChart(
        f"Mean {metric} of each policy over the replayed period",
        Axis(metric, better="lower"),
        bars,
        origin=None,
        note=f"{counted}Lines: 95 % interval of the level, resampled by days; policies share their days.",
        command=command_of(view),
    )
    rows = tuple((e.subject, e.body["loss"], e.body["fits"]) for e in done)
    columns = Column("policy"), Column(f"mean {metric}", format=".4f"), Column("trainings", format=",d")
    return (chart, Table(columns, rows))

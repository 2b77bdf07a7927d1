"""What a replay found out about the period itself, as parts of its page: ageing, windows, inputs, batches, labels."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.report import (
    Axis,
    Bar,
    BarChart,
    Column,
    LineChart,
    Paragraph,
    Series,
    Table,
    estimated,
)
from trimtab.runtime.replay.page_words import without_empty, words
from trimtab.runtime.replay.result import Point, Replay

HOUR = 3_600_000_000


def curve(done: Replay, points: Sequence[Point], which: str) -> LineChart | Paragraph:
    """The loss by the age of the training rows ('freshness') or by the length of the window."""
    if len(points) < 2:
        return Paragraph("The history is too short to measure this.")
    fresh = which == "freshness"
    kept = [point for point in points if fresh or point.x]
    every = [point for point in points if not fresh and not point.x]
    axis = Axis("age of the newest training row" if fresh else "length of the window", "days", log=not fresh)
    note = (
        "A 28-day window that ends so many days before the newest mature label; judged on the four weeks after."
        if fresh
        else "Windows that all end at the newest mature label; judged on the four weeks after."
    )
    if every:
        note += f" Everything known: {every[0].loss.estimate:.4f} with {every[0].rows:,.0f} rows on average."
    series = Series(
        "28-day window" if fresh else "newest window",
        tuple(point.x for point in kept),
        tuple(point.loss.estimate for point in kept),
        tuple(point.loss.low for point in kept),
        tuple(point.loss.high for point in kept),
        emphasised=True,
    )
    y = Axis(words(done.loss), better="lower")
    return LineChart(
        f"{words(done.loss)} by {axis.label}", axis, y, (series,), note=note, command=done.command
    )


def ladder(done: Replay) -> tuple[Table | BarChart, ...]:
    """Answers without a model, and then with one input after the other; empty where nothing was fitted."""
    rungs = (*done.baselines, *done.ladder)
    if not rungs:
        return ()
    columns = (
        Column("inputs"),
        Column("columns", format=",d"),
        Column("AUC", format=".3f"),
        Column(words(done.loss), format=".4f"),
    )
    rows = tuple(
        (
            rung.inputs,
            rung.columns or None,
            None if rung.auc is None else estimated(rung.auc),
            estimated(rung.loss),
        )
        for rung in rungs
    )
    note = (
        "Answers without a model first, then the model with the request's own fields, each further rung adding one "
        "source. All were fitted on what was known at half time and judged on the second half."
    )
    bars = tuple(
        Bar(rung.inputs, rung.loss.estimate, *((rung.loss.low, rung.loss.high) if rung.loss.known else ()))
        for rung in rungs
    )
    chart = BarChart(
        words(done.loss), Axis(words(done.loss), better="lower"), bars, origin=None, format=".4f"
    )
    return without_empty(Table(columns, rows, note=note)), chart


def batch_table(done: Replay) -> Table:
    """Predicting in batch every so often, against online."""
    columns = (
        Column("a run every", "h", format=",d"),
        Column(words(done.loss), format=".4f"),
        Column("to online", format="+.4f"),
        Column("requests unknown to the run", format=".1%"),
        Column("more cost", done.currency or "", format=",.0f"),
    )
    rows = tuple(
        (each.hours, estimated(each.loss), estimated(each.extra), each.unknown_share, each.money)
        for each in done.batch
    )
    note = "The same versions answer with features as of the latest run; requests unknown to it get the base rate."
    return without_empty(Table(columns, rows, note=note))


def arrival(done: Replay) -> LineChart | Paragraph:
    """The share of requests whose answer had come, by the time since the request."""
    if not done.arrival:
        return Paragraph("No label ever arrived.")
    x, y = zip(*done.arrival, strict=True)
    return LineChart(
        "Share of requests with an answer",
        Axis("time since the request", kind="duration", include=(0.0,)),
        Axis("answered", kind="share", include=(0.0, 1.0)),
        (Series("answered", tuple(hours * HOUR for hours in x), y, emphasised=True),),
        command=done.command,
    )

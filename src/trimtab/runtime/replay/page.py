"""A replay as a page: verdict first, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.declare.days import DAY
from trimtab.evaluation.months import month_start
from trimtab.evaluation.policies import Month
from trimtab.report import (
    Axis,
    Bar,
    BarChart,
    Code,
    Column,
    Document,
    Entry,
    Estimate,
    Explanation,
    FindingsList,
    Journal,
    KeyValues,
    LineChart,
    Mark,
    Paragraph,
    Section,
    Series,
    Table,
)
from trimtab.runtime.replay.learned_page import learned_section
from trimtab.runtime.replay.policies import NEVER
from trimtab.runtime.replay.release_page import release_marks, release_section
from trimtab.runtime.replay.releases import SAID
from trimtab.runtime.replay.result import Point, PolicyResult, Replay
from trimtab.runtime.replay.watch_page import page_marks, watch_section
from trimtab.stats import Interval

HOUR = 3_600_000_000


def page(done: Replay) -> Document:
    """The whole report of a replay."""
    sections = (
        Section("Performance over time", (performance(done),)),
        Section("Policies", (policy_table(done), _descriptions(done))),
        Section("Saved against never retraining, month by month", (saved(done), months_table(done))),
        watch_section(done.watched),
        release_section(done.policies),
        learned_section(done.policies),
        Section("How fast the model ages", (_curve(done, done.freshness, "freshness"),)),
        Section("How much past it needs", (_curve(done, done.volume, "volume"),)),
        Section("What each input is worth", _ladder(done)),
        Section("What predicting in batch would cost", (batch_table(done),)),
        Section("When labels arrive", (_arrival(done),)),
        Section("What was left out or decided on the way", (FindingsList(done.findings),)),
        Section("Decisions of the system's own policy", (_journal(done),)),
        Section("How every number was computed", (*_methods(done), _rules())),
    )
    subtitle = f"{done.rows:,} requests scored, {_day(done.start)} to {_day(done.stop)}, metric: {_words(done.metric)}"
    kept = tuple(section for section in sections if section.blocks)
    return Document(f"Replay of {done.system}", done.sentence, subtitle=subtitle, sections=kept)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _day(at: int) -> str:
    import numpy as np  # noqa: PLC0415

    return str(np.datetime64(at, "us").astype("datetime64[D]"))


def estimate(interval: Interval) -> Estimate | float:
    """An interval as a cell; the bare number where there is no interval."""
    return Estimate(interval.estimate, interval.low, interval.high) if interval.known else interval.estimate


def performance(done: Replay) -> LineChart:
    """The loss of the recommended policy over time, with the never-retrained model as a ghost."""
    chosen = done.verdict.recommended
    names = dict.fromkeys((NEVER, chosen, done.verdict.best))
    lines = [_moving(each, chosen) for name in names for each in done.policies if each.name == name]
    found = next(each for each in done.policies if each.name == chosen)
    marks = [Mark(at, "retrain") for at in found.retrained_at if found.releases is None]
    marks += release_marks(done.policies)
    marks += page_marks(done.watched, NEVER)
    marks += [Mark(each.at, "refused", "refused") for policy in done.policies for each in policy.refused]
    return LineChart(
        f"{_words(done.metric).capitalize()} of {done.system}, mean of five weeks",
        Axis("middle of the five weeks", kind="time"),
        Axis(_words(done.metric), better="lower"),
        tuple(lines),
        tuple(marks),
        note=(
            "The band is the 95 % interval of the paired difference to the never-retrained line, drawn from that line: "
            "where it touches the dashed line the difference may be chance. Ticks below are retrainings and promotions; a page is of the "
            "model that is never retrained."
        ),
        command=done.command,
    )


def _moving(each: PolicyResult, chosen: str) -> Series:
    ghost = each.name == NEVER
    banded = each.name == chosen and not ghost
    known = [point for point in each.moving if point.gap.known or ghost]
    never = [point.loss - point.gap.estimate for point in known]
    return Series(
        "never retrained" if ghost else each.name,
        tuple(point.day * DAY for point in known),
        tuple(point.loss for point in known),
        tuple(base + point.gap.low for base, point in zip(never, known, strict=True)) if banded else (),
        tuple(base + point.gap.high for base, point in zip(never, known, strict=True)) if banded else (),
        style="ghost" if ghost else "solid",
        emphasised=each.name == chosen,
    )


def policy_table(done: Replay) -> Table:
    """One row a policy, the recommended one highlighted."""
    currency = done.currency or ""
    columns = [
        Column("policy", explanation="what the loop does"),
        Column(
            _words(done.metric),
            format=".4f",
            explanation="mean over all scored requests, 95 % by week blocks",
        ),
        Column(
            "to best",
            format="+.4f",
            explanation="loss less that of the best policy, paired on the same requests",
        ),
        Column("to never", format="+.4f", explanation="loss less that of never retraining, paired"),
        Column("AUC", format=".3f"),
        Column("fits", format=",d", explanation="after the first model, which all policies share"),
        Column("CPU", "s", format=",.0f"),
        Column("cost", currency, format=",.0f", explanation="decisions at the declared threshold plus fits"),
    ]
    rows = tuple(
        (
            each.name,
            estimate(each.score.loss),
            estimate(each.score.to_best),
            estimate(each.score.to_never),
            None if each.auc is None else each.auc.estimate,
            each.score.spent.fits,
            each.score.spent.cpu_seconds,
            each.money,
        )
        for each in done.policies
    )
    highlight = next(i for i, each in enumerate(done.policies) if each.name == done.verdict.recommended)
    table = Table(
        tuple(columns), rows, note=done.verdict.reason, highlight=highlight, highlight_as="recommended"
    )
    return _without_empty(table)


def _descriptions(done: Replay) -> KeyValues:
    return KeyValues(tuple((each.name, str(each.policy.retrain)) for each in done.policies))


def _without_empty(table: Table) -> Table:
    kept = [i for i in range(len(table.columns)) if any(row[i] is not None for row in table.rows)]
    return Table(
        tuple(table.columns[i] for i in kept),
        tuple(tuple(row[i] for i in kept) for row in table.rows),
        table.title,
        table.note,
        table.highlight,
        table.highlight_as,
    )


def _rules() -> Explanation:
    rules = (
        "All policies start from the same first model.",
        "Each request is scored once, by the version then in service, before its label can teach anything.",
        "A label counts from the time it was known and mature, for training and for decisions alike.",
        "A new version serves after the modelled training time of 30 minutes, not from the moment it was asked for.",
        "All policies share features, learner and settings.",
        "The system's own policy has to earn its traffic as declared; a named policy serves whatever could be trained.",
        "Intervals resample weeks of days, 2,000 times; differences are paired on the same requests.",
        (
            "Recommended is the policy with the fewest fits that the data cannot tell from the best, leaving out any "
            "that was confirmed worse than never retraining in some month."
        ),
    )
    return Explanation("The rules of a fair comparison", tuple(Paragraph(rule) for rule in rules))


def saved(done: Replay) -> LineChart:
    """Monthly loss of each policy less that of never retraining, with bands for the recommended one."""
    series = []
    for each in done.policies:
        if each.name == NEVER:
            continue
        months = each.score.months
        x = tuple(_month_at(month.name) for month in months)
        chosen = each.name == done.verdict.recommended
        gaps = tuple(month.to_never.estimate for month in months)
        low = tuple(month.to_never.low for month in months) if chosen else ()
        high = tuple(month.to_never.high for month in months) if chosen else ()
        series.append(Series(each.name, x, gaps, low, high, emphasised=chosen))
    return LineChart(
        f"{_words(done.metric)} less that of never retraining",
        Axis("month", kind="time"),
        Axis(f"{_words(done.metric)} difference", better="lower", include=(0.0,)),
        tuple(series),
        note="Below zero retraining helped; above zero it harmed.",
        command=done.command,
    )


def _month_at(name: str) -> int:
    import numpy as np  # noqa: PLC0415

    return month_start(int(np.datetime64(name, "M").astype(int)))


def months_table(done: Replay) -> Table:
    """The loss of every policy in every month; harm is marked."""
    names = [month.name for month in done.policies[0].score.months]
    rows = []
    for place, name in enumerate(names):
        cells = [each.score.months[place] for each in done.policies]
        rows.append((name, *(_month_cell(cell) for cell in cells)))
    columns = (Column("month"), *(Column(each.name, align="right") for each in done.policies))
    note = (
        "△ worse than never retraining in that month, but not beyond chance; "
        "▲ confirmed worse (5 %, Holm over the months)."
    )
    return Table(columns, tuple(rows), note=note)


def _month_cell(month: Month) -> str:
    mark = " ▲" if month.harms else " △" if month.to_never.estimate > 0 else ""
    return f"{month.loss.estimate:.4f}{mark}"


def _curve(done: Replay, points: Sequence[Point], which: str) -> LineChart | Paragraph:
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
    y = Axis(_words(done.metric), better="lower")
    return LineChart(
        f"{_words(done.metric)} by {axis.label}", axis, y, (series,), note=note, command=done.command
    )


def _ladder(done: Replay) -> tuple[Table | BarChart, ...]:
    rungs = (*done.baselines, *done.ladder)
    if not rungs:
        return ()
    columns = (
        Column("inputs"),
        Column("columns", format=",d"),
        Column("AUC", format=".3f"),
        Column(_words(done.metric), format=".4f"),
    )
    rows = tuple(
        (
            rung.inputs,
            rung.columns or None,
            None if rung.auc is None else estimate(rung.auc),
            estimate(rung.loss),
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
        _words(done.metric), Axis(_words(done.metric), better="lower"), bars, origin=None, format=".4f"
    )
    return _without_empty(Table(columns, rows, note=note)), chart


def batch_table(done: Replay) -> Table:
    """Predicting in batch every so often, against online."""
    columns = (
        Column("a run every", "h", format=",d"),
        Column(_words(done.metric), format=".4f"),
        Column("to online", format="+.4f"),
        Column("requests unknown to the run", format=".1%"),
        Column("more cost", done.currency or "", format=",.0f"),
    )
    rows = tuple(
        (each.hours, estimate(each.loss), estimate(each.extra), each.unknown_share, each.money)
        for each in done.batch
    )
    note = "The same versions answer with features as of the latest run; requests unknown to it get the base rate."
    return _without_empty(Table(columns, rows, note=note))


def _arrival(done: Replay) -> LineChart | Paragraph:
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


def _journal(done: Replay) -> Journal:
    elsewhere = {"wait", *(SAID if any(each.releases for each in done.policies[-1:]) else ())}
    told = [each for each in done.decisions if each.subject != "not now" and each.kind not in elsewhere]
    return Journal(
        tuple(
            Entry(
                each.at,
                each.kind,
                each.subject,
                each.reason,
                tuple((name, value) for name, value in each.numbers.items()),
            )
            for each in told
        )
    )


def _methods(done: Replay) -> tuple[Paragraph | Code, ...]:
    waits = sum(each.subject == "not now" for each in done.decisions)
    return (
        Paragraph(
            "Features are aggregates over facts known strictly before the request; one batch plan computed them for all "
            "requests, and every policy used the same values."
        ),
        Paragraph(
            "Each tick, at local midnight, the loop's own step decided what to do from what was known by then; besides "
            f"the decisions listed, it decided {waits:,} times that nothing was due."
        ),
        Paragraph(
            f"This replay took {done.seconds:,.0f} s, of which {done.cpu_seconds:,.0f} CPU seconds over all processes. "
            "Reproduce it with:"
        ),
        Code(done.command),
    )

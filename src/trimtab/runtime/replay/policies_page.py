"""How the policies of a replay did, as parts of its page: over time, side by side, month by month."""

from __future__ import annotations

from trimtab.declare.days import DAY
from trimtab.evaluation.months import month_start
from trimtab.evaluation.policies import Month
from trimtab.report import (
    Axis,
    Column,
    KeyValues,
    LineChart,
    Mark,
    Series,
    Table,
    estimated,
)
from trimtab.runtime.replay.page_words import without_empty, words
from trimtab.runtime.replay.policies import NEVER
from trimtab.runtime.replay.release_page import release_marks
from trimtab.runtime.replay.result import PolicyResult, Replay
from trimtab.runtime.replay.watch_page import page_marks


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
        f"{words(done.loss).capitalize()} of {done.system}, mean of five weeks",
        Axis("middle of the five weeks", kind="time"),
        Axis(words(done.loss), better="lower"),
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
            words(done.loss),
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
            estimated(each.score.loss),
            estimated(each.score.to_best),
            estimated(each.score.to_never),
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
    return without_empty(table)


def descriptions(done: Replay) -> KeyValues:
    """When each policy retrains, and on what."""
    return KeyValues(tuple((each.name, str(each.policy.retrain)) for each in done.policies))


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
        f"{words(done.loss)} less that of never retraining",
        Axis("month", kind="time"),
        Axis(f"{words(done.loss)} difference", better="lower", include=(0.0,)),
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

"""An assessment as a page: the verdict, what to know, the ladder, money, data, and the questions for people."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.evaluation.assess_questions import QUESTIONS, Answered, latest
from trimtab.evaluation.assess_value import Worth
from trimtab.evaluation.reading import first_screen
from trimtab.report import (
    Block,
    Cell,
    Column,
    Document,
    FindingsList,
    KeyValues,
    Paragraph,
    Section,
    Table,
    estimated,
)
from trimtab.runtime.assessing.result import Assessment
from trimtab.runtime.replay.period import date

_HOW = (
    "Each rung learned from the same past and answered the same later requests. Intervals hold the truth in 95 of 100 "
    "repetitions; they resample weeks of days, since requests of one day tell much the same."
)


def page(done: Assessment) -> Document:
    """The page of an assessment."""
    return Document(
        f"Is ML right for {done.system}?",
        done.verdict.sentence,
        severity=done.verdict.finding.severity,
        sections=tuple(_sections(done)),
    )


def _sections(done: Assessment) -> Iterator[Section]:
    shown, folded = first_screen(done.findings)
    yield Section("What to do", (FindingsList((done.verdict.finding,)),))
    yield Section("What to know", (FindingsList(shown),))
    if done.ladder is not None:
        yield Section("The ladder", tuple(_ladder(done)))
    if done.worth is not None:
        yield Section("Money", tuple(_money(done, done.worth)))
    if done.learning is not None:
        yield Section("More data", (_learning(done),))
    if done.months:
        yield Section("Month by month", (_months(done),))
    yield Section("Questions for people", (questions(done.answers),))
    if folded:
        yield Section("What else was looked at", (FindingsList(folded),))


def _ladder(done: Assessment) -> Iterator[Block]:
    assert done.ladder is not None  # noqa: S101  # told by the caller
    columns = (
        Column("rung"),
        Column("loss", done.unit, format=".4f"),
        Column(
            "to the best rule", format="+.4f", explanation="loss less that of the best rung without a model"
        ),
        Column("fit", "CPU s", format=".1f"),
    )
    rows = tuple(
        (
            step.name,
            estimated(step.loss),
            None if step.name == done.ladder.rule else estimated(step.to_rule),
            step.seconds or None,
        )
        for step in done.ladder.steps
    )
    yield Table(columns, rows)
    for step in done.ladder.steps:
        if step.words:
            yield Paragraph(f"{step.name}: {step.words}.")
    for problem in done.problems:
        yield Paragraph(f"Not on the ladder: {problem}.")
    yield Paragraph(_HOW)


def _money(done: Assessment, worth: Worth) -> Iterator[Block]:
    pays = worth.pays_from
    needed = (
        "nothing to pay back"
        if pays is None
        else "no volume"
        if pays == float("inf")
        else f"{pays:,.3g} requests a day"
    )
    items: list[tuple[str, Cell]] = [
        ("saved by 1,000 decisions", str(worth.saved)),
        ("requests a day", f"{worth.requests_a_day:,.0f}"),
        ("fits", f"{worth.fits_a_year:,.3g} a year at {worth.fit:g} {worth.currency}"),
        ("the fits pay from", needed),
        ("a year leaves", str(worth.yearly)),
    ]
    if worth.unit is not None:
        items.insert(
            1, ("one unit of the metric is worth", f"{worth.unit:,.4g} {worth.currency} by 1,000 decisions")
        )
    yield KeyValues(tuple(items))
    if done.cheaper_at:
        yield Paragraph(
            "Whatever the prices are: the model surely costs less than the rule for decision thresholds from "
            f"{done.cheaper_at[0]:g} to {done.cheaper_at[-1]:g} (of 0.05 to 0.95)."
        )


def _learning(done: Assessment) -> Table:
    assert done.learning is not None  # noqa: S101
    columns = (
        Column("share of days", format=".0%"),
        Column("rows", format=",d"),
        Column("loss", done.unit, format=".4f"),
    )
    return Table(
        columns, tuple((each.share, each.rows, estimated(each.loss)) for each in done.learning.points)
    )


def _months(done: Assessment) -> Table:
    columns = (
        Column("month"),
        Column("rows", format=",d"),
        Column("model", done.unit, format=".4f"),
        Column("best rule", done.unit, format=".4f"),
    )
    return Table(columns, tuple((each.name, each.rows, each.model, each.rule) for each in done.months))


def questions(answers: tuple[Answered, ...]) -> Table:
    """The nine questions with their newest answers; what nobody has answered stays open."""
    known = latest(answers)
    columns = (Column("", align="right"), Column("question"), Column("answer"), Column("by"))
    return Table(
        columns, tuple(_question(number, text, known.get(number)) for number, text in enumerate(QUESTIONS, 1))
    )


def _question(number: int, text: str, answer: Answered | None) -> tuple[Cell, ...]:
    if answer is None:
        return (number, text, "unanswered", None)
    return (number, text, answer.text, f"{answer.by}, {date(answer.at)}")

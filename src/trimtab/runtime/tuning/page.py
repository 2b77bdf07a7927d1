"""A search as a page: the verdict, every rung beside the others, what to declare, and how it was done."""

from __future__ import annotations

from trimtab.report import (
    Code,
    Column,
    Document,
    Explanation,
    FindingsList,
    KeyValues,
    Paragraph,
    Section,
    Table,
    estimated,
)
from trimtab.report.document import Block
from trimtab.report.formats import date
from trimtab.runtime.evaluating.page import options_table
from trimtab.runtime.tuning.result import Tuned, TunedRung
from trimtab.runtime.tuning.search import ROWS


def page(done: Tuned) -> Document:
    """The whole report of a search."""
    sections = (
        Section("Every rung, with the same budget", (_rungs(done), Paragraph(done.why))),
        Section("Worth knowing", (FindingsList(done.findings),) if done.findings else ()),
        Section("Settings", _settings(done)),
        Section("Every way to answer, against everything", (options_table(done.options),)),
        Section("What the search took", (_spent(done),)),
        Section("How every number was computed", (_facts(done), _rules())),
    )
    subtitle = (
        f"{done.budget:g} whole trainings a rung; judged on {done.validation_rows:,} rows from {date(done.validated_from)} "
        f"on, tested on {done.test_rows:,} rows from {date(done.tested_from)} on"
    )
    kept = tuple(section for section in sections if section.blocks)
    return Document(f"Tuning of {done.system}", done.sentence, subtitle=subtitle, sections=kept)


def _rungs(done: Tuned) -> Table:
    columns = (
        Column("rung"),
        Column("as it was", "validation", format=".4f", explanation="the settings that it had"),
        Column("tuned", "validation", format=".4f", explanation="the best of all that were tried"),
        Column("as it was", "later rows", format=".4f"),
        Column("tuned", "later rows", format=".4f"),
        Column("gain", "later rows", format="+.4f", explanation="what the search took off, paired by row"),
    )
    rows = tuple(
        (
            each.short_name,
            each.declared,
            each.validation,
            estimated(each.before),
            estimated(each.loss),
            estimated(each.gain) if each.settings else None,
        )
        for each in done.rungs
    )
    place = next(place for place, each in enumerate(done.rungs) if each.name == done.best)
    note = (
        f"{done.metric.replace('_', ' ').capitalize()}, less is better. The search never saw the later rows."
    )
    return Table(columns, rows, note=note, highlight=place, highlight_as="best by validation")


def _settings(done: Tuned) -> tuple[Block, ...]:
    table = Table(
        (Column("rung"), Column("learner"), Column("settings")),
        tuple((each.short_name, each.learner, _words(each)) for each in done.rungs),
    )
    best = done.chosen
    if not best.settings and best is done.rungs[-1]:
        return (table,)
    return (table, Paragraph("The best rung by validation, as a system file holds it:"), Code(best.written))


def _words(rung: TunedRung) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in rung.settings.items()) or "as it was"


def _spent(done: Tuned) -> Table:
    columns = (
        Column("rung"),
        Column("spent", "trainings", format=".1f"),
        Column("tried", format=",d", explanation="settings that were begun"),
        Column("finished", format=",d", explanation="settings that were judged on all rows"),
        Column("failed", format=",d", explanation="settings that could not be trained"),
        Column("CPU", "s", format=",.1f"),
    )
    rows = tuple(
        (each.short_name, each.spent, each.trials, each.finished, each.failed, each.cpu_seconds)
        for each in done.rungs
    )
    return Table(columns, rows)


def _facts(done: Tuned) -> KeyValues:
    return KeyValues(
        (("metric", done.metric), ("CPU seconds", round(done.cpu_seconds, 1)), ("command", done.command))
    )


def _rules() -> Explanation:
    return Explanation(
        "How the settings were found",
        (
            Paragraph(
                "The newest 30 % of the rows test and the search never sees them. Of the older ones the newest 30 % judge "
                "each setting, with labels as they were known before them. Every rung spends the same number of whole "
                f"trainings of at most {ROWS:,} rows, evenly spaced; one on a ninth of them costs a ninth. For the test each "
                "rung learns twice from all rows before it: as it was, and as it was found."
            ),
            Paragraph(
                "Optuna proposes (tree-structured Parzen estimator); successive halving lets the best third go on to "
                "three times the rows. The settings as they were are tried first. Intervals resample weeks of days."
            ),
        ),
    )

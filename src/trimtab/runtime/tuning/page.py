"""A search as a page: the verdict, every rung beside the others, and how it was done."""

from __future__ import annotations

from trimtab.report import (
    Column,
    Document,
    Estimate,
    Explanation,
    FindingsList,
    KeyValues,
    Paragraph,
    Section,
    Table,
)
from trimtab.report.formats import date
from trimtab.runtime.tuning.result import Tuned, TunedRung
from trimtab.stats import Interval


def page(done: Tuned) -> Document:
    """The whole report of a search."""
    sections = (
        Section("Every rung, with the same budget", (_rungs(done),)),
        Section("Settings", (_settings(done),)),
        Section("Worth knowing", (FindingsList(done.findings),) if done.findings else ()),
        Section("How every number was computed", (_facts(done), _rules(done))),
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
        Column("as it was", format=".4f", explanation="mean loss on the validation rows"),
        Column("tuned", format=".4f", explanation="mean loss on the validation rows"),
        Column(
            "on later rows",
            format=".4f",
            explanation="mean loss on the test rows, which the search never saw",
        ),
        Column("gain there", format="+.4f", explanation="what the search took off on the test rows"),
        Column("spent", "trainings", format=".1f"),
        Column("tried", format=",d"),
        Column("finished", format=",d"),
    )
    rows = tuple(
        (
            each.name,
            each.declared,
            each.validation,
            _cell(each.loss),
            _cell(each.gain),
            each.spent,
            each.trials,
            each.finished,
        )
        for each in done.rungs
    )
    place = next(place for place, each in enumerate(done.rungs) if each.name == done.best)
    return Table(columns, rows, highlight=place, highlight_as="best by validation")


def _settings(done: Tuned) -> Table:
    return Table(
        (Column("rung"), Column("settings")), tuple((each.name, _words(each)) for each in done.rungs)
    )


def _words(rung: TunedRung) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in rung.settings.items()) or "as it was"


def _facts(done: Tuned) -> KeyValues:
    return KeyValues(
        (("metric", done.metric), ("CPU seconds", round(done.cpu_seconds, 1)), ("command", done.command))
    )


def _rules(done: Tuned) -> Explanation:
    del done
    return Explanation(
        "How the settings were found",
        (
            Paragraph(
                "The newest 30 % of the rows test and the search never sees them. Of the older ones the newest 30 % judge "
                "each setting, with labels as they were known before them. Every rung spends the same number of whole "
                "trainings; one on a ninth of the rows costs a ninth."
            ),
            Paragraph(
                "Optuna proposes (tree-structured Parzen estimator); successive halving lets the best third go on to "
                "three times the rows. The settings as they were are tried first. Intervals resample weeks of days."
            ),
        ),
    )


def _cell(found: Interval) -> Estimate | float:
    return Estimate(found.estimate, found.low, found.high) if found.known else found.estimate

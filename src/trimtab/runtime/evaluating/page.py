"""An evaluation as a page: the verdict, what asks for something, then everything else by topic."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.evaluation.reading import FIRST, first_screen
from trimtab.evaluation.tradeoff import Option
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
    estimated,
)
from trimtab.report.document import Block
from trimtab.report.formats import date
from trimtab.runtime.evaluating.result import Evaluation

TITLES = {
    "contracts": "What the predictor keeps to",
    "comparisons": "Against the champion and the baselines",
    "slices": "Where it is weak",
    "calibration": "Do its probabilities mean what they say",
    "decisions": "What its decisions are worth",
    "fairness": "How groups are served",
    "perturbation": "When its input is disturbed",
    "expectations": "How it follows its features",
    "features": "What features are worth",
    "leakage": "Does it know what it cannot know",
    "steadiness": "How steady it is",
    "requirements": "What the system requires",
}
"""The topics in the order of the page."""


def page(done: Evaluation) -> Document:
    """The whole report of an evaluation."""
    shown, folded = first_screen(done.all_findings)
    first: list[Block] = [FindingsList(shown)]
    if folded:
        first.append(
            Paragraph(f"{len(folded)} more findings follow by topic; at most {FIRST} are shown here.")
        )
    sections = (
        Section("First", tuple(first)),
        Section("Every way to answer, against everything", (options_table(done.options),)),
        Section("Feature value", _features(done)),
        Section("Groups", (_groups(done),) if done.groups else ()),
        Section("How it ages", (_ages(done),) if done.ages else ()),
        *_topics(done),
        Section("How every number was computed", (_facts(done), _rules())),
    )
    subtitle = (
        f"{done.candidate}, trained on {done.learned:,} rows as known on {date(done.learned_until)}; "
        f"judged on {done.rows:,} newer rows of {done.days} days, {date(done.start)} to {date(done.stop)}"
    )
    kept = tuple(section for section in sections if section.blocks)
    return Document(
        f"Evaluation of {done.system}", done.verdict, severity=done.severity, subtitle=subtitle, sections=kept
    )


def _topics(done: Evaluation) -> list[Section]:
    titled = [(title, done.findings.get(topic, ())) for topic, title in TITLES.items()]
    return [Section(title, (FindingsList(found),)) for title, found in titled if found]


_REQUIRED = (
    Column("one row", "µs", format=",.1f", explanation="in the engine that serves it or would"),
    Column("size", "bytes", format=",d", explanation="stored; of a rule, its table of answers"),
    Column("memory", "MB", format=",.0f", explanation="at most, for it and its library in a process"),
    Column("worst group", format="+.1%", explanation="by which share its loss exceeds that of the whole"),
    Column("age", "days", format=".0f", explanation="from its training to the newest row that judges"),
    Column("undominated", explanation="nothing else is as good in everything and better in something"),
)


def options_table(options: Sequence[Option]) -> Table:
    """Every way to answer, one a row; columns in which nothing is known are left out."""
    rows = [
        (
            each.name,
            estimated(each.loss),
            each.microseconds,
            each.size,
            None if each.memory is None else each.memory / 1e6,
            each.unfairness,
            each.age_days,
            each.undominated,
        )
        for each in options
    ]
    columns = (
        Column("answer"),
        Column("loss", options[0].loss.units if options else "", format=".4f"),
        *_REQUIRED,
    )
    known = [place for place in range(len(columns)) if any(row[place] is not None for row in rows)]
    return Table(
        tuple(columns[place] for place in known),
        tuple(tuple(row[place] for place in known) for row in rows),
        note="Less is better in every column; what was not measured is not compared.",
    )


def _features(done: Evaluation) -> tuple[Block, ...]:
    if not done.features:
        return ()
    columns = (
        Column("feature"),
        Column("importance", format="+.4f", explanation="the rise of the loss when it is shuffled"),
        Column("share", format=".1%"),
        Column("outage", format="+.4f", explanation="the rise of the loss when it is missing in every row"),
        Column("missing", format=".1%"),
        Column("pieces", format=",d", explanation="tiles that are merged for one request"),
        Column("source"),
        Column("freshness"),
    )
    rows = tuple(
        (
            each.importance.feature,
            estimated(each.importance.rise),
            each.importance.share,
            None if each.outage is None else estimated(each.outage),
            each.nulls,
            None if each.cost is None else each.cost.pieces,
            None if each.cost is None else each.cost.source,
            None if each.cost is None else each.cost.freshness,
        )
        for each in done.features
    )
    return (Paragraph(f"{done.headline[:1].upper()}{done.headline[1:]}."), Table(columns, rows))


def _groups(done: Evaluation) -> Table:
    names = ("base rate", "selected", "true positive rate", "false positive rate", "precision")
    columns = (
        Column("group"),
        Column("rows", format=",d"),
        *(Column(name, format=".1%") for name in names),
        Column("label less score", format="+.3f"),
        Column("loss", format=".4f"),
        Column("worse than the whole", format="+.1%"),
    )
    rows = tuple(
        (
            each.name,
            each.rows,
            each.base_rate,
            each.selected,
            each.true_positive,
            each.false_positive,
            each.precision,
            each.calibration,
            each.loss,
            each.worse_by if each.low != each.low else Estimate(each.worse_by, each.low, each.high),
        )
        for each in done.groups
    )
    return Table(columns, rows, note="Groups without an interval have too few rows or days to be judged.")


def _ages(done: Evaluation) -> Table:
    columns = (
        Column("days since training"),
        Column("rows", format=",d"),
        Column("saved", format="+.4f", explanation="loss of the same answer for all, less the model's"),
    )
    rows = tuple(
        (f"{each.first_day} to {each.last_day}", each.rows, estimated(each.saved)) for each in done.ages
    )
    return Table(columns, rows)


def _facts(done: Evaluation) -> KeyValues:
    items: list[tuple[str, str | float]] = [("metric", done.metric), ("its value", done.value)]
    items += [("CPU seconds", round(done.cpu_seconds, 1)), ("command", done.command)]
    items += [("remark", remark) for remark in done.remarks]
    return KeyValues(tuple(items))


def _rules() -> Explanation:
    return Explanation(
        "How the intervals and verdicts were made",
        (
            Paragraph(
                "Rows are judged that were asked after everything that the candidate knew, with their final labels. "
                "Comparisons are paired on the same rows; days, in blocks of a week, carry every interval."
            ),
            Paragraph(
                "Slices are proposed by half of the days and confirmed by the other half (Holm). ACT blocks a release, "
                "WATCH asks for a look, NOT RUN says what could not be checked and is never a pass."
            ),
        ),
    )

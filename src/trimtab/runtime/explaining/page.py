"""A prediction explained as a page: from what was asked to what became of it."""

from __future__ import annotations

from typing import Any

from trimtab.report import (
    Column,
    Document,
    Explanation,
    FindingsList,
    KeyValues,
    Paragraph,
    Section,
    Table,
)
from trimtab.report.chart import Axis, Bar, BarChart
from trimtab.report.document import Block
from trimtab.report.formats import duration, moment
from trimtab.report.table import Cell
from trimtab.runtime.explaining.features import FeatureTold
from trimtab.runtime.explaining.oddities import score_text
from trimtab.runtime.explaining.result import Explained

DRAWN = 12
"""Contributions that are drawn; the table has all."""


def page(told: Explained) -> Document:
    """The whole explanation."""
    sections = (
        Section("Worth knowing", (FindingsList(told.findings),) if told.findings else ()),
        Section("Answer", (KeyValues(_answer(told)),)),
        Section("What moved the score", _moved(told)),
        Section("Features", (_features(told),) if told.features else ()),
        Section("Facts behind the features", _facts(told.features)),
        Section("Request", (_values("field", dict(told.request)),)),
        Section("Version", (KeyValues(_version(told)), *_around(told))),
        Section("Label", (KeyValues(_label(told)),)),
        Section("How every number was computed", _rules(told)),
    )
    return Document(
        f"Prediction {told.id} of {told.system}",
        told.sentence,
        severity=told.severity,
        subtitle=f"asked for {moment(told.asked)}, features as of {moment(told.as_of)} (UTC)",
        sections=tuple(section for section in sections if section.blocks),
    )


def _answer(told: Explained) -> tuple[tuple[str, Cell], ...]:
    facts: list[tuple[str, Cell]] = [
        ("score", score_text(told.score, told.classes)),
        ("answered by", f"{told.version} ({told.served})"),
        ("flags", ", ".join(told.flags) or "none"),
    ]
    if told.again is not None:
        facts.append(("score of the same features now", score_text(told.again, told.classes)))
    if told.decision is not None:
        decision = told.decision
        facts += [("threshold", decision.threshold), ("acts", "yes" if decision.acts else "no")]
        if decision.cost is not None:
            facts.append(("what that cost", f"{decision.cost:g} {decision.currency}"))
    return tuple(facts)


def _moved(told: Explained) -> tuple[Block, ...]:
    parts = told.attributions
    if parts is None:
        return (Paragraph(f"What moved the score is not known: {told.unattributed}."),)
    values = {each.name: each for each in told.features}
    columns = (
        Column("feature"),
        Column("value"),
        Column("adds", parts.scale, format="+.4f"),
        *((Column("standard error", format=".4f"),) if parts.error else ()),
    )
    rows = tuple(
        (
            each.feature,
            _cell(values[each.feature].value if each.feature in values else None),
            each.amount,
            *((each.error,) if parts.error else ()),
        )
        for each in parts.contributions
    )
    of = "" if parts.of is None else f" of {parts.of}"
    base = f"the mean of {parts.background} accepted rows" if parts.background else "the learner's own base"
    said = (
        f"{parts.method}. {base[:1].upper()}{base[1:]} is {parts.base:.4f} ({parts.scale}{of}); "
        f"with all that the features add it is {parts.total:.4f}, which is the score."
    )
    bars = tuple(
        Bar(each.feature, each.amount, *_ends(each.amount, each.error))
        for each in parts.contributions[:DRAWN]
    )
    chart = BarChart("What each feature adds to the score", Axis(parts.scale), bars, format="+.3f")
    return Paragraph(said), chart, Table(columns, rows)


def _ends(amount: float, error: float) -> tuple[float | None, float | None]:
    return (amount - 1.96 * error, amount + 1.96 * error) if error else (None, None)


def _features(told: Explained) -> Table:
    columns = (
        Column("feature"),
        Column("served"),
        Column("recomputed", explanation="By the batch plan, from the record as it is now."),
        Column("known", format="moment", explanation="When the newest fact behind it became known."),
        Column("age", format="duration", explanation="How old that was when the features held."),
        Column("facts", format=",d"),
        Column("among accepted rows"),
    )
    rows = tuple(
        (
            each.name,
            _cell(each.value),
            _again(each),
            each.known,
            each.age,
            None if each.behind is None else each.behind.count,
            each.usual,
        )
        for each in told.features
    )
    return Table(columns, rows)


def _again(each: FeatureTold) -> Cell:
    if each.differs is None:
        return None
    return f"{each.recomputed} (differs)" if each.differs else "the same"


def _facts(features: tuple[FeatureTold, ...]) -> tuple[Block, ...]:
    rows = []
    for each in features:
        for fact in () if each.behind is None else each.behind.examples:
            said = ", ".join(f"{name} {value}" for name, value in fact.items() if name != "known")
            rows.append((each.name, each.behind.source if each.behind else "", int(fact["known"]), said))
    if not rows:
        return ()
    columns = (Column("feature"), Column("source"), Column("known", format="moment"), Column("fact"))
    return (
        Table(columns, tuple(rows), note="The newest facts of each feature; the table above counts all."),
    )


def _values(head: str, values: dict[str, Any]) -> Table:
    return Table((Column(head), Column("value")), tuple((name, _cell(each)) for name, each in values.items()))


def _version(told: Explained) -> tuple[tuple[str, Cell], ...]:
    facts: list[tuple[str, Cell]] = [("version", told.version), ("why it answered", told.why_served)]
    if told.learned_until is not None:
        facts += [
            ("learner", told.learner or None),
            ("learned", f"{told.learned_rows:,} rows, as known on {moment(told.learned_until)}"),
            ("age when it answered", duration(told.answered - told.learned_until)),
        ]
    return tuple(facts)


def _around(told: Explained) -> tuple[Block, ...]:
    happened = sorted((*told.versions, *told.incidents), key=lambda each: each.at)
    columns = (Column("when", format="moment"), Column("what happened around it"))
    return (Table(columns, tuple((each.at, each.what) for each in happened)),) if happened else ()


def _label(told: Explained) -> tuple[tuple[str, Cell], ...]:
    label = told.label
    known = None if label.known is None else moment(label.known)
    return (("label", _cell(label.value)), ("state", label.state), ("known since", known))


def _rules(told: Explained) -> tuple[Block, ...]:
    rules = (
        "Request, features and score are what the server put on record before it answered. Recomputed values come from "
        "the batch plan over the record of today; accepted rows are those that the version kept from its training set."
    )
    said = [rules, *(f"{each[:1].upper()}{each[1:]}." for each in told.remarks)]
    meanings = tuple((each.name, each.meaning) for each in told.features)
    features = Explanation("What each feature is", (Table((Column("feature"), Column("meaning")), meanings),))
    where = Explanation("Where these values come from", tuple(Paragraph(each) for each in said))
    return (where, features) if meanings else (where,)


def _cell(value: Any) -> Cell:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

"""What the suite found of a version, its model card, and what its features are worth: all from the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from trimtab.evaluation.acceptances import settled
from trimtab.finding import Finding, Severity, by_severity
from trimtab.monitoring.incidents import finding_from_json
from trimtab.ports import Event, Ledger
from trimtab.report import Axis, Bar, BarChart, Column, FindingsList, KeyValues, Paragraph, Table
from trimtab.report.formats import date, moment
from trimtab.report.markup import tag
from trimtab.report.table import Cell, Estimate
from trimtab.runtime.auditing.acceptances import read_acceptances
from trimtab.runtime.auditing.cards.card import make_card, version_of
from trimtab.runtime.auditing.evaluations import EVALUATIONS
from trimtab.runtime.auditing.record import read_record
from trimtab.screens.book import Seen, View
from trimtab.screens.folds.matters import kept_versions
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Piece, absent
from trimtab.serving.requirements import judge, measured_at_registration

SHOWN = 20
"""Features in one chart."""


def evaluated(view: View, name: str) -> Event | None:
    """The latest evaluation of a version by the instant; None where it was not evaluated."""
    found = [event for event in view.events(EVALUATIONS) if event.subject == name]
    return found[-1] if found else None


def evaluation_of(view: View, links: Links, name: str) -> tuple[Piece, ...]:
    """What the suite found of a version in short, with the ways to the whole of it."""
    event = evaluated(view, name)
    command = f"trimtab evaluate {view.book.target} {name}"
    there = view.book.system is not None and not view.book.replay and not links.files
    way = tag("p", {"class": "more"}, tag("a", {"href": links.to("card", name)}, f"Model card of {name}"))
    ways: tuple[Piece, ...] = (way,) if there else ()
    if event is None:
        return (absent("An evaluation", command), *ways)
    body = event.body
    findings = _findings(view, body)
    asking = tuple(each for each in findings if each.severity >= Severity.WATCH)
    facts: tuple[tuple[str, Cell], ...] = (
        ("evaluated", moment(event.at)),
        (f"{str(body['metric']).replace('_', ' ')}", body["value"]),
        ("judged on rows", body["rows"]),
        ("of days", body["days"]),
        ("from", date(body["start"])),
        ("to", date(body["stop"])),
    )
    calm = Paragraph("Nothing that was checked asks for anything.")
    rest = Paragraph(f"{len(findings)} checks in all; {len(findings) - len(asking)} of them ask for nothing.")
    shown: Piece = FindingsList(asking) if asking else calm
    full = (tag("p", {"class": "cmd"}, tag("code", None, command)),)
    return (Paragraph(str(body["verdict"])), KeyValues(facts), shown, rest, *full, *ways)


def _findings(view: View, body: Mapping[str, Any]) -> tuple[Finding, ...]:
    """The findings of an evaluation, worst first, with those settled that people have accepted."""
    told = [finding_from_json(each) for found in body["findings"].values() for each in found]
    taken = read_acceptances(cast("Ledger", Seen(view)))
    return tuple(by_severity(settled(told, taken, view.at)))


def card(view: View, name: str) -> Page | None:
    """The model card of a version as of the instant; None where there is none of that name, or no declaration."""
    system, known = view.book.system, {each.name for each in kept_versions(view)}
    if system is None or view.book.replay or name not in known:
        return None
    state = (view.at // 60_000_000, *(view.book.ledger.frontier(each) for each in (EVALUATIONS, "versions")))

    def make() -> Page:
        record = read_record(system, view.book.ledger, view.book.target, view.at)
        version = version_of(record, name)
        limits = (
            ()
            if system.requires is None
            else judge(system.requires, measured_at_registration(version, view.at))
        )
        document = make_card(record, version, limits).document()
        parts = tuple(Part(each.title, each.blocks) for each in document.sections)
        command = tag("p", {"class": "cmd"}, tag("code", None, f"trimtab card {view.book.target} {name}"))
        lead = (tag("p", {"class": "note"}, document.subtitle), command)
        return Page(document.title, "versions", parts, document.verdict, document.severity, lead)

    return view.book.journals.folded(("card", name), state, make)


def worth(view: View, name: str) -> tuple[Piece, ...]:
    """What each feature is worth to a version, beside what it costs."""
    event = evaluated(view, name)
    features = [] if event is None else list(event.body.get("features", ()))
    command = f"trimtab evaluate {view.book.target} {name}"
    if event is None or not features:
        return (absent("Importance and cost by feature", command),)
    headline = str(event.body["headline"])
    return (
        Paragraph(f"{headline[:1].upper()}{headline[1:]}."),
        _bars(event, features, command),
        Table(_COLUMNS, tuple(_row(each) for each in features), title="Worth and cost of each feature"),
    )


_COLUMNS = (
    Column("feature"),
    Column("share", format=".1%", explanation="Of the sum of all importances."),
    Column(
        "loss if its source fails",
        format="+.4f",
        explanation="The loss that rises when it is missing everywhere.",
    ),
    Column("null", format=".1%"),
    Column("source"),
    Column("pieces", explanation="How many kept pieces are merged for one request."),
    Column("freshness"),
)


def _bars(event: Event, features: Sequence[Mapping[str, Any]], command: str) -> BarChart:
    body = event.body
    bars = tuple(_bar(each["importance"]) for each in features[:SHOWN])
    metric = str(body["metric"]).replace("_", " ")
    return BarChart(
        f"Importance: the {metric} that rises when a feature is shuffled",
        Axis(f"rise of {metric}"),
        bars,
        note=f"n = {body['rows']:,} rows of {body['days']} days that the version had not seen; lines: 95 % interval by days.",
        command=command,
    )


def _bar(importance: Mapping[str, Any]) -> Bar:
    rise = importance["rise"]
    return Bar(importance["feature"], rise["estimate"] or 0.0, rise["low"], rise["high"])


def _row(each: Mapping[str, Any]) -> tuple[Cell, ...]:
    cost = each.get("cost") or {}
    return (
        each["importance"]["feature"],
        each["importance"]["share"],
        _estimate(each.get("outage")),
        each["nulls"],
        cost.get("source"),
        cost.get("pieces"),
        cost.get("freshness"),
    )


def _estimate(rise: Mapping[str, Any] | None) -> Cell:
    if rise is None or rise["estimate"] is None:
        return None
    if rise["low"] is None:
        return float(rise["estimate"])
    return Estimate(rise["estimate"], rise["low"], rise["high"])

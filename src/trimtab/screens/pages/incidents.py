"""Incidents: all of them, and one with its timeline, its evidence and what can be done."""

from __future__ import annotations

from trimtab.finding import Severity
from trimtab.monitoring.incidents import INCIDENTS, Change, Incident
from trimtab.report import Column, FindingsList, KeyValues, Table
from trimtab.report.document import Entry, Journal
from trimtab.report.formats import moment
from trimtab.report.markup import tag
from trimtab.runtime.delivery import DELIVERIES
from trimtab.screens.book import View
from trimtab.screens.folds.matters import PEOPLE, incidents
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part, Piece, Row, absent, listed
from trimtab.screens.pages.operation import budget, outcome

ACTS = (
    ("working", "Somebody works on it"),
    ("fixed", "It is fixed"),
    ("benign", "It does no harm"),
    ("snooze", "Be quiet for a while"),
)


def every_incident(view: View, links: Links) -> Page:
    """The page of all incidents, the latest first."""
    known = incidents(view)
    rows = [
        Row(
            each.id,
            links.to("incidents", each.id),
            f"{moment(each.opened_at)}: {each.finding.what}",
            outcome(each),
            each.finding.severity if each.state != "resolved" else Severity.INFO,
        )
        for each in reversed(known)
    ]
    parts = (
        Part("Incidents", (listed(rows, "No incident is on record."),)),
        Part("Budget", budget(view)),
    )
    return Page("Incidents", "incidents", parts)


def incident(view: View, links: Links, name: str, *, acting: bool = False) -> Page | None:
    """The page of one incident; None where there is none of that name."""
    one = next((each for each in incidents(view) if each.id == name), None)
    if one is None:
        return None
    parts = (
        Part(
            "What was found",
            (FindingsList((one.finding,)), _facts(view, one), *_acts(one, links, acting=acting)),
        ),
        Part("Timeline", (Journal(_timeline(view, name)),)),
        Part("Who was told", (_told(view, name),)),
    )
    severity = one.finding.severity if one.state != "resolved" else Severity.INFO
    sentence = f"{outcome(one).capitalize()}: {one.finding.what}"
    return Page(f"Incident {name}", "incidents", parts, sentence, severity)


def _facts(view: View, one: Incident) -> KeyValues:
    snoozed = moment(one.snoozed_until) if one.snoozed_until is not None and one.snoozed(view.at) else "no"
    return KeyValues(
        (
            ("state", outcome(one)),
            ("harm since", moment(one.since)),
            ("opened", moment(one.opened_at)),
            ("alerts joined", one.alerts),
            ("owners", ", ".join(one.owners) or "none named"),
            ("quiet until", snoozed),
        )
    )


def _acts(one: Incident, links: Links, *, acting: bool) -> tuple[Piece, ...]:
    if one.state == "resolved":
        return ()
    if not acting:
        words = "To answer it: sign in to the served console, or type "
        command = tag("code", None, f"trimtab acknowledge SYSTEM {one.id} --as working")
        return (tag("p", {"class": "note"}, words, command),)
    buttons = (
        tag("a", {"class": "button", "href": links.to("act", act, one.id)}, words)
        for act, words in ACTS
        if not (act == "working" and one.state == "acknowledged")
    )
    return (tag("p", {"class": "acts"}, *buttons),)


def _timeline(view: View, name: str) -> tuple[Entry, ...]:
    """What happened to an incident, and what people said of it."""
    found = []
    for event in view.events(INCIDENTS):
        if event.subject == name:
            change = Change.from_event(event)
            one = change.incident
            evidence = (
                ("severity", str(one.finding.severity)),
                ("alerts", one.alerts),
                *one.finding.evidence,
            )
            quiet = "nobody was told" if change.quiet else "told"
            found.append(Entry(event.at, change.kind, quiet, one.finding.what, evidence))
    said = (event for event in view.events(PEOPLE) if event.subject == name)
    return (
        *found,
        *(Entry(each.at, each.kind, str(each.body["by"]), str(each.body["why"])) for each in said),
    )


def _told(view: View, name: str) -> Piece:
    found = [event for event in view.events(DELIVERIES) if event.body.get("incident") == name]
    if not found:
        return absent("Messages of this incident", "declare tt.Watch(sinks=...)")
    columns = Column("when", format="moment"), Column("sink"), Column("result"), Column("problem")
    return Table(columns, tuple((e.at, e.subject, e.kind, e.body.get("problem")) for e in found))

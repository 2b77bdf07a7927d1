"""Findings and journals as HTML."""

import itertools

from trimtab.finding import Finding, Severity, by_severity
from trimtab.report.document import Entry, FindingsList, Journal
from trimtab.report.facts import facts_of
from trimtab.report.formats import instant
from trimtab.report.markup import Markup, escape, join, tag
from trimtab.report.page.tables import evidence, pill


def findings(block: FindingsList) -> Markup:
    """Findings from worst to best, each with what is known about it and what to do.

    >>> findings(FindingsList((Finding("all is well", Severity.OK),))).count("<li")
    1
    """
    if not block.findings:
        return tag("p", {"class": "note"}, "No findings.")
    return tag("ul", {"class": "findings"}, *(_finding(one) for one in by_severity(block.findings)))


def journal(block: Journal) -> Markup:
    """Decisions by month; an entry with evidence unfolds.

    >>> journal(Journal((Entry(0, "first fit"),))).count("<h3>January 1970</h3>")
    1
    """
    if not block.entries:
        return tag("p", {"class": "note"}, "No decisions yet.")
    months = itertools.groupby(block.entries, key=lambda entry: f"{instant(entry.at):%B %Y}")
    return tag("div", {"class": "journal"}, *(_month(name, tuple(entries)) for name, entries in months))


def _finding(one: Finding) -> Markup:
    calm = one.severity in (Severity.OK, Severity.INFO)
    facts = [tag("div", None, tag("dt", None, name), tag("dd", None, value)) for name, value in facts_of(one)]
    shown = join(
        tag("p", {"class": "what plain" if calm else "what"}, one.what),
        tag("dl", None, *facts) if facts else "",
        tag("p", {"class": "todo"}, "\u2192 ", one.action) if one.action else "",
        tag("p", {"class": "cmd"}, tag("code", None, one.check_command)) if one.check_command else "",
        _folded("Evidence", evidence(one.evidence)),
    )
    return tag("li", {"class": "finding"}, pill(one.severity), tag("div", None, shown))


def _folded(title: str, inside: Markup) -> Markup:
    return tag("details", None, tag("summary", None, title), inside) if inside else escape("")


def _month(name: str, entries: tuple[Entry, ...]) -> Markup:
    return join(tag("h3", None, name), tag("ol", None, *(tag("li", None, _entry(one)) for one in entries)))


def _entry(one: Entry) -> Markup:
    at = instant(one.at)
    parts = join(
        tag("time", {"datetime": at.strftime("%Y-%m-%dT%H:%M:%SZ")}, f"{at:%a} {at.day}"),
        tag("span", None, one.decision),
        tag("span", {"class": "out"}, one.outcome),
        tag("span", {"class": "why"}, one.reason),
    )
    if not one.evidence:
        return tag("div", {"class": "entry"}, parts)
    return tag("details", None, tag("summary", {"class": "entry"}, parts), evidence(one.evidence))

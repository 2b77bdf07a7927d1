"""Would it have paged? What the monitors would have said during a replay, and how to check it by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab.monitoring.following import Sent
from trimtab.report import (
    Column,
    Explanation,
    FindingsList,
    KeyValues,
    Mark,
    Paragraph,
    Section,
    Table,
)
from trimtab.report.document import Block
from trimtab.report.formats import date
from trimtab.runtime.replay.watched import WatchedPolicy

DAY = 86_400_000_000
DAYS_BY_HAND = 21
"""Days before a page whose figures are shown."""


def watch_section(watched: Sequence[WatchedPolicy]) -> Section:
    """The section of a replay's report; without blocks when nothing was watched."""
    if not watched:
        return Section("Would it have paged", ())
    blocks: list[Block] = [Paragraph(summary(watched)), _table(watched)]
    pages = tuple(sent.finding for each in watched for sent in each.pages)
    if pages:
        blocks.append(FindingsList(pages))
    blocks += [_by_hand(each, sent) for each in watched for sent in each.pages]
    blocks.append(_months(watched))
    blocks.append(_how(watched))
    return Section("Would it have paged", tuple(blocks))


def summary(watched: Sequence[WatchedPolicy]) -> str:
    """How often each watched policy would have paged, in a sentence each."""
    return " ".join(_sentence(each) for each in watched)


def _sentence(each: WatchedPolicy) -> str:
    who = "the model that is never retrained" if each.name == "never" else f"policy {each.name}"
    if each.problem:
        return f"{who.capitalize()} was not watched for harm: {each.problem}."
    if not each.pages:
        return f"{who.capitalize()} would have sent no page in {each.windows:,} days."
    first = each.pages[0]
    more = f", and {len(each.pages) - 1} more" if len(each.pages) > 1 else ""
    return (
        f"{who.capitalize()} would have paged on {date(first.page.at)}{more}: {first.finding.what}, "
        f"since {date(first.finding.since or first.page.since)}."
    )


def page_marks(watched: Sequence[WatchedPolicy], name: str) -> tuple[Mark, ...]:
    """The pages of one policy as marks of a chart."""
    return tuple(
        Mark(sent.page.at, "page", "page") for each in watched if each.name == name for sent in each.pages
    )


def watched_json(each: WatchedPolicy) -> dict[str, Any]:
    """What was watched of one policy as plain JSON values."""
    return {
        "policy": each.name,
        "compared_with": each.compared_with,
        "windows": each.windows,
        "false_pages_per_year": each.budget,
        "problem": each.problem,
        "days_open": each.days_open,
        "pages": [
            {
                "at": sent.page.at,
                "since": sent.page.since,
                "closed_at": None if sent.closed is None else sent.closed.at,
                "finding": sent.finding.to_json(),
            }
            for sent in each.pages
        ],
        "months": [
            {"at": at, "verdict": str(finding.severity), "what": finding.what} for at, finding in each.told
        ],
    }


def _table(watched: Sequence[WatchedPolicy]) -> Table:
    columns = (
        Column("policy"),
        Column("days watched", format=",d"),
        Column("pages", format=",d"),
        Column("days with a page open", format=",d"),
        Column("false pages a year, at most", format="g", explanation="the declared budget"),
        Column("compared with"),
    )
    rows = tuple(
        (each.name, each.windows, len(each.pages), each.days_open, each.budget, each.compared_with or None)
        for each in watched
    )
    return Table(columns, rows)


def _months(watched: Sequence[WatchedPolicy]) -> Table:
    """What the line of realised performance said at the end of each month."""
    told = [each for each in watched if each.told]
    columns = (Column("end of"), *(Column(each.name) for each in told))
    lines = {each.name: dict(each.told) for each in told}
    instants = sorted({at for line in lines.values() for at in line})
    rows = tuple((date(at - DAY)[:7], *(_verdict(lines[each.name], at) for each in told)) for at in instants)
    return Table(columns, rows, note="Skill and paired loss over the last four weeks of matured labels.")


def _verdict(line: dict[int, Any], at: int) -> str:
    finding = line.get(at)
    return "" if finding is None else f"{finding.severity}: {finding.what.removeprefix('the model is ')}"


def _by_hand(each: WatchedPolicy, sent: Sent) -> Explanation:
    """The days before a page, as sums that anyone can repeat from the recorded predictions and labels."""
    held = [figure for figure in each.figures if figure.start <= sent.page.at][-DAYS_BY_HAND:]
    unit = each.unit or "of 1"
    columns = (
        Column("day"),
        Column("requests", format=",d"),
        Column("with labels", format=",d"),
        Column("mean loss", unit, format=".4f"),
        Column("of the fresh model", unit, format=".4f"),
        Column("evidence", format=",.1f"),
    )
    rows = tuple(
        (
            date(figure.start),
            figure.requests,
            figure.labelled,
            _scaled(figure.loss, each),
            _scaled(figure.reference_loss, each),
            figure.evidence,
        )
        for figure in held
    )
    closed = "it was still open at the end" if sent.closed is None else f"it ended on {date(sent.closed.at)}"
    facts = KeyValues(
        (("page", date(sent.page.at)), ("needs evidence", f"{sent.page.threshold:,.0f}"), ("then", closed))
    )
    title = f"Check the page of {each.name} on {date(sent.page.at)} by hand"
    note = "Predictions and labels of the system's own policy are in the replay's record; losses are means over a day."
    return Explanation(title, (facts, Table(columns, rows, note=note)))


def _scaled(loss: float | None, each: WatchedPolicy) -> float | None:
    return None if loss is None else loss * each.scale


def _how(watched: Sequence[WatchedPolicy]) -> Explanation:
    rules = (
        "Every day is one window. Its requests are judged when it ends; its labels when they have matured.",
        "Realised loss is compared with that of a fresh model on the same requests, so a bad day for all is no harm.",
        "Evidence is gathered by bets against 'no harm'; a page is sent when it reaches days a year / false pages a year.",
        "Drift is shown with its effect and never pages. Broken inputs page by themselves.",
        "The accepted period is the end of what was known before the first model, scored by fits that could not know it.",
    )
    compared = {each.compared_with for each in watched if each.compared_with}
    fresh = f"The fresh model is that of the policy {', '.join(sorted(compared))}." if compared else ""
    return Explanation(
        "How the monitors were replayed", tuple(Paragraph(rule) for rule in (*rules, fresh) if rule)
    )

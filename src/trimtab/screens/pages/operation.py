"""What is known beside the model's loss: parity, the budget of pages, what moved, calls and their time."""

from __future__ import annotations

from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import Incident, finding_from_json
from trimtab.report import Axis, Column, FindingsList, KeyValues, LineChart, Series, Table
from trimtab.report.table import Cell
from trimtab.runtime.watching.telling import VERDICTS
from trimtab.screens.book import View
from trimtab.screens.folds.calls import DAY, DAYS, measured_days
from trimtab.screens.folds.matters import champion, incidents, kept_versions
from trimtab.screens.folds.told import on_record
from trimtab.screens.page import Piece, absent
from trimtab.serving.http.metrics import BOUNDS

YEAR = 365 * DAY
SHOWN = 5


def moved(view: View) -> tuple[Piece, ...]:
    """The features that moved most by their effect, as the monitors last told it."""
    event = view.latest(VERDICTS)
    if event is None:
        return (absent("What moved", "trimtab watch SYSTEM"),)
    found = [finding_from_json(each) for each in event.body["findings"]]
    drift = [each for each in found if _is_drift(each)]
    return (FindingsList(tuple(drift[:SHOWN])),) if drift else (absent("Drift"),)


def _is_drift(finding: Finding) -> bool:
    words = finding.what
    return any(sign in words for sign in ("drift", "moved", "column"))


def parity(view: View) -> tuple[Piece, ...]:
    """The ledger of parity: served features recomputed as one batch; it must read 0."""
    if view.book.replay:
        reason = "a replay takes its features from the batch plan, so there is nothing to compare"
        return (FindingsList((Finding("parity was not checked", Severity.NOT_RUN, cause=reason),)),)
    found = [day for day in measured_days(view) if day.samples]
    if not found:
        return (absent("Parity", f"trimtab parity {view.book.target}"),)
    values, differing = (sum(getattr(day, name) for day in found) for name in ("values", "differing"))
    verdict = Finding(
        f"{differing:,} of {values:,} served values differ from the batch plan",
        Severity.ACT if differing else Severity.OK,
        since=found[0].start,
        check_command=f"trimtab parity {view.book.target}",
        evidence=(("samples", sum(day.samples for day in found)), ("days looked at", DAYS)),
    )
    return (FindingsList((verdict,)),)


def budget(view: View) -> tuple[Piece, ...]:
    """How many pages were sent of those that the system may send falsely, and what became of the last."""
    known = incidents(view)
    paged = [
        each for each in known if each.finding.severity is Severity.ACT and each.opened_at > view.at - YEAR
    ]
    system = view.book.system
    false = sum(each.answer == "benign" for each in paged)
    facts: list[tuple[str, Cell]] = [
        ("pages in the last 365 days", len(paged)),
        ("of them answered benign", false),
        ("false pages accepted a year", system.watch.false_pages_per_year if system is not None else None),
        ("open now", sum(each.state != "resolved" for each in known)),
    ]
    if view.book.replay and not on_record(view):
        return (absent("Pages", "replay it again: its record is from before the monitors were recorded"),)
    columns = Column("incident"), Column("opened", format="moment"), Column("what"), Column("outcome")
    rows = tuple((e.id, e.opened_at, e.finding.what, outcome(e)) for e in reversed(known[-SHOWN:]))
    return (KeyValues(tuple(facts)), *((Table(columns, rows),) if rows else ()))


def outcome(incident: Incident) -> str:
    """What became of an incident, in words."""
    if incident.state == "resolved":
        return f"resolved: {incident.why or 'over'}"
    who = f" by {incident.acknowledged_by}" if incident.acknowledged_by else ""
    return f"{incident.state}{who}"


def cost_and_latency(view: View) -> tuple[Piece, ...]:
    """What answering and training took: calls by day with their slowest hundredth, and time to score one row."""
    now = champion(view)
    micro = None if now is None else now.body.get("microseconds")
    versions = kept_versions(view)
    rows = [int(each.body["rows"]) for each in versions if "rows" in each.body]
    facts: list[tuple[str, Cell]] = [
        ("trainings so far", len(versions)),
        ("rows learned from, in all", sum(rows)),
        ("one row scored in, \u00b5s", micro),
        ("size of the model, bytes", None if now is None else now.body.get("size_bytes")),
    ]
    money = _money(view, len(versions))
    chart = _calls(view)
    pieces: tuple[Piece, ...] = (KeyValues((*facts, *money)),)
    return (*pieces, chart if chart is not None else absent("Latency of calls", "serve the system"))


def _money(view: View, trainings: int) -> tuple[tuple[str, Cell], ...]:
    system = view.book.system
    if system is None or system.stakes is None or not system.stakes.fit:
        return ()
    spent = trainings * system.stakes.fit
    return ((f"trainings cost, {system.stakes.currency}", spent),)


def _calls(view: View) -> LineChart | None:
    days = () if view.book.replay else tuple(day for day in measured_days(view) if day.calls.requests)
    if not days:
        return None
    x = tuple(day.start + DAY // 2 for day in days)
    slow = tuple(day.calls.p99_microseconds(BOUNDS) for day in days)
    count, lost = sum(day.calls.requests for day in days), sum(day.calls.unanswered for day in days)
    return LineChart(
        "99 of 100 calls took at most, by day",
        Axis("day", kind="time"),
        Axis("time of a call", kind="duration", better="lower", include=(0,)),
        (Series("p99", x, slow, emphasised=True),),
        note=f"n = {count:,} calls, {lost:,} without an answer; every call is counted, in buckets of time.",
        command=f"trimtab status {view.book.target}",
        height=200,
    )

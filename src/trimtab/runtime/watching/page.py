"""What was found in a log as a page: the verdict first, then pages, figures, drift, and how all was computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trimtab.finding import Finding, Severity
from trimtab.report import (
    Axis,
    Cell,
    Code,
    Column,
    Document,
    Explanation,
    FindingsList,
    KeyValues,
    LineChart,
    Mark,
    Paragraph,
    Region,
    Section,
    Series,
    Table,
    estimated,
)
from trimtab.report.formats import moment
from trimtab.runtime.watching.result import SentPage, WatchResult, WindowFigure

SHOWN_DRIFTS = 15


def page(done: WatchResult) -> Document:
    """The whole report of a log."""
    sections = (
        Section("Verdicts now", (FindingsList(tuple(_short(each) for each in done.verdicts)),)),
        Section("Pages", _pages(done)),
        Section("Loss by window", (losses(done),) if _charted(done) else (Paragraph(_no_chart(done)),)),
        Section("Drift", (drift_table(done),) if done.drifts else ()),
        Section("What was decided on the way", tuple(Paragraph(f"{each}.") for each in done.remarks)),
        Section("How every number was computed", tuple(_methods(done))),
    )
    kept = tuple(section for section in sections if section.blocks)
    return Document(f"Watching {done.name}", _verdict(done), done.severity, _subtitle(done), kept)


def _short(finding: Finding) -> Finding:
    """A verdict without what the page tells elsewhere: the command, and a drift's figures, which have their table."""
    drift = any(isinstance(fact, tuple) and fact[0] == "total variation" for fact in finding.evidence)
    if not drift:
        return replace(finding, check_command=None)
    return replace(finding, evidence=(), cause=None, action=None, cost=None, check_command=None)


def _verdict(done: WatchResult) -> str:
    opened = done.open_page
    if opened is not None:
        return f"{opened.finding.what}. {done.budget_line}."
    watched = done.severity >= Severity.WATCH
    lead = f"{done.verdicts[0].what}. " if watched and done.verdicts else ""
    return f"{lead}No page is open: {done.budget_line}."


def _subtitle(done: WatchResult) -> str:
    span = (
        f", {moment(done.start)} to {moment(done.stop)} UTC" if done.start is not None and done.stop else ""
    )
    labels = f"{done.labelled:,} with a label" if done.labelled else "none with a label"
    return f"{done.rows:,} predictions watched, {labels}{span}; accepted: {done.accepted}"


def _pages(done: WatchResult) -> tuple[Paragraph | Table | FindingsList, ...]:
    if not done.pages:
        return (Paragraph(f"{done.budget_line}."),)
    zone, written = ("UTC", "moment") if done.start is not None else ("", "")
    columns = (
        Column("page", format=",d"),
        Column("sent", unit=zone, format=written),
        Column("since", unit=zone, format=written),
        Column("told by"),
        Column("evidence", explanation="of which a page needs the threshold"),
        Column("closed", unit=zone, format=written),
        Column("because"),
    )
    rows = tuple(_row(place, each) for place, each in enumerate(done.pages, 1))
    table = Table(
        columns,
        rows,
        note=f"{done.budget_line}. A page needs evidence of {done.pages[0].threshold:,.0f}; it is sent when its window is over.",
    )
    return table, FindingsList(tuple(each.finding for each in done.pages))


def _row(place: int, sent: SentPage) -> tuple[Cell, ...]:
    told = ", ".join(f"{name} {share:.0%}" for name, share in sent.shares)
    times: tuple[Cell, ...] = (sent.at, sent.since)
    closed: Cell = sent.closed_at
    if sent.at is None:
        times = (f"window {sent.window}", f"window {sent.since_window}")
        closed = None if sent.closed_window is None else f"window {sent.closed_window}"
    power = f"10^{sent.log_evidence / 2.302585:.1f}"
    return (place, *times, told, power, closed, sent.closed_why or "still open")


def _charted(done: WatchResult) -> bool:
    return any(each.loss is not None or each.estimated is not None for each in done.figures)


def _no_chart(done: WatchResult) -> str:
    why = "; ".join(done.remarks[-1:])
    return f"No loss is known: {why}."


def losses(done: WatchResult) -> LineChart:
    """The realised loss of every window against its reference, the estimate where it is trusted, and the pages."""
    x = tuple(_x(each) for each in done.figures)
    series = [
        Series("realised", x, tuple(each.loss for each in done.figures), emphasised=True),
        Series(
            "other model" if done.paired else "accepted",
            x,
            tuple(each.reference_loss for each in done.figures),
            style="ghost",
        ),
        Series("estimated", x, tuple(each.estimated if each.trusted else None for each in done.figures)),
    ]
    unit = done.loss_unit
    return LineChart(
        f"{done.loss[:1].upper()}{done.loss[1:]} a window",
        Axis(
            "start of the window" if done.start is not None else "window",
            kind="time" if done.start is not None else "number",
        ),
        Axis(done.loss, unit, better="lower"),
        tuple(each for each in series if any(value is not None for value in each.y)),
        tuple(Mark(_at(each), "page", f"page {place}") for place, each in enumerate(done.pages, 1)),
        tuple(_open(each, x) for each in done.pages),
        note="The estimate is drawn only where it may be believed. Shaded: a page was open.",
        command=done.command,
    )


def _x(figure: WindowFigure) -> int:
    return figure.window if figure.start is None else figure.start


def _at(sent: SentPage) -> int:
    return sent.window if sent.at is None else sent.at


def _open(sent: SentPage, x: tuple[int, ...]) -> Region:
    end = sent.closed_window if sent.closed_at is None else sent.closed_at
    return Region(_at(sent), x[-1] if end is None else end, "page open", "act")


def drift_table(done: WatchResult) -> Table:
    """The columns by their effect on the loss, at most 15."""
    columns = (
        Column("column"),
        Column("mass moved", format=".1%", explanation="the share of rows that would have to move back"),
        Column("PSI", format=".3f", explanation="population stability index"),
        Column(
            "effect on the loss",
            format="+.4f",
            explanation="of this column's moves alone, in [0, 1] of the loss",
        ),
    )
    shown = done.drifts[:SHOWN_DRIFTS]
    rows = tuple(
        (each.column, estimated(each.total_variation), each.psi, estimated(each.loss_effect))
        for each in shown
    )
    left = len(done.drifts) - len(shown)
    note = "The latest windows against the accepted period. Drift explains; by itself it never pages."
    return Table(columns, rows, note=f"{note} {left} more columns have less effect." if left else note)


def _methods(done: WatchResult) -> Iterator[Paragraph | KeyValues | Explanation | Code]:
    yield KeyValues(tuple(_facts(done)))
    yield Paragraph(_LOSS.format(loss=done.loss))
    yield Paragraph(
        _BUDGET.format(yearly=done.windows_per_year, pages=done.false_pages_per_year, unit=_UNIT[done.unit])
    )
    if done.folder is not None:
        yield Paragraph(
            f"Figures of every window to check by hand: {done.folder}/windows.parquet, the same in windows.csv: its rows "
            "and labels, the mean realised loss, that of its reference, the estimate, the evidence, and whether it paged."
        )
    if done.command:
        yield Paragraph("Reproduce it with:")
        yield Code(done.command)


def _facts(done: WatchResult) -> Iterator[tuple[str, Cell]]:
    yield "task", done.task
    yield "accepted period", f"{done.accepted} ({done.accepted_rows:,} rows)"
    if done.baseline is not None and done.tolerance is not None:
        yield f"loss then ({done.loss})", done.baseline
        yield "tolerated on top of it", done.tolerance
        yield "compared with", "the other model on the same rows" if done.paired else "the accepted period"
    yield "watched", ", ".join(done.monitors)
    yield "windows a year", round(done.windows_per_year, 1)


_UNIT = {
    "day": "The unit of evidence is the window: one value each.",
    "row": "The unit of evidence is the row, tempered by the over-dispersion between windows.",
}

_LOSS = (
    "The realised loss of a window ({loss}) is the mean over its rows whose label came in time; each counts in the "
    "window of its prediction. The accepted loss is the mean over the accepted period."
)

_BUDGET = (
    "A page is sent when the evidence of all monitors together reaches windows a year / false pages a year, "
    "{yearly:,.0f} / {pages:g}; without harm that happens at most so often, whatever depends on what. {unit}"
)

"""A log watched from its accepted period to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa

from trimtab.errors import UsageError
from trimtab.finding import Fact, Finding
from trimtab.monitoring.drift import ColumnDrift, drifts
from trimtab.monitoring.explaining import About
from trimtab.monitoring.following import Figure, Followed, Sent, follow
from trimtab.monitoring.options import Options
from trimtab.monitoring.reference import Reference, accept
from trimtab.monitoring.verdicts import DRIFTING
from trimtab.runtime.watching.log import Log, read_log
from trimtab.runtime.watching.logs.asked import Wish
from trimtab.runtime.watching.logs.cut import Cut
from trimtab.runtime.watching.logs.windows import cut
from trimtab.runtime.watching.result import SentPage, WatchResult, WindowFigure

NO_LABELS = "the accepted period holds no label, so harm is not watched; end it later (--reference-until)"

WRITTEN = "windows.parquet"
"""The name of the file of per-window figures."""


@dataclass(frozen=True)
class Told:
    """What a result says of where it comes from: the log's name, the command, the folder of its figures if any."""

    name: str = "a log"
    command: str = ""
    folder: str | None = None


def watch_log(
    table: pa.Table,
    wish: Wish,
    told: Told,
    *,
    labels: pa.Table | None = None,
    reference: pa.Table | None = None,
) -> WatchResult:
    """What the monitors say of a log: the verdicts at its end, and the pages that would have been sent.

    The accepted period is the reference table, or the beginning of the log. Raises DataError and UsageError, each
    with what to do.
    """
    log = read_log(table, wish, labels)
    _check_loss(log)
    other = None if reference is None else _accepted_log(reference, log, labels)
    parts = cut(log, other)
    accepted = accept(parts.reference, _options(log, parts))
    about = About("the model", check_command=told.command or None)
    end = int(parts.bounds[-1])
    followed = follow(
        accepted, parts.watched, parts.bounds, parts.matures_after, about, tell=lambda _, stop: stop == end
    )
    if log.wish.label is not None and accepted.loss is None:
        parts = replace(parts, remarks=(*parts.remarks, NO_LABELS))
    remarks = (*log.remarks, *(() if other is None else other.remarks), *parts.remarks)
    return _result(log, parts, accepted, followed, (*remarks, *accepted.missing), told)


def _accepted_log(table: pa.Table, log: Log, labels: pa.Table | None) -> Log:
    """The reference table, read as the log was."""
    wish = replace(log.wish, features=log.observed.columns.names, task=log.task)
    if wish.label is None or wish.label in table.column_names:
        labels = None
    found = read_log(table, wish, labels, "the reference")
    return replace(found, remarks=tuple(f"in the reference {each}" for each in found.remarks))


LOSSES = {
    "binary": ("brier", "decision", "money"),
    "multiclass": ("brier", "decision"),
    "regression": ("absolute",),
}
"""What a task may be judged by."""


def _check_loss(log: Log) -> None:
    if log.wish.loss is not None and log.wish.loss not in LOSSES[log.task]:
        raise UsageError(
            f"a {log.task} has no {log.wish.loss} loss",
            found=f"a {log.task}, as scores and labels (or --task) say",
            do=f"leave --loss out, or name one of {', '.join(LOSSES[log.task])}",
        )


def _options(log: Log, parts: Cut) -> Options:
    return Options(
        task=log.task,
        stakes=log.wish.stakes,
        budget=parts.budget,
        unit=parts.unit,
        tolerance=log.wish.tolerance,
        slices=log.wish.slices,
        loss=log.wish.loss or "",
    )


def _result(
    log: Log, parts: Cut, accepted: Reference, followed: Followed, remarks: tuple[str, ...], told: Told
) -> WatchResult:
    paged = {sent.page.at for sent in followed.pages}
    figures = [_figure(each, parts, accepted, each.start in paged) for each in followed.figures]
    loss = accepted.loss
    watched = parts.watched
    return WatchResult(
        name=told.name,
        task=log.task,
        loss=_loss_words(accepted),
        loss_unit="" if loss is None else loss.unit,
        window=parts.window,
        windows=parts.windows,
        accepted=parts.accepted,
        accepted_rows=len(parts.reference),
        baseline=None if loss is None else accepted.baseline * loss.scale,
        tolerance=None if loss is None else accepted.tolerance * loss.scale,
        paired=accepted.paired,
        unit=parts.unit,
        start=parts.moment(int(parts.bounds[0])),
        stop=int(watched.at[-1])
        if parts.starts is not None and log.wish.every is None
        else parts.moment(int(parts.bounds[-1])),
        rows=len(watched),
        labelled=sum(each.labelled for each in followed.figures),
        false_pages_per_year=parts.budget.false_pages_per_year,
        windows_per_year=parts.budget.windows_per_year,
        waits=len(parts.bounds) - 1 - parts.windows,
        verdicts=tuple(_placed(each, parts) for each in followed.told[-1][1]),
        pages=tuple(_sent(each, parts, told.folder) for each in followed.pages),
        figures=tuple(each for each in figures if each.window < parts.windows),
        drifts=_drifts(accepted, followed),
        monitors=tuple(monitor.name for monitor in accepted.monitors),
        remarks=remarks,
        command=told.command,
        folder=told.folder,
    )


def _loss_words(accepted: Reference) -> str:
    loss = accepted.loss
    if loss is None:
        return "no loss"
    money = (
        f"cost of a decision at {loss.threshold:g}, {loss.unit}"
        if loss.unit
        else f"share of wrong decisions at {loss.threshold:g}"
    )
    classes = "share of wrong classes" if loss.task == "multiclass" else money
    return {"brier": "Brier score", "absolute": "absolute error", "decision": classes}[loss.kind]


def _figure(figure: Figure, parts: Cut, accepted: Reference, page: bool) -> WindowFigure:  # noqa: FBT001  # a fact of the window
    scale = 1.0 if accepted.loss is None else accepted.loss.scale
    other = figure.reference_loss if accepted.paired else accepted.baseline
    return WindowFigure(
        window=parts.number(figure.start),
        start=parts.moment(figure.start),
        requests=figure.requests,
        labelled=figure.labelled,
        loss=None if figure.loss is None else figure.loss * scale,
        reference_loss=None if other is None or figure.loss is None else other * scale,
        estimated=None if figure.estimated is None else figure.estimated * scale,
        trusted=figure.trusted,
        evidence=figure.evidence,
        page=page,
    )


def _sent(sent: Sent, parts: Cut, folder: str | None) -> SentPage:
    page, closed = sent.page, sent.closed
    finding = _placed(sent.finding, parts)
    # harm is since the requests of a window, not since their labels were taken in
    since = page.since if sent.finding.since is None else sent.finding.since
    first, last = parts.number(since), parts.number(page.at)
    facts: tuple[Fact, ...] = (("windows", f"paged in window {last}, since window {first}"),)
    if folder is not None:
        facts += (("to check by hand", f"{folder}/{WRITTEN}, windows {first} to {last}"),)
    return SentPage(
        window=last,
        at=parts.moment(page.at),
        since_window=first,
        since=parts.moment(since),
        finding=replace(finding, evidence=(*finding.evidence, *facts)),
        log_evidence=page.log_evidence,
        threshold=page.threshold,
        shares=page.shares,
        closed_window=None if closed is None else parts.number(closed.at),
        closed_at=None if closed is None else parts.moment(closed.at),
        closed_why=None if closed is None else closed.why,
    )


def _placed(finding: Finding, parts: Cut) -> Finding:
    """The finding in the world's time."""
    return finding if finding.since is None else replace(finding, since=parts.moment(finding.since))


def _drifts(accepted: Reference, followed: Followed) -> tuple[ColumnDrift, ...]:
    held = [each.counts for each in followed.state.inputs[-DRIFTING:] if each.rows]
    return drifts(accepted.breakage.reference, held) if held else ()

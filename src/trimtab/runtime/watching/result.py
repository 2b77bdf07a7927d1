"""What was found in a log, as frozen values that print, serialise and draw themselves."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trimtab.finding import Finding, Severity, worst
from trimtab.metrics import Task
from trimtab.monitoring.drift import ColumnDrift
from trimtab.report.shown import Shown

if TYPE_CHECKING:
    import pyarrow as pa

    from trimtab.report import Document


@dataclass(frozen=True)
class WindowFigure:
    """One window as a person can check it by hand; losses are means over its labelled rows, in the loss's own unit.

    window counts from 0; start in epoch microseconds, None without times. reference_loss is that of the model
    compared with, or of the accepted period. trusted: whether the estimate may be believed. evidence is what all
    monitors had gathered when the window was over.
    """

    window: int
    start: int | None
    requests: int
    labelled: int
    loss: float | None
    reference_loss: float | None
    estimated: float | None
    trusted: bool
    evidence: float
    page: bool


@dataclass(frozen=True)
class SentPage:
    """A page that would have been sent: in which window, since when, by what, and how it ended (None: still open)."""

    window: int
    at: int | None
    since_window: int
    since: int | None
    finding: Finding
    log_evidence: float
    threshold: float
    shares: tuple[tuple[str, float], ...]
    closed_window: int | None = None
    closed_at: int | None = None
    closed_why: str | None = None


@dataclass(frozen=True)
class WatchResult(Shown):
    """The outcome of watching a log; `print` it, `to_json()` it, `table()` it, or see it in a notebook.

    Losses are in the loss's own unit; times in epoch microseconds, None for a log without times. waits: windows after
    the last request in which only labels came.
    """

    name: str
    task: Task
    loss: str
    loss_unit: str
    window: str
    windows: int
    accepted: str
    accepted_rows: int
    baseline: float | None
    tolerance: float | None
    paired: bool
    unit: str
    start: int | None
    stop: int | None
    rows: int
    labelled: int
    false_pages_per_year: float
    windows_per_year: float
    waits: int
    verdicts: tuple[Finding, ...]
    pages: tuple[SentPage, ...]
    figures: tuple[WindowFigure, ...]
    drifts: tuple[ColumnDrift, ...]
    monitors: tuple[str, ...]
    remarks: tuple[str, ...]
    command: str
    folder: str | None = None

    @property
    def open_page(self) -> SentPage | None:
        """The page that is not over at the end of the log."""
        return self.pages[-1] if self.pages and self.pages[-1].closed_window is None else None

    @property
    def severity(self) -> Severity:
        """ACT while a page is open, else the worst verdict that could be told."""
        if self.open_page is not None:
            return Severity.ACT
        told = worst(each for each in self.verdicts if each.severity is not Severity.NOT_RUN)
        return min(told, Severity.WATCH)

    @property
    def budget_line(self) -> str:
        """How many pages in how many windows, and how many false ones at most."""
        windows = self.windows + self.waits
        most = windows * self.false_pages_per_year / self.windows_per_year
        pages = f"{len(self.pages)} page{'' if len(self.pages) == 1 else 's'}"
        year = (
            f"{self.false_pages_per_year:g} false page{'' if self.false_pages_per_year == 1 else 's'} a year"
        )
        return f"{pages} in {self.windows:,} windows of {self.window}; at most {year}, {most:.2g} in a log as long"

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        plain = ("verdicts", "pages", "figures", "drifts")
        found: dict[str, Any] = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in plain
        }
        found |= {name: list(found[name]) for name in ("monitors", "remarks")}
        return found | {
            "severity": str(self.severity),
            "budget": self.budget_line,
            "verdicts": [each.to_json() for each in self.verdicts],
            "pages": [_page_json(each) for each in self.pages],
            "figures": [dataclasses.asdict(each) for each in self.figures],
            "drifts": [_drift_json(each) for each in self.drifts],
        }

    def table(self) -> pa.Table:
        """The figures of every window as an Arrow table, one row a window."""
        import pyarrow as pa  # noqa: PLC0415  # only who asks for a table needs it

        schema = pa.schema(
            [
                ("window", pa.int64()),
                ("start", pa.timestamp("us", "UTC")),
                ("requests", pa.int64()),
                ("labelled", pa.int64()),
                ("loss", pa.float64()),
                ("reference_loss", pa.float64()),
                ("estimated", pa.float64()),
                ("trusted", pa.bool_()),
                ("evidence", pa.float64()),
                ("page", pa.bool_()),
            ]
        )
        return pa.Table.from_pylist([dataclasses.asdict(each) for each in self.figures], schema=schema)

    def document(self) -> Document:
        """The outcome as a page."""
        from trimtab.runtime.watching.page import page  # noqa: PLC0415  # pages are drawn when something is shown

        return page(self)


def _page_json(page: SentPage) -> dict[str, Any]:
    plain = {field.name: getattr(page, field.name) for field in dataclasses.fields(page)}
    return plain | {"finding": page.finding.to_json(), "shares": dict(page.shares)}


def _drift_json(drift: ColumnDrift) -> dict[str, Any]:
    loss = drift.loss_effect
    return {
        "column": drift.column,
        "rows": drift.rows,
        "mass_moved": drift.total_variation.estimate,
        "psi": drift.psi,
        "loss_effect": loss.estimate if loss.known else None,
    }

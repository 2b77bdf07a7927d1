"""What came of a batch, as a page, as JSON, and as one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from trimtab.finding import Severity
from trimtab.report import Column, Document, KeyValues, Paragraph, Section, Table
from trimtab.report.shown import Shown

REASONS = {
    "no time": "The time of the request is null; the score is null.",
    "features failed": "The score is the baseline's, as it is online.",
    "model failed": "The score is the baseline's, as it is online.",
}


@dataclass(frozen=True)
class BatchResult(Shown):
    """The outcome: who predicted how many rows, where they are, and which had a problem.

    `rows` are all rows in order; `resumed` of them had been written by an earlier, interrupted run; `ahead` ask about
    a time after `began` (epoch microseconds) and have their features as of then. `seconds` are those of this run.
    """

    system: str
    version: str
    to: str
    rows: int
    scored: int
    ahead: int
    problems: Mapping[str, int]
    resumed: int
    began: int
    seconds: float
    fingerprint: str

    @property
    def severity(self) -> Severity:
        """WATCH when a row had a problem; NOT RUN when there was no row."""
        if not self.rows:
            return Severity.NOT_RUN
        return Severity.WATCH if self.problems else Severity.OK

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if not self.rows:
            return f"There was no row to predict; {self.to} has only its columns."
        said = f"{self.version} predicted {self.rows:,} rows into {self.to}"
        troubled = sum(self.problems.values())
        return f"{said}; {troubled:,} of them had a problem." if troubled else f"{said}."

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        return {**asdict(self), "problems": dict(self.problems)}

    def document(self) -> Document:
        """The outcome as a page."""
        speed = (self.rows - self.resumed) / self.seconds if self.seconds else 0.0
        figures = KeyValues(
            (
                ("rows", self.rows),
                ("with a score", self.scored),
                ("seconds", round(self.seconds, 1)),
                ("rows per second", round(speed)),
            )
        )
        notes = [Paragraph(text) for text in self._notes()]
        columns = (Column("problem"), Column("rows", format=",d"), Column("what it means"))
        table = Table(columns, tuple((why, n, REASONS.get(why, "")) for why, n in self.problems.items()))
        problems = (Section("Problems", (table,)),) if self.problems else ()
        return Document(
            f"Batch prediction of {self.system}",
            self.sentence,
            severity=self.severity,
            sections=(Section("Rows", (figures, *notes)), *problems),
        )

    def _notes(self) -> list[str]:
        notes = []
        if self.resumed:
            notes.append(f"{self.resumed:,} rows had been written by an earlier run that did not finish.")
        if self.ahead:
            notes.append(
                f"{self.ahead:,} rows ask about a time to come; their features hold as of the start."
            )
        return notes

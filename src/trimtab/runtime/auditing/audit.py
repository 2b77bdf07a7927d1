"""The ML Test Score of a system, from its own record: 28 tests in four sections; the weakest section is the score.

Half a point is for what a person did once, with the outcome on record; a whole one for what the system repeats by
itself. What is not on record gives nothing, whatever is true of it. Source: Breck et al., 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.evaluation.acceptances import day
from trimtab.finding import Severity
from trimtab.report import Column, Document, Explanation, Paragraph, Section, Table, shown
from trimtab.runtime.auditing.record import OnRecord
from trimtab.runtime.auditing.score.data import DATA
from trimtab.runtime.auditing.score.infrastructure import INFRASTRUCTURE
from trimtab.runtime.auditing.score.model import MODEL
from trimtab.runtime.auditing.score.monitoring import MONITORING
from trimtab.runtime.auditing.score.shown import NOTHING, Shown, Test

SECTIONS = {
    "Data": DATA,
    "Model": MODEL,
    "Infrastructure": INFRASTRUCTURE,
    "Monitoring": MONITORING,
}

MEANINGS = (
    (0.0, "a piece of research, not yet a system in production"),
    (1.0, "not untested, but serious holes are likely"),
    (2.0, "a first pass; more of it should be tested"),
    (3.0, "reasonably tested; more could be automatic"),
    (5.0, "strongly tested and watched by itself"),
    (7.0, "exceptionally tested and watched by itself"),
)
"""What a score up to a number of points means, after the paper."""


@dataclass(frozen=True)
class Audited:
    """One test and what the record shows of it."""

    test: Test
    shown: Shown


@dataclass(frozen=True)
class Audit(shown.Shown):
    """The outcome of an audit; `print` it, `to_json()` it, or see it in a notebook. `at` in epoch microseconds."""

    system: str
    at: int
    sections: tuple[tuple[str, tuple[Audited, ...]], ...]
    command: str

    @property
    def points(self) -> dict[str, float]:
        """The points of each section, of 7."""
        return {name: sum(each.shown.points for each in tests) for name, tests in self.sections}

    @property
    def score(self) -> float:
        """The points of the weakest section."""
        return min(self.points.values())

    @property
    def meaning(self) -> str:
        """What the score says of a system, in words."""
        return next(words for most, words in MEANINGS if self.score <= most)

    @property
    def sentence(self) -> str:
        """The outcome as one sentence."""
        weakest = " and ".join(name for name, points in self.points.items() if points == self.score)
        shown = sum(each.shown.points > NOTHING for _, tests in self.sections for each in tests)
        return (
            f"ML Test Score {self.score:g} of 7: {self.meaning}. {shown} of 28 tests are on record; "
            f"the least is shown of: {weakest}."
        )

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        return {
            "system": self.system,
            "at": self.at,
            "score": self.score,
            "meaning": self.meaning,
            "points": self.points,
            "tests": [
                {
                    "section": name,
                    "number": each.test.number,
                    "asks": each.test.asks,
                    "points": each.shown.points,
                    "shown": each.shown.points > NOTHING,
                    "evidence": each.shown.told,
                    "command": each.shown.command,
                }
                for name, tests in self.sections
                for each in tests
            ],
        }

    def document(self) -> Document:
        """The outcome as a page."""
        summary = Table(
            (Column("section"), Column("points", "of 7", format=".1f"), Column("shown", "of 7", format=",d")),
            tuple(
                (name, self.points[name], sum(each.shown.points > NOTHING for each in tests))
                for name, tests in self.sections
            ),
        )
        sections = (Section("Score", (summary,)), *(_section(name, tests) for name, tests in self.sections))
        rules = Explanation(
            "How points are given", (Paragraph(_RULES), Paragraph(f"Command: {self.command}"))
        )
        return Document(
            f"Audit of {self.system}",
            self.sentence,
            severity=Severity.INFO,
            subtitle=f"as of {day(self.at)}, from its own record",
            sections=(*sections, Section("Rules", (rules,))),
        )


_RULES = (
    "Half a point is for what a person did, with the outcome on record; a whole one for what the system repeats by "
    "itself, or what was done for each of the two newest versions. What is not on record gives nothing. A point says "
    "that something is tested, not that the outcome is good. A section has 7 tests, and the lowest section is the score "
    "(Breck et al., The ML Test Score, 2017)."
)


def audit(record: OnRecord) -> Audit:
    """Judge the 28 tests from a system's record."""
    sections = tuple(
        (name, tuple(Audited(test, test.judge(record)) for test in tests)) for name, tests in SECTIONS.items()
    )
    return Audit(record.system.name, record.at, sections, f"trimtab audit {record.called}")


def _section(name: str, tests: tuple[Audited, ...]) -> Section:
    columns = (
        Column("test"),
        Column("points", format=".1f"),
        Column("on record"),
        Column("see, or show it", format="code"),
    )
    rows = tuple(
        (
            f"{each.test.number}. {each.test.asks}",
            each.shown.points,
            each.shown.told if each.shown.points > NOTHING else f"not shown: {each.shown.told}",
            each.shown.command,
        )
        for each in tests
    )
    return Section(name, (Table(columns, rows),))

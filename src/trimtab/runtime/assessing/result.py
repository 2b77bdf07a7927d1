"""What an assessment found, as values, JSON, text and a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.evaluation.assess_ladder import Ladder
from trimtab.evaluation.assess_questions import QUESTIONS, Answered, latest
from trimtab.evaluation.assess_value import Worth
from trimtab.evaluation.assess_verdict import Verdict
from trimtab.finding import Finding, by_severity
from trimtab.report import Document
from trimtab.report.shown import Shown
from trimtab.runtime.assessing.learning import Flattery, Learning
from trimtab.stats import Interval


@dataclass(frozen=True)
class MonthScore:
    """One month of the rows that judged: its name, rows, and the mean loss of the model and of the best rule."""

    name: str
    rows: int
    model: float
    rule: float


@dataclass(frozen=True)
class Assessment(Shown):
    """The verdict, the findings, the ladder with its worth, the learning curve, months, and people's answers.

    `cheaper_at` are the thresholds at which the model surely costs less than the rule. `seconds` are CPU seconds.
    """

    system: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    unit: str
    ladder: Ladder | None = None
    worth: Worth | None = None
    cheaper_at: tuple[float, ...] = ()
    learning: Learning | None = None
    flattery: Flattery | None = None
    months: tuple[MonthScore, ...] = ()
    problems: tuple[str, ...] = ()
    answers: tuple[Answered, ...] = ()
    seconds: float = 0.0

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """The verdict first, then the rest from worst to best."""
        return (self.verdict.finding, *by_severity(self.findings))

    def to_json(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        known = latest(self.answers)
        return {
            "system": self.system,
            "verdict": self.verdict.answer.value,
            "start_with": self.verdict.rung,
            "sentence": self.verdict.sentence,
            "findings": [finding.to_json() for finding in self.all_findings],
            "ladder": [] if self.ladder is None else _steps(self.ladder),
            "worth": None if self.worth is None else _worth(self.worth),
            "cheaper_at": list(self.cheaper_at),
            "learning": []
            if self.learning is None
            else [
                {"share": each.share, "rows": each.rows, "loss": _plain(each.loss)}
                for each in self.learning.points
            ],
            "months": [
                {"month": each.name, "rows": each.rows, "model": each.model, "rule": each.rule}
                for each in self.months
            ],
            "questions": [
                {
                    "number": number,
                    "question": question,
                    "answer": known[number].text if number in known else None,
                    "by": known[number].by if number in known else None,
                    "at": known[number].at if number in known else None,
                }
                for number, question in enumerate(QUESTIONS, start=1)
            ],
        }

    def document(self) -> Document:
        """The outcome as a page."""
        from trimtab.runtime.assessing.page import page  # noqa: PLC0415  # made when something is shown

        return page(self)


def _plain(interval: Interval) -> dict[str, float | None]:
    bounds = (interval.low, interval.high) if interval.known else (None, None)
    return {"estimate": interval.estimate, "low": bounds[0], "high": bounds[1]}


def _steps(ladder: Ladder) -> list[dict[str, Any]]:
    return [
        {
            "rung": step.name,
            "model": step.model,
            "loss": _plain(step.loss),
            "to_constant": _plain(step.to_constant),
            "to_rule": _plain(step.to_rule),
            "words": step.words,
        }
        for step in ladder.steps
    ]


def _worth(worth: Worth) -> dict[str, Any]:
    never = worth.pays_from == float("inf")
    return {
        "currency": worth.currency,
        "saved_per_1000": _plain(worth.saved),
        "one_unit_of_metric": worth.unit,
        "requests_a_day": worth.requests_a_day,
        "fits_a_year": worth.fits_a_year,
        "pays_from_requests_a_day": None if never else worth.pays_from,
        "yearly": _plain(worth.yearly),
    }

"""What an evaluation found, as a frozen value that prints, serialises and draws itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trimtab.evaluation.directions import Direction
from trimtab.evaluation.fairness import Group
from trimtab.evaluation.importance import FeatureValue
from trimtab.evaluation.reading import verdict_of
from trimtab.evaluation.steadiness import Age
from trimtab.evaluation.tradeoff import Option
from trimtab.finding import Finding, Severity
from trimtab.report.shown import Shown
from trimtab.stats import Interval

if TYPE_CHECKING:
    from trimtab.report import Document


@dataclass(frozen=True)
class Evaluation(Shown):
    """The outcome of an evaluation; `print` it, `to_json()` it, or see it in a notebook.

    candidate: a version's name, or what was trained for the purpose. Instants in epoch microseconds. findings by topic;
    `features` opens with `headline`; `options` are all rungs and the candidate against all requirements.
    """

    system: str
    candidate: str
    learned: int
    learned_until: int
    rows: int
    days: int
    start: int
    stop: int
    metric: str
    value: float
    findings: Mapping[str, tuple[Finding, ...]]
    headline: str
    features: tuple[FeatureValue, ...]
    directions: tuple[Direction, ...]
    groups: tuple[Group, ...]
    ages: tuple[Age, ...]
    options: tuple[Option, ...]
    remarks: tuple[str, ...]
    cpu_seconds: float
    command: str

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Every finding, topic by topic."""
        return tuple(each for found in self.findings.values() for each in found)

    @property
    def severity(self) -> Severity:
        """The worst that a check which ran has to say; ACT blocks."""
        return verdict_of(self.all_findings)[1]

    @property
    def verdict(self) -> str:
        """The outcome as one sentence."""
        return verdict_of(self.all_findings)[0]

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        tables = ("findings", "features", "directions", "groups", "ages", "options")
        plain = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in tables
        }
        plain["remarks"] = list(self.remarks)
        return plain | {
            "severity": str(self.severity),
            "verdict": self.verdict,
            "findings": {topic: [each.to_json() for each in found] for topic, found in self.findings.items()},
            **{name: [_plain(each) for each in getattr(self, name)] for name in tables[1:]},
        }

    def document(self) -> Document:
        """The outcome as a page."""
        from trimtab.runtime.evaluating.page import page  # noqa: PLC0415  # pages are drawn when something is shown

        return page(self)


def _plain(value: Any) -> Any:
    if isinstance(value, Interval):
        low, high = (value.low, value.high) if value.known else (None, None)
        return {"estimate": _number(value.estimate), "low": low, "high": high, "units": value.units}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return _number(value) if isinstance(value, float) else value


def _number(value: float) -> float | None:
    return float(value) if value == value and abs(value) != float("inf") else None  # noqa: PLR0124  # NaN is not itself

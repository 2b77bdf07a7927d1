"""A prediction explained, as a frozen value that prints, serialises and draws itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trimtab.finding import Finding, Severity
from trimtab.report.shown import Shown
from trimtab.runtime.explaining.attributing import Attributions
from trimtab.runtime.explaining.features import FeatureTold

if TYPE_CHECKING:
    from trimtab.report import Document


@dataclass(frozen=True)
class Decision:
    """What a score means at the declared threshold: whether the system acts, and once the label is known, its price.

    `right` and `cost` are None until then, and `cost` also without prices.
    """

    threshold: float
    acts: bool
    right: bool | None = None
    cost: float | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Answered:
    """The label of a prediction so far: its value, its state, and when it became known, epoch microseconds."""

    value: Any
    state: str
    known: int | None


@dataclass(frozen=True)
class Told:
    """Something that happened around a prediction: when, epoch microseconds, and what."""

    at: int
    what: str


@dataclass(frozen=True)
class Explained(Shown):
    """Everything that explains one prediction; `print` it, `to_json()` it, or see it in a notebook.

    Times are epoch microseconds: `asked` is what the prediction was asked for, `as_of` when its features held,
    `answered` when it went on record. `score` is one number or one probability a class. `again` is the score of the
    served features from the stored version now. `attributions` is None where `unattributed` says why. `why_served`
    says how its version came to answer, `versions` and `incidents` what happened around it.
    """

    system: str
    id: str
    asked: int
    as_of: int
    answered: int
    request: Mapping[str, Any]
    features: tuple[FeatureTold, ...]
    version: str
    served: str
    flags: tuple[str, ...]
    score: float | tuple[float, ...]
    classes: tuple[str, ...]
    again: float | tuple[float, ...] | None
    decision: Decision | None
    label: Answered
    learned_until: int | None
    learned_rows: int | None
    learner: str
    why_served: str
    versions: tuple[Told, ...]
    incidents: tuple[Told, ...]
    attributions: Attributions | None
    unattributed: str
    remarks: tuple[str, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is odd about this prediction, worst first; empty where nothing is."""
        from trimtab.runtime.explaining.oddities import oddities  # noqa: PLC0415  # it reads this class

        return oddities(self)

    @property
    def severity(self) -> Severity:
        """The worst of what is odd, else OK."""
        return max((each.severity for each in self.findings), default=Severity.OK)

    @property
    def sentence(self) -> str:
        """The prediction in one sentence."""
        from trimtab.runtime.explaining.oddities import sentence  # noqa: PLC0415

        return sentence(self)

    def to_json(self) -> dict[str, Any]:
        """The explanation as plain JSON values."""
        found = {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}
        return found | {
            "sentence": self.sentence,
            "severity": str(self.severity),
            "findings": [each.to_json() for each in self.findings],
        }

    def document(self) -> Document:
        """The explanation as a page."""
        from trimtab.runtime.explaining.page import page  # noqa: PLC0415  # pages are drawn when something is shown

        return page(self)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None  # noqa: PLR0124  # NaN is not itself
    return value if value is None or isinstance(value, bool | int | str) else str(value)

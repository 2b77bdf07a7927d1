"""The one shape of every verdict: what was found, how bad, since when, what to do."""

import dataclasses
import enum
import math
from collections.abc import Iterable

Fact = str | tuple[str, str | int | float | bool | None]
"""One piece of evidence: a sentence, or a (name, value) pair."""


class Severity(enum.Enum):
    """How bad a finding is, ordered from OK to ACT; at a gate ACT blocks.

    NOT RUN stands between INFO and WATCH: a check that could not run is never a pass.

    >>> max(Severity.INFO, Severity.NOT_RUN, Severity.OK)
    <Severity.NOT_RUN: 'NOT RUN'>
    """

    OK = "OK"
    INFO = "INFO"
    NOT_RUN = "NOT RUN"
    WATCH = "WATCH"
    ACT = "ACT"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for OK."""
        return list(type(self)).index(self)

    def __lt__(self, other: "Severity") -> bool:
        return self.rank < other.rank

    def __le__(self, other: "Severity") -> bool:
        return self.rank <= other.rank

    def __gt__(self, other: "Severity") -> bool:
        return self.rank > other.rank

    def __ge__(self, other: "Severity") -> bool:
        return self.rank >= other.rank

    def __str__(self) -> str:
        return self.value


@dataclasses.dataclass(frozen=True)
class Finding:
    """One verdict with its evidence and the next thing to do.

    Parameters
    ----------
    what
        The finding as one sentence.
    severity
        How bad it is.
    since
        When it began, epoch microseconds.
    estimate, interval
        The size of the effect and its (low, high), in units that `what` names.
    cost
        What it costs: a string names its own unit, a bare number is in units of the metric.
    cause
        The likely reason; for NOT RUN the reason why the check could not run.
    owner
        Who can repair it.
    action
        What to do now, one sentence.
    check_command
        The command that shows or reproduces it.
    evidence
        Sentences or (name, value) pairs.

    >>> Finding("carrier is null in 9 % of requests", Severity.WATCH, owner="ops-data").owner
    'ops-data'
    """

    what: str
    severity: Severity
    since: int | None = None
    estimate: float | None = None
    interval: tuple[float, float] | None = None
    cost: float | str | None = None
    cause: str | None = None
    owner: str | None = None
    action: str | None = None
    check_command: str | None = None
    evidence: tuple[Fact, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Every field as plain JSON values; what is not finite becomes null.

        >>> Finding("labels are late", Severity.NOT_RUN, estimate=float("nan")).to_json()["severity"]
        'NOT RUN'
        """
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: _plain(value) for name, value in fields.items()}


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings from worst to best; equals keep their order.

    >>> calm, bad = Finding("a", Severity.OK), Finding("b", Severity.ACT)
    >>> [finding.what for finding in by_severity([calm, bad])]
    ['b', 'a']
    """
    return tuple(sorted(findings, key=lambda finding: -finding.severity.rank))


def worst(findings: Iterable[Finding]) -> Severity:
    """The severity of the worst finding; NOT RUN where there is none, as no data is no pass.

    >>> worst([])
    <Severity.NOT_RUN: 'NOT RUN'>
    """
    return max((finding.severity for finding in findings), default=Severity.NOT_RUN)


def _plain(value: object) -> object:
    if isinstance(value, Severity):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

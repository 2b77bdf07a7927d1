"""What is known about a finding, in words."""

from trimtab.finding import Finding
from trimtab.report.formats import interval, moment, number


def facts_of(finding: Finding) -> tuple[tuple[str, str], ...]:
    """The short facts of a finding by name, those that are known.

    >>> from trimtab.finding import Severity
    >>> facts_of(Finding("late", Severity.WATCH, estimate=0.5, interval=(0.25, 0.75), owner="ops"))
    (('estimate', '0.5000 [0.2500, 0.7500]'), ('owner', 'ops'))
    """
    ends = interval(*(number(end) for end in finding.interval)) if finding.interval else ""
    size = "" if finding.estimate is None else number(finding.estimate)
    known = {
        "since": "" if finding.since is None else moment(finding.since),
        "estimate": f"{size} {ends}".strip(),
        "cost": _cost(finding.cost),
        "cause": finding.cause,
        "owner": finding.owner,
    }
    return tuple((name, value) for name, value in known.items() if value)


def _cost(cost: float | str | None) -> str | None:
    return f"{number(cost)} in units of the metric" if isinstance(cost, int | float) else cost

"""How long a canary takes at the traffic of the replayed period, and what to say where that is too long."""

from __future__ import annotations

from math import ceil

from trimtab.declare.releasing import Release
from trimtab.finding import Finding, Severity
from trimtab.units import Duration, days

TOO_LONG = days(7)
"""A canary that takes longer than this keeps each new version from most of what it could gain."""


def canary_length(release: Release, requests_a_day: float) -> Duration:
    """How long all stages of a canary take: each needs its exposure, and a full day.

    >>> from trimtab.declare.releasing import Release
    >>> canary_length(Release(canary=(0.1, 0.5), exposures=1000), requests_a_day=4000)
    days(4)
    """
    return days(sum(max(1, ceil(release.exposures / (share * requests_a_day))) for share in release.canary))


def exposure_finding(release: Release, requests_a_day: float) -> Finding | None:
    """A warning where the declared canary takes long, None where it does not.

    >>> exposure_finding(Release(canary=(0.25,), exposures=200), requests_a_day=900) is None
    True
    """
    length = canary_length(release, requests_a_day)
    if length <= TOO_LONG:
        return None
    return Finding(
        f"the declared canary takes {length} at {requests_a_day:,.0f} requests a day",
        Severity.WATCH,
        cause=f"each stage needs {release.exposures:,} answers",
        action="declare larger shares or fewer exposures, such as Release(canary=(0.25,), exposures=200)",
        evidence=(("declared at", str(release.site)),),
    )

"""How long a canary takes at a system's traffic, and what to say where it is too long, or has no end."""

from __future__ import annotations

from math import ceil

from trimtab.declare.releasing import Release
from trimtab.finding import Finding, Severity
from trimtab.units import Duration, days

TOO_LONG = days(7)
"""A canary that takes longer than this keeps each new version from most of what it could gain."""


def stage_lengths(release: Release, requests_a_day: float) -> tuple[Duration, ...]:
    """How long each stage of a canary takes: its exposure, and a full day.

    >>> from trimtab.declare.releasing import Release
    >>> stage_lengths(Release(canary=(0.1, 0.5), exposures=1000), requests_a_day=4000)
    (days(3), days(1))
    """
    return tuple(days(max(1, ceil(release.exposures / (share * requests_a_day)))) for share in release.canary)


def canary_length(release: Release, requests_a_day: float) -> Duration:
    """How long all stages of a canary take.

    >>> from trimtab.declare.releasing import Release
    >>> canary_length(Release(canary=(0.1, 0.5), exposures=1000), requests_a_day=4000)
    days(4)
    """
    return sum(stage_lengths(release, requests_a_day), Duration(0))


def exposure_finding(release: Release, requests_a_day: float) -> Finding | None:
    """A warning where the declared canary takes long or no stage of it could end in time, None where it does not.

    >>> from trimtab.declare.releasing import Release
    >>> exposure_finding(Release(canary=(0.25,), exposures=200), requests_a_day=900) is None
    True
    >>> exposure_finding(Release(canary=(0.01,), exposures=5000), requests_a_day=900).what
    'the declared canary cannot finish at 900 requests a day: its stage of 1 % takes 556 days and has 60'
    """
    lengths = stage_lengths(release, requests_a_day)
    stuck = [each for each in zip(release.canary, lengths, strict=True) if each[1] > release.deadline]
    length = sum(lengths, Duration(0))
    if length <= TOO_LONG and not stuck:
        return None
    rate = f"{requests_a_day:,.0f}"
    traffic = f"at {rate} request{'' if rate == '1' else 's'} a day"
    what = f"the declared canary takes {length} {traffic}"
    if stuck:
        share, needed = stuck[0]
        took = f"takes {needed // days(1)} days and has {release.deadline // days(1)}"
        what = f"the declared canary cannot finish {traffic}: its stage of {share * 100:g} % {took}"
    return Finding(
        what,
        Severity.WATCH,
        cause=f"each stage needs {release.exposures:,} answers",
        action="declare larger shares or fewer exposures, such as Release(canary=(0.25,), exposures=200)",
        evidence=(("declared at", str(release.site)),),
    )
